//! Cedar's pool: a client collects, a master fetches the dumps over scp.
//!
//! The backup user exists, and its sshd listens, for this test alone: in namespaces of the test's own, where
//! /etc/passwd and /etc/group have a line more.

use cback_tests::{
    Finished, Run, Site, cback3, extension, noon, server, skipped_without_root, workspace, wrapped,
};
use std::fs;
use std::os::unix::fs::MetadataExt;

const USER: &str = "cback-pool";
const ID: u32 = 64_901;

/// Runs cback3, which is its arguments, as a client and then as the master of three clients, on days that are said to be
/// gone, beside an sshd. $0 is the site, $1 the user, $2 its number.
const NAMESPACE: &str = r#"
set -eu
site=$0 user=$1 id=$2
shift 2
cd "$site"
{ cat /etc/passwd; echo "$user:*:$id:$id::$site/home:/bin/sh"; } >passwd
{ cat /etc/group; echo "$user:*:$id:"; } >group
mkdir home
for key in host_key home/key; do
    ssh-keygen -q -t ed25519 -N '' -f $key
done
chown -R "$id:$id" home collect work stage
for file in passwd group; do
    mount --bind $file /etc/$file
done
mount -t tmpfs tmpfs /run
mkdir /run/sshd
busybox ip link set lo up
/usr/sbin/sshd -D -e -f /dev/null -h "$site/host_key" -o ListenAddress=0.0.0.0 -o PidFile=none -o StrictModes=no \
    -o "AuthorizedKeysFile=$site/home/key.pub" -o Subsystem='sftp internal-sftp' 2>sshd.log &
trap 'kill $!' EXIT
until grep -q 'Server listening' sshd.log; do
    kill -0 $!
done
# list DIRECTORY HOURS: what that client has was made so long ago
list() (
    cd "$1"
    { printf '# made %s\n' "$(date -u -d "-$2 hours" +%Y-%m-%dT%H:%M:%SZ)" && sha256sum postgresqldump-*.gz; } >postgresqldump.sha256
    chown "$id:$id" postgresqldump.sha256
)
# gone DAYS: makes the last stage one of a day that is gone
gone() {
    day=stage/$(date -d "-$1 days" +%Y/%m/%d)
    mkdir -p "${day%/*}"
    cp -a "$today" "$day"
    find "$day" -exec touch -d "-$1 days" {} +
}
"$@" postgresql collect
! setpriv --reuid=nobody --regid=nogroup --clear-groups cat collect/postgresqldump-*.gz >/dev/null 2>&1
today=stage/$(date +%Y/%m/%d)
list collect 1
cp -a collect collect2
cp -a collect collect3
"$@" stage purge
cat log
true >log
for block in "$site"/typed-*; do
    sh -eu "$block" || echo "failed: $(cat "$block")"
done
cmp collect/postgresqldump-postgres.txt.gz "$today/127.0.0.3/postgresqldump-postgres.txt.gz"
mkdir kept
mv "$today/127.0.0.1/postgresqldump-postgres.txt.gz" kept
echo damaged >"$today/127.0.0.1/postgresqldump-postgres.txt.gz"
for days in 9 1; do
    gone $days
done
rm -r "$today"
echo '# another stage: a damaged file, one of yesterday again, and nothing'
head -c 300 kept/postgresqldump-postgres.txt.gz >collect/postgresqldump-postgres.txt.gz
list collect2 49
rm collect3/*
"$@" stage purge || echo "status $?"
cat log
echo "left: $(cd stage && find . -path '*127.0.0.1/postgresqldump-*.gz' | wc -l)"
"#;

/// Those of docs/pool.md: what each is, and its text.
fn blocks() -> Vec<(String, String)> {
    let page = fs::read_to_string(workspace().join("docs/pool.md")).unwrap();
    let parts: Vec<_> = page.split("```").skip(1).step_by(2).collect();
    let blocks = parts.iter().map(|it| it.split_once('\n').unwrap());
    blocks
        .map(|(kind, text)| (kind.to_owned(), text.to_owned()))
        .collect()
}

/// "Published files: 0600 from their first byte, owned by `backup_user:backup_group` when root": so the master, who comes
/// as that user, may read them, and nobody else. "`--staged`: what the last `stage` has brought, peer by peer, and nothing
/// older; a peer that used to send and has not is a failure": as a hook of the last action, which leaves none undone.
#[test]
fn a_master_fetches_the_dumps_of_three_clients_and_tells_what_is_wrong() {
    if skipped_without_root("it adds a user") {
        return;
    }
    let mut site = Site::owned_by(USER, USER);
    let top = site.path("").display().to_string();
    let peers = [
        ("127.0.0.1", "collect"),
        ("127.0.0.2", "collect2"),
        ("127.0.0.3", "collect3"),
    ];
    let peers = peers.map(|(name, collect)| {
        format!(
            "<peer><name>{name}</name><type>remote</type><collect_dir>{top}/{collect}</collect_dir>\
             <backup_user>{USER}</backup_user><rcp_command>/usr/bin/scp -B -i {top}/home/key -o StrictHostKeyChecking=no \
             -o UserKnownHostsFile=/dev/null</rcp_command></peer>"
        )
    });
    site.add_section(&format!(
        "{}<stage><staging_dir>{top}/stage</staging_dir>{}</stage>\
         <purge><dir><abs_path>{top}/stage</abs_path><retain_days>7</retain_days></dir></purge>",
        extension("cback_postgresql"),
        peers.concat()
    ));
    let config = site.config().display().to_string();
    for (number, (kind, text)) in blocks().into_iter().enumerate() {
        let text = text.replace("/usr/bin/", "");
        let text = text.replace("--staged", &format!("--staged -c {config}"));
        if kind == "xml" {
            site.add_option(&text.replace("--quiet ", ""));
        } else {
            fs::write(site.path(&format!("typed-{number}")), text).unwrap();
        }
    }
    site.configure("gzip", &["postgres"]);
    let id = ID.to_string();
    let outer = [
        "unshare", "--mount", "--net", "sh", "-c", NAMESPACE, &top, USER, &id,
    ];
    let mut action = cback3(&site, server());
    let output = wrapped(&outer, action.env("TZ", noon())).run();
    let printed = output.printed();
    assert!(output.status.success(), "{printed}{}", output.said());
    let dump = site.collect_dir().join("postgresqldump-postgres.txt.gz");
    let metadata = fs::metadata(&dump).unwrap();
    let (owner, mode) = ((metadata.uid(), metadata.gid()), metadata.mode());
    assert_eq!((owner, mode & 0o7777), ((ID, ID), 0o600));

    let (first, second) = printed.split_once("# another stage").unwrap();
    for peer in ["127.0.0.1", "127.0.0.2", "127.0.0.3"] {
        let file = format!("/{peer}/postgresqldump-postgres.txt.gz");
        for (words, count) in [
            (": whole, ", 2),
            (" and found the same rows", 1),
            ("\",\"verdict\":\"proven\"", 1),
        ] {
            let lines = first
                .lines()
                .filter(|it| it.contains(&file) && it.contains(words));
            assert_eq!(lines.count(), count, "{words}: {first}");
        }
    }
    assert!(!first.contains("failed: "), "{first}");
    let (_, last) = second.split_once(": not proven, 3 of 3:").unwrap();
    let (last, _) = last.split_once("\nError executing backup: ").unwrap();
    for reason in [
        "/127.0.0.1/postgresqldump-postgres.txt.gz: byte ",
        "/127.0.0.2/postgresqldump-postgres.txt.gz: 49 hours old",
        "/127.0.0.3: this peer has sent no backup, though it has before",
    ] {
        assert_eq!(last.matches(reason).count(), 1, "{reason}: {second}");
    }
    let is_so = second.contains("\nstatus ") && second.ends_with("left: 2\n");
    assert!(is_so, "{second}");
}
