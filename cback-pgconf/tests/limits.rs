//! Whatever comes in, the program ends, soon, without a panic, in little memory.

#[path = "documents/mod.rs"]
mod documents;
#[path = "program/mod.rs"]
mod program;

use std::io::{BufReader, Write};
use std::process::{ChildStdin, Command, Stdio};

use cback_pgconf::{LocalConfig, Settings};
use program::{Said, given, pgconf};
use proptest::prelude::*;

const CONFIG: &str = "<options><backup_user>u</backup_user><backup_group>g</backup_group></options>\
    <postgresql><compress_mode>none</compress_mode><database>x</database></postgresql>";

/// Runs `check` in so many KiB of address space, on what `write` writes.
fn check_in(kib: u32, write: impl FnOnce(&mut ChildStdin) -> std::io::Result<()> + Send) -> Said {
    let mut shell = Command::new("sh");
    // A time limit too: what takes quadratic time takes far longer.
    shell.args([
        "-c",
        r#"ulimit -v "$1"; ulimit -t 60; exec "$2" check"#,
        "sh",
        &kib.to_string(),
    ]);
    shell.arg(env!("CARGO_BIN_EXE_cback-pgconf"));
    let mut child = shell
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("sh starts");
    let mut pipe = child.stdin.take().expect("a pipe");
    let _ = write(&mut pipe);
    drop(pipe);
    child.wait_with_output().expect("it ends").into()
}

#[test]
fn a_file_of_200_megabytes_takes_no_more_memory_than_its_section() {
    let line =
        "<dir><abs_path>/etc</abs_path><!-- keep --><mode a='1'>daily &amp; more</mode></dir>\n";
    let said = check_in(32 << 10, |pipe| {
        write!(
            pipe,
            "<cb_config>{CONFIG}<collect><collect_dir>/c</collect_dir>"
        )?;
        let lines = line.repeat(1000);
        for _ in 0..200_000_000 / lines.len() {
            pipe.write_all(lines.as_bytes())?;
        }
        write!(pipe, "</collect></cb_config>")
    });
    assert_eq!((said.status, said.stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_million_open_tags_take_little_memory_and_no_recursion() {
    let said = check_in(128 << 10, |pipe| {
        pipe.write_all("<a>".repeat(1_000_000).as_bytes())
    });
    let last = 3 * 1_000_000 - 2;
    let stderr = format!("cback-pgconf: standard input:1:{last}: `<a>` is never closed\n");
    assert_eq!((said.status, said.stderr), (Some(1), stderr));

    for name in ["a", "postgresql", "x:a xmlns:x='y'"] {
        let local = name.split(' ').next().expect("a name");
        let (open, close) = (format!("<{name}>"), format!("</{local}>"));
        let said = check_in(256 << 10, |pipe| {
            write!(
                pipe,
                "<cb_config><collect><collect_dir>/c</collect_dir></collect>"
            )?;
            pipe.write_all(open.repeat(1_000_000).as_bytes())?;
            pipe.write_all(close.repeat(1_000_000).as_bytes())?;
            write!(
                pipe,
                "{}</cb_config>",
                CONFIG.replace("postgresql", if name == "a" { "postgresql" } else { "a" })
            )
        });
        let first = if name == "a" {
            ""
        } else {
            "cback-pgconf: standard input:1:"
        };
        assert!(said.stderr.starts_with(first), "{name}: {}", said.stderr);
        assert_eq!(
            said.status,
            Some(i32::from(name != "a")),
            "{name}: {}",
            said.stderr
        );
    }
}

#[test]
fn what_would_take_quadratic_time_ends() {
    let many = 300_000;
    let counted = |pattern: fn(usize) -> String| (0..many).map(pattern).collect::<String>();
    let documents = [
        format!("<a {}/>", counted(|n| format!(" a{n}='1'"))),
        format!(
            "<a {}/>",
            counted(|n| format!(" xmlns:a{n}='{n}' a{n}:x='1'"))
        ),
        format!("<a {} b:b='1'/>", counted(|n| format!(" a{n}='1'"))),
        format!("<a>{}", counted(|n| format!("<a{n} xmlns:a{n}='{n}'>"))),
        format!("<a>{}</a>", "&amp;".repeat(many)),
        format!(
            "<cb_config><postgresql><user>{}</user></postgresql></cb_config>",
            "&lt;&#65;x\r".repeat(many)
        ),
        format!("<a>{}</a>", "<!---->".repeat(many)),
        format!("<a>{}</a>", "<![CDATA[]]>]]&gt;".repeat(many)),
        format!("<a>{}</a>", "]".repeat(many)),
        format!("<a b='{}", "'".repeat(many)),
        format!("<!--{}", "- ".repeat(many)),
        format!(
            "<!DOCTYPE a [{}]><a/>",
            "<!ATTLIST a b CDATA 'x'>".repeat(many)
        ),
        format!(
            "<!DOCTYPE a [{}]><a/>",
            counted(|n| format!("<!ATTLIST a b{n} CDATA 'x'>"))
        ),
        format!(
            "<!DOCTYPE a [<!ELEMENT a {}a{}>]><a/>",
            "(".repeat(many),
            ")".repeat(many)
        ),
        format!("<!DOCTYPE a [{}]><a/>", "%x;".repeat(many)),
        format!("<cb_config>{}</cb_config>", "<postgresql/>".repeat(many)),
        format!(
            "<cb_config><postgresql>{}</postgresql></cb_config>",
            "<database>a</database>".repeat(many)
        ),
        format!(
            "<cb_config>{}</cb_config>",
            counted(|n| format!("<x{n}:postgresql xmlns:x{n}='u'/>"))
        ),
    ];
    for document in documents {
        let said = check_in(512 << 10, |pipe| pipe.write_all(document.as_bytes()));
        assert_eq!(said.status, Some(1), "{:.60}: {}", document, said.stderr);
        assert!(
            said.stderr.starts_with("cback-pgconf: standard input:"),
            "{:.60}: {}",
            document,
            said.stderr
        );
    }
}

#[test]
fn an_entity_bomb_is_refused() {
    let ten = |n: usize| format!("<!ENTITY e{n} '{}'>\n", format!("&e{};", n - 1).repeat(10));
    let entities: String = (1..20).map(ten).collect();
    let bomb = format!(
        "<!DOCTYPE cb_config [\n<!ENTITY e0 'x'>\n{entities}]>\n<cb_config>{CONFIG}&e19;</cb_config>"
    );
    let stderr = "cback-pgconf: standard input:2:1: the document declares an entity of its own\n\
        cback-pgconf: hint: entities are not expanded here: write their text where it is wanted\n";
    assert_eq!(given(bomb, pgconf(["check"])).stderr, stderr);
}

/// However the bytes arrive.
fn reads_alike_in_pieces(document: &[u8]) {
    let whole = format!("{:?}", Settings::parse(document));
    for size in 1..=7 {
        let pieces = BufReader::with_capacity(size, document);
        assert_eq!(
            format!("{:?}", Settings::parse(pieces)),
            whole,
            "{} by {size}",
            document.escape_ascii()
        );
    }
}

#[test]
fn it_matters_not_how_the_bytes_arrive() {
    for number in 1_000_000_000..1_000_003_000 {
        reads_alike_in_pieces(&documents::document(number));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5000, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(document in prop::collection::vec(any::<u8>(), 0..200)) {
        reads_alike_in_pieces(&document);
    }

    #[test]
    fn nor_does_anything_that_looks_like_xml(document in "(<|</|/>|<!|<!--|-->|<!DOCTYPE |\\[|\\]|\\]\\]>|<\\?|\\?>|<!\\[CDATA\\[|[a:é'\"=&;#x0 %>\n\r\u{0}-])*{0,40}") {
        reads_alike_in_pieces(document.as_bytes());
        let local = LocalConfig::default();
        prop_assert!(local.add_config(document.as_bytes(), true).is_err());
    }
}
