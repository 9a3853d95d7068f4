//! "`--staged`: what the master's last `stage` has brought, peer by peer, and nothing older; a peer that used to send and
//! has not is a failure."

use crate::backups::{Backups, packed};
use crate::lists::{LIST, lines};
use cback_tests::{Finished, Run, Site, noon};
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime};

/// The directory of that day, as cback3 names it in local time, below the staging directory.
fn day(site: &Site, day: &str) -> PathBuf {
    let mut date = Command::new("date");
    date.args(["-d", day, "+%Y/%m/%d"]).env("TZ", noon());
    let date = date.prints();
    site.path("stage").join(date.trim_end())
}

/// A master of these peers, which lie in `backups` before they are staged.
struct Master {
    site: Site,
    backups: Backups,
    dump: Vec<u8>,
}

impl Master {
    fn of(peers: &[&str]) -> Self {
        let mut site = Site::new();
        let (backups, dump) = Backups::of_items();
        let peer = |name: &&str| {
            format!(
                "<peer><name>{name}</name><type>remote</type><collect_dir>/c</collect_dir></peer>"
            )
        };
        let peers: String = peers.iter().map(peer).collect();
        let stage = site.path("stage").display().to_string();
        site.add_section(&format!(
            "<stage><staging_dir>{stage}</staging_dir>{peers}</stage>"
        ));
        site.configure("none", &["postgres"]);
        Self {
            site,
            backups,
            dump,
        }
    }

    /// Stages a backup of that peer, with a list that was made so many hours ago.
    fn stage(&self, when: &str, peer: &str, hours: u32) -> PathBuf {
        let to = day(&self.site, when).join(peer);
        fs::create_dir_all(&to).unwrap();
        let names = ["postgresqldump-shop.txt.gz", "postgresqldump-blog.txt.gz"];
        let list = names.map(|name| {
            let file = format!("{peer}/{name}");
            self.backups.put(&file, &packed(&self.dump, "gzip"));
            fs::copy(self.backups.path(&file), to.join(name)).unwrap();
            lines(&self.backups, &file, hours)
        });
        fs::write(to.join(LIST), list.concat()).unwrap();
        to
    }

    /// Has the stage of that day have ended so many hours ago.
    fn end(&self, when: &str, hours: u64) {
        fs::create_dir_all(day(&self.site, when)).unwrap();
        let indicator = File::create(day(&self.site, when).join("cback.stage")).unwrap();
        let then = SystemTime::now() - Duration::from_secs(hours * 3600);
        indicator.set_modified(then).unwrap();
    }

    fn proves(&self, arguments: &[&str]) -> String {
        self.backups.proves(&self.arguments(arguments))
    }

    /// Not proven, and for these reasons alone: paths below the day's directory, each with what is said of it.
    #[track_caller]
    fn refuses(&self, reasons: &[&str]) {
        let said = self.backups.run(&self.arguments(&["--quiet"])).fails(1);
        self.backups.assert_clean();
        let today = day(&self.site, "today").display().to_string();
        let (_, last) = said.split_once("not proven, ").unwrap_or(("", &said));
        let mut lines: Vec<_> = last.lines().skip(1).collect();
        lines.sort_unstable();
        let expected = reasons
            .iter()
            .map(|it| format!("cback-pgverify: {today}/{it}"));
        assert_eq!(lines, expected.collect::<Vec<_>>(), "{said}");
    }

    fn arguments<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let config = self.backups.path("config");
        fs::copy(self.site.config(), config).unwrap();
        [&["--staged", "--config", "config", "--max-age", "26"], more].concat()
    }
}

#[test]
fn each_peer_is_held_against_its_list_and_its_past() {
    let master = Master::of(&[
        "good", "late", "silent", "broken", "short", "without", "a/b",
    ]);
    for peer in ["good", "late", "silent", "broken", "short", "a/b"] {
        let old = master.stage("yesterday", peer, 25);
        // Nobody reads it again, every night, until it is purged.
        fs::write(old.join("postgresqldump-shop.txt.gz"), b"damaged").unwrap();
    }
    master.end("yesterday", 24);
    for (peer, hours) in [("good", 1), ("late", 25 + 24), ("broken", 1), ("short", 1)] {
        let today = master.stage("today", peer, hours);
        let file = today.join("postgresqldump-shop.txt.gz");
        match peer {
            "broken" => fs::write(file, &packed(&master.dump, "gzip")[..200]).unwrap(),
            "short" => fs::remove_file(file).unwrap(),
            _ => {}
        }
    }
    for peer in ["silent", "without"] {
        fs::create_dir_all(day(&master.site, "today").join(peer)).unwrap();
    }
    let others = day(&master.site, "today").join("without/etc.tar.gz");
    fs::write(others, b"its files").unwrap();
    master.end("today", 0);
    master.refuses(&[
        "a/b: this peer has sent no backup, though it has before",
        "broken/postgresqldump-shop.txt.gz: byte 200: the input ends here, in the middle of a gzip member",
        "late/postgresqldump-blog.txt.gz: 49 hours old",
        "late/postgresqldump-shop.txt.gz: 49 hours old",
        "short/postgresqldump-shop.txt.gz: missing, and the list beside it has it",
        "silent: this peer has sent no backup, though it has before",
    ]);
}

/// A copy that breaks off leaves no list, or an older file beside it: cback3's stage ends all the same.
#[test]
fn what_came_yesterday_and_no_list_of_today_tells_of_is_missing() {
    let peers = ["broken", "bare", "exchanged", "odd", "dropped"];
    let master = Master::of(&peers);
    for peer in peers {
        master.stage("2 days ago", peer, 49);
        let yesterday = master.stage("yesterday", peer, 25);
        let today = master.stage("today", peer, 1);
        let shop = today.join("postgresqldump-shop.txt.gz");
        match peer {
            "broken" => fs::remove_file(today.join(LIST)).unwrap(),
            "bare" => {
                let older = day(&master.site, "2 days ago").join(peer);
                for directory in [&older, &yesterday, &today] {
                    fs::remove_file(directory.join(LIST)).unwrap();
                }
                fs::write(older.join("postgresqldump-old.txt.gz"), b"").unwrap();
                fs::remove_file(shop).unwrap();
            }
            // A copy is younger than the list, which is no sign of a run that goes on.
            "exchanged" => {
                let other = String::from_utf8(master.dump.clone()).unwrap();
                let other = other.replace("item 7", "item X");
                fs::write(&shop, packed(other.as_bytes(), "gzip")).unwrap();
                let later = SystemTime::now() + Duration::from_secs(60);
                let file = File::options().write(true).open(&shop).unwrap();
                file.set_modified(later).unwrap();
            }
            "odd" => {
                fs::remove_file(today.join(LIST)).unwrap();
                fs::create_dir(today.join(LIST)).unwrap();
            }
            // The list, without it, tells that there is nothing to miss.
            _ => {
                let list = fs::read_to_string(today.join(LIST)).unwrap();
                let blog = list.lines().skip(2).map(|it| format!("{it}\n"));
                fs::write(today.join(LIST), blog.collect::<String>()).unwrap();
                fs::remove_file(shop).unwrap();
            }
        }
    }
    master.end("today", 0);
    master.refuses(&[
        "bare/postgresqldump-shop.txt.gz: missing, though this peer has sent it before",
        "broken/postgresqldump.sha256: missing, though this peer has sent it before",
        "exchanged/postgresqldump-shop.txt.gz: not the file that the list beside it has",
        "odd/postgresqldump.sha256: not a regular file",
    ]);
}

/// A peer decides how many files it sends, and under which names.
#[test]
fn what_a_peer_has_sent_without_end_is_told_in_bounded_words() {
    let master = Master::of(&["many"]);
    for (when, hours) in [("yesterday", 25), ("today", 1)] {
        let directory = master.stage(when, "many", hours);
        fs::remove_file(directory.join(LIST)).unwrap();
    }
    for number in 0..10_100 {
        let name = format!("many/postgresqldump-{number}.txt");
        fs::write(day(&master.site, "yesterday").join(name), b"").unwrap();
    }
    master.end("today", 0);
    let said = master.backups.run(&master.arguments(&[])).fails(1);
    for (reason, count) in [
        (
            "many: 10102 backups came before, and no list now: too many to compare",
            1,
        ),
        (".txt: missing, though this peer has sent it before", 100),
        (
            "many: 10000 files are missing, though this peer has sent them before",
            1,
        ),
    ] {
        // Each is told when it is found, and again in the end.
        assert_eq!(said.matches(reason).count(), 2 * count, "{reason}: {said}");
    }
}

/// cback3 derives the day's directory when the stage begins, and writes cback.stage into it at the end.
#[test]
fn the_last_stage_is_todays_or_one_that_ended_within_a_day() {
    let master = Master::of(&["one"]);
    master.backups.refuses(
        &master.arguments(&[]),
        "no stage has ended today: there is no cback.stage in ",
    );
    master.stage("yesterday", "one", 2);
    master.end("yesterday", 1);
    assert!(
        master
            .proves(&[])
            .contains("/one/postgresqldump-shop.txt.gz: whole, ")
    );
    // One that began today, and has not ended, is not looked into.
    fs::create_dir_all(day(&master.site, "today").join("one")).unwrap();
    master.proves(&[]);
    master.end("yesterday", 25);
    master
        .backups
        .refuses(&master.arguments(&[]), "no stage has ended today");
    master.end("today", 0);
    master.backups.refuses(
        &master.arguments(&[]),
        "/one: this peer has sent no backup, though it has before\n",
    );
    let said = master.backups.run(&["--staged", "x.sql"]).fails(2);
    assert!(
        said.contains("--staged looks at what the configuration means: name no BACKUP\n"),
        "{said}"
    );
}
