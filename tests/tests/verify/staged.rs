//! "`--staged`: what the master's last `stage` has brought, peer by peer, and nothing older; a peer that used to send and
//! has not is a failure."

use crate::backups::{Backups, packed};
use crate::lists::{LIST, lines, make_old};
use cback_tests::{Finished, Run, Site, assert_has, assert_times, noon};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const SHOP: &str = "postgresqldump-shop.txt.gz";

/// A master of some peers.
struct Master {
    backups: Backups,
    dump: Vec<u8>,
}

impl Master {
    fn of(peers: &[&str]) -> Self {
        let mut site = Site::new();
        let peer = |name: &&str| {
            format!(
                "<peer><name>{name}</name><type>remote</type><collect_dir>/c</collect_dir></peer>"
            )
        };
        let peers: String = peers.iter().map(peer).collect();
        let stage = site.path("stage").display().to_string();
        let stage = format!("<stage><staging_dir>{stage}</staging_dir>{peers}</stage>");
        site.add_section(&stage);
        site.configure("none", &["postgres"]);
        let (_, dump) = Backups::of_items();
        Self {
            backups: Backups::at(site),
            dump,
        }
    }

    /// The path of `name` in the directory of that day, as cback3 names it in local time.
    fn path(&self, day: &str, name: &str) -> PathBuf {
        let mut date = Command::new("date");
        let date = date.args(["-d", day, "+stage/%Y/%m/%d/"]).env("TZ", noon());
        self.backups
            .path(&(date.prints().trim_end().to_owned() + name))
    }

    fn put(&self, day: &str, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(day, name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Stages a backup of that peer, with a list that was made so many hours ago.
    fn stage(&self, day: &str, peer: &str, hours: u32) {
        let names = [SHOP, "postgresqldump-blog.txt.gz"];
        let list = names.map(|name| {
            let file = format!("sent/{name}");
            let packed = packed(&self.dump, "gzip");
            self.backups.put(&file, &packed);
            self.put(day, &format!("{peer}/{name}"), &packed);
            lines(&self.backups, &file, hours)
        });
        self.put(day, &format!("{peer}/{LIST}"), list.concat().as_bytes());
    }

    fn remove(&self, day: &str, name: &str) {
        fs::remove_file(self.path(day, name)).unwrap();
    }

    /// Has the stage of that day have ended so many hours ago.
    fn end(&self, day: &str, hours: u64) {
        make_old(self.put(day, "cback.stage", b""), hours);
    }

    /// Not proven, and for these reasons alone: paths below the day's directory, each with what is said of it.
    #[track_caller]
    fn refuses(&self, reasons: &[&str]) {
        let said = self
            .backups
            .run(&[&ARGUMENTS[..], &["--quiet"]].concat())
            .fails(1);
        self.backups.assert_clean();
        let today = self.path("today", "").display().to_string();
        let (_, last) = said.split_once("not proven, ").unwrap_or(("", &said));
        let mut lines: Vec<_> = last.lines().skip(1).collect();
        lines.sort_unstable();
        let expected = reasons
            .iter()
            .map(|it| format!("cback-pgverify: {today}{it}"));
        assert_eq!(lines, expected.collect::<Vec<_>>(), "{said}");
    }
}

const ARGUMENTS: [&str; 5] = ["--staged", "--config", "cback3.conf", "--max-age", "26"];

const DAYS: [(&str, u32); 3] = [("2 days ago", 49), ("yesterday", 25), ("today", 1)];

/// A copy that breaks off leaves no list, or an older file beside it: cback3's stage ends all the same.
#[test]
fn each_peer_is_held_against_its_list_and_its_past() {
    let peers = "bare broken dropped exchanged good late listless odd short silent a/b";
    let peers: Vec<_> = peers.split(' ').collect();
    let master = Master::of(&[&peers[..], &["without"]].concat());
    let shop = |peer: &str| format!("{peer}/{SHOP}");
    let list = |peer: &str| format!("{peer}/{LIST}");
    for peer in peers {
        for (day, hours) in DAYS {
            master.stage(day, peer, hours);
        }
        // Nobody reads it again, every night, until it is purged.
        master.put("yesterday", &shop(peer), b"damaged");
    }
    master.end("yesterday", 24);

    let packed = |dump: &[u8]| packed(dump, "gzip");
    master.put("today", "without/etc.tar.gz", b"its files");
    for peer in ["silent", "a/b"] {
        fs::remove_dir_all(master.path("today", peer)).unwrap();
    }
    fs::create_dir(master.path("today", "silent")).unwrap();
    master.put("today", &shop("broken"), &packed(&master.dump)[..200]);
    master.stage("today", "late", 49);
    for file in [
        shop("short"),
        list("listless"),
        list("odd"),
        shop("dropped"),
        shop("bare"),
    ] {
        master.remove("today", &file);
    }
    fs::create_dir(master.path("today", &list("odd"))).unwrap();
    // A copy is younger than the list, which is no sign of a run that goes on.
    let other = String::from_utf8_lossy(&master.dump).replace("item 7", "item X");
    master.put("today", &shop("exchanged"), &packed(other.as_bytes()));
    make_old(master.path("today", &list("exchanged")), 1);
    // The list, without it, tells that there is nothing to miss.
    let dropped = master.path("today", &list("dropped"));
    let lines = fs::read_to_string(&dropped).unwrap();
    let (_, blog) = lines.split_once(&format!("{SHOP}\n")).unwrap();
    fs::write(dropped, blog).unwrap();
    for (day, _) in DAYS {
        master.remove(day, &list("bare"));
    }
    master.put("2 days ago", "bare/postgresqldump-old.txt.gz", b"");
    master.end("today", 0);
    master.refuses(&[
        "a/b: this peer has sent no backup, though it has before",
        "bare/postgresqldump-shop.txt.gz: missing, though this peer has sent it before",
        "broken/postgresqldump-shop.txt.gz: byte 200: the input ends here, in the middle of a gzip member",
        "exchanged/postgresqldump-shop.txt.gz: not the file that the list beside it has",
        "late/postgresqldump-blog.txt.gz: 49 hours old",
        "late/postgresqldump-shop.txt.gz: 49 hours old",
        "listless/postgresqldump.sha256: missing, though this peer has sent it before",
        "odd/postgresqldump.sha256: not a regular file",
        "short/postgresqldump-shop.txt.gz: missing, and the list beside it has it",
        "silent: this peer has sent no backup, though it has before",
    ]);
}

/// A peer decides how many files it sends, and under which names.
#[test]
fn what_a_peer_has_sent_without_end_is_told_in_bounded_words() {
    let master = Master::of(&["many"]);
    for (day, hours) in [("yesterday", 25), ("today", 1)] {
        master.stage(day, "many", hours);
        master.remove(day, &format!("many/{LIST}"));
    }
    let directory = master.path("yesterday", "many");
    for number in 0..10_100 {
        fs::write(directory.join(format!("postgresqldump-{number}.txt")), b"").unwrap();
    }
    master.end("today", 0);
    let said = master.backups.run(&ARGUMENTS).fails(1);
    let too_many = "many: 10102 backups came before, and no list now: too many to compare";
    let rest = "many: 10000 files are missing, though this peer has sent them before";
    // Each is told when it is found, and again in the end.
    assert_times(&said, 2, too_many);
    assert_times(
        &said,
        200,
        ".txt: missing, though this peer has sent it before",
    );
    assert_times(&said, 2, rest);
}

/// cback3 derives the day's directory when the stage begins, and writes cback.stage into it at the end.
#[test]
fn the_last_stage_is_todays_or_one_that_ended_within_a_day() {
    let master = Master::of(&["one"]);
    let none = "no stage has ended today: there is no cback.stage in ";
    master.backups.refuses(&ARGUMENTS, none);
    master.stage("yesterday", "one", 2);
    master.end("yesterday", 1);
    let whole = "/one/postgresqldump-shop.txt.gz: whole, ";
    assert_has(&master.backups.proves(&ARGUMENTS), whole);
    // One that began today, and has not ended, is not looked into.
    fs::create_dir_all(master.path("today", "one")).unwrap();
    master.backups.proves(&ARGUMENTS);
    master.end("yesterday", 25);
    master.backups.refuses(&ARGUMENTS, none);
    master.end("today", 0);
    let sent_none = "/one: this peer has sent no backup, though it has before\n";
    master.backups.refuses(&ARGUMENTS, sent_none);
}
