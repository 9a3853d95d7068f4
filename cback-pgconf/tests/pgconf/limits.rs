//! "No backtraces, no panics, whatever the input" (see also `reading`); "nothing of theirs goes into a message or takes memory
//! without a bound".

use crate::{Outcome, SECTION, SETTINGS, by_sh, given};

const MIB: usize = 1 << 20;

/// Runs `check` in 128 MiB of address space (60 were seen to be taken) and a minute of CPU time: a run
/// that takes quadratic time takes far longer.
fn check(input: &str, document: impl AsRef<[u8]>) -> Outcome {
    let command = format!("check {input}");
    by_sh(
        "ulimit -v 131072; ulimit -t 60;",
        &command,
        document.as_ref(),
    )
}

/// The piece as often as it fits into a mebibyte with what stands around it.
fn full_of(before: &str, piece: impl Fn(usize) -> String, after: &str) -> String {
    let mut document = before.to_owned();
    for number in 0.. {
        let piece = piece(number);
        if document.len() + piece.len() + after.len() > MIB {
            break;
        }
        document += &piece;
    }
    document + after
}

/// "Refused only if it is larger than 1 MiB", and that it is, however long it goes on.
#[test]
fn a_document_of_more_than_a_mebibyte_is_refused() {
    let start = format!("<cb_config>{SETTINGS}{SECTION}");
    let whole = full_of(&start, |_| " ".into(), "</cb_config>");
    check("", &whole).is(0, "", "");
    let stderr = "cback-pgconf: standard input:1:1: larger than 1 MiB\n";
    check("", whole + " ").is(1, "", stderr);
    check("</dev/zero", "").is(1, "", stderr);
    check("/dev/zero", "").is(1, "", &stderr.replace("standard input", "/dev/zero"));
}

#[test]
#[rustfmt::skip]
fn the_worst_documents_take_little_memory_and_time() {
    let (section, end) = ("<cb_config><postgresql>", "</postgresql></cb_config>");
    let same = |piece: &'static str| move |_| piece.to_owned();
    for document in [
        full_of("", same("<a>"), ""),
        full_of("<a ", |n| format!(" a{n}='1'"), "/>"),
        full_of("<a ", |n| format!(" xmlns:a{n}='1'"), "/>"),
        full_of("<a xmlns:p='u' ", |n| format!(" p:a{n}='&amp;'"), "/>"),
        full_of("<a b='", same("&"), ";'/>"),
        full_of("<a>", same("&amp;"), "</a>"),
        full_of("<a>", same("<![CDATA[]]>x&gt;"), "</a>"),
        full_of("<!DOCTYPE a [", same("<!ENTITY b '&a;&a;'>"), "]><a>&b;</a>"),
        full_of("<", same("a"), "/>"),
        full_of("<a>&", same("a"), ";</a>"),
        full_of("<cb_config>", same("<x.postgres/>"), "</cb_config>"),
        full_of(section, same("<databses/>"), end),
        full_of(section, |n| format!("<database>{n}</database>"), end),
        full_of(section, |n| format!("<x{n}>"), end),
        full_of(section, same("<globals>Y</globals>"), end),
        full_of("<cb_config><postgresql><user>", same("&lt;&#65;x\r"), "</user></postgresql></cb_config>"),
    ] {
        let outcome = check("", document);
        outcome.is(1, "", &outcome.stderr);
        assert!(outcome.stderr.starts_with("cback-pgconf: standard input:"), "{}", outcome.of);
    }
}

/// A hundred thousand of them would be in the log of every run: a hundred are told.
#[test]
fn as_many_warnings_as_a_document_can_yield_are_told_in_a_hundred_lines() {
    let section = SECTION.strip_suffix("</postgresql>").expect("its end");
    let before = format!("<cb_config>{SETTINGS}{section}");
    let end = "</postgresql></cb_config>";
    for piece in ["<q/>", "<database>x</database>"] {
        let outcome = check("", full_of(&before, |_| piece.into(), end));
        let count = (MIB - before.len() - end.len()) / piece.len();
        let more = format!("standard input: warning: {} more warnings\n", count - 100);
        let is_told = outcome.stderr.ends_with(&more) && outcome.stderr.lines().count() == 101;
        assert!(is_told, "{}: {more}", outcome.of);
        outcome.has_status(0);
    }
    let few = format!("{before}{}{end}", "<q/>".repeat(100));
    assert_eq!(given(few, "check").stderr.lines().count(), 100);
}

/// A word fills the document: both ends of the message are shown, in a line that a log can hold.
#[test]
#[rustfmt::skip]
fn a_long_word_is_cut_in_a_message() {
    let long = "x".repeat(MIB / 2 - 300);
    let section = |xml: String| format!("<cb_config>{SETTINGS}<postgresql>{xml}</postgresql></cb_config>");
    for (document, start, end) in [
        (section(format!("<compress_mode>none</compress_mode><database>x</database><{long}/>")), "unknown element <xxx", "xxx> is ignored\n"),
        (section(format!("<compress_mode>none</compress_mode><database>{long}</database>")), "database \"xxx", " at most 63\n"),
        (section(format!("<all>{long}</all>")), "all must be Y or N, not \"xxx", "xxx\"\n"),
        (format!("<{long}></{long}y>"), "`</xxx", "xxx>` of line 1\n"),
        (format!("<a>&{long};</a>"), "entity `&xxx", "character itself\n"),
        (format!("<{long}:a/>"), "prefix `xxx", "xxx` is not declared\n"),
    ] {
        let stderr = given(document, "check").stderr;
        let is_shown = stderr.contains(start) && stderr.ends_with(end);
        assert!(is_shown && stderr.len() < 1000, "{start}: {} bytes", stderr.len());
    }
}
