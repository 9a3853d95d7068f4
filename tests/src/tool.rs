//! The programs under test, built from the sources as they are now.

use crate::{Finished, Run, Server};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The program `name` of this workspace, of the profile that the test was built with. The first
/// call of a test process has cargo build all of them, which takes it 0.1 s where nothing has
/// changed: for a test cargo builds the programs of the test's own package alone, and those of
/// other packages may be of yesterday.
pub fn tool(name: &str) -> PathBuf {
    static BUILT: LazyLock<PathBuf> = LazyLock::new(build);
    let tool = BUILT.join(name);
    assert!(tool.is_file(), "{} is no program of ours", tool.display());
    tool
}

/// Builds all programs, and returns their directory.
fn build() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own executable");
    // target/PROFILE/deps/TEST-HASH
    let directory = test.ancestors().nth(2).expect("cargo built it");
    let profile = match directory.file_name().and_then(|name| name.to_str()) {
        Some("debug") => "dev",
        name => name.expect("a profile"),
    };
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--workspace", "--bins", "--frozen", "--quiet"]);
    cargo.args(["--profile", profile, "--target-dir"]);
    cargo.args(directory.parent()).current_dir(workspace());
    cargo.run().succeeds();
    directory.to_owned()
}

/// `scripts/NAME` of this workspace.
pub fn script(name: &str) -> PathBuf {
    let script = workspace().join("scripts").join(name);
    assert!(script.is_file(), "{} does not exist", script.display());
    script
}

/// The directory that holds the workspace.
pub fn workspace() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().expect("the workspace holds this package")
}

/// PATH with this workspace's programs, then the server's clients, then the machine's.
pub fn path_with_tools(server: &Server) -> OsString {
    let tool = tool("cback-pgconf");
    let tools = tool.parent().expect("it lies in a directory");
    let mut path = vec![tools.to_owned(), server.bin().to_owned()];
    let usual = std::env::var_os("PATH").unwrap_or_default();
    path.extend(std::env::split_paths(&usual));
    std::env::join_paths(path).expect("no colon in a directory's name")
}

/// Copies cback-postgresql to the directory `to`, and its tools to `tools`.
pub fn copy_programs(to: &Path, tools: &Path) {
    for directory in [to, tools] {
        fs::create_dir_all(directory).expect("room for a directory");
    }
    for name in ["cback-postgresql", "reading.sh"] {
        fs::copy(script(name), to.join(name)).expect("room for a script");
    }
    for name in ["cback-pgconf", "cback-pgdump", "cback-compress"] {
        fs::copy(tool(name), tools.join(name)).expect("room for a program");
    }
}
