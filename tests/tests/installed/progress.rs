//! How far it is: shown to whoever sits at a terminal, and to nobody else.

use cback_tests::{SHELLS, Server, Site, create_sample};
use std::process::Command;

/// What `script`, which gives it a terminal, sees of a backup of the sample database.
fn screen(server: &Server, shell: &[&str], options: &str) -> String {
    let site = Site::new();
    site.configure("gzip", &["shop"]);
    let backup = site.command(server, shell);
    let words = std::iter::once(backup.get_program()).chain(backup.get_args());
    let words: Vec<_> = words.map(|word| format!("'{}'", word.display())).collect();
    let mut script = Command::new("script");
    script.envs(
        backup
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    script.args([
        "-qec",
        &format!("{} {options}", words.join(" ")),
        "/dev/null",
    ]);
    let output = script.output().unwrap();
    let screen = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{shell:?}: {screen}");
    screen
}

#[test]
fn a_terminal_shows_bytes_in_and_out_unless_quiet_is_wanted() {
    let server = Server::start();
    create_sample(&server, "shop");
    for shell in SHELLS {
        let shown = screen(&server, shell, "");
        for words in ["MB in, ", " out (", " %), ", "/s, "] {
            assert!(shown.contains(words), "{shell:?}: {shown}");
        }
        assert!(
            shown.contains("cback-postgresql: shop: "),
            "{shell:?}: {shown}"
        );
        assert_eq!(screen(&server, shell, "--quiet"), "", "{shell:?}");
    }
}

#[test]
fn a_log_shows_none_of_it() {
    let server = Server::start();
    let site = Site::new();
    site.configure("gzip", &["postgres"]);
    let said = String::from_utf8(site.run(&server, &["sh"]).stderr).unwrap();
    assert!(said.starts_with("cback-postgresql: postgres: "), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}
