//! Cedar's pool: a client collects, a master fetches the dumps over scp.
//!
//! The backup user exists, and its sshd listens on loopback, for this test alone: both live in
//! a mount namespace of the test's own, where /etc/passwd and /etc/group have a line more.

use cback_tests::{Finished, Run, Site, cback3, extension, server, skipped_without_root, wrapped};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::process::Command;

const USER: &str = "cback-pool";
const ID: u32 = 64_901;

/// Runs cback3, which is its arguments, as a client and then as a master beside an sshd. $0 is the
/// site. In the end nobody else can read the dumps.
const NAMESPACE: &str = r#"
set -eu
site=$0
for file in passwd group; do
    mount --bind "$site/$file" "/etc/$file"
done
mount -t tmpfs tmpfs /run
mkdir /run/sshd
/usr/sbin/sshd -D -e -f "$site/sshd_config" 2>"$site/sshd.log" &
trap 'kill $!' EXIT
until grep -q 'Server listening' "$site/sshd.log"; do
    kill -0 $!
done
"$@" postgresql collect
"$@" stage
! setpriv --reuid=nobody --regid=nogroup --clear-groups \
    cat "$site"/collect/postgresqldump-*.gz >/dev/null 2>&1
"#;

/// "Published files: 0600 from their first byte, owned by `backup_user:backup_group` when root": so the master, who comes
/// as that user, may read them, and nobody else.
#[test]
fn a_master_fetches_the_dumps_of_a_client() {
    if skipped_without_root("it adds a user") {
        return;
    }
    let mut site = Site::owned_by(USER, USER);
    // One that is free at this moment.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    add_account(&site);
    write_keys(&site);
    write_sshd_config(&site, port);
    site.add_section(&extension("cback_postgresql"));
    site.add_section(&stage_section(&site, port));
    site.configure("gzip", &["postgres"]);
    for directory in ["collect", "work", "stage"] {
        let directory = site.path(directory);
        chown(&directory, Some(ID), Some(ID)).unwrap();
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
    }

    let top = site.path("").display().to_string();
    let outer = ["unshare", "--mount", "sh", "-c", NAMESPACE, &top];
    let output = wrapped(&outer, &cback3(&site, server())).run();
    let log = fs::read_to_string(site.path("log")).unwrap_or_default();
    assert!(output.status.success(), "{}\n{log}", output.said());

    let name = "postgresqldump-postgres.txt.gz";
    let dump = site.collect_dir().join(name);
    let metadata = fs::metadata(&dump).unwrap();
    let (owner, mode) = ((metadata.uid(), metadata.gid()), metadata.mode());
    assert_eq!((owner, mode & 0o7777), ((ID, ID), 0o600));
    let mut find = Command::new("find");
    find.arg(site.path("stage")).args(["-name", name]);
    let staged = find.prints();
    let bytes = fs::read(staged.trim_end()).unwrap();
    assert_eq!(bytes, fs::read(dump).unwrap());
}

fn add_account(site: &Site) {
    let home = site.path("home");
    fs::create_dir(&home).unwrap();
    chown(&home, Some(ID), Some(ID)).unwrap();
    let home = home.display();
    let user = format!("{USER}:*:{ID}:{ID}::{home}:/bin/sh\n");
    let group = format!("{USER}:*:{ID}:\n");
    for (file, line) in [("passwd", user), ("group", group)] {
        let old = fs::read_to_string(format!("/etc/{file}")).unwrap();
        fs::write(site.path(file), old + &line).unwrap();
    }
}

fn write_keys(site: &Site) {
    for key in ["host_key", "home/key"] {
        let mut keygen = Command::new("ssh-keygen");
        keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]);
        keygen.arg(site.path(key)).run().succeeds();
    }
    chown(site.path("home/key"), Some(ID), Some(ID)).unwrap();
}

fn write_sshd_config(site: &Site, port: u16) {
    let config = format!(
        "ListenAddress 127.0.0.1:{port}\nHostKey {top}/host_key\nPidFile none\nUsePAM no\n\
         StrictModes no\nAuthorizedKeysFile {top}/home/key.pub\nPasswordAuthentication no\n\
         Subsystem sftp internal-sftp\n",
        top = site.path("").display()
    );
    fs::write(site.path("sshd_config"), config).unwrap();
}

fn stage_section(site: &Site, port: u16) -> String {
    let scp = format!(
        "/usr/bin/scp -B -P {port} -i {} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
        site.path("home/key").display()
    );
    format!(
        "<stage><staging_dir>{}</staging_dir><peer><name>127.0.0.1</name><type>remote</type>\
         <collect_dir>{}</collect_dir><backup_user>{USER}</backup_user>\
         <rcp_command>{scp}</rcp_command></peer></stage>",
        site.path("stage").display(),
        site.collect_dir().display()
    )
}
