//! The tokens of a statement.

use super::statement::{dollar_tag, is_word};
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
            b'"' => quoted(rest, b'"', Token::Name),
            b'\'' => quoted(rest, b'\'', Token::Text),
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

/// What stands between two `mark`s, a doubled one being part of it; to the end if there is no second.
fn quoted<'a>(text: &[u8], mark: u8, token: fn(Vec<u8>) -> Token<'a>) -> (Token<'a>, usize) {
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
