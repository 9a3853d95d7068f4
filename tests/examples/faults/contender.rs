//! What makes backups: ours, and the two that people use instead.

use cback_tests::{Job, Server, Site, cback3, extension};
use std::process::Command;

/// A way to back up PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contender {
    /// `scripts/cback-postgresql`.
    Ours,
    /// Cedar Backup's own extension, run by cback3.
    Cedar,
    /// What stands in many a crontab: `pg_dump DATABASE | gzip > FILE`.
    PlainPipe,
}

impl Contender {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Ours, Self::Cedar, Self::PlainPipe];

    /// For a table's head.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Ours => "cback-postgresql",
            Self::Cedar => "Cedar's extension",
            Self::PlainPipe => "`pg_dump \\| gzip > file`",
        }
    }

    /// The kernel's names of the processes that do the work, besides the one that is started.
    pub(crate) fn stages(self, job: &Job) -> Vec<&'static str> {
        let dump = job.database.map_or("pg_dumpall", |_| "pg_dump");
        match (self, job.mode) {
            (Self::Ours, _) => vec!["cback-pgdump", dump, "pg_dump", "cback-compress"],
            (Self::PlainPipe, "gzip" | "bzip2") => vec![dump, "pg_dump", job.mode],
            _ => vec![dump, "pg_dump"],
        }
    }

    /// The run, ready to start; the site is configured for it.
    pub(crate) fn command(self, site: &mut Site, server: &Server, job: &Job) -> Command {
        if self == Self::Cedar {
            site.add_section(&extension("CedarBackup3.extend.postgresql"));
        }
        job.configure(site);
        let mut command = match self {
            Self::Ours => site.command(server, job.shell),
            Self::Cedar => cback3(site, server),
            Self::PlainPipe => plain_pipe(site, server, job),
        };
        if self == Self::Cedar {
            command.arg("postgresql");
        }
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
    command.arg(job.file(site)).args(job.database);
    command
}
