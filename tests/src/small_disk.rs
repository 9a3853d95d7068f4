//! A disk of a few kilobytes, in a mount namespace that ends with the test.

use crate::{Finished, Run, wrapped};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A disk, mounted where nobody but [`SmallDisk::command`]'s children sees it. Only root may.
pub struct SmallDisk(Child);

/// The image is on a tmpfs that has some room less than the file system in it believes.
const THIN: &str = r#"
PATH=$PATH:/usr/sbin &&
mount -t tmpfs tmpfs "$2" && cd "$2" && truncate -s 16M image &&
mkfs.ext4 -q -O ^has_journal -E lazy_itable_init=0,nodiscard image &&
used=$(du -k image) && mount -o "remount,size=$((${used%%[!0-9]*} + $1))k" "$2" &&
mount -o loop image "$2" && echo mounted && exec cat
"#;

impl SmallDisk {
    /// Mounts a tmpfs with `options`, such as `size=100k`, on `directory`.
    pub fn mount(directory: &Path, options: &str) -> Self {
        let script = "mount -t tmpfs -o \"$1\" tmpfs \"$2\" && echo mounted && exec cat";
        Self::mount_by(script, options, directory)
    }

    /// Mounts on `directory` a disk that seems to have room for megabytes and takes them, but has
    /// it for as many `kilobytes`: the others are lost when they are synced.
    pub fn mount_thin(directory: &Path, kilobytes: u32) -> Self {
        Self::mount_by(THIN, &kilobytes.to_string(), directory)
    }

    fn mount_by(script: &str, how: &str, directory: &Path) -> Self {
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

    /// Has all of `file`, given as [`SmallDisk::path`], read anew from the disk.
    pub fn forget(&self, file: &Path) {
        let script = "sync -f \"$1\"; dd if=\"$1\" iflag=nocache count=0 status=none";
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh"]).arg(file);
        self.command(&command).run().succeeds();
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
