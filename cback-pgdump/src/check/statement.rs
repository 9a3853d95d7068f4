//! Where a statement ends: with a line that ends in `;` outside of quotes.
//!
//! pg_dump doubles quotes inside of quotes, and never writes a quote after a backslash; the tag of a
//! dollar quote does not begin with a digit, and its first dollar does not follow a word's character.
//! A statement inside of another (`BEGIN ATOMIC`, a rule's) is taken for an end too, which does no harm:
//! what follows begins with a blank, as no statement of pg_dump's does, and so is not understood.
//!
//! A statement can be longer than the memory that is wanted for it: a function, a row of INSERT. So only
//! its beginning is held, and rows are read from its pieces.

use super::fingerprint::Key;
use super::inserts::Insert;
use super::token::{dollar_tag, is_word};
use memchr::memchr;
use memchr::memmem;
use std::ops::Range;
use xxhash_rust::xxh3::Xxh3;

/// Bytes that are held of a statement. None that has to be taken apart is longer: COPY names 1,600
/// columns at most.
pub(crate) const HELD: usize = 1 << 20;

/// A tag of a dollar quote is recognised if so much of its line is there, or the line's end.
const LOOKAHEAD: usize = 1 << 10;

/// A statement as far as its lines have been read.
pub(crate) struct Statement {
    /// Its first [`HELD`] bytes.
    pub(crate) text: Vec<u8>,
    /// Its length so far, in bytes.
    pub(crate) length: u64,
    /// The number of its first line.
    pub(crate) line: u64,
    /// Where it stands in the dump, in bytes, once it is complete.
    pub(crate) place: Range<u64>,
    /// Its rows, if it is an INSERT whose head has been understood.
    pub(crate) insert: Option<Insert>,
    /// The hash of what is not in `text`.
    rest: Box<Xxh3>,
    key: Key,
    quote: Quote,
    /// The byte before.
    before: u8,
    /// The last byte of the current line that is no blank; a quote's is any but `;`.
    last: u8,
}

#[derive(PartialEq, Eq)]
enum Quote {
    None,
    /// `'` or `"`.
    Mark(u8),
    /// `$tag$`, both dollars included.
    Dollar(Vec<u8>),
    /// From `--` to the end of the line.
    Comment,
}

impl Statement {
    pub(crate) fn new(key: Key) -> Self {
        Self {
            text: Vec::new(),
            length: 0,
            line: 0,
            place: 0..0,
            insert: None,
            rest: Box::default(),
            key,
            quote: Quote::None,
            before: b'\n',
            last: 0,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Its text is not all of it.
    pub(crate) fn is_cut(&self) -> bool {
        self.length > self.text.len() as u64
    }

    /// The hash of what its text lacks; 0 if it is all of it.
    pub(crate) fn rest(&self) -> u64 {
        if self.is_cut() { self.rest.digest() } else { 0 }
    }

    /// The last line that was pushed has ended it.
    pub(crate) fn is_complete(&self) -> bool {
        self.quote == Quote::None && self.last == b';' && self.before == b'\n'
    }

    /// Begins the next one.
    pub(crate) fn clear(&mut self) {
        if self.is_cut() {
            self.rest.reset();
        }
        self.text.clear();
        self.length = 0;
        self.insert = None;
        self.last = 0;
    }

    /// Takes the next line, or a part of one, of which the rest has to be given again, with what follows.
    /// Returns the number of bytes taken.
    pub(crate) fn push(&mut self, line: &[u8]) -> usize {
        let mut at = 0;
        if self.before == b'\n' {
            self.last = 0;
        }
        while at < line.len() {
            let rest = &line[at..];
            let was_plain = self.quote == Quote::None;
            let Some(length) = self.advance(rest) else {
                break;
            };
            let is_plain = was_plain && self.quote == Quote::None;
            self.take(&rest[..length], is_plain);
            at += length;
        }
        at
    }

    /// The length of what comes next, which is all inside of quotes or all outside; none if that cannot be
    /// told before more of the line is there.
    fn advance(&mut self, rest: &[u8]) -> Option<usize> {
        let is_whole = rest.ends_with(b"\n");
        let (end, held_back) = match &self.quote {
            Quote::None => return self.advance_outside(rest, is_whole),
            Quote::Comment => (is_whole.then_some(rest.len()), 0),
            Quote::Mark(mark) => (memchr(*mark, rest).map(|end| end + 1), 0),
            Quote::Dollar(tag) => {
                let end = memmem::find(rest, tag).map(|end| end + tag.len());
                (end, if is_whole { 0 } else { tag.len() - 1 })
            }
        };
        if end.is_some() {
            self.quote = Quote::None;
            return end;
        }
        rest.len().checked_sub(held_back).filter(|it| *it > 0)
    }

    fn advance_outside(&mut self, rest: &[u8], is_whole: bool) -> Option<usize> {
        let special = |byte: &u8| matches!(byte, b'\'' | b'"' | b'$' | b'-');
        let is_enough = is_whole || rest.len() >= LOOKAHEAD;
        match rest.iter().position(special) {
            Some(0) => is_enough.then(|| self.open(rest)),
            Some(plain) => Some(plain),
            None if is_whole => Some(rest.len()),
            // Not in the middle of a word, which could be VALUES.
            None => {
                let blank = rest.iter().rposition(|&byte| !is_word(byte));
                let words = blank.map(|it| it + 1);
                words.or(is_enough.then_some(rest.len()))
            }
        }
    }

    /// The length of what opens a quote here, or of the one byte that opens none.
    fn open(&mut self, rest: &[u8]) -> usize {
        match rest[0] {
            mark @ (b'\'' | b'"') => self.quote = Quote::Mark(mark),
            b'$' if !is_word(self.before) => {
                if let Some(tag) = dollar_tag(rest) {
                    self.quote = Quote::Dollar(tag.to_vec());
                    return tag.len();
                }
            }
            b'-' if rest.starts_with(b"--") => self.quote = Quote::Comment,
            _ => {}
        }
        1
    }

    fn take(&mut self, piece: &[u8], is_plain: bool) {
        let before = self.text.len();
        let (kept, rest) = piece.split_at(piece.len().min(HELD - before));
        self.text.extend(kept);
        if !rest.is_empty() && self.insert.is_none() {
            self.rest.update(rest);
        }
        if let Some(insert) = &mut self.insert {
            insert.push(piece, is_plain);
        } else if is_plain
            && self.text.starts_with(b"INSERT ")
            && let Some(place) = memmem::find(piece, b"VALUES")
        {
            let head = self.text.get(..before + place);
            self.insert = head.and_then(|head| Insert::begin(head, self.key));
            if let Some(insert) = &mut self.insert {
                insert.push(&piece[place..], true);
            }
        }
        self.length += piece.len() as u64;
        self.before = piece.last().copied().unwrap_or(self.before);
        if is_plain {
            let last = piece.iter().rfind(|byte| !byte.is_ascii_whitespace());
            self.last = last.copied().unwrap_or(self.last);
        } else if self.quote != Quote::Comment && self.before != b'\n' {
            self.last = 0;
        }
    }
}
