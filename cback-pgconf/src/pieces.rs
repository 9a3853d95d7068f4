//! The input, cut into pieces of markup and text by quick-xml.
//!
//! quick-xml looks at neither names nor characters nor what stands where, so its events are not used:
//! only where it cuts, and what it takes a piece to be.

use std::io::{self, BufRead, Chain, Cursor as Bytes, Read};
use std::ops::Range;

use quick_xml::events::Event as Cut;

use crate::Error;
use crate::chars::is_char;
use crate::fault::{Fault, Position};

const BOM: &[u8] = b"\xef\xbb\xbf";

/// What quick-xml takes a piece to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Tag,
    EndTag,
    Text,
    Cdata,
    Reference,
    Comment,
    Instruction,
    Doctype,
    EndOfInput,
}

/// One piece after the other, and where it stands.
pub(crate) struct Pieces<R> {
    xml: quick_xml::Reader<Chain<Bytes<Vec<u8>>, R>>,
    raw: Vec<u8>,
    offset: usize,
    position: Position,
}

impl<R: BufRead> Pieces<R> {
    pub(crate) fn new(mut input: R) -> io::Result<Self> {
        let mut head = Vec::with_capacity(BOM.len());
        input
            .by_ref()
            .take(BOM.len() as u64)
            .read_to_end(&mut head)?;
        let offset = if head == BOM { BOM.len() } else { 0 };
        // quick-xml drops a byte order mark, if it sees all of it in one look: this makes sure it does.
        let mut xml = quick_xml::Reader::from_reader(Bytes::new(head).chain(input));
        xml.config_mut().check_end_names = false;
        xml.config_mut().allow_unmatched_ends = true;
        Ok(Self {
            xml,
            raw: Vec::new(),
            offset,
            position: Position::START,
        })
    }

    /// Goes on to the next piece.
    pub(crate) fn advance(&mut self) -> Result<Kind, Error> {
        self.offset += self.raw.len();
        self.position = self.position.after(&String::from_utf8_lossy(&self.raw));
        self.raw.clear();
        match self.xml.read_event_into(&mut self.raw) {
            Ok(cut) => Ok(kind(&cut)),
            Err(quick_xml::Error::Io(error)) => {
                Err(io::Error::new(error.kind(), error.to_string()).into())
            }
            Err(_) => Err(self.refused().into()),
        }
    }

    /// The piece, if it is UTF-8 and XML allows every character of it.
    pub(crate) fn text(&self) -> Result<&str, Fault> {
        let text = std::str::from_utf8(&self.raw).map_err(|_| self.not_utf8())?;
        let Some((at, c)) = text.char_indices().find(|&(_, c)| !is_char(c)) else {
            return Ok(text);
        };
        let cause = format!("character U+{:04X} is not allowed in XML", u32::from(c));
        let fault = Fault::new(self.position.after(&text[..at]), cause);
        // A NUL within the first two bytes is what UTF-16 begins with.
        let is_utf16 = c == '\0' && self.offset + at < 2;
        Err(fault.hint_if(is_utf16.then_some("this seems to be UTF-16: convert it to UTF-8")))
    }

    pub(crate) fn position(&self) -> Position {
        self.position
    }

    /// The piece's bytes, counted from the beginning of the input.
    pub(crate) fn span(&self) -> Range<usize> {
        self.offset..self.offset + self.raw.len()
    }

    fn not_utf8(&self) -> Fault {
        let valid = self
            .raw
            .utf8_chunks()
            .next()
            .map_or("", |chunk| chunk.valid());
        Fault::new(self.position.after(valid), "not UTF-8").hint(
            "Cedar Backup reads its configuration as UTF-8, whatever the XML declaration says",
        )
    }

    /// Why quick-xml cannot cut: markup without an end, or of no known kind.
    fn refused(&self) -> Fault {
        let cause = match self.raw.as_slice() {
            raw if std::str::from_utf8(raw).is_err() => return self.not_utf8(),
            [b'&', ..] => {
                return Fault::new(self.position, "`&` does not begin a reference")
                    .hint("write `&amp;` for the character itself");
            }
            [b'<', b'!', b'-', ..] => "the comment is not closed",
            [b'<', b'!', b'[', ..] => "the CDATA section is not closed",
            [b'<', b'!', b'D' | b'd', ..] => "the document type declaration is not complete",
            [b'<', b'!', ..] => "unknown markup `<!`",
            [b'<', b'?', ..] => "the processing instruction is not closed",
            _ => "the tag is not closed",
        };
        Fault::new(self.position, cause)
    }
}

fn kind(cut: &Cut<'_>) -> Kind {
    match cut {
        Cut::Start(_) | Cut::Empty(_) => Kind::Tag,
        Cut::End(_) => Kind::EndTag,
        Cut::Text(_) => Kind::Text,
        Cut::CData(_) => Kind::Cdata,
        Cut::GeneralRef(_) => Kind::Reference,
        Cut::Comment(_) => Kind::Comment,
        Cut::PI(_) | Cut::Decl(_) => Kind::Instruction,
        Cut::DocType(_) => Kind::Doctype,
        Cut::Eof => Kind::EndOfInput,
    }
}
