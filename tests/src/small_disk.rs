//! A disk of a few kilobytes, in a mount namespace that ends with the test.

use crate::wrap::wrapped;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A tmpfs, mounted where nobody but [`SmallDisk::command`]'s children sees it.
pub struct SmallDisk(Child);

impl SmallDisk {
    /// Mounts `options`, such as `size=100k`, on `directory`. Only root may.
    #[track_caller]
    pub fn mount(directory: &Path, options: &str) -> Self {
        let script = "mount -t tmpfs -o \"$1\" tmpfs \"$2\" && echo mounted && exec cat";
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", script, "sh", options]);
        command.arg(directory);
        let mut leash = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare runs");
        let mut said = String::new();
        let stdout = leash.stdout.as_mut().expect("a pipe");
        BufReader::new(stdout).read_line(&mut said).expect("text");
        assert_eq!(said, "mounted\n", "no tmpfs could be mounted");
        Self(leash)
    }

    /// `command`, where the disk is mounted.
    pub fn command(&self, command: &Command) -> Command {
        let pid = self.0.id().to_string();
        wrapped(&["nsenter", "--mount", "--target", &pid, "--"], command)
    }

    /// What lies at `path` there, as a path that the test itself can use.
    pub fn path(&self, path: &Path) -> PathBuf {
        let root = format!("/proc/{}/root", self.0.id());
        Path::new(&root).join(path.strip_prefix("/").expect("an absolute path"))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
