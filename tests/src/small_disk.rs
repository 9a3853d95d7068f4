//! A disk of a few kilobytes, in a mount namespace that ends with the test.

use crate::wrapped;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A disk, mounted where nobody but [`SmallDisk::command`]'s children sees it. Only root may.
pub struct SmallDisk(Child);

impl SmallDisk {
    /// Mounts a tmpfs with `options`, such as `size=100k`, on `directory`.
    pub fn mount(directory: &Path, options: &str) -> Self {
        let script = "mount -t tmpfs -o \"$1\" tmpfs \"$2\" && echo mounted && exec cat";
        Self::mount_by(script, options, directory)
    }

    /// The disk that `script` mounts on its directory, $2, as $1 says; it ends by `echo mounted && exec cat`.
    pub fn mount_by(script: &str, how: &str, directory: &Path) -> Self {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", script, "sh", how]);
        command.arg(directory);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut holder = command.spawn().expect("unshare runs");
        let mut said = String::new();
        let stdout = holder.stdout.as_mut().expect("a pipe");
        BufReader::new(stdout).read_line(&mut said).expect("text");
        assert_eq!(said, "mounted\n", "nothing could be mounted");
        Self(holder)
    }

    /// `command`, where the disk is mounted.
    pub fn command(&self, command: &Command) -> Command {
        let pid = self.0.id().to_string();
        wrapped(&["nsenter", "--mount", "--target", &pid, "--"], command)
    }

    /// Another path to `path` there, which the test itself can use.
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
