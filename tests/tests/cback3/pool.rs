//! Cedar's pool: a client collects, a master fetches the dumps as `backup_user`, who exists in a mount namespace of the
//! test's own alone, where /etc/passwd and /etc/group have a line more. In scp's place a program copies on this machine.

use cback_tests::{
    Finished, Run, Site, cback3, extension, noon, server, skipped_without_root, workspace, wrapped,
};
use std::fs;

const USER: &str = "cback-pool";
const ID: u32 = 64_901;

/// Runs cback3, which is its arguments, as a client and then as the master of three clients. $0 is the site, $1 the user,
/// $2 its number.
const NAMESPACE: &str = r#"
set -eu
site=$0 user=$1 id=$2
shift 2
cd "$site"
{ cat /etc/passwd; echo "$user:*:$id:$id::$site:/bin/sh"; } >passwd
{ cat /etc/group; echo "$user:*:$id:"; } >group
chown -R "$id:$id" collect work stage
for file in passwd group; do
    mount --bind $file /etc/$file
done
# list DIRECTORY HOURS: what that client has was made so long ago
list() (
    cd "$1"
    { printf '# made %s\n' "$(date -u -d "-$2 hours" +%Y-%m-%dT%H:%M:%SZ)" && sha256sum postgresqldump-*.gz; } >postgresqldump.sha256
    chown "$id:$id" postgresqldump.sha256
)
"$@" postgresql collect
! setpriv --reuid=nobody --regid=nogroup --clear-groups cat collect/postgresqldump-*.gz >/dev/null 2>&1
today=stage/$(date +%Y/%m/%d)
list collect 1
for client in 1 2 3; do
    cp -a collect collect$client
done
"$@" stage purge
cat log
true >log
for block in "$site"/typed-*; do
    sh -eu "$block" || echo "failed: $(cat "$block")"
done
cmp collect1/postgresqldump-postgres.txt.gz "$today/127.0.0.3/postgresqldump-postgres.txt.gz"
rm -r "$today"
echo '# another stage: a damaged file, and one of yesterday again'
head -c 300 collect/postgresqldump-postgres.txt.gz >collect1/postgresqldump-postgres.txt.gz
list collect2 49
"$@" stage purge || echo "status $?"
cat log
"#;

/// Published files are `backup_user`'s: so the master, who comes as that user, may read them, and nobody else.
/// "`--staged`: what the last `stage` has brought, peer by peer": as a hook of the last action, which leaves none undone;
/// more of it is in `verify`. The sections and commands are docs/pool.md's.
#[test]
fn a_master_fetches_the_dumps_of_three_clients_and_tells_what_is_wrong() {
    if skipped_without_root("it adds a user") {
        return;
    }
    let mut site = Site::owned_by(USER, USER);
    let top = site.path("").display().to_string();
    let config = site.config().display().to_string();
    // FROM TO: one of them is USER@HOST:PATH, for the other machine to expand.
    site.shim("rcp", "cp ${1#*:} \"${2#*:}\"");
    site.add_section(&extension("cback_postgresql"));
    site.add_section(&format!(
        "<purge><dir><abs_path>{top}/stage</abs_path><retain_days>7</retain_days></dir></purge>"
    ));
    let page = fs::read_to_string(workspace().join("docs/pool.md")).unwrap();
    for (number, block) in page.split("```").skip(1).step_by(2).enumerate() {
        let (kind, text) = block.split_once('\n').unwrap();
        let text = text.replace("/usr/bin/", "");
        let text = text.replace("--staged", &format!("--staged -c {config}"));
        if let Some((stage, peers)) = text.split_once("<peer>") {
            let (peer, end) = peers.split_once("</peer>").unwrap();
            let peers = [1, 2, 3].map(|number| {
                let peer = peer.replace(">client<", &format!(">127.0.0.{number}<"));
                let peer = peer.replace("/opt/backup/collect", &format!("{top}/collect{number}"));
                format!("<peer>{peer}<rcp_command>{top}/rcp</rcp_command></peer>")
            });
            let stage = stage.replace("/opt/backup/staging", &format!("{top}/stage"));
            site.add_section(&(stage + &peers.concat() + end));
        } else if kind == "xml" {
            site.add_option(&text.replace("--quiet ", ""));
        } else {
            fs::write(site.path(&format!("typed-{number}")), text).unwrap();
        }
    }
    site.configure("gzip", &["postgres"]);
    let id = ID.to_string();
    let outer = ["unshare", "--mount", "sh", "-c", NAMESPACE, &top, USER, &id];
    let mut action = cback3(&site, server());
    let output = wrapped(&outer, action.env("TZ", noon())).run();
    let printed = output.printed();
    assert!(output.status.success(), "{printed}{}", output.said());
    let (first, second) = printed.split_once("# another stage").unwrap();
    for peer in 1..=3 {
        let file = format!("/127.0.0.{peer}/postgresqldump-postgres.txt.gz");
        let lines = first.lines().filter(|line| line.contains(&file));
        let count = |words: &str| lines.clone().filter(|line| line.contains(words)).count();
        let counts = [
            ": whole, ",
            " and found the same rows",
            "\",\"verdict\":\"proven\"",
        ]
        .map(count);
        assert_eq!(counts, [2, 1, 1], "{first}");
    }
    assert!(!first.contains("failed: "), "{first}");
    assert!(second.contains("\nstatus "), "{second}");
    let (_, last) = second.split_once(": not proven, 2 of 3:").unwrap();
    let (last, _) = last.split_once("\nError executing backup: ").unwrap();
    for reason in [
        "/127.0.0.1/postgresqldump-postgres.txt.gz: byte ",
        "/127.0.0.2/postgresqldump-postgres.txt.gz: 49 hours old",
    ] {
        assert_eq!(last.matches(reason).count(), 1, "{reason}: {second}");
    }
}
