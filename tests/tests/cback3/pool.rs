//! Cedar's pool: a client collects, a master fetches the dumps over scp.
//!
//! The backup user exists, and its sshd listens, for this test alone: in namespaces of the test's own, where
//! /etc/passwd and /etc/group have a line more.

use cback_tests::{Finished, Run, Site, cback3, extension, server, skipped_without_root, wrapped};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

const USER: &str = "cback-pool";
const ID: u32 = 64_901;

/// Runs cback3, which is its arguments, as a client and then as a master beside an sshd. $0 is the site, $1 the
/// user, $2 its number. In the end nobody else can read the dumps.
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
/usr/sbin/sshd -D -e -f /dev/null -h "$site/host_key" -o ListenAddress=127.0.0.1 -o PidFile=none -o StrictModes=no \
    -o "AuthorizedKeysFile=$site/home/key.pub" -o Subsystem='sftp internal-sftp' 2>sshd.log &
trap 'kill $!' EXIT
until grep -q 'Server listening' sshd.log; do
    kill -0 $!
done
"$@" postgresql collect
"$@" stage
! setpriv --reuid=nobody --regid=nogroup --clear-groups cat collect/postgresqldump-*.gz >/dev/null 2>&1
"#;

/// "Published files: 0600 from their first byte, owned by `backup_user:backup_group` when root": so the master, who comes
/// as that user, may read them, and nobody else.
#[test]
fn a_master_fetches_the_dumps_of_a_client() {
    if skipped_without_root("it adds a user") {
        return;
    }
    let mut site = Site::owned_by(USER, USER);
    let top = site.path("").display().to_string();
    site.add_section(&extension("cback_postgresql"));
    site.add_section(&format!(
        "<stage><staging_dir>{top}/stage</staging_dir><peer><name>127.0.0.1</name><type>remote</type>\
         <collect_dir>{top}/collect</collect_dir><backup_user>{USER}</backup_user>\
         <rcp_command>/usr/bin/scp -B -i {top}/home/key -o StrictHostKeyChecking=no \
         -o UserKnownHostsFile=/dev/null</rcp_command></peer></stage>"
    ));
    site.configure("gzip", &["postgres"]);
    let id = ID.to_string();
    let outer = [
        "unshare", "--mount", "--net", "sh", "-c", NAMESPACE, &top, USER, &id,
    ];
    let output = wrapped(&outer, &cback3(&site, server())).run();
    let log = fs::read_to_string(site.path("log")).unwrap_or_default();
    assert!(output.status.success(), "{}\n{log}", output.said());

    let dump = site.collect_dir().join("postgresqldump-postgres.txt.gz");
    let metadata = fs::metadata(&dump).unwrap();
    let (owner, mode) = ((metadata.uid(), metadata.gid()), metadata.mode());
    assert_eq!((owner, mode & 0o7777), ((ID, ID), 0o600));
    let mut same = Command::new("find");
    same.arg(site.path("stage")).args(["-exec", "cmp", "{}"]);
    let same = same.arg(dump).args([";", "-print"]).prints();
    assert_eq!(same.matches("-postgres.txt.gz\n").count(), 1, "{same}");
}
