//! A copy of this machine to install things on: what is written there is gone when it ends.

use crate::{skipped_without_root, workspace};
use std::process::Command;

/// Root's own view: an overlay on `/` that keeps what is written in memory. What is mounted
/// elsewhere has to be brought along. `$1` is the workspace, `$2` what to run.
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
exec chroot /media/root sh -euc 'cd "$1" && eval "$2"' sh "$@"
"#;

/// `script`, to be run by `sh -eu` in the workspace, as root, on a copy of this machine that
/// is thrown away. `/tmp` and the workspace are the real ones.
///
/// None if we are not root: nobody else may mount.
pub fn throwaway_machine(script: &str) -> Option<Command> {
    if skipped_without_root("it changes a copy of the machine") {
        return None;
    }
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", COPY, "copy"]);
    command.arg(workspace()).arg(script);
    Some(command)
}
