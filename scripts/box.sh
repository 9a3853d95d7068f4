# box.sh: where cback-pgverify restores what it does not trust. It sources this file.
#
# A server and cback-pgrestore, in namespaces that hold nothing but /usr, the server's programs, ./given for reading
# and ./data, and no network. $bin has the server's programs, $bwrap and $pgdump are programs, $parts has our files.
# shellcheck shell=sh disable=SC2154 # variables of cback-pgverify

# Sets $keyctl, which gives the box a session keyring of its own. What type a key has is the eighth word of its
# line in /proc/keys, which lists those that the caller can see.
find_keyctl() {
    keyctl=$(command -v keyctl) && "$keyctl" session - true >/dev/null 2>&1 && return
    keyctl='' # a container may forbid it, to the dump too
    ! grep -qE '^([^ ]+ +){7}(user|big_key) ' /proc/keys 2>/dev/null ||
        cannot 'a dump could read the keys of this session: install keyutils, whose keyctl hides them'
}

# The box shows ./given, for reading, and ./data, which is the server's.
fill_box() {
    rm -rf --one-file-system given && mkdir given && cp -R plan given || return
    [ -z "$globals_beside" ] || cp -R globals given || return
    uid=$(id -u) && gid=$(id -g) || return
    if [ "$uid" -eq 0 ]; then
        uid=$((2100000000 + me)) # nobody's; but not every container has it
        setpriv --reuid "$uid" --regid "$uid" --clear-groups true 2>/dev/null || uid=65534
        gid=$uid
    fi
    printf 'verify:x:%s:%s::/data:/bin/sh\n' "$uid" "$gid" >given/passwd && chmod -R a+rX given
}

# The program of the box: a server, then the restore as it would be on the day. Nothing here has to survive: what makes
# a server slow for safety's sake is off. Settings given like this cannot be changed by the dump.
# shellcheck disable=SC2016 # for the shell in the box
inside='
    give_up() { printf "%s\n" "$1" | grep -E "error|ERROR|FATAL" | head -n 1 | cut -b -1000 >&2; exit 1; }
    . /given/plan/facts
    [ ! -e /given/globals ] || superuser=$(. /given/globals/facts && printf "%s" "$superuser")
    case $encoding in "" | UTF8) locale=C.UTF-8 ;; *) locale=C ;; esac
    export PGHOST=/data PGUSER="$superuser" TMPDIR=/data/tmp
    mkdir tmp
    said=$("$1/initdb" -D server --username="$superuser" -A trust -E UTF8 --locale="$locale" --no-sync </dev/null 2>&1) ||
        give_up "$said"
    "$1/postgres" -D server -c listen_addresses= -c unix_socket_directories=/data \
        -c fsync=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0 \
        -c max_connections=20 -c max_locks_per_transaction=10000 -c autovacuum=off -c jit=off \
        -c dynamic_shared_memory_type=mmap -c allow_in_place_tablespaces=on \
        -c log_min_messages=fatal -c log_min_error_statement=panic </dev/null >log 2>&1 &
    until psql -XAtqd postgres -c "" </dev/null >/dev/null 2>&1; do
        kill -0 "$!" 2>/dev/null || give_up "$(tail -c 10000 log)"
        sleep 0.05
    done
    exec sh /tools/cback-pgrestore --drill /given'

# The restore, from standard input to standard output. The box is built from the inside to the outside: each
# function adds its part to the command that it is called with, and hands it on.
box() {
    exec 9<&-
    # shellcheck disable=SC3045 # all our shells have it
    ulimit -c 0
    set -- sh -c "$inside" sh "$bin"
    # Root changes its uid inside, since that clears the parent-death signal; it may not get a user namespace.
    if [ "$(id -u)" -eq 0 ]; then
        set -- --cap-add CAP_SETUID --cap-add CAP_SETGID setpriv --reuid "$uid" --regid "$gid" --clear-groups "$@"
    else
        set -- --unshare-user "$@"
    fi
    run_with_files "$@"
}

# All that is to be seen in the box.
run_with_files() {
    while read -r path; do
        # --dir: else bwrap makes the directories above such that only root can enter them
        case $path in
        /usr/* | '') ;;
        *) set -- --dir "${path%/*}" --ro-bind "$path" "$path" "$@" ;;
        esac
    done <<END
$(needed_by_server)
END
    for dir in bin sbin lib lib64; do
        [ ! -d "/usr/$dir" ] || set -- --symlink "usr/$dir" "/$dir" "$@"
    done
    run_alone "$bwrap" --die-with-parent --new-session --unshare-ipc --unshare-pid --unshare-net --unshare-uts \
        --unshare-cgroup-try --ro-bind /usr /usr --proc /proc --dev /dev \
        --ro-bind given /given --dir /tools --ro-bind "$pgdump" /tools/cback-pgdump \
        --ro-bind "${self%/*}/cback-pgrestore" /tools/cback-pgrestore --ro-bind "$parts/reading.sh" /tools/reading.sh --dir /etc --ro-bind given/passwd /etc/passwd \
        --ro-bind-try /etc/localtime /etc/localtime --bind data /data --chdir /data \
        --setenv PATH "$bin:/usr/bin:/bin:/tools" --setenv LC_ALL C --setenv TZ UTC "$@"
}

# Where its programs are, and libraries, which may be anywhere.
needed_by_server() {
    for dir in bin lib lib64 share; do
        [ ! -d "${bin%/*}/$dir" ] || printf '%s\n' "${bin%/*}/$dir"
    done
    ldd "$bin/postgres" "$bin/psql" | sed -n 's,.* => \(/.*\) (0x.*,\1,p' | xargs -rd '\n' readlink -f --
}

# bwrap that is killed while it starts leaves a box that goes on. So it starts in a PID namespace of its own, of
# which timeout is the first process: with that, the kernel ends all that is in it. That dies with unshare, which
# dies with this script. PDEATHSIG is not sent if the parent died before it was asked for, so the parent is
# compared after asking, the second time by the outer /proc, 3.
# bwrap's first process keeps its environment, for the dump to read, and open files are ways out of the box: there
# are none. dash cannot close those above 9, and where it is sh, bash is there.
run_alone() {
    closer=$(command -v bash) || closer='sh'
    # shellcheck disable=SC2016 # for the inner shell
    set -- --pid --fork --kill-child --mount-proc "$closer" -c '
        read -r _ _ _ now _ </proc/self/fd/3/self/stat && [ "$now" = "$parent" ] || exit
        for descriptor in /proc/self/fd/*; do
            descriptor=${descriptor##*/}
            [ "$descriptor" -le 2 ] || eval "exec $descriptor<&-"
        done
        exec "$@"' sh timeout -k 10 "$limit" env -i "$@"
    [ "$(id -u)" -eq 0 ] || set -- --user --map-current-user "$@"
    set -- unshare "$@"
    [ -z "$keyctl" ] || set -- "$keyctl" session - "$@"
    # shellcheck disable=SC2016 # for the inner shell
    exec setpriv --pdeathsig KILL sh -c '
        [ "$PPID" = "$0" ] && export parent="$$" && exec "$@" 3</proc' "$me" "$@"
}
