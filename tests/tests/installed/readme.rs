//! Every command in README.md and the guides of docs/, and every example of `--help`, is run, in order, on a copy of
//! this machine, with a real server, a real cback3 and what the README itself has installed. Stand-ins are only for
//! another host, an object store, pings and a systemd that runs. docs/pool.md is typed in `cback3`.
//!
//! A block says by its info string what it is: `sh` is typed into bash, `xml` goes into cback3.conf,
//! `ini` into a unit, `cron` into cron; `text` is not for typing. Further words: `postgres` types it,
//! where root does not; `last`: after all others; any other is a name by which `readme.sh` knows the
//! block, or `scripts/trial`, for a Debian that is really booted.

use cback_tests::{
    Finished, Server, Site, create_sample, extension, noon, python, skipped_without_root, workspace,
};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Those whose commands are run.
const GUIDES: [&str; 8] = [
    "docs/install.md", // whose link shows cback3 the module that README.md has it run
    "README.md",
    "docs/cback3.md",
    "docs/monitoring.md",
    "docs/service.md",
    "docs/servers.md",
    "docs/stages.md",
    "docs/pipelines.md",
];
const OTHER_PAGES: &str = "CHANGELOG.md CONTRIBUTING.md SECURITY.md docs/bench.md docs/faults.md docs/pool.md \
                           docs/versions.md";

/// A copy of this machine to install things on, which is gone when it ends: root's own view, an overlay on `/` that keeps
/// in memory what is written. Other mounts have to be brought along: `$1` is the workspace. `$2` is the script.
const COPY: &str = r#"
set -eu
mount -t tmpfs tmpfs /media
mkdir /media/upper /media/work /media/root
mount -t overlay overlay -o lowerdir=/,upperdir=/media/upper,workdir=/media/work /media/root
for place in /proc /dev /sys /tmp /etc/resolv.conf /etc/hosts "$1" \
    "${CARGO_HOME:-$HOME/.cargo}" "${RUSTUP_HOME:-$HOME/.rustup}"; do
    [ ! -e "/media/root$place" ] || mount --rbind "$place" "/media/root$place"
done
# A container's dpkg may leave out manuals and documents.
grep -ls '^path-exclude' /media/root/etc/dpkg/dpkg.cfg.d/* | xargs -r rm
rm -f /media/root/var/lib/man-db/auto-update # else apt takes its time to index every page
exec chroot /media/root sh -euc 'cd "$1" && eval "$2"' sh "$@"
"#;

fn read(page: impl AsRef<Path>) -> String {
    fs::read_to_string(workspace().join(page)).unwrap()
}

/// Pages elsewhere cannot be reached from a test.
#[test]
fn every_link_to_a_file_leads_somewhere() {
    for page in GUIDES.into_iter().chain(OTHER_PAGES.split(' ')) {
        let directory = workspace().join(page);
        for link in read(page).split("](").skip(1) {
            let file = link.split([')', '#']).next().unwrap();
            let is_there = file.starts_with("https://") || directory.with_file_name(file).exists();
            assert!(is_there, "{page}: {file}");
        }
    }
}

/// All blocks as one script, which stops at the first that fails and says where it stands.
fn typed(site: &Site) -> String {
    let (mut script, mut last) = (include_str!("readme.sh").to_owned(), String::new());
    for page in GUIDES {
        let mut line = 1;
        for (number, part) in read(page).split("```").enumerate() {
            let (info, text) = part.split_once('\n').unwrap_or((part, ""));
            if number % 2 == 1 {
                let place = format!("{page}:{line}");
                let file = site.path(&place.replace('/', "-"));
                fs::write(&file, text).unwrap();
                let is_last = info.ends_with(" last");
                let script = if is_last { &mut last } else { &mut script };
                writeln!(script, "block {place} {} {info}", file.display()).unwrap();
            }
            line += part.matches('\n').count();
        }
    }
    script + "type_help\n" + &last + "afterwards"
}

/// "A backup that was never restored is a hope": and so is a command that was never typed.
#[test]
fn every_command_does_what_the_text_around_it_says() {
    if skipped_without_root("it changes a copy of the machine") {
        return;
    }
    let server = Server::start();
    create_sample(&server, "shop");
    // The text says that the read-only role may not read them.
    server.sql("shop", "SELECT lo_unlink(oid) FROM pg_largeobject_metadata");
    let mut site = Site::new();
    site.add_section(&extension("CedarBackup3.extend.postgresql"));
    site.configure("gzip", &["shop"]);
    let script = typed(&site);
    let mut copy = server.command("unshare");
    copy.args(["--mount", "sh", "-c", COPY, "copy"]);
    copy.arg(workspace()).arg(script);
    copy.env_remove("PGPORT").env("python", python());
    copy.env("TZ", noon());
    copy.env("site", site.config().parent().unwrap());
    let cargo = Path::new(env!("CARGO")).parent().unwrap().display();
    let (bin, clients) = (site.path("bin"), server.bin().display());
    let usual = "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    copy.env(
        "PATH",
        format!("{}:{clients}:{usual}:{cargo}", bin.display()),
    );
    // By its own time: the release build alone takes minutes on a busy machine.
    copy.output().unwrap().succeeds();
}
