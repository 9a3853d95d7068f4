//! What makes backups: ours, and the two that people use instead.

use crate::{SHELLS, Server, Site, cback3};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// A way to back up PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contender {
    /// `scripts/cback-postgresql`.
    Ours,
    /// Cedar Backup's own extension, run by cback3.
    Cedar,
    /// What stands in many a crontab: `pg_dump DATABASE | gzip > FILE`.
    PlainPipe,
}

/// One backup: what of, and how.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// Cedar's name for it: `none`, `gzip` or `bzip2`.
    pub mode: &'static str,
    /// One database, or all.
    pub database: Option<&'static str>,
    /// For [`Contender::Ours`].
    pub shell: &'static [&'static str],
}

impl Job {
    /// With the first of the shells.
    pub fn new(mode: &'static str, database: Option<&'static str>) -> Self {
        Self {
            mode,
            database,
            shell: SHELLS[0],
        }
    }

    /// The file's name, by Cedar's rules.
    pub fn file_name(&self) -> String {
        let suffix = match self.mode {
            "gzip" => ".gz",
            "bzip2" => ".bz2",
            _ => "",
        };
        let database = self.database.map(|name| format!("-{name}"));
        format!("postgresqldump{}.txt{suffix}", database.unwrap_or_default())
    }

    /// Where the backup is to appear.
    pub fn file(&self, site: &Site) -> PathBuf {
        site.collect_dir().join(self.file_name())
    }
}

impl Contender {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ours, Self::Cedar, Self::PlainPipe];

    /// For a table's head.
    pub fn title(self) -> &'static str {
        match self {
            Self::Ours => "cback-postgresql",
            Self::Cedar => "Cedar's extension",
            Self::PlainPipe => "`pg_dump \\| gzip > file`",
        }
    }

    /// The kernel's names of the processes that do the work, besides the one that is started.
    pub fn stages(self, job: &Job) -> Vec<&'static str> {
        let dump = if job.database.is_some() {
            "pg_dump"
        } else {
            "pg_dumpall"
        };
        match (self, job.mode) {
            (Self::Ours, _) => vec!["cback-pgdump", dump, "pg_dump", "cback-compress"],
            (Self::PlainPipe, "gzip") => vec![dump, "pg_dump", "gzip"],
            (Self::PlainPipe, "bzip2") => vec![dump, "pg_dump", "bzip2"],
            _ => vec![dump, "pg_dump"],
        }
    }

    /// The run, ready to start; the site is configured for it.
    pub fn command(self, site: &mut Site, server: &Server, job: &Job) -> Command {
        if self == Self::Cedar {
            site.add_section(
                "<extensions><action><name>postgresql</name>\
                 <module>CedarBackup3.extend.postgresql</module>\
                 <function>executeAction</function><index>101</index></action></extensions>",
            );
        }
        let databases: Vec<_> = job.database.into_iter().collect();
        site.configure(job.mode, &databases);
        let mut command = match self {
            Self::Ours => site.command(server, job.shell),
            Self::Cedar => {
                let mut command = cback3(site, server);
                command.arg("postgresql");
                command
            }
            Self::PlainPipe => plain_pipe(site, server, job),
        };
        site.mark(&mut command);
        command
    }
}

fn plain_pipe(site: &Site, server: &Server, job: &Job) -> Command {
    let dump = job.database.map_or("pg_dumpall", |_| "pg_dump \"$2\"");
    let filter = match job.mode {
        "none" => String::new(),
        mode => format!("| {mode} "),
    };
    let mut command = server.command("sh");
    command.args(["-c", &format!("{dump} {filter}>\"$1\"; exit"), "sh"]);
    command
        .arg(job.file(site))
        .args(job.database.map(OsString::from));
    command
}
