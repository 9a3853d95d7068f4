# shellcheck shell=sh disable=SC2016,SC2046,SC2086,SC2091,SC2094,SC2154 # site and python come by the environment
# For readme.rs: makes a machine on which the guides' commands can be typed, and types them.

printf 'APT::Install-Recommends "false";\nAPT::Get::Assume-Yes "true";\n' >/etc/apt/apt.conf.d/99readme
mkdir -p /opt/backup /var/lib/prometheus/node-exporter
ln -s "$site/collect" /opt/backup/collect
cp "$site/cback3.conf" /etc/cback3.conf
mkdir "$site/bin" "$site/desk" "$site/vault"
/usr/bin/python3 -m venv --without-pip /opt/cback3
modules=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
echo "$modules" >"$(echo /opt/cback3/lib/python3*/site-packages)/cback3.pth"
sed '1s|.*|#!/opt/cback3/bin/python|' "${python%/*}/cback3" >/usr/bin/cback3
chmod 755 /usr/bin/cback3
export GNUPGHOME="$site/gnupg"
mkdir -m 700 "$GNUPGHOME"
gpg --batch --quiet --passphrase '' --quick-generate-key backup@example.org
gpg --batch --quiet --armor --export backup@example.org >"$site/desk/backup.asc"
gpgconf --kill all
chown -R postgres "$site/desk" "$site/vault" "$GNUPGHOME"
echo "listen_addresses = ''" >>/etc/postgresql-common/createcluster.conf
version=$(printf '%s\n' /usr/lib/postgresql/* | sort -V | sed -n '$ s,.*/,,p')
trap 'pg_ctlcluster --force "$version" fresh stop >/dev/null 2>&1 || :' EXIT
workspace=$PWD dump=$site/collect/postgresqldump-shop.txt.gz
# The object store is a directory.
export RCLONE_CONFIG=/dev/null RCLONE_CONFIG_VAULT_TYPE=alias RCLONE_CONFIG_VAULT_REMOTE="$site/vault"

# stand_in PROGRAM SCRIPT
stand_in() {
    printf '#!/bin/sh\n%s\n' "$2" >"$site/bin/$1"
    chmod 755 "$site/bin/$1"
}
stand_in ssh 'cd ../vault && sh -c "$2"'
stand_in curl "echo \"\$*\" >>'$site/pings'"
stand_in systemctl 'shift 2
    for unit; do ls /usr/lib/systemd/system/$unit || ls /usr/local/lib/systemd/system/$unit || exit; done'

# block PLACE FILE KIND [LABEL...]: types it, or puts it where its text says, and sees that it does its work.
block() {
    place=$1 block=$2 and_then=true && shift 2
    case $* in
    *with-systemd* | *second-cluster* | *first-configuration*) return ;; # for scripts/trial
    *try-all) and_then='! grep -q .' ;;
    *verify) and_then="grep -q ': whole, '" ;;
    *prove-encrypted) and_then="grep ': whole, ' | grep -q ', restored into '" ;;
    *restore-table) ;;
    *restore-*) and_then="tail -n 1 | grep -q '^restored '" ;;
    esac
    cd "$site/desk"
    ! grep -q scripts/ $block || cd "$workspace"
    set +e # in a condition the subshell would go on after a failure
    (set -eu; type_it "$@"; sh -c "$and_then" <"$site/said") >"$site/said" 2>&1 </dev/null
    status=$?
    set -e
    [ $status -eq 0 ] || { echo "$place" && cat "$site/said" && exit 1; }
}

type_it() {
    case $* in
    *nagios) nagios ;;
    *prometheus) prometheus ;;
    *managed) (echo '<cb_config>' && cat $block && echo '</cb_config>') | cback-pgconf check --strict --section-only ;;
    *clients) sed "/<options>/r $block" /etc/cback3.conf | cback-pgconf shell | grep "^pg_dump.*='/usr/lib/postgresql/" ;;
    *ping-cron) ping ;;
    *object-store*) object_store ;;
    *prove-encrypted) prove_encrypted ;;
    *restore-table)
        runuser -u postgres -- psql -Xqc 'TRUNCATE purchase' shop
        runuser -u postgres -- bash -eu $block
        ;;
    *restore-all)
        other_backup '<globals>Y</globals><database>shop</database>'
        env -u PGHOST -u PGUSER bash -eu $block
        ;;
    *restore-database) other_backup '<all>Y</all>'; bash -eu $block; rm "$site/collect/postgresqldump.txt.gz" ;;
    *first-step) sed /cargo-web/d $block >"$site/first-step" && bash -eu "$site/first-step" ;; # Rust is here
    *own-configuration) examples && bash -eu $block ;;
    *postgres) runuser -u postgres -- bash -eu $block ;;
    *verify) cback-postgresql --quiet && bash -eu $block ;;
    sh*) bash -eu $block ;;
    *as-hook) hook ;;
    cron*) grep -qxF -f $block /usr/share/doc/cback-postgresql/examples/cback-postgresql.cron ;;
    text | ini*) ;;
    *) echo "what is a block of $*?" && return 1 ;;
    esac
}

# other_backup SECTION
other_backup() {
    section="<compress_mode>gzip</compress_mode>$1"
    sed "s|<postgresql>.*|<postgresql>$section</postgresql>|" /etc/cback3.conf >"$site/other.conf"
    cback-postgresql --quiet --config "$site/other.conf"
}

# The example configurations have no fault; on stdin, since everybody may read the files.
examples() {
    for example in cback3.conf cback-postgresql.conf; do
        cback-pgconf check --strict </usr/share/doc/cback-postgresql/examples/$example || return
    done
}

# cback3 runs it before collect, instead of the extension.
hook() {
    sed -e "/<options>/r $block" -e '/<extensions>/d' /etc/cback3.conf >"$site/hook.conf"
    chmod 600 "$site/hook.conf"
    rm -f "$site"/collect/*
    cback3 --config "$site/hook.conf" --full collect
    test "$site/collect/cback.collect" -nt "$dump"
}

# The address ends with the status of a run that succeeds, and of one that does not.
ping() {
    for config in /etc/cback3.conf /nowhere.conf; do
        sed "s|.*postgres  ||; s|/etc/cback-postgresql.conf|$config|" $block | sh
    done
    test "$(sed 's|.*/UUID/||' "$site/pings" | xargs)" = '0 1'
}

# The last copy outlives a dump that fails.
object_store() {
    runuser -u postgres -- bash -eu $block
    sed 's/" shop |/" missing |/' $block >"$site/fails"
    runuser -u postgres -- bash -eu "$site/fails" && return 1
    rclone cat vault:backups/shop.new | gzip -t && return 1
    rclone cat vault:backups/shop.sql.gz | gzip -t
}

# A copy that is cut is no backup, although nobody asks the first stage how it ended.
prove_encrypted() {
    bash -eu $block
    head -c -100 shop.sql.gz.age >cut.age
    age -d -i restore.key cut.age | cback-pgverify - && return 1
    gpgconf --kill all
}

# The contract of a plugin: status 0 or 2, and one line, which no `|` ends.
nagios() {
    test "$(bash -eu $block)" = OK
    sed 's|<database>|<database>a\|b</database>&|' /etc/cback3.conf >"$site/two.conf"
    sed "s|cback-pgverify|& --config $site/two.conf|" $block >"$site/plugin"
    status=0 && bash -eu "$site/plugin" >"$site/critical" || status=$?
    test "$status $(wc -l <"$site/critical")" = '2 1'
    grep "^CRITICAL: .*a b" "$site/critical"
}

# The text format of Prometheus: a name, a blank, a number.
prometheus() {
    metrics=/var/lib/prometheus/node-exporter/cback.prom
    bash -eu $block
    grep -qx 'cback_proven 1' $metrics
    grep -qx 'cback_proven_timestamp_seconds [0-9]\{10\}' $metrics
    mv "$dump" "$dump.away"
    bash -eu $block
    mv "$dump.away" "$dump"
    grep -qx 'cback_proven 0' $metrics
}

# dumped [OPTION...] DATABASE: sorted, since a COPY may begin in the middle of a table.
dumped() { PGTZ=UTC runuser -u postgres -- pg_dump "$@" | grep -v -e '^.restrict' -e '^.unrestrict' | LC_ALL=C sort; }

# All examples under --help of each program, at one go. A pool's are typed in `cback3`.
type_help() {
    cd "$site/desk"
    for program in cback-pgverify cback-pgconf cback-pgdump cback-compress; do
        $program --help | sed -n '/^Examples:/,/^$/ s/^  //p' | sed /--staged/d >"$site/examples"
        test "$(wc -l <"$site/examples")" -ge 2
        bash -euo pipefail "$site/examples" >"$site/said" 2>&1 </dev/null || {
            echo "$program --help" && cat "$site/said" && exit 1
        }
    done
    gzip -t shop.sql.gz
}

# Nothing has changed the configuration for good, what was restored or sent away is what was there, and of what was
# installed nothing is left.
afterwards() {
    cmp /etc/cback3.conf "$site/cback3.conf"
    cd "$site/desk"
    rclone cat vault:backups/shop.sql.gz >stored.gz
    for file in shop.sql.gz stored.gz ../vault/shop.sql.gz; do
        gzip -dc $file | grep -qx -e '-- PostgreSQL database dump complete'
    done
    dumped shop >"$site/shop.sql"
    for restored in shop_of_yesterday shop_again '-h /run/postgresql -p 5499 shop'; do
        dumped $restored | cmp - "$site/shop.sql"
    done
    test "$(find /etc /usr /var/lib/dpkg -xdev -name '*cback[-_]*')" = /etc/cback-postgresql.conf
}
