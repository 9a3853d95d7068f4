# shellcheck shell=sh disable=SC2154 # site and python come by the environment
printf 'APT::Install-Recommends "false";\nAPT::Get::Assume-Yes "true";\n' >/etc/apt/apt.conf.d/99readme
mkdir -p /opt/backup /var/lib/prometheus/node-exporter
ln -s "$site/collect" /opt/backup/collect
cp "$site/cback3.conf" /etc/cback3.conf
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
mkdir "$site/vault" "$site/store"
chown -R postgres "$site/desk" "$site/vault" "$site/store" "$GNUPGHOME"
echo "listen_addresses = ''" >>/etc/postgresql-common/createcluster.conf
trap 'for made in restored fresh; do pg_ctlcluster --force 15 $made stop; done >/dev/null 2>&1 || :' EXIT
OLDPWD=$PWD
