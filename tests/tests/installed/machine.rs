//! A copy of this machine to install things on: whatever is written there is gone when it ends.

use cback_tests::{skipped_without_root, workspace, wrapped};
use std::process::Command;

/// Root's own view: an overlay on `/` that keeps in memory what is written. Other mounts have to be
/// brought along. `$1` is the workspace, `$2` the script, and the rest its arguments.
const COPY: &str = r#"
set -eu
mount -t tmpfs tmpfs /media
mkdir /media/upper /media/work /media/root
mount -t overlay overlay -o lowerdir=/,upperdir=/media/upper,workdir=/media/work /media/root
for place in /proc /dev /sys /tmp /etc/resolv.conf /etc/hosts "$1" \
    "${CARGO_HOME:-$HOME/.cargo}" "${RUSTUP_HOME:-$HOME/.rustup}"; do
    [ ! -e "/media/root$place" ] || mount --rbind "$place" "/media/root$place"
done
# A container's dpkg may leave out manuals and documents.
grep -ls '^path-exclude' /media/root/etc/dpkg/dpkg.cfg.d/* | xargs -r rm
rm -f /media/root/var/lib/man-db/auto-update # else apt takes its time to index every page
exec chroot /media/root sh -euc 'cd "$1" && script=$2 && shift 2 && eval "$script"' sh "$@"
"#;

/// `script`, to be run by `sh -eu` in the workspace, as root, on a copy of this machine that
/// is thrown away, in the environment of `command`, which is its `$@`. `/tmp` and the workspace
/// are the real ones.
///
/// None if we are not root: nobody else may mount.
pub(crate) fn throwaway_machine(script: &str, command: &Command) -> Option<Command> {
    if skipped_without_root("it changes a copy of the machine") {
        return None;
    }
    let workspace = workspace().to_str().unwrap();
    let unshare = ["unshare", "--mount", "sh", "-c", COPY, "copy"];
    Some(wrapped(
        &[&unshare[..], &[workspace, script]].concat(),
        command,
    ))
}
