# backups.sh: which backups cback-pgverify looks at, and what is said of them beside them. It sources this file.
#
# A path is a line, in which a line end stands as %0A, a tab as %09 and % as %25. ./found has a path, a letter and what
# find told: f for a backup, o for one that --newer-than leaves out, d for a directory that cannot be looked into, l for
# a list.
# The lists, which others may have written, become ./listed: path, digest, when made, whether a file that is not there is
# missing (all), and when the list was changed, - if that says nothing. Both together are ./queue: what to look at, and
# what is wrong without a look.
# shellcheck shell=sh disable=SC2034,SC2154 # variables of cback-pgverify

list=postgresqldump.sha256 # as cback-postgresql names it
tab=$(printf '\t')

# find_backups OPERAND...: makes ./queue.
find_backups() {
    { true >found && true >listed && true >problems; } || fail "$place (TMPDIR) cannot be written to"
    lists=0 listed_last='' spooled=''
    if [ -n "$staged" ]; then
        find_staged
    elif [ $# -eq 0 ]; then
        find_configured
    else
        for operand; do
            find_operand "$operand"
        done
    fi
    make_queue || fail 'the backups could not be listed'
}

# The first of several lines on a file in one list counts. Backups stay in the order in which they were found.
make_queue() {
    awk '{ print $0 "\t" NR }' found | sort -t "$tab" -k 1,1 >found.sorted &&
        sort -st "$tab" -k 1,1 -u listed >listed.sorted &&
        join -t "$tab" -a 1 -a 2 -e - -o 1.4,0,1.2,1.3,2.2,2.3,2.4,2.5 found.sorted listed.sorted | sort -sn |
        awk -F '\t' -v OFS='\t' '
            $3 == "d" { print "problem", "-", "-", "-", $2, length($2) < 4096 ? "cannot be read" : "its path is too long" }
            $3 == "-" && $7 == "all" {
                above = $2; sub("[^/]*$", "", above)
                if (++missing[above] <= 100) print "problem", "-", "-", "-", $2, "missing, and the list beside it has it"
            }
            END { for (above in missing) if (missing[above] > 100)
                print "problem", "-", "-", "-", above, "so are " missing[above] - 100 " more that the list there has" }
            $3 == "f" || $3 == "o" && $5 != "-" { print "backup", $5, $6, $8, $2, $4 == "-" ? "" : $4 }' >queue &&
        sed "s/^\([^$tab]*\)$tab/problem$tab-$tab-$tab-$tab\1$tab/" problems >>queue
}

# Sets $line to a path as it stands in a file of ours.
escape() {
    line=$1
    case $1 in
    *[%$control]*) line=$(printf '%s' "$1" | escape_lines) ;;
    esac
}

escape_lines() {
    sed -z 's/%/%25/g; s/\n/%0A/g; s/\t/%09/g' | tr '\0' '\n'
}

# Sets $path to that of a line.
unescape() {
    path=$1
    case $1 in
    *%*)
        path=$(printf '%s.' "$1" | sed 's/%0A/\n/g; s/%09/\t/g; s/%25/%/g')
        path=${path%.}
        ;;
    esac
}

# problem PATH REASON: something is wrong that no look at a backup would tell.
problem() {
    escape "$1"
    printf '%s\t%s\n' "$line" "$(printf '%s' "$2" | tr '[:cntrl:]' '?')" >>problems
}

find_operand() {
    absolute "$1"
    if [ "$1" = - ]; then
        spool
    elif [ -d "$path" ]; then
        find_beneath "$path" || problem "$path" "there is no backup in it${newer_than:+ that is newer than $newer_than hours}"
    else
        find_file "$path"
    fi
}

# Standard input is read twice where it is restored, and its kind has to be told by its first bytes.
spool() {
    [ -z "$spooled" ] || fail 'standard input can be read once only'
    look_at_clock
    started=$uptime limit=${time_limit:-0}
    free=$(free_megabytes) && most=$((free * 900000))
    timeout -k 10 "$limit" head -c "$most" <&5 >spooled 2>said || {
        ! in_time 'not read' || reason=$(first_line said)
        fail "standard input: $reason"
    }
    [ "$(stat -c %s spooled)" -lt "$most" ] || fail "standard input takes more than nine tenths of the $free MB in $place (TMPDIR)"
    case $(head -c 3 spooled | od -An -tx1) in
    ' 1f 8b'*) suffix=.gz ;;
    ' 42 5a 68') suffix=.bz2 ;;
    *) suffix='' ;;
    esac
    [ -z "$suffix" ] || mv spooled "spooled$suffix"
    spooled=$place/${work#./}/spooled$suffix
    find_file "$spooled"
}

# With a line of the list beside it.
find_file() {
    escape "$1"
    printf '%s\tf\t-\n' "$line" >>found
    [ "${1%/*}/" = "$listed_last" ] || read_list "${1%/*}" "${configured:-named}"
    listed_last=${1%/*}/
}

find_configured() {
    absolute "$config"
    [ -f "$path" ] || [ ! -e "$path" ] || fail "$path is not a plain file"
    config=$path
    cback-pgconf files --null -- "$config" >means || exit 1
    separate=''
    if cback-pgconf shell -- "$config" | tr '\n' ' ' | grep -q "all='Y'.* separate='Y'"; then
        separate=yes
        find_separate
    fi
    escape_lines <means >meant
    configured=configured
    while IFS= read -r entry <&8; do
        unescape "$entry"
        find_file "$path"
        case ${path##*/} in postgresqlglobals.txt*) globals_file=$path ;; esac
    done 8<meant
    [ -z "$separate" ] || cut -f 1 listed | grep -vxFf meant | sort -u | sed "s/\$/${tab}f$tab-/" >>found
}

# With <separate> the globals tell which databases were backed up, but for those that they leave out: these the list has.
find_separate() {
    check "$(tr -d '\0' <means)" plan || return 0 # which is told when that file's turn comes
    cp plan/names names
    for database in postgres template1; do
        [ ! -e "plan/script.$database" ] || printf '%s\0' "$database" >>names
    done
    [ ! -s names ] || cback-pgconf files --null --databases0-from names -- "$config" >means || exit 1
}

# find_beneath DIRECTORY: every backup in it and beneath; fails if there is none.
find_beneath() {
    escape "${1%/}/"
    walk_beneath "$1" 2>not_walked >walked ||
        problem "$1" "not all of it could be looked through: $(first_line not_walked)"
    escape_lines <walked | above=$line awk -F '[. ]' '{
        path = substr($0, length($1 $2 $3) + 4)
        print ENVIRON["above"] substr(path, 4) "\t" substr(path, 1, 1) "\t" $1 " " $3 }' | sort >beneath
    cat beneath >>found
    sed -n "s,[^/]*${tab}l${tab}.*,,p" beneath >with_lists
    while IFS= read -r entry <&8; do
        unescape "$entry"
        read_list "${path%/}" all
    done 8<with_lists
    [ -s with_lists ] || [ -s not_walked ] || grep -q "${tab}[fd]$tab" beneath
}

# Prints when each was changed, its blocks, a letter and its path, a NUL after it. Links are not followed, since they may
# lead anywhere, and hidden names passed over. A list that is no plain file is told by who reads it. Directories can be
# in one another without end, and find's time grows with the square: one whose path no program takes stands for all in it.
walk_beneath() (
    reach "$1/." || tell_reason || exit
    minutes=$((${newer_than:-9999999} * 60))
    find . -name '.?*' -prune -o -name "$list" ! -type f -printf '%T@ %b l%p\0' -prune -o -type l -prune -o \
        -type d \( ! -readable -o ! -executable \) -printf '%T@ %b d%p\0' -prune -o \
        -regextype posix-extended -type d -regex '.{4095,}' -printf '%T@ %b d%p\0' -prune -o \
        ! -type d \( -name "$list" -mmin "-$minutes" -printf '%T@ %b l%p\0' -o \
        -regex '.*/postgresql(dump(-[^/]*)?|globals)\.txt(\.gz|\.bz2)?' \
        \( -mmin "-$minutes" -printf '%T@ %b f%p\0' -o -printf '%T@ %b o%p\0' \) \)
)

# --- what a pool's master has staged -----------------------------------------------------------------

find_staged() {
    absolute "$config"
    stage=$(cback-pgconf stage -- "$path") || exit 1
    eval "$stage"
    choose_day
    for peer; do
        printf '%s\0' "$peer" >>peers
        [ ! -d "$day/$peer" ] || find_beneath "$day/$peer" || : # which is told below
    done
    find_unsent || fail "$staging_dir: $(first_line said)"
}

# Sets $day to the directory of the last stage. One that began before midnight is in yesterday's; cback3 writes
# cback.stage at the end.
choose_day() {
    for choice in 'today 9999999' 'yesterday 1440'; do
        day=${staging_dir%/}/$(date -d "${choice% *}" +%Y/%m/%d)
        [ -z "$(find_stage "$day" "${choice#* }")" ] || return 0
    done
    fail "$staging_dir: no stage has ended today: there is no cback.stage in $(date +%Y/%m/%d)"
}

# find_stage DIRECTORY MINUTES
find_stage() (
    reach "$1/." && find . -maxdepth 1 -name cback.stage -type f -mmin "-$2"
)

# Tells what a peer has sent before, as what is still staged shows, and not today: anything at all; its list; or, where
# no list says what there is, a backup of the last older day. Only names are read. A peer may send any number of them.
find_unsent() {
    (
        reach "$staging_dir/." || tell_reason || exit
        find . -mindepth 5 -maxdepth 9 -regextype posix-extended \
            -regex '\./[0-9]{4}/[0-9]{2}/[0-9]{2}/.*/postgresql(dump\.sha256|(dump(-[^/]*)?|globals)\.txt(\.gz|\.bz2)?)' \
            \( -type f -o -name "$list" \) -printf '%P\0'
    ) 2>said | escape_lines | sort >sent
    escape "$day"
    escape_lines <peers | above=$line today=${day#"${staging_dir%/}/"} awk -F / -v list="$list" '
        function problem(path, reason) { print ENVIRON["above"] "/" path "\t" reason }
        FILENAME != "sent" { is_peer[$0]; next }
        { day = substr($0, 1, 10); path = substr($0, 12); peer = substr(path, 1, length(path) - length($NF) - 1) }
        !(peer in is_peer) || day > ENVIRON["today"] { next }
        day == ENVIRON["today"] { has_sent[peer]; if ($NF == list) has_list[peer]; delete before[path]; next }
        day != last[peer] { last[peer] = day; held[peer] = 0 }
        $NF != list && ++held[peer] > 10000 { next }
        { before[path] = $NF == list ? "ever" : day }
        END {
            for (peer in last) {
                if (!(peer in has_sent)) problem(peer, "this peer has sent no backup, though it has before")
                if (held[peer] > 10000 && !(peer in has_list))
                    problem(peer, held[peer] " backups came before, and no list now: too many to compare")
            }
            for (path in before) {
                peer = path; sub("/[^/]*$", "", peer)
                if (peer in has_sent && !(peer in has_list) && (before[path] == "ever" || before[path] == last[peer]) &&
                    ++missing[peer] <= 100) problem(path, "missing, though this peer has sent it before")
            }
            for (peer in missing) if (missing[peer] > 100)
                problem(peer, missing[peer] " files are missing, though this peer has sent them before")
        }' - sent | sort >>problems
}

# --- lists -----------------------------------------------------------------------------------------

# read_list DIRECTORY WANTED: WANTED is `all` if each file that the list has should be there, `named` if it is read only
# for those that were named, else `configured`. A list takes a mebibyte at most, which is a few thousand files.
read_list() {
    lists=$((lists + 1))
    (
        reach "$1/." || exit # a message tells of the files there
        { [ -L "$list" ] || [ -e "$list" ]; } || exit
        [ ! -f "$list" ] || [ -s "$list" ] || printf 'empty\n' >&2
        [ -n "$staged" ] || stat -c %Y -- "$list" >/proc/self/fd/7/list.changed
        exec timeout -k 10 60 cback-compress -m none --input "$list"
    ) 2>said | head -c 1048577 >beside
    if [ ! -s beside ]; then
        [ ! -s said ] || problem "$1/$list" "$(first_line said | sed 's/^cback-compress: [^:]*: //')"
        return 0
    fi
    if [ "$(wc -c <beside)" -gt 1048576 ]; then
        problem "$1/$list" 'larger than 1 MiB'
        return
    fi
    list_changed=-
    [ -n "$staged" ] || read -r list_changed <list.changed || :
    escape "$1/"
    directory=$line wanted=$2 changed=$list_changed awk -v list="$list" "$list_reader" beside || problem "$1/$list" 'cannot be read'
}

# Lines of sha256sum, and of one of ours the last tells their number: a digest, two blanks, a name; in one that begins with a backslash line ends and backslashes are
# escaped. What is found goes to ./listed, what is wrong to ./problems.
# shellcheck disable=SC2016 # a program of awk's
list_reader='
    BEGIN { directory = ENVIRON["directory"]; wanted = ENVIRON["wanted"]; changed = ENVIRON["changed"]; made = "-" }
    function problem(reason) {
        gsub(/[[:cntrl:]]/, "?", reason)
        if (++problems <= 100) print directory list "\t" reason >>"problems"
    }
    END {
        if (!is_ended && is_ours) problem("cut: its last line, of how many files it has, is not there")
        if (problems > 100) print directory list "\tand so on, " problems - 100 " times more" >>"problems"
    }
    # Seconds since 1970, of a date like 2026-11-30T02:30:01Z
    function seconds(text, y, m) {
        y = substr(text, 1, 4) + 0; m = substr(text, 6, 2) + 0
        if (m < 3) { y--; m += 12 }
        return ((365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * m - 457) / 5) + \
            substr(text, 9, 2) - 719469) * 24 + substr(text, 12, 2)) * 3600 + substr(text, 15, 2) * 60 + substr(text, 18, 2)
    }
    function unescaped(name, out, at) {
        while (at = index(name, "\\")) {
            out = out substr(name, 1, at - 1) (substr(name, at + 1, 1) == "n" ? "\n" : substr(name, at + 1, 1) == "r" ? "\r" : "\\")
            name = substr(name, at + 2)
        }
        return out name
    }
    /^# made [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z$/ {
        made = sprintf("%d", seconds(substr($0, 8)))
        next
    }
    NR == 1 { is_ours = /^# backups of PostgreSQL by cback-postgresql / }
    { is_ended = ($0 == ("# files: " files + 0)) }
    /^# failed: / && wanted != "named" { problem("when it was made the backup failed of " substr($0, 11, 200)) }
    /^#/ { next }
    {
        name = substr($0, 67)
        digest = substr($0, 1, 64)
        if (/^\\/) {
            name = unescaped(substr($0, 68))
            digest = substr($0, 2, 64)
        }
        if (length(digest) != 64 || digest ~ /[^0-9a-f]/ || name ~ /\// || \
            name !~ /^postgresql(dump|dump-.*|globals)\.txt(\.gz|\.bz2)?$/) {
            problem("line " NR " is none of a list of backups")
            is_ours = 0
            exit
        }
        files++
        gsub(/%/, "%25", name); gsub(/\n/, "%0A", name); gsub(/\t/, "%09", name)
        print directory name "\t" digest "\t" made "\t" wanted "\t" changed >>"listed"
        made = "-"
    }'
