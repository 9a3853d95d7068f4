//! Where a statement ends.
//!
//! At a line that ends in `;` outside of quotes. pg_dump doubles quotes inside of quotes, and never
//! writes a quote behind a backslash; the tag of a dollar quote begins with neither a digit nor
//! inside a word. A statement inside of another (`BEGIN ATOMIC`, a rule's) may end one too, which
//! does no harm: the next piece of it begins with a blank, as no statement of pg_dump's does.

use memchr::memchr;
use memchr::memmem;

/// A statement while its lines come in.
#[derive(Debug, Default)]
pub(crate) struct Statement {
    pub(crate) text: Vec<u8>,
    /// Of its first byte.
    pub(crate) line: u64,
    quote: Quote,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Quote {
    #[default]
    None,
    /// `'` or `"`.
    Mark(u8),
    /// `$tag$`, both dollars included.
    Dollar(Vec<u8>),
}

impl Statement {
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Takes the next line; whether the statement ends with it.
    pub(crate) fn push(&mut self, line: &[u8]) -> bool {
        self.text.extend_from_slice(line);
        let mut at = 0;
        let mut last = 0;
        while at < line.len() {
            let rest = &line[at..];
            at += match &self.quote {
                Quote::Mark(mark) => match memchr(*mark, rest) {
                    Some(end) => {
                        self.quote = Quote::None;
                        end + 1
                    }
                    None => rest.len(),
                },
                Quote::Dollar(tag) => match memmem::find(rest, tag) {
                    Some(end) => {
                        let length = end + tag.len();
                        self.quote = Quote::None;
                        length
                    }
                    None => rest.len(),
                },
                Quote::None => {
                    let byte = rest[0];
                    if !byte.is_ascii_whitespace() {
                        last = byte;
                    }
                    self.open(line, at)
                }
            };
        }
        self.quote == Quote::None && last == b';'
    }

    /// Looks at the byte outside of quotes at `at`, and says how many bytes are done with.
    fn open(&mut self, line: &[u8], at: usize) -> usize {
        let rest = &line[at..];
        match rest[0] {
            mark @ (b'\'' | b'"') => self.quote = Quote::Mark(mark),
            b'$' if at == 0 || !is_word(line[at - 1]) => {
                if let Some(tag) = dollar_tag(rest) {
                    self.quote = Quote::Dollar(tag.to_vec());
                    return tag.len();
                }
            }
            b'-' if rest.starts_with(b"--") => return rest.len(),
            _ => {}
        }
        1
    }
}

/// `$tag$` or `$$`, if the text begins so.
pub(crate) fn dollar_tag(text: &[u8]) -> Option<&[u8]> {
    let end = 1 + text
        .get(1..)?
        .iter()
        .position(|&byte| !is_word(byte) || byte == b'$')?;
    (text[end] == b'$' && !text[1].is_ascii_digit()).then(|| &text[..=end])
}

/// Part of a name without quotes, or of a number.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..)
}
