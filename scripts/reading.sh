# reading.sh: how cback-pgrestore and cback-pgverify read a backup, name things, and end. They source it.
#
# A backup lies in a directory that somebody else may own: it is reached step by step, and read by cback-compress
# --input, which follows no link. The stages that read it die with the script. The script holds a lock on a directory
# of its own; its janitor, in a session of its own, waits for that lock, and undoes what a killed script could not.
# $program is the script's name; $usage its usage; $me the process that stages are to die with. Descriptor 7 is the
# directory that the script works in, 4 the one of the backup that it reads.
# shellcheck shell=sh disable=SC2034,SC2086,SC2154 # variables go to and fro
set -eu +aCfmvx
umask 077

newline='
'
locked='' work='' label='' passes=0 called_in=$PWD me=$$ held='' digest=''

# --- words -----------------------------------------------------------------------------------------

say() {
    printf '%s: %s\n' "$program" "$1" >&2 || :
}

# fail CAUSE [HINT]
fail() {
    printable "$1"
    say "$printed"
    [ -z "${2-}" ] || [ -n "${drill-}" ] || say "hint: $2"
    exit 1
}

# usage_error [CAUSE]
usage_error() {
    [ $# -eq 0 ] || say "$1"
    say "$usage"
    trap - EXIT
    exit 2
}

# print FORMAT ARGUMENT...: to standard output.
print() {
    # shellcheck disable=SC2059 # every caller has a format of its own
    printf "$@" 2>/dev/null || fail 'standard output cannot be written'
}

# Sets $printed to at most 1,000 bytes of a text, on one line. With a name like most, nothing has to be started
# that might fail to start.
printable() {
    printed=$1
    [ "${#1}" -le 1000 ] || printed=$(printf '%.1000s...' "$1")
    case $printed in *[$control]*)
        printed=$(printf '%s' "$printed" | tr '[:cntrl:]' '?') || printed='?' ;;
    esac
}

# The first line of a file, or 1,000 bytes of it.
first_line() {
    head -c 1000 -- "$1" | head -n 1
}

# whole_number OPTION VALUE
whole_number() {
    case $2 in
    '' | 0* | *[!0-9]* | ???????*)
        printable "$2"
        usage_error "$1 needs a whole number above 0, not '$printed'"
        ;;
    esac
}

because() {
    reason=$1
    return 1
}

# For a subshell, of which the variables are lost.
tell_reason() {
    printf '%s\n' "$reason" >&2
    return 1
}

# need PROGRAM [HINT]; dash takes anything with a slash for a command.
need() {
    tool=$(command -v "$1") || fail "$1 not found${2-}"
    case $tool in */*) { [ -f "$tool" ] && [ -x "$tool" ]; } || fail "$1 not found" ;; esac
}

# Sets $uptime, in seconds.
look_at_clock() {
    read -r uptime _ </proc/uptime
    uptime=${uptime%.*}
}

# --- paths -----------------------------------------------------------------------------------------

# Sets $path, from the directory that the script was called in.
absolute() {
    case $1 in
    /*) path=$1 ;;
    *) path=$called_in/$1 ;;
    esac
}

# reach PATH: goes to the directory that PATH, an absolute one, lies in, and sets $name to what it is called there.
# A link is followed where nobody but root and the caller can have laid it. Fails with a $reason.
reach() {
    here='' rest=$1 links=0
    [ "${#1}" -lt 4096 ] || because 'its path is too long' || return
    while :; do
        rest=${rest#"${rest%%[!/]*}"}
        name=${rest%%/*}
        if [ -L "$here/$name" ]; then
            follow_link || return
            continue
        fi
        [ "$name" != "$rest" ] || break
        rest=${rest#*/}
        case $name in
        .) ;;
        ..) here=${here%/*} ;;
        *) here=$here/$name ;;
        esac
    done
    enter
}

# Goes to $here, unless it is reached by a link by now: the kernel tells, bash's cd and pwd go by names.
enter() {
    cd -P -- "${here:-/}" 2>/dev/null || {
        [ ! -e "$here" ] || because "$here cannot be entered" || return
        because missing || return
    }
    real=$(readlink -n /proc/self/cwd && printf .) || real=''
    [ "$real" = "${here:-/}." ] || because "$here was exchanged for a link"
}

# Puts the target of the link $name in front of $rest.
follow_link() {
    enter || return
    links=$((links + 1))
    { [ "$links" -le 40 ] && is_trusted . && is_trusted "./$name"; } ||
        because "$here/$name is a link that others may have laid" || return
    target=$(readlink -n -- "./$name" && printf .) || because "$here/$name cannot be read" || return
    rest=${target%.}${rest#"$name"}
    case $rest in /*) here='' ;; esac
}

# Whether root or the caller owns it, and nobody else may put another in the place of what is in it.
is_trusted() {
    [ -n "$(find "$1" -maxdepth 0 \( -uid 0 -o -uid "$(id -u)" \) \( -type l -o ! -perm /022 -o -perm -1000 \))" ]
}

# --- one backup ------------------------------------------------------------------------------------

# hold FILE: opens the directory of FILE, an absolute path, as descriptor 4, and sets $name to what FILE is called
# there. A directory is held until the next one is, so that many files in it cost one walk.
hold() {
    name=${1##*/}
    if [ "${1%/*}/" != "$held" ]; then
        held=''
        walk "${1%/*}/." || return
        held=${1%/*}/ name=${1##*/}
    fi
    case $name in
    '' | . | ..) ;;
    *) [ -L "/proc/self/fd/4/$name" ] || return 0 ;;
    esac
    held=''
    walk "$1"
}

# walk PATH: reaches it, opens its directory, and comes back.
walk() {
    reach "$1" && exec 4<.
    walked=$?
    cd -P /proc/self/fd/7 && return "$walked"
}

# inspect FILE [KNOWN]: sets $changed, in seconds, $version, which tells FILE from another of the name, and $limit, in
# seconds too; 0 is none. Holes of a file take no blocks, and so no time. KNOWN is the first and the blocks, if known.
inspect() {
    hold "$1" || return
    facts=${2-}
    [ -n "$facts" ] || facts=$(stat -c '%Y %b %d:%i:%s:%.9Y' -- "/proc/self/fd/4/$name" 2>/dev/null) ||
        because missing || return
    read -r changed blocks version <<END
$facts
END
    limit=${time_limit:-$((600 + blocks / 2048))}
}

# check FILE PLAN OPTION...: whether FILE is a whole dump; its tables go into ./PLAN/tables, what a restore needs
# into the other files there.
check() {
    checked_file=$1 plan=$2
    shift 2
    { rm -rf -- "$plan" && mkdir -- "$plan"; } 2>/dev/null || because "$place (TMPDIR) cannot be written to" || return
    inspect "$checked_file" || return
    { pass "$checked_file" record "$plan" "$@" && [ -s "$plan/facts" ]; } || why_not_read "$checked_file"
}

record() {
    plan=$1
    shift
    exec cback-pgdump --check --plan "$plan" $restrict "$@" --die-with "$me" 9<&-
}

# pass FILE COMMAND...: unpacks FILE to COMMAND; fails unless both succeed. The pipeline's status is that of its last
# stage; the first leaves a file if all went well, which has a name of its own in each pass: bash waits for the last
# stage only, and an earlier pass may still be ending.
pass() {
    passes=$((passes + 1)) packed=$1
    look_at_clock && started=$uptime && true >said || return
    shift
    unpack "$packed" 2>>said | "$@" 2>>said &
    wait "$!" && [ -e "unpacked.$passes" ]
}

# unpack FILE [OPTION]: to standard output. As every stage that something else waits for, it has a time limit.
unpack() {
    packed=$1
    shift
    [ "$packed" != - ] || { cat <&5 && true >"unpacked.$passes"; } || return
    [ "$packed" != - ] || return 0
    case $packed in
    *.gz | *.bz2) set -- -d "$@" ;;
    *) set -- -m none "$@" ;;
    esac
    [ -z "$digest" ] || set -- "$@" --digest "$digest"
    hold "$packed" || tell_reason || return
    timeout -k 10 "$limit" cback-compress "$@" --input "/proc/self/fd/4/$name" 9<&- && true >"unpacked.$passes"
}

why_not_read() {
    in_time 'not read' || return
    words=$(first_line said)
    words=${words#cback-*: } words=${words:-ended without a word: is $place (TMPDIR) full?}
    words=${words#"/proc/self/fd/4/$name"} words=${words#: }
    because "${words#, }"
}

in_time() {
    look_at_clock
    { [ "$limit" -eq 0 ] || [ $((uptime - started)) -lt "$limit" ]; } || because "$1 within $limit s (--time-limit)"
}

# find_globals FILE: sets $globals_beside to the file with its roles, where one lies beside it; one packed like it, if
# several are there.
find_globals() {
    globals_beside='' own=''
    case $1 in *.gz) own=.gz ;; *.bz2) own=.bz2 ;; esac
    for packed in '' .gz .bz2 "$own"; do
        candidate=${1%/*}/postgresqlglobals.txt$packed
        if inspect "$candidate"; then
            globals_beside=$candidate
        elif [ "$reason" != missing ]; then
            because "its roles are in ${candidate##*/}: $reason" || return
        fi
    done
}

# sample_zones FILE: what the time zone has been in which a dump of another's making was written; fails where it does not
# tell. Into ./zones one time of day for each month and offset from UTC: of whole values, since times within a text say
# nothing. Lines may be of any length, and grep holds whole ones.
sample_zones() {
    day='(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31'
    time='([01][0-9]|2[0-3])(:[0-5][0-9]){2}(\.[0-9]+)?' offset='[-+](0[0-9]|1[0-5])(:[0-5][0-9]){0,2}'
    passes=$((passes + 1))
    unpack "$1" 2>>said | fold -b -w 65536 |
        grep -aoE "(^|[^ 0-9A-Za-z])[12][0-9]{3}-($day) $time$offset(\$|[^ 0-9A-Za-z])" |
        sed 's/^[^0-9]//; s/[^0-9]$//; s/\.[0-9]*//' | awk '!seen[substr($0, 1, 7) substr($0, 20)]++' >zones
    [ -s zones ]
}

# database_of FILE: sets $database to the name that cback-pgconf's rule has given the file; fails if none has.
database_of() {
    database=${1##*/} database=${database%.gz} database=${database%.bz2}
    case $database in postgresqldump-*.txt) ;; *) return 1 ;; esac
    database=${database#postgresqldump-}
    database=$(printf '%s.' "${database%.txt}" | sed 's,%2F,/,g; s,%25,%,g')
    database=${database%.}
}

# --- this script's own -----------------------------------------------------------------------------

# Directories are locked by descriptor: flock creates what it is given by name, follows a link, waits for a FIFO.
# A directory with a lock on it, which its janitor waits for, and the current one from here on. No name of it or
# of the dead ones' is used but from the directory that they lie in.
make_work_dir() {
    absolute "${TMPDIR:-/var/tmp}"
    reach "$path/." || fail "$path: $reason (TMPDIR)"
    place=${here:-/} above=$here
    while [ -n "$above" ]; do # sort, and we, reach what is in it by its name
        is_trusted "$above" || fail "$above is another account's, or others may rename what is in it (TMPDIR)"
        above=${above%/*}
    done
    for dead in "./$program".??????????; do
        { [ -d "$dead" ] && [ -O "$dead" ] && [ ! -L "$dead" ]; } || continue
        (command exec 8<"$dead/." && flock -n 8 && cd -P "$dead" && { [ ! -e undo ] || sh ./undo; } && cd .. &&
            rm -rf --one-file-system -- "$dead") 2>/dev/null || :
    done
    until lock_new_dir; do :; done
    start_janitor
    { cd -P -- "$work" && exec 7<.; } || fail "$place/$work cannot be entered"
    locked=yes
    export TMPDIR="$place/$work" # for sort, and a bash that keeps its heredocs in files
}

# Fails where another run has taken the new directory for a dead one's before the lock was there.
lock_new_dir() {
    work=$(mktemp -d "./$program.XXXXXXXXXX") || fail "no directory can be made in $place (TMPDIR)"
    { command exec 9<"$work"; } 2>/dev/null || [ ! -d "$work" ] || fail "$work cannot be opened"
    [ -d "$work" ] && flock -n 9 && [ -d "$work" ]
}

# The script's undo is a program in its directory.
start_janitor() {
    # shellcheck disable=SC2016 # for the inner shell
    setsid sh -c 'trap "" HUP INT QUIT TERM
        remove() { rm -rf --one-file-system -- "$0"; }
        { command exec 8<"$0/."; } 2>/dev/null || exit
        while [ -d "$0" ] && ! flock 8; do sleep 1; done
        tries=0
        while [ -e "$0/undo" ] && ! (cd -- "$0" && sh ./undo); do
            tries=$((tries + 1)) && [ "$tries" -lt 3 ] || exit
        done
        remove || { sleep 1 && remove; }' "$work" </dev/null >/dev/null 2>&1 9<&- &
    janitor=$!
}

# Where the shell itself fails, dash and busybox exit with status 2, which means wrong usage.
end() {
    status=$?
    clean_up
    [ "$status" -eq 0 ] || exit 1
}

clean_up() {
    [ -n "$locked" ] || return 0
    [ ! -e undo ] || sh ./undo || {
        say "what was made could not be taken back: the next run does it, or sh $place/$work/undo"
        return
    }
    cd -P ..
    remove_work_dir 2>/dev/null || { sleep 1 && remove_work_dir; } || say "$place/$work cannot be removed"
    exec 9<&-
    wait "$janitor" || : # a service manager would kill it, and say so
}

remove_work_dir() {
    rm -rf --one-file-system -- "$work"
}

# stop SIGNAL: dies of it; the kernel takes the stages along, and the janitor sees to the rest. By another sh in
# our place: within a trap bash and busybox would go on.
stop() {
    trap - "$1" EXIT
    [ "$1" = PIPE ] || say "stopped by SIG$1${label:+ at $label}"
    [ -n "$locked" ] || [ -z "$work" ] || remove_work_dir || : # the janitor may not be there yet
    exec sh -c 'kill -s "$1" "$$"' sh "$1"
}

trap end EXIT
for signal in HUP INT QUIT TERM PIPE; do
    # shellcheck disable=SC2064 # the signal's name is wanted now
    trap "stop $signal" "$signal"
done
[ -e /proc/self/fd/2 ] || exec 2>/dev/null
[ -e /proc/self/fd/1 ] || exec >/dev/full
# bash takes options from SHELLOPTS, and several programs behave otherwise by these.
[ -n "${BASH_VERSION-}" ] || unset SHELLOPTS BASHOPTS
unset CDPATH ENV BASH_ENV IFS GETOPT_COMPATIBLE POSIXLY_CORRECT
export LC_ALL=C
# A dump can be made so that fingerprints collide whose key is known.
read -r CBACK_FINGERPRINT_KEY </proc/sys/kernel/random/uuid
export CBACK_FINGERPRINT_KEY
control=$(printf '\001-\037\177')
for each in "$0" "$self"; do
    case $each in */*) PATH=$(cd -- "${each%/*}" && pwd):$PATH ;; esac
done
# No program is taken from the directory that it runs in. Where there was no PATH, the shell has one of its own.
rest=$PATH: rooted=''
while [ -n "$rest" ]; do
    case $rest in /*) rooted=$rooted${rooted:+:}${rest%%:*} ;; esac
    rest=${rest#*:}
done
export PATH="$rooted"
