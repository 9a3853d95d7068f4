# shellcheck shell=sh disable=SC2016,SC2046,SC2086,SC2091,SC2094,SC2154 # site and python come by the environment
# For readme.rs: makes a machine on which the guides' commands can be typed, and types them.

printf 'APT::Install-Recommends "false";\nAPT::Get::Assume-Yes "true";\n' >/etc/apt/apt.conf.d/99readme
mkdir -p /opt/backup/staging /var/lib/prometheus/node-exporter
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
trap 'pg_ctlcluster --force "$version" fresh stop >/dev/null 2>&1 || :; kill $servers' EXIT
version=$(printf '%s\n' /usr/lib/postgresql/* | sort -V | sed -n '$ s,.*/,,p')
workspace=$PWD dump=$site/collect/postgresqldump-shop.txt.gz

# port_of SERVER: by what it says.
port_of() { sed -n 's/.*http:..127.0.0.1:\([0-9]*\).*/\1/p' "$site/$1" | grep .; }

# stand_in PROGRAM SCRIPT
stand_in() {
    printf '#!/bin/sh\n%s\n' "$2" >"$site/bin/$1"
    chmod 755 "$site/bin/$1"
}
stand_in ssh 'cd ../vault && sh -c "$2"'
stand_in systemctl 'shift 2
    for unit; do ls /usr/lib/systemd/system/$unit || ls /usr/local/lib/systemd/system/$unit || exit; done'

# A server for pings, which answers that it knows no such page, and one of an object store, each at a port of its own
# choice. What rclone sends in parts it then asks for by version, and moto has named that `null`.
python3 -um http.server --bind 127.0.0.1 --directory "$site/desk" 0 >"$site/pings" 2>&1 &
servers=$!
"${python%/*}/moto_server" -H 127.0.0.1 -p 0 >"$site/store" 2>&1 &
servers="$servers $!"
until pings=$(port_of pings) && store=$(port_of store); do
    kill -0 $servers || { cat "$site/pings" "$site/store" && exit 1; }
    sleep 0.1
done
unset AWS_CA_BUNDLE # where that is set rclone 1.60 ends
export RCLONE_CONFIG=/dev/null RCLONE_STREAMING_UPLOAD_CUTOFF=100M RCLONE_CONFIG_VAULT_TYPE=s3 \
    RCLONE_CONFIG_VAULT_PROVIDER=Other RCLONE_CONFIG_VAULT_ENDPOINT="http://127.0.0.1:$store" \
    RCLONE_CONFIG_VAULT_ACCESS_KEY_ID=any RCLONE_CONFIG_VAULT_SECRET_ACCESS_KEY=any
rclone mkdir vault:backups

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
    *restore-one) bash -eu $block ;;
    *restore-table)
        runuser -u postgres -- psql -Xqc 'TRUNCATE purchase' shop
        runuser -u postgres -- bash -eu $block
        ;;
    *restore-all)
        other_backup '<globals>Y</globals><database>shop</database>'
        env -u PGHOST -u PGUSER bash -eu $block
        ;;
    *restore-database) other_backup '<all>Y</all>'; bash -eu $block; rm "$site/collect/postgresqldump.txt.gz" ;;
    *keep-install) generations ;;
    *first-step) sed /cargo-web/d $block >"$site/first-step" && bash -eu "$site/first-step" ;; # Rust is here
    *own-configuration) examples && bash -eu $block ;;
    *postgres) runuser -u postgres -- bash -eu $block ;;
    *verify) cback-postgresql --quiet && bash -eu $block ;;
    sh*) sed -i "s|--staged|& -c $site/master.conf|" $block && bash -eu $block ;;
    xml*) into_configuration "$@" ;;
    cron*) grep -qxF -f $block /usr/share/doc/cback-postgresql/examples/cback-postgresql.cron ;;
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

# cback3 takes it, and does with it as the text says: the hook before collect, instead of the extension; the pool;
# the hook after stage, on what a client has sent.
into_configuration() {
    case "$*$(cat $block)" in
    *as-hook*)
        sed -e "/<options>/r $block" -e '/<extensions>/d' /etc/cback3.conf >"$site/hook.conf"
        chmod 600 "$site/hook.conf"
        rm -f "$site"/collect/*
        cback3 --config "$site/hook.conf" --full collect
        test -s "$dump"
        ;;
    *'<stage>'*)
        sed -e "/<.collect>/r $block" /etc/cback3.conf >"$site/master.conf"
        chmod 600 "$site/master.conf"
        cback3 --config "$site/master.conf" validate
        ;;
    *)
        sed -i -e "/<options>/r $block" "$site/master.conf"
        cback3 --config "$site/master.conf" validate
        staged=/opt/backup/staging/$(date +%Y/%m/%d)
        mkdir -p "$staged/client" && touch "$staged/cback.stage" && cp -p "$site"/collect/* "$staged/client"
        $(sed -n 's|.*<command>\(.*\)</command>|\1|p' $block) --config "$site/master.conf"
        ;;
    esac
}

# "Days are counted, not their age": today's, and 13 of those before it.
generations() {
    bash -eu $block
    for day in 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16; do
        mkdir -p "$site/collect/kept/2020-01-$day"
    done
    for _ in first second; do
        rm "$dump"
        cback-postgresql --quiet
        keep-generations 14 "$site/collect"
        test "$(cd "$site/collect/kept" && echo *)" = "$(seq -s ' ' -f 2020-01-%02g 4 16) $(date +%F)"
        test "$dump" -ef "$site/collect/kept/$(date +%F)/${dump##*/}"
    done
    rm -r "$site/collect/kept"
}

# The address ends with the status of a run that succeeds, and of one that does not.
ping() {
    sed "s|.*postgres  ||; s|https://hc-ping.com|http://127.0.0.1:$pings|" $block >"$site/line"
    for config in /etc/cback3.conf /nowhere.conf; do
        sed "s|/etc/cback-postgresql.conf|$config|" "$site/line" | sh || : # the page is not there
    done
    grep 'GET /UUID/0 ' "$site/pings" && grep 'GET /UUID/1 ' "$site/pings"
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
    rm -f "$site"/collect/*.sha256 # by which the age is known, whatever the file's own is
    test "$(bash -eu $block)" = OK
    touch -d '27 hours ago' "$dump"
    sed 's|<database>|<database>a\|b</database>&|' /etc/cback3.conf >"$site/two.conf"
    sed "s|cback-pgverify|& --config $site/two.conf|" $block >"$site/plugin"
    status=0 && bash -eu "$site/plugin" >"$site/critical" || status=$?
    touch "$dump"
    test $status = 2
    test $(wc -l <"$site/critical") = 1
    grep "^CRITICAL: .*a b.*$dump: 27 hours old" "$site/critical"
}

# The text format of Prometheus: a name, a blank, a number.
prometheus() {
    metrics=/var/lib/prometheus/node-exporter
    rm -f "$site"/collect/*.sha256
    bash -eu $block
    printf 'cback_proven 1\ncback_proven_timestamp_seconds N\n' >"$site/metrics"
    sed 's/ [0-9]\{10\}$/ N/' $metrics/cback.prom | cmp - "$site/metrics"
    touch -d '27 hours ago' "$dump"
    bash -eu $block
    touch "$dump"
    grep -qx 'cback_proven 0' $metrics/cback.prom
    test "$(ls $metrics)" = cback.prom
}

# dumped [OPTION...] DATABASE: sorted, since a COPY may begin in the middle of a table.
dumped() { PGTZ=UTC runuser -u postgres -- pg_dump "$@" | grep -v -e '^.restrict' -e '^.unrestrict' | LC_ALL=C sort; }

# All examples under --help of each program, at one go.
type_help() {
    cd "$site/desk"
    for program in cback-pgverify cback-pgconf cback-pgdump cback-compress; do
        $program --help | sed -n '/^Examples:/,/^$/ s/^  //p' | sed "s|--staged|& -c $site/master.conf|" >"$site/examples"
        test "$(wc -l <"$site/examples")" -ge 2
        bash -euo pipefail "$site/examples" >"$site/said" 2>&1 </dev/null || {
            echo "$program --help" && cat "$site/said" && exit 1
        }
    done
    gzip -t shop.sql.gz
}

# Nothing has changed the configuration for good, and what was restored or sent away is what was there.
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
}
