//! One command run by another, such as `nice`, `prlimit`, `strace` or a shell.

use std::process::Command;

/// `outer ARGUMENTS... inner ITS-ARGUMENTS...`, in `inner`'s environment and directory.
pub fn wrapped(outer: &[&str], inner: &Command) -> Command {
    let mut command = Command::new(outer[0]);
    command.args(&outer[1..]);
    command.arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    if let Some(directory) = inner.get_current_dir() {
        command.current_dir(directory);
    }
    command
}
