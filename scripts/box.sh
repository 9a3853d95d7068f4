# box.sh: where cback-pgverify restores what it does not trust. It sources this file.
#
# A server and cback-pgrestore, in namespaces that hold nothing but /usr, the server's programs, ./root and ./given for
# reading and ./data, and no network. $bin has the server's programs, $bwrap and $pgdump are programs, $parts has our files.
# shellcheck shell=sh disable=SC2086,SC2154 # variables of cback-pgverify; $as_account is a list of words

# Sets $keyctl, which gives the box a session keyring of its own. What type a key has is the eighth word of its
# line in /proc/keys, which lists those that the caller can see.
find_keyctl() {
    keyctl=$(command -v keyctl) && "$keyctl" session - true >/dev/null 2>&1 && return
    keyctl='' # a container may forbid it, to the dump too
    ! grep -qE '^([^ ]+ +){7}(user|big_key) ' /proc/keys 2>/dev/null ||
        cannot 'a dump could read the keys of this session: install keyutils, whose keyctl hides them'
}

# The box shows ./root and ./given, for reading, and ./data, which is the server's.
fill_box() {
    rm -rf --one-file-system given && mkdir given && cp -R plan given || return
    [ -z "$globals_beside" ] || cp -R globals given || return
    uid=$(id -u) gid=$(id -g) as_account=''
    if [ "$uid" -eq 0 ]; then
        uid=$((2100000000 + me)) # nobody's; but not every container has it
        setpriv --reuid "$uid" --regid "$uid" --clear-groups true 2>/dev/null || uid=65534
        gid=$uid as_account="setpriv --reuid $uid --regid $uid --clear-groups"
    fi
    chmod -R a+rX given && build_root
}

# All that is to be seen beside /usr, for this server.
build_root() {
    rm -rf --one-file-system root && mkdir root && (
        cd root && mkdir usr proc dev data tmp given etc tools || exit
        for dir in bin sbin lib lib64; do
            [ ! -d "/usr/$dir" ] || ln -s "usr/$dir" "$dir"
        done
        cp -- "$pgdump" "${self%/*}/cback-pgrestore" "$parts/reading.sh" tools
        [ ! -e /etc/localtime ] || cp -L /etc/localtime etc
        printf 'verify:x:%s:%s::/data:/bin/sh\n' "$uid" "$gid" >etc/passwd
    ) || return
    # The caller has named the server, so its directories and libraries may lie where the box's account does not come,
    # such as below /root.
    elsewhere='\,^/(usr|s?bin|lib[^/]*)/, d'
    for part in bin lib lib64 share; do
        path=${bin%/*}/$part
        [ ! -d "$path" ] || printf '%s\0' "$path"
    done | sed -zE "$elsewhere" >directories
    ldd "$bin/postgres" "$bin/psql" 2>/dev/null | sed -n 's,.* => \(/.*\) (0x.*,\1,p' | xargs -rd '\n' readlink -zf -- |
        sort -zu | sed -zE "$elsewhere" | xargs -0r cp -P --parents -t root --
    list_outside | show 8
    (cd root && sed -z 's,^,./,' ../directories | xargs -0r mkdir -p --) && chmod -R a+rX root
}

# Lists the paths that links in /usr lead to, in a server's directories and among libraries and programs, a NUL after
# each. update-alternatives makes such links.
list_outside() {
    for dir in "${bin%/*}" /usr/share/p*sql* /usr/lib*/p*sql*; do
        [ ! -d "$dir" ] || [ "$dir" = /usr ] || find "$dir/" -type l -lname '/*' -printf '%l\0'
    done
    for dir in /usr/bin /usr/sbin /usr/lib /usr/lib64 /usr/lib/*-linux-*; do
        [ ! -d "$dir" ] || find "$dir/" -maxdepth 1 -type l -lname '/*' -xtype f -printf '%l\0'
    done
}

# show LINKS: of what is named on standard input, and led to from there by so many links, puts files and links into
# ./root and directories into the list ./directories, where the box's account could see them outside as well.
show() {
    grep -zvE '^/(usr|s?bin|lib[^/]*)/' | sort -zu >outside
    { [ "$1" -gt 0 ] && [ -s outside ]; } || return 0
    (cd / && exec $as_account xargs -0 sh -c 'find "$@" -maxdepth 0 \
        "(" -type l -printf "l%p\0" "(" -lname "/*" -printf "n%l\0" -o -printf "n%h/%l\0" ")" ")" -o -readable \
        "(" -type f -printf "l%p\0" -o -type d -executable -printf "d%p\0" ")"' sh) <outside >shown 2>/dev/null || :
    sed -zn 's/^l//p' shown | xargs -0r cp -P --parents -t root -- && sed -zn 's/^d//p' shown >>directories
    sed -zn 's/^n//p' shown | show $(($1 - 1))
}

# Programs of the box: a cluster; and a server, then the restore as it would be on the day. Nothing here has to survive:
# what makes a server slow for safety's sake is off. Settings given like this cannot be changed by the dump.
# shellcheck disable=SC2016 # for the shell in the box
initdb_in_box='
    # give_up PROGRAM STATUS SAID
    give_up() {
        why=$(printf "%s\n" "$3" | grep -E "error|ERROR|FATAL|not found" | head -n 1 | cut -b -1000)
        printf "no server can be started: %s\n" "${why:-$1 ended with status $2}" >&2
        exit 1
    }
    . /given/plan/facts
    [ ! -e /given/globals ] || superuser=$(. /given/globals/facts && printf "%s" "$superuser")
    case $encoding$server_encoding in "" | UTF8 | UTF8UTF8) locale=C.UTF-8 ;; *) locale=C ;; esac
    [ -d server ] ||
        said=$("$1/initdb" -D server --username="$superuser" -A trust -E "${server_encoding:-UTF8}" --locale="$locale" --no-sync </dev/null 2>&1) ||
        give_up initdb "$?" "$said"'
# shellcheck disable=SC2016,SC2034 # for the shell in the box; for cback-pgverify
restore_in_box=$initdb_in_box'
    export PGHOST=/data PGUSER="$superuser" TMPDIR=/data/tmp
    "$1/postgres" -D server -c listen_addresses= -c unix_socket_directories=/data \
        -c fsync=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0 \
        -c max_connections=20 -c max_locks_per_transaction=10000 -c autovacuum=off -c jit=off \
        -c dynamic_shared_memory_type=mmap -c allow_in_place_tablespaces=on \
        -c log_min_messages=fatal -c log_min_error_statement=panic </dev/null >log 2>&1 &
    until said=$(psql -XAtqd postgres -c "" </dev/null 2>&1); do
        status=$?
        [ "$status" -eq 2 ] || give_up psql "$status" "$said" # 2: no connection yet
        kill -0 "$!" 2>/dev/null || {
            status=0 && wait "$!" || status=$?
            give_up postgres "$status" "$(tail -c 10000 log)"
        }
        sleep 0.05
    done
    exec sh /tools/cback-pgrestore --drill /given'

# box PROGRAM: runs it, from standard input to standard output. The box is built from the inside to the outside: each
# function adds its part to the command that it is called with, and hands it on.
box() {
    exec 9<&-
    # shellcheck disable=SC3045 # all our shells have it
    ulimit -c 0
    set -- sh -c "$1" sh "$bin"
    # Root changes its uid inside, since that clears the parent-death signal; it may not get a user namespace.
    if [ "$(id -u)" -eq 0 ]; then
        set -- --cap-add CAP_SETUID --cap-add CAP_SETGID $as_account "$@"
    else
        set -- --unshare-user "$@"
    fi
    run_with_files "$@"
}

# All that is to be seen in the box.
run_with_files() {
    temporary=/tmp
    while IFS= read -r path; do
        [ -z "$path" ] || set -- --ro-bind "$path" "$path" "$@"
        case $path in /tmp/*) temporary='' ;; esac
    done <<END
$(sort -zu directories | tr '\0' '\n')
END
    run_alone "$bwrap" --die-with-parent --new-session --unshare-ipc --unshare-pid --unshare-net --unshare-uts \
        --unshare-cgroup-try --ro-bind root / --ro-bind /usr /usr --proc /proc --dev /dev \
        --ro-bind given /given --bind data /data ${temporary:+--bind data/tmp /tmp} --chdir /data \
        --setenv PATH "$bin:/usr/bin:/bin:/tools" --setenv LC_ALL C --setenv TZ UTC "$@"
}

# bwrap that is killed while it starts leaves a box that goes on. So it starts in a PID namespace of its own, of
# which a shell is the first process: with that, the kernel ends all that is in it. (timeout cannot be: coreutils 9.10's
# takes process 1 for a parent that has died.) That dies with unshare, which dies with this script. PDEATHSIG is not sent
# if the parent died before it was asked for, so the parent is compared after asking, the second time by the outer
# /proc, 3. bwrap's first process keeps its environment, for the dump to read, and open files are ways out of the box:
# there are none. dash cannot close those above 9, and where it is sh, bash is there; which tells of a death where
# nobody asks.
run_alone() {
    closer=$(command -v bash) || closer='sh'
    # shellcheck disable=SC2016 # for the inner shell
    set -- --pid --fork --kill-child --mount-proc "$closer" -c '
        read -r _ _ _ now _ </proc/self/fd/3/self/stat && [ "$now" = "$parent" ] || exit
        for descriptor in /proc/self/fd/*; do
            descriptor=${descriptor##*/}
            [ "$descriptor" -le 2 ] || eval "exec $descriptor<&-"
        done
        exec 3>&2 2>/dev/null
        "$@" 2>&3 3>&-
        status=$?
        [ "$status" -eq 0 ] || printf "status %s\n" "$status" >&3
        exit "$status"' sh timeout -k 10 "$limit" env -i "$@"
    [ "$(id -u)" -eq 0 ] || set -- --user --map-current-user "$@"
    set -- unshare "$@"
    [ -z "$keyctl" ] || set -- "$keyctl" session - "$@"
    # shellcheck disable=SC2016 # for the inner shell
    exec setpriv --pdeathsig KILL sh -c '
        [ "$PPID" = "$0" ] && export parent="$$" && exec "$@" 3</proc' "$me" "$@"
}
