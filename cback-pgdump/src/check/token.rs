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
    /// Whether it is this keyword, in either case, or this symbol.
    pub(crate) fn is(&self, keyword: &str) -> bool {
        match self {
            Self::Word(word) => word.eq_ignore_ascii_case(keyword.as_bytes()),
            Self::Symbol(byte) => keyword.as_bytes() == [*byte],
            _ => false,
        }
    }

    /// The name, if it can be one.
    pub(crate) fn name(&self) -> Option<&[u8]> {
        match self {
            Self::Word(word) => Some(word),
            Self::Name(name) => Some(name),
            _ => None,
        }
    }

    /// The name or the text.
    pub(crate) fn value(&self) -> Option<&[u8]> {
        match self {
            Self::Text(text) => Some(text),
            _ => self.name(),
        }
    }
}

/// The parts of `text`.
pub(crate) fn tokens(text: &[u8]) -> Vec<Token<'_>> {
    tokens_with_places(text).0
}

/// The parts of `text`, and where each stands.
pub(crate) fn tokens_with_places(text: &[u8]) -> (Vec<Token<'_>>, Vec<Range<usize>>) {
    let mut parts = (Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(&first) = text.get(at) {
        let rest = &text[at..];
        if first.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let (token, length) = match first {
            b'"' => between(rest, b'"', Token::Name),
            b'\'' => between(rest, b'\'', Token::Text),
            b'$' if dollar_tag(rest).is_some() => dollar_quoted(rest),
            byte if is_word(byte) => {
                let length = rest.iter().take_while(|&&byte| is_word(byte)).count();
                (Token::Word(&rest[..length]), length)
            }
            byte => (Token::Symbol(byte), 1),
        };
        parts.0.push(token);
        parts.1.push(at..at + length);
        at += length;
    }
    parts
}

/// The tokens after these keywords, if `tokens` begin with them.
pub(crate) fn after<'a, 'b>(tokens: &'a [Token<'b>], keywords: &[&str]) -> Option<&'a [Token<'b>]> {
    let (first, rest) = tokens.split_at_checked(keywords.len())?;
    let is_it = first.iter().zip(keywords).all(|(token, it)| token.is(it));
    is_it.then_some(rest)
}

/// The tokens after the first occurrence of these keywords.
pub(crate) fn after_first<'a, 'b>(
    tokens: &'a [Token<'b>],
    keywords: &[&str],
) -> Option<&'a [Token<'b>]> {
    (0..tokens.len()).find_map(|start| after(&tokens[start..], keywords))
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

/// Takes `a.b.c` off `tokens`.
pub(crate) fn qualified<'a, 'b>(tokens: &'a [Token<'b>]) -> Option<(Vec<u8>, &'a [Token<'b>])> {
    let (first, mut rest) = tokens.split_first()?;
    let mut name = spelled(first.name()?);
    while let [Token::Symbol(b'.'), next, more @ ..] = rest {
        name.push(b'.');
        name.extend(spelled(next.name()?));
        rest = more;
    }
    Some((name, rest))
}

/// A table, and those of its columns that the rows of a COPY or INSERT statement have values for, if it tells.
pub(crate) struct Table {
    pub(crate) name: Vec<u8>,
    pub(crate) columns: Option<Vec<Vec<u8>>>,
}

impl Table {
    /// Takes `a.b` or `a.b (c, d)` off `tokens`.
    pub(crate) fn read<'a, 'b>(tokens: &'a [Token<'b>]) -> Option<(Self, &'a [Token<'b>])> {
        let (name, rest) = qualified(tokens)?;
        let Some(list) = after(rest, &["("]) else {
            let columns = None;
            return Some((Self { name, columns }, rest));
        };
        let end = list.iter().position(|token| token.is(")"))?;
        let pairs = list[..end].chunks(2);
        let column = |pair: &[Token<'_>]| {
            let is_listed = pair.get(1).is_none_or(|mark| mark.is(","));
            is_listed.then(|| pair[0].name().map(<[u8]>::to_vec))?
        };
        let columns = Some(pairs.map(column).collect::<Option<_>>()?);
        Some((Self { name, columns }, &list[end + 1..]))
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
