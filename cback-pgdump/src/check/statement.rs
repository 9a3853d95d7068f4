//! Where a statement ends: with a line that ends in `;` outside of quotes.
//!
//! pg_dump doubles quotes inside of quotes, and never writes a quote after a backslash; the tag of a
//! dollar quote does not begin with a digit, and its first dollar does not follow a word's character.
//! A statement inside of another (`BEGIN ATOMIC`, a rule's) is taken for an end too, which does no harm:
//! what follows begins with a blank, as no statement of pg_dump's does, and so is not understood.

use memchr::memchr;
use memchr::memmem;

/// A statement as far as its lines have been read.
#[derive(Debug, Default)]
pub(crate) struct Statement {
    pub(crate) text: Vec<u8>,
    /// The number of its first line.
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

    /// Takes the next line. Returns whether the statement ends with it.
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

    /// Reads on outside of quotes, at `at`, up to the inside of a quote that begins there. Returns the number
    /// of bytes read.
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

/// Whether it can be part of a name without quotes, a keyword or a number.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..)
}
