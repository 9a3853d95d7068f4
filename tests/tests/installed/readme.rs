//! Every command in README.md, docs/service.md and docs/pipelines.md is run, in order, on a copy of this
//! machine, with a real server, a real cback3 and what the README itself has installed. Stand-ins are only
//! for another host, an object store and a systemd that runs.
//!
//! A block says by its info string what it is: `sh` is typed into bash, `xml` goes into cback3.conf,
//! `ini` into a unit, `cron` into cron; `text` is not for typing. Further words: `postgres` types it,
//! where root does not; `last`: after all others; any other is a name by which `scripts/trial` takes the
//! block, for a Debian that is really booted.

use cback_tests::{
    Server, Site, contents, create_sample, extension, python, throwaway_machine, workspace,
};
use std::ffi::OsString;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Those whose commands are run.
const GUIDES: [&str; 3] = ["README.md", "docs/service.md", "docs/pipelines.md"];
const OTHER_PAGES: [&str; 5] = [
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs/bench.md",
    "docs/faults.md",
];

struct Block {
    /// `FILE:LINE`.
    place: String,
    info: String,
    text: String,
}

impl Block {
    fn kind(&self) -> &str {
        self.info.split(' ').next().unwrap()
    }

    fn is(&self, label: &str) -> bool {
        self.info.split(' ').skip(1).any(|word| word == label)
    }
}

fn read(page: &str) -> String {
    fs::read_to_string(workspace().join(page)).unwrap()
}

fn blocks() -> Vec<Block> {
    GUIDES.iter().flat_map(|page| blocks_of(page)).collect()
}

fn blocks_of(page: &str) -> Vec<Block> {
    let text = read(page);
    let mut blocks = vec![];
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(info) = line.strip_prefix("```") else {
            assert!(
                !line.starts_with("    ") || line.trim().is_empty(),
                "{page}: {line}"
            );
            continue;
        };
        let body = lines.by_ref().take_while(|(_, line)| *line != "```");
        blocks.push(Block {
            place: format!("{page}:{}", number + 1),
            info: info.to_owned(),
            text: body.flat_map(|(_, line)| [line, "\n"]).collect(),
        });
    }
    blocks
}

#[test]
fn every_block_says_what_it_is_and_every_name_is_used() {
    let trial = read("scripts/trial.d/inside");
    let is_used = |label: &str| trial.split([' ', '\n', ')', ';']).any(|word| word == label);
    let blocks = blocks();
    assert!(blocks.len() > 30);
    for block in &blocks {
        let place = format!("{}: {:?}", block.place, block.info);
        assert!(
            ["sh", "xml", "ini", "cron", "text"].contains(&block.kind()),
            "{place}"
        );
        for label in block.info.split(' ').skip(1) {
            assert!(
                ["postgres", "last"].contains(&label) || is_used(label),
                "{place}"
            );
        }
    }
}

#[test]
fn every_link_leads_somewhere() {
    for page in GUIDES.into_iter().chain(OTHER_PAGES) {
        let directory = Path::new(page).parent().unwrap();
        let text = read(page);
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().unwrap();
            assert!(leads_somewhere(page, directory, link), "{page}: {link}");
        }
    }
}

#[test]
fn the_changelog_begins_with_this_version() {
    let changelog = read("CHANGELOG.md");
    let versions: Vec<_> = changelog
        .lines()
        .filter_map(|line| line.strip_prefix("## [")?.split_once(']'))
        .filter(|(version, _)| *version != "Unreleased")
        .collect();
    let (version, day) = versions[0];
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    let is_day = |c: char| c.is_ascii_digit() || c == '-';
    let day = day.strip_prefix(" - ").unwrap();
    assert!(day.len() == 10 && day.chars().all(is_day), "{day}");
}

/// What is elsewhere cannot be reached from a test: there only the form counts.
fn leads_somewhere(page: &str, directory: &Path, link: &str) -> bool {
    if let Some(elsewhere) = link.strip_prefix("https://") {
        let host = elsewhere.split('/').next().unwrap();
        return host.contains('.') && !elsewhere.contains(char::is_whitespace);
    }
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = match file {
        "" => PathBuf::from(page),
        _ => directory.join(file),
    };
    let target = workspace().join(target);
    target.exists()
        && (anchor.is_empty()
            || anchors(&fs::read_to_string(target).unwrap()).any(|it| it == anchor))
}

/// Those that a page's headings make, by GitHub's rule.
fn anchors(text: &str) -> impl Iterator<Item = String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| {
        let heading = line.trim_start_matches('#').trim().to_lowercase();
        let kept = heading.replace(|c: char| !c.is_alphanumeric() && !" -_".contains(c), "");
        kept.replace(' ', "-")
    })
}

/// What the machine must have before the first block: databases, cback3 with Cedar's extension
/// configured, and the stand-ins.
const SITE: &str = include_str!("site.sh");

const STAND_INS: [(&str, &str); 3] = [
    ("ssh", "cd ../vault && sh -c \"$2\""),
    (
        "aws",
        "name() { echo \"../store/${1#s3://vault/}\"; }
         case $2 in
         cp) cat >\"$(name \"$4\")\" ;;
         mv) mv \"$(name \"$3\")\" \"$(name \"$4\")\" ;;
         esac",
    ),
    (
        "systemctl",
        "for unit; do :; done
         case $unit in daemon-reload) exit ;; *.*) ;; *) unit=$unit.service ;; esac
         ls /usr/lib/systemd/system/$unit || ls /usr/local/lib/systemd/system/$unit",
    ),
];

/// Makes the other backup that Restoring speaks of.
const WHOLE_SERVER: &str = r#"
section='<compress_mode>gzip</compress_mode><all>Y</all>'
sed "s|<postgresql>.*|<postgresql>$section</postgresql>|" /etc/cback3.conf >"$site/other.conf"
cback-postgresql --quiet --config "$site/other.conf"
"#;

/// Makes the globals that Restoring speaks of.
const WITH_GLOBALS: &str = r#"
section='<compress_mode>gzip</compress_mode><globals>Y</globals><database>shop</database>'
sed "s|<postgresql>.*|<postgresql>$section</postgresql>|" /etc/cback3.conf >"$site/other.conf"
cback-postgresql --quiet --config "$site/other.conf"
"#;

/// The hook instead of the extension, in the configuration that cback3 then collects by.
const WITH_HOOK: &str = r#"
sed -e "/<options>/r $block" -e '/<extensions>/d' /etc/cback3.conf >"$site/hook.conf"
chmod 600 "$site/hook.conf"
rm -f "$site"/collect/*
cback3 --config "$site/hook.conf" --full collect
test -s "$site/collect/postgresqldump-shop.txt.gz"
"#;

/// cback3 takes it.
const POOL: &str = r#"
mkdir -p /opt/backup/staging
sed -e "/<.collect>/r $block" /etc/cback3.conf >"$site/master.conf"
chmod 600 "$site/master.conf"
cback3 --config "$site/master.conf" validate
"#;

/// cback3 takes it, and its command does its work on what a client has sent.
const STAGE_HOOK: &str = r#"
sed -e "/<options>/r $block" "$site/master.conf" >"$site/hook.conf"
chmod 600 "$site/hook.conf"
cback3 --config "$site/hook.conf" validate
mkdir -p /opt/backup/staging/2026/11/24/client
cp "$site"/collect/*.gz /opt/backup/staging/2026/11/24/client
$(sed -n 's|.*<command>\(.*\)</command>|\1|p' $block)
"#;

/// The contract of a plugin: status 0 or 2, and one line, which no `|` ends.
const NAGIOS: &str = r#"
dump=$site/collect/postgresqldump-shop.txt.gz
test "$(bash -eu $block)" = OK
touch -d '27 hours ago' "$dump"
status=0 && bash -eu $block >"$site/plugin" || status=$?
touch "$dump"
test $status = 2
test "$(cat "$site/plugin")" = "CRITICAL: cback-pgverify: $dump: 27 hours old"
sed 's|<database>|<database>a\|b</database>&|' /etc/cback3.conf >"$site/two.conf"
sed "s|cback-pgverify|& --config $site/two.conf|; s/26/1/" $block >"$site/plugin"
touch -d '2 hours ago' "$dump"
status=0 && bash -eu "$site/plugin" >"$site/critical" || status=$?
touch "$dump"
test $status = 2
test $(wc -l <"$site/critical") = 1
grep 'a b.*shop' "$site/critical"
"#;

/// The text format of Prometheus: a name, a blank, a number.
const PROMETHEUS: &str = r#"
metrics=/var/lib/prometheus/node-exporter
bash -eu $block
printf 'cback_proven 1\ncback_proven_timestamp_seconds N\n' >"$site/metrics"
sed 's/ [0-9]\{10\}$/ N/' $metrics/cback.prom | cmp - "$site/metrics"
touch -d '27 hours ago' "$site/collect/postgresqldump-shop.txt.gz"
bash -eu $block
touch "$site/collect/postgresqldump-shop.txt.gz"
grep -qx 'cback_proven 0' $metrics/cback.prom
test "$(ls $metrics)" = cback.prom
"#;

const IN_CRON: &str =
    "grep -qxF -f $block /usr/share/doc/cback-postgresql/examples/cback-postgresql.cron";

const AFTERWARDS: &str = r#"
cp /etc/cback3.conf "$site"
cd "$site/desk"
runuser -u postgres -- gpg --batch --quiet --decrypt shop.sql.gz.gpg >decrypted.gz
runuser -u postgres -- gpgconf --kill all
shop() { runuser -u postgres -- pg_dump "$@" shop | grep -v -e '^.restrict' -e '^.unrestrict'; }
shop >"$site/shop.sql"
shop -h /run/postgresql -p 5499 | cmp - "$site/shop.sql"
shop -h /run/postgresql -p 5498 | cmp - "$site/shop.sql"
"#;

/// What is done with a block, by `sh -eu` with the block's file in `$block`.
fn use_of(block: &Block) -> Option<&'static str> {
    Some(match block.kind() {
        "sh" if block.is("nagios") => NAGIOS,
        "sh" if block.is("prometheus") => PROMETHEUS,
        "sh" if block.is("postgres") => "runuser -u postgres -- bash -eu $block",
        "sh" => "bash -eu $block",
        "xml" if block.text.contains("<staging_dir>") => POOL,
        "xml" if block.text.contains("stage") => STAGE_HOOK,
        "xml" => WITH_HOOK,
        "cron" => IN_CRON,
        _ => return None,
    })
}

/// All blocks as one script, which stops at the first that fails and says where it stands.
fn typed(site: &Site) -> String {
    let mut blocks = blocks();
    blocks.sort_by_key(|block| block.is("last"));
    let mut script = String::new();
    for (number, block) in blocks.iter().enumerate() {
        let Some(command) = use_of(block) else {
            continue;
        };
        let [file, step] = ["block", "step"].map(|it| site.path(&format!("{it}-{number}")));
        fs::write(&file, &block.text).unwrap();
        fs::write(&step, command).unwrap();
        let is_for_checkout = block.text.contains("scripts/");
        let directory = if is_for_checkout {
            "$OLDPWD"
        } else {
            "$site/desk"
        };
        let before = if block.is("restore-all") {
            WHOLE_SERVER
        } else if block.is("restore-globals") {
            WITH_GLOBALS
        } else {
            ""
        };
        let expected = match block.info.split("sh restore-").nth(1) {
            Some(_) => "tail -n 1 $site/said | grep -qx restored",
            None if block.is("try-all") => "! grep . $site/said",
            None => "true",
        };
        write!(
            script,
            "export block={}\n{before}\n\
             {{ (cd {directory} && sh -eu {}) >$site/said 2>&1 </dev/null && {expected}; }} ||\n\
             {{ echo {}; cat $site/said; exit 1; }}\n",
            file.display(),
            step.display(),
            block.place
        )
        .unwrap();
    }
    script
}

#[test]
fn every_command_does_what_the_text_around_it_says() {
    let server = Server::start();
    create_sample(&server, "shop");
    // What the read-only role may not read is told in the text.
    server.sql("shop", "SELECT lo_unlink(oid) FROM pg_largeobject_metadata");
    let site = site();
    let configuration = fs::read(site.config()).unwrap();
    let script = format!("{SITE}\n{}\n{AFTERWARDS}", typed(&site));
    let Some(mut machine) = throwaway_machine(&script) else {
        return;
    };
    machine
        .env("PATH", path(&site, &server))
        .env("LC_ALL", "C.UTF-8");
    machine
        .env("PGHOST", server.host())
        .env("PGUSER", "postgres");
    machine.env(
        "site",
        site.path("").to_str().unwrap().trim_end_matches('/'),
    );
    machine.env("python", python());
    let output = machine.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&said)
    );

    assert_eq!(
        fs::read(site.config()).unwrap(),
        configuration,
        "no way back"
    );
    let original = contents(&server, "shop");
    assert_eq!(contents(&server, "restored"), original);
    for file in [
        "desk/shop.sql.gz",
        "desk/decrypted.gz",
        "vault/shop.sql.gz",
        "store/shop.sql.gz",
    ] {
        let gunzip = Command::new("gzip")
            .arg("-dc")
            .arg(site.path(file))
            .output()
            .unwrap();
        assert!(gunzip.status.success(), "{file}");
        let dump = String::from_utf8_lossy(&gunzip.stdout).into_owned();
        assert!(
            dump.contains("-- PostgreSQL database dump complete"),
            "{file}"
        );
    }
}

/// cback3 with Cedar's own extension, and the stand-ins.
fn site() -> Site {
    let mut site = Site::new();
    site.add_section(&extension("CedarBackup3.extend.postgresql"));
    site.configure("gzip", &["shop"]);
    for directory in ["desk", "bin"] {
        fs::create_dir(site.path(directory)).unwrap();
    }
    for (name, script) in STAND_INS {
        site.shim(&format!("bin/{name}"), script);
    }
    site
}

fn path(site: &Site, server: &Server) -> OsString {
    let cargo = Path::new(env!("CARGO")).parent().unwrap();
    let mut path = vec![site.path("bin"), server.bin().to_owned()];
    path.extend(["/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].map(PathBuf::from));
    path.push(cargo.to_owned());
    std::env::join_paths(path).unwrap()
}
