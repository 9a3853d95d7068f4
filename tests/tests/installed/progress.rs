//! How far it is: shown to whoever sits at a terminal, and to nobody else.

use cback_tests::{
    Finished, Run, SHELLS, Server, Site, copy_environment, create_sample, shell_line,
};
use std::process::Command;

/// What `script`, which gives it a terminal, sees of a backup of the sample database.
fn screen(server: &Server, shell: &[&str], options: &str) -> String {
    let site = Site::with("gzip", &["shop"]);
    let backup = site.command(server, shell);
    let line = format!("{} {options}", shell_line(&backup));
    let mut script = Command::new("script");
    copy_environment(&backup, &mut script);
    script.args(["-qec", &line, "/dev/null"]).prints()
}

#[test]
fn a_terminal_shows_bytes_in_and_out_unless_quiet_is_wanted() {
    let server = Server::start();
    create_sample(&server, "shop");
    for shell in SHELLS {
        let shown = screen(&server, shell, "");
        for words in [
            "MB in, ",
            " out (",
            " %), ",
            "/s, ",
            "cback-postgresql: shop: ",
        ] {
            assert!(shown.contains(words), "{shell:?}: {shown}");
        }
        assert_eq!(screen(&server, shell, "--quiet"), "", "{shell:?}");
    }
}

#[test]
fn a_log_shows_none_of_it() {
    let server = Server::start();
    let site = Site::with("gzip", &["postgres"]);
    let said = site.run(&server, &["sh"]).succeeds();
    assert!(said.starts_with("cback-postgresql: postgres: "), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}
