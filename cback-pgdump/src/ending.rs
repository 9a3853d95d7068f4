//! What the end of a whole dump looks like.
//!
//! The last lines are the program's marker, `--`, an empty line; pg_dump of the minor releases of
//! 2025 and later adds `\unrestrict KEY` and another empty line, having written `\restrict KEY`,
//! with the same random KEY, above all statements. Nothing may follow. A row can equal the marker, and
//! a dump may break off there: hence all that follows the marker is compared, to the last byte, and
//! the keys with each other.

use crate::Target;
use std::collections::VecDeque;

/// Bytes kept of the beginning and of the end. Ample: a key that pg_dump makes up has 63.
pub(crate) const KEPT: usize = 4096;

/// How a dump begins and ends: its first and its last [`KEPT`] bytes.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl Ending {
    /// The next piece of the dump.
    pub(crate) fn observe(&mut self, piece: &[u8]) {
        let room = KEPT - self.head.len();
        self.head.extend(&piece[..room.min(piece.len())]);
        let news = &piece[piece.len().saturating_sub(KEPT)..];
        let excess = (self.tail.len() + news.len()).saturating_sub(KEPT);
        self.tail.drain(..excess);
        self.tail.extend(news);
    }

    /// Whether the beginning is known: from then on a piece need not be observed if [`KEPT`] bytes follow it.
    pub(crate) fn has_head(&self) -> bool {
        self.head.len() == KEPT
    }

    /// Whether it is the beginning and end of a whole dump of this form.
    pub(crate) fn is_whole(&self, form: Form) -> bool {
        if form == Form::Cluster {
            return ends_with_marker(&self.tail, form);
        }
        let (rest, key) = split_unrestrict(&self.tail);
        let begun = restrict_key(&self.head);
        ends_with_marker(rest, form) && (begun.is_none() || begun == key)
    }
}

/// Which program's output it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `pg_dump`.
    Database,
    /// `pg_dumpall`, also with `--globals-only`.
    Cluster,
}

impl Form {
    /// The line that only a whole dump has at its end.
    pub(crate) fn marker(self) -> &'static str {
        match self {
            Self::Database => "-- PostgreSQL database dump complete",
            Self::Cluster => "-- PostgreSQL database cluster dump complete",
        }
    }

    /// The lines that come after the marker; `key` is that of `\restrict`.
    pub(crate) fn tail(self, key: Option<&[u8]>) -> VecDeque<Vec<u8>> {
        let mut lines = VecDeque::from([b"--".to_vec(), Vec::new()]);
        if let (Self::Database, Some(key)) = (self, key) {
            lines.extend([[b"\\unrestrict ", key].concat(), Vec::new()]);
        }
        lines
    }
}

impl From<&Target> for Form {
    fn from(target: &Target) -> Self {
        match target {
            Target::Database(_) => Self::Database,
            Target::All | Target::Globals { .. } => Self::Cluster,
        }
    }
}

fn ends_with_marker(dump: &[u8], form: Form) -> bool {
    dump.strip_suffix(b"\n--\n\n")
        .and_then(|dump| dump.strip_suffix(form.marker().as_bytes()))
        .is_some_and(|before| before.is_empty() || before.ends_with(b"\n"))
}

/// `dump` without its last line, and the key in that line, if it is `\unrestrict KEY`.
fn split_unrestrict(dump: &[u8]) -> (&[u8], Option<&[u8]>) {
    let Some(text) = dump.strip_suffix(b"\n\n") else {
        return (dump, None);
    };
    let start = text
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |end| end + 1);
    match text[start..].strip_prefix(b"\\unrestrict ") {
        Some(key) if is_key(key) => (&dump[..start], Some(key)),
        _ => (dump, None),
    }
}

/// The key in `\restrict KEY`, if that is the first line after the comments.
fn restrict_key(dump: &[u8]) -> Option<&[u8]> {
    let mut lines = dump.split(|&byte| byte == b'\n');
    let first = lines.find(|line| !line.is_empty() && !line.starts_with(b"--"))?;
    first.strip_prefix(b"\\restrict ").filter(|key| is_key(key))
}

pub(crate) fn is_key(key: &[u8]) -> bool {
    !key.is_empty() && key.iter().all(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE t ();\n\n\n\
        --\n-- PostgreSQL database dump complete\n--\n\n";
    const NEW: &str = "--\n-- PostgreSQL database dump\n--\n\n\\restrict Key1\n\n\
        CREATE TABLE t ();\n\n--\n-- PostgreSQL database dump complete\n--\n\n\
        \\unrestrict Key1\n\n";
    const ALL: &str = "--\n-- PostgreSQL database cluster dump\n--\n\n\\restrict Key2\n\n\
        \\unrestrict Key2\n\n--\n-- PostgreSQL database cluster dump complete\n--\n\n";

    fn is_whole(form: Form, dump: &str) -> bool {
        let by_pieces_of = |size| {
            let mut ending = Ending::default();
            dump.as_bytes()
                .chunks(size)
                .for_each(|piece| ending.observe(piece));
            ending.is_whole(form)
        };
        let answer = by_pieces_of(1 << 20);
        for size in [1, 2, 7, 64, KEPT - 1, KEPT, KEPT + 1] {
            assert_eq!(
                by_pieces_of(size),
                answer,
                "in pieces of {size} bytes: {dump}"
            );
        }
        answer
    }

    #[test]
    fn whole_dumps_are_whole() {
        assert!(is_whole(Form::Database, OLD));
        assert!(is_whole(Form::Database, NEW));
        assert!(is_whole(Form::Cluster, ALL));
        let rows = "a row of data\n".repeat(1000);
        assert!(is_whole(
            Form::Database,
            &NEW.replace("CREATE", &format!("{rows}CREATE"))
        ));
    }

    #[test]
    fn no_part_of_a_dump_is_whole() {
        for (form, dump) in [
            (Form::Database, OLD),
            (Form::Database, NEW),
            (Form::Cluster, ALL),
        ] {
            for length in 0..dump.len() {
                assert!(!is_whole(form, &dump[..length]), "{:?}", &dump[..length]);
            }
        }
    }

    #[test]
    fn nothing_may_follow() {
        for (form, dump) in [
            (Form::Database, OLD),
            (Form::Database, NEW),
            (Form::Cluster, ALL),
        ] {
            for more in ["\n", " ", "\0", "-- more\n", "\\unrestrict Key1\n\n\n"] {
                assert!(!is_whole(form, &format!("{dump}{more}")), "{more:?}");
            }
        }
        assert!(!is_whole(
            Form::Cluster,
            &format!("{ALL}\\unrestrict Key2\n\n")
        ));
    }

    #[test]
    fn the_marker_begins_a_line() {
        let marker = "-- PostgreSQL database dump complete";
        for before in [" ", "x", "'", "\r"] {
            let shifted = OLD.replace(marker, &format!("{before}{marker}"));
            assert!(!is_whole(Form::Database, &shifted), "{before:?}");
        }
    }

    #[test]
    fn each_program_has_its_own_marker() {
        assert!(!is_whole(Form::Database, ALL));
        assert!(!is_whole(Form::Cluster, OLD));
        assert!(!is_whole(Form::Cluster, NEW));
    }

    /// Rows written by `--inserts` may hold line breaks, and so all of the old end.
    #[test]
    fn the_end_has_the_key_of_the_beginning() {
        assert!(!is_whole(
            Form::Database,
            &NEW.replace("\\unrestrict Key1", "\\unrestrict Key9")
        ));
        assert!(!is_whole(
            Form::Database,
            &NEW.replace("\\unrestrict Key1", "\\unrestrict ")
        ));
        assert!(!is_whole(
            Form::Database,
            &NEW.replace("\\unrestrict Key1\n\n", "")
        ));
    }
}
