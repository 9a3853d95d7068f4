//! One backup of one database, or of all, and the shells that make it.

use crate::{Server, Site};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// A shell, with the arguments that come before the script's name.
pub type Shell = &'static [&'static str];

/// The shells that the scripts are promised to run under.
#[rustfmt::skip]
pub const SHELLS: [Shell; 4] = [&["dash"], &["bash"], &["bash", "--posix"], &["busybox", "ash"]];

/// Makes a test for each shell out of each of these functions, which take a [`Shell`]: so a failure
/// names the shell, and the shells are tried side by side.
#[macro_export]
macro_rules! in_each_shell {
    ($($test:ident),+ $(,)?) => {
        $($crate::in_each_shell!($test: dash 0, bash 1, bash_posix 2, busybox 3);)+
    };
    ($test:ident: $($shell:ident $number:literal),+) => {
        mod $test {
            $(#[test]
            fn $shell() {
                super::$test($crate::SHELLS[$number]);
            })+
        }
    };
}

/// Yesterday's backup. It is no dump: what is one later is today's.
pub const YESTERDAY: &[u8] = b"yesterday's backup";

/// One backup: what of, and how.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// Cedar's name for it: `none`, `gzip` or `bzip2`.
    pub mode: &'static str,
    /// One database, or all.
    pub database: Option<&'static str>,
    /// The one that runs the script.
    pub shell: Shell,
}

impl Job {
    /// With the first of the shells.
    #[rustfmt::skip]
    pub const fn new(mode: &'static str, database: Option<&'static str>) -> Self {
        Self { mode, database, shell: SHELLS[0] }
    }

    /// The same in another shell.
    #[must_use]
    pub const fn in_shell(self, shell: Shell) -> Self {
        Self { shell, ..self }
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

    /// Puts [`YESTERDAY`] where the backup is to appear.
    pub fn put_yesterdays(&self, site: &Site) {
        fs::write(self.file(site), YESTERDAY).expect("room for a few bytes");
    }

    /// Configures the site for this backup.
    pub fn configure(&self, site: &Site) {
        site.configure(self.mode, self.database.as_slice());
    }

    /// The script's run, ready to start; the site is configured for it.
    pub fn command(&self, site: &Site, server: &Server) -> Command {
        self.configure(site);
        site.command(server, self.shell)
    }
}
