//! Where a statement ends: with a line that ends in `;` outside of quotes.
//!
//! pg_dump doubles quotes inside of quotes, and never writes a quote after a backslash; the tag of a
//! dollar quote does not begin with a digit, and its first dollar does not follow a word's character.
//! A statement inside of another (`BEGIN ATOMIC`, a rule's) is taken for an end too, which does no harm:
//! what follows begins with a blank, as no statement of pg_dump's does, and so is not understood.
//!
//! A statement can be longer than the memory that is wanted for it, as a function can. So only its beginning is held.
//! INSERT is read a row at a time.

use super::token::is_word;
use memchr::memchr;
use std::ops::Range;
use xxhash_rust::xxh3::Xxh3;

/// Bytes that are held of a statement. None that has to be taken apart is longer: COPY names 1,600
/// columns at most.
pub(crate) const HELD: usize = 1 << 20;

/// A statement as far as its lines have been read.
#[derive(Default)]
pub(crate) struct Statement {
    /// Its first [`HELD`] bytes.
    pub(crate) text: Vec<u8>,
    /// Its length so far, in bytes.
    pub(crate) length: u64,
    /// The number of its first line.
    pub(crate) line: u64,
    /// Where it stands in the dump, in bytes, once it is complete.
    pub(crate) place: Range<u64>,
    /// It is the beginning of an INSERT, or further lines of it.
    pub(crate) has_rows: bool,
    /// The hash of what is not in `text`.
    rest: Box<Xxh3>,
    quote: Quote,
    /// The byte before.
    before: u8,
    /// The last byte that is no blank; 0 for one of a quote.
    last: u8,
}

#[derive(Default, PartialEq, Eq)]
enum Quote {
    #[default]
    None,
    /// `'` or `"`.
    Mark(u8),
    /// A dollar, and the word after it, which may become the tag of a quote.
    Tag(Vec<u8>),
    /// `$tag$`, both dollars included, and how many bytes of the one that ends the quote have come.
    Dollar(Vec<u8>, usize),
    /// From `--` to the end of the line.
    Comment,
}

impl Statement {
    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0 && !self.has_rows
    }

    /// Its text is not all of it.
    pub(crate) fn is_cut(&self) -> bool {
        self.length > self.text.len() as u64
    }

    /// The hash of what its text lacks; 0 if it is all of it.
    pub(crate) fn rest(&self) -> u64 {
        if self.is_cut() { self.rest.digest() } else { 0 }
    }

    /// The last line that was pushed has ended it, or a row of an INSERT.
    pub(crate) fn is_complete(&self) -> bool {
        let is_end = self.has_ended() || self.has_rows;
        is_end && self.quote == Quote::None && self.before == b'\n'
    }

    /// It does not go on with further rows.
    pub(crate) fn has_ended(&self) -> bool {
        self.last == b';'
    }

    /// Begins the next one, or the next row.
    pub(crate) fn clear(&mut self) {
        if self.is_cut() {
            self.rest.reset();
        }
        self.text.clear();
        self.length = 0;
        self.has_rows &= !self.has_ended();
        self.last = 0;
    }

    /// Takes the next line, or a part of one.
    pub(crate) fn push(&mut self, line: &[u8]) {
        let (kept, rest) = line.split_at(line.len().min(HELD - self.text.len()));
        self.text.extend(kept);
        self.rest.update(rest);
        self.has_rows |= self.length == 0 && line.starts_with(b"INSERT ");
        self.length += line.len() as u64;
        let mut at = 0;
        while at < line.len() {
            let taken = self.advance(&line[at..]);
            at += taken;
            if taken > 0 {
                self.before = line[at - 1];
            }
        }
    }

    /// Takes what comes next, inside of a quote or outside; returns its length.
    fn advance(&mut self, rest: &[u8]) -> usize {
        let end = match &mut self.quote {
            Quote::None => return self.outside(rest),
            Quote::Tag(_) => return self.tag(rest[0]),
            Quote::Mark(mark) => memchr(*mark, rest),
            Quote::Comment => memchr(b'\n', rest),
            Quote::Dollar(tag, matched) => end_of_dollar(tag, matched, rest),
        };
        if end.is_some() {
            self.quote = Quote::None;
        }
        end.map_or(rest.len(), |end| end + 1)
    }

    fn tag(&mut self, byte: u8) -> usize {
        let Quote::Tag(mut tag) = std::mem::take(&mut self.quote) else {
            return 0;
        };
        if !is_word(byte) || tag.len() == 1 && byte.is_ascii_digit() {
            return 0;
        }
        tag.push(byte);
        self.quote = match byte {
            b'$' => Quote::Dollar(tag, 0),
            _ => Quote::Tag(tag),
        };
        1
    }

    fn outside(&mut self, rest: &[u8]) -> usize {
        let special = |byte: &u8| matches!(byte, b'\'' | b'"' | b'$' | b'-');
        let plain = rest.iter().position(special).unwrap_or(rest.len());
        if plain > 0 {
            let last = rest[..plain].iter().rfind(|it| !it.is_ascii_whitespace());
            self.last = last.copied().unwrap_or(self.last);
            return plain;
        }
        self.last = 0;
        match rest[0] {
            mark @ (b'\'' | b'"') => self.quote = Quote::Mark(mark),
            b'$' if !is_word(self.before) => self.quote = Quote::Tag(b"$".to_vec()),
            b'-' if self.before == b'-' => self.quote = Quote::Comment,
            _ => {}
        }
        1
    }
}

/// Where the quote of this tag ends, of which so many bytes have come. No dollar is in a tag but its first and last byte.
fn end_of_dollar(tag: &[u8], matched: &mut usize, rest: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < rest.len() {
        if *matched == 0 {
            at += memchr(b'$', &rest[at..])?;
        }
        let is_next = rest[at] == tag[*matched];
        *matched = if is_next {
            *matched + 1
        } else {
            usize::from(rest[at] == b'$')
        };
        if *matched == tag.len() {
            return Some(at);
        }
        at += 1;
    }
    None
}
