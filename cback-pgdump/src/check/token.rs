//! The tokens of a statement, and the names among them, spelled in one way.
//!
//! pg_dump's own spelling cannot be compared between versions, since it puts names in quotes by its
//! version's list of keywords. Here a name is put in quotes unless it consists of lower-case
//! letters, digits and `_`.

use crate::stdio::bounded;
use memchr::{memchr, memmem};
use std::ops::Range;

/// A part of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// A keyword, a number, or a name without quotes.
    Word(&'a [u8]),
    /// A name in double quotes, without them.
    Name(Vec<u8>),
    /// A text in single quotes or between dollars, without them.
    Text(Vec<u8>),
    /// Anything else.
    Symbol(u8),
}

impl Token<'_> {
    /// Whether it is this keyword, in either case.
    pub(crate) fn is(&self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword.as_bytes()))
    }

    /// The name, if it can be one.
    pub(crate) fn name(&self) -> Option<&[u8]> {
        match self {
            Self::Word(word) => Some(word),
            Self::Name(name) => Some(name),
            _ => None,
        }
    }
}

/// The parts of `text`, and where each stands.
pub(crate) struct Tokens<'a> {
    text: &'a [u8],
    pub(crate) at: usize,
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// Takes these keywords off; none if others come next.
    pub(crate) fn after(&mut self, keywords: &[&str]) -> Option<&mut Self> {
        for keyword in keywords {
            self.next().filter(|token| token.is(keyword))?;
        }
        Some(self)
    }

    /// The next one and its place.
    pub(crate) fn next_with_place(&mut self) -> Option<(Token<'a>, Range<usize>)> {
        let blanks = self.text[self.at..].iter();
        self.at += blanks.take_while(|byte| byte.is_ascii_whitespace()).count();
        let rest = &self.text[self.at..];
        let (token, length) = match *rest.first()? {
            b'"' => between(rest, b'"', Token::Name),
            b'\'' => between(rest, b'\'', Token::Text),
            b'$' if dollar_tag(rest).is_some() => dollar_quoted(rest),
            byte if is_word(byte) => {
                let length = rest.iter().take_while(|&&byte| is_word(byte)).count();
                (Token::Word(&rest[..length]), length)
            }
            byte => (Token::Symbol(byte), 1),
        };
        let start = self.at;
        self.at += length;
        Some((token, start..self.at))
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.next_with_place().map(|(token, _)| token)
    }
}

/// Whether `text` begins with these keywords.
pub(crate) fn begins(text: &[u8], keywords: &[&str]) -> bool {
    Tokens::new(text).after(keywords).is_some()
}

/// A text between two `mark`s, a doubled one being part of it; to the end if there is no second.
fn between<'a>(text: &[u8], mark: u8, token: fn(Vec<u8>) -> Token<'a>) -> (Token<'a>, usize) {
    let mut content = Vec::new();
    let mut at = 1;
    while let Some(length) = memchr(mark, &text[at..]) {
        content.extend_from_slice(&text[at..at + length]);
        at += length + 1;
        if text.get(at) != Some(&mark) {
            return (token(content), at);
        }
        content.push(mark);
        at += 1;
    }
    content.extend_from_slice(&text[at..]);
    (token(content), text.len())
}

fn dollar_quoted(text: &[u8]) -> (Token<'_>, usize) {
    let tag = dollar_tag(text).unwrap_or_default();
    let inside = &text[tag.len()..];
    let length = memmem::find(inside, tag).unwrap_or(inside.len());
    let end = (tag.len() + length + tag.len()).min(text.len());
    (Token::Text(inside[..length].to_vec()), end)
}

/// `name` as a part of a longer one; in quotes where it needs them.
pub(crate) fn spelled(name: &[u8]) -> Vec<u8> {
    let is_plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_';
    if name.iter().all(is_plain) && name.first().is_some_and(|byte| !byte.is_ascii_digit()) {
        name.to_vec()
    } else {
        quoted(name)
    }
}

/// `name` in double quotes.
pub(crate) fn quoted(name: &[u8]) -> Vec<u8> {
    doubled(name, b'"')
}

/// `text` in single quotes.
pub(crate) fn literal(text: &[u8]) -> Vec<u8> {
    doubled(text, b'\'')
}

fn doubled(text: &[u8], mark: u8) -> Vec<u8> {
    let pairs = text.split(|byte| *byte == mark).collect::<Vec<_>>();
    [&[mark], &pairs.join(&[mark, mark][..])[..], &[mark]].concat()
}

/// Takes `a.b.c` off `tokens`; what comes after it is returned too.
pub(crate) fn qualified<'a>(tokens: &mut Tokens<'a>) -> Option<(Vec<u8>, Option<Token<'a>>)> {
    let mut name = spelled(tokens.next()?.name()?);
    loop {
        match tokens.next() {
            Some(Token::Symbol(b'.')) => {
                name.push(b'.');
                name.extend(spelled(tokens.next()?.name()?));
            }
            next => return Some((name, next)),
        }
    }
}

/// Takes `a, b)` off `tokens`.
pub(crate) fn list(tokens: &mut Tokens<'_>) -> Option<Vec<Vec<u8>>> {
    let mut names = Vec::new();
    loop {
        names.push(tokens.next()?.name()?.to_vec());
        match tokens.next()? {
            Token::Symbol(b',') => {}
            Token::Symbol(b')') => return Some(names),
            _ => return None,
        }
    }
}

/// `name` on one line: escaped as COPY does, other control characters as `\xNN`.
pub(crate) fn printable(name: &[u8]) -> Vec<u8> {
    let mut line = Vec::with_capacity(name.len());
    for &byte in name {
        match byte {
            b'\n' => line.extend(b"\\n"),
            b'\t' => line.extend(b"\\t"),
            b'\r' => line.extend(b"\\r"),
            b'\\' => line.extend(b"\\\\"),
            0..0x20 | 0x7f => line.extend(format!("\\x{byte:02x}").bytes()),
            _ => line.push(byte),
        }
    }
    line
}

/// A name for a message, of which the rest is more important.
pub(crate) fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(&bounded(name, 200)).into_owned()
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
