//! A file that is read by its name, and one that appears under its name only when it is whole.
//!
//! Both are for scripts that root runs in directories that others own: no link is followed, nothing
//! is waited for, and owner and mode are set by descriptor.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Gid, Mode, OFlags, Uid};
use rustix::fs::{fchmod, fchown, fstat, linkat, open, stat};
use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};

/// Names that a process killed in the middle may leave begin so, and go on with the number of the
/// file's directory; `cback-postgresql` removes them.
const PREFIX: &str = ".cback-compress.";

/// Bytes of a file of which half is lost without a word: in a small one a few rows are as much.
const SMALL: u64 = 64 << 10;

/// Opens a regular file without renewing its access time, where its owner or root asks for that.
///
/// # Errors
/// `path` is a link, a directory, a FIFO or a device, or cannot be opened.
pub(crate) fn input(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opened = open(path, flags | OFlags::NOATIME, Mode::empty());
    let file = File::from(match opened {
        Err(Errno::PERM) => open(path, flags, Mode::empty())?,
        Err(Errno::LOOP) => return Err(io::Error::other("a symbolic link")),
        opened => opened?,
    });
    match FileType::from_raw_mode(fstat(&file)?.st_mode) {
        FileType::RegularFile => Ok(file),
        _ => Err(io::Error::other("not a regular file")),
    }
}

/// A file that has no name yet, or on a file system without such files a hidden one.
pub(crate) struct Output {
    file: File,
    /// The hidden name that it has.
    hidden: Option<PathBuf>,
    path: PathBuf,
}

impl Output {
    /// Creates it in the directory of `path`, with mode 0600, and gives it to `owner`.
    pub(crate) fn create(path: &Path, owner: Option<(u32, u32)>) -> io::Result<Self> {
        let flags = OFlags::WRONLY | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        let (file, hidden) = match open(directory(path), flags | OFlags::TMPFILE, mode) {
            // Kernels and file systems without O_TMPFILE: open(2).
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => {
                let flags = flags | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
                let hidden = directory(path).join(hidden_name(path)?);
                (open(&hidden, flags, mode)?, Some(hidden))
            }
            file => (file?, None),
        };
        let output = Self {
            file: File::from(file),
            hidden,
            path: path.to_owned(),
        };
        // A default ACL of the directory counts in place of the umask.
        fchmod(&output.file, mode)?;
        if let Some((user, group)) = owner {
            let (user, group) = (Uid::from_raw(user), Gid::from_raw(group));
            fchown(&output.file, Some(user), Some(group))?;
        }
        Ok(output)
    }

    /// To be written to.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Bytes of the file whose place it takes, where that is large and more than twice as large: perhaps something
    /// was emptied by mistake, and what takes its place now is all that there will be.
    pub(crate) fn shrunk(&self) -> Option<u64> {
        let old = fs::symlink_metadata(&self.path).ok()?;
        let new = self.file.metadata().ok()?.len();
        (old.is_file() && old.len() > SMALL && new < old.len() / 2).then_some(old.len())
    }

    /// Puts it on the disk, then under its name, in place of whatever file or link has that.
    ///
    /// The directory itself is not put on the disk.
    pub(crate) fn publish(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        if self.hidden.is_none() {
            match self.link(&self.path) {
                // link(2) replaces nothing, rename(2) does.
                Err(Errno::EXIST) => {}
                linked => return Ok(linked?),
            }
            self.hidden = Some(self.link_hidden()?);
        }
        if let Some(hidden) = &self.hidden {
            fs::rename(hidden, &self.path)?;
        }
        self.hidden = None;
        Ok(())
    }

    /// Links it above its directory, if it can be renamed from there: a name that is listed in the directory
    /// itself and then gone ends the stage of Cedar Backup 3.
    fn link_hidden(&self) -> io::Result<PathBuf> {
        let directory = directory(&self.path);
        let name = hidden_name(&self.path)?;
        let above = directory.join("..").join(&name);
        match self.link(&above) {
            // Another mount, or one where the caller may not write.
            Err(Errno::XDEV | Errno::ACCESS | Errno::PERM | Errno::ROFS) => {}
            linked => return Ok(linked.map(|()| above)?),
        }
        let beside = directory.join(name);
        self.link(&beside)?;
        Ok(beside)
    }

    fn link(&self, path: &Path) -> rustix::io::Result<()> {
        let descriptor = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        linkat(CWD, descriptor, CWD, path, AtFlags::SYMLINK_FOLLOW)
    }
}

/// A name for a file on its way to `path`.
fn hidden_name(path: &Path) -> io::Result<String> {
    let directory = stat(directory(path))?.st_ino;
    Ok(format!("{PREFIX}{directory}.{:016x}", random()?))
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(hidden) = &self.hidden {
            let _ = fs::remove_file(hidden);
        }
    }
}

/// Nobody who may write to the directory can guess it, and be in the way.
fn random() -> io::Result<u64> {
    let mut bytes = [0; 8];
    getrandom(&mut bytes, GetRandomFlags::empty())?;
    Ok(u64::from_ne_bytes(bytes))
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}
