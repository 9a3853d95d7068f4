//! The real cback3, from the virtual environment that `scripts/prerequisites` makes.

use crate::{Server, Site, path_with_tools, workspace};
use std::path::PathBuf;
use std::process::Command;

/// The section that makes `module` the action `postgresql`, after collect, which has the index 100.
pub fn extension(module: &str) -> String {
    format!(
        "<extensions><action><name>postgresql</name><module>{module}</module>\
         <function>executeAction</function><index>101</index></action></extensions>"
    )
}

/// Python of the virtual environment: `$CBACK_TEST_PYTHON`, else `target/venv/bin/python`.
pub fn python() -> PathBuf {
    std::env::var_os("CBACK_TEST_PYTHON")
        .map_or_else(|| workspace().join("target/venv/bin/python"), PathBuf::from)
}

/// `cback3 --config ... --logfile ...` on the site; the actions are the caller's to add. The
/// log is `site.path("log")`. `scripts` is on PATH and on Python's path, as if installed.
pub fn cback3(site: &Site, server: &Server) -> Command {
    let program = python().with_file_name("cback3");
    let name = program.display();
    assert!(program.is_file(), "no {name}: run scripts/prerequisites");
    let scripts = workspace().join("scripts");
    let mut path = scripts.clone().into_os_string();
    path.push(":");
    path.push(path_with_tools(server));
    let mut command = server.command(program);
    command.arg("--config").arg(site.config());
    command.arg("--logfile").arg(site.path("log"));
    command.args(["--output", "--full", "--owner", &site.owner()]);
    command.env("PATH", path).env("PYTHONPATH", scripts);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}
