//! A document as a row of events, refused wherever expat would refuse it.
//!
//! quick-xml cuts the input into pieces of markup and text, but forgives a great deal: it looks at
//! neither names nor characters nor what stands where. So it is used for the cutting alone. Each
//! piece is then read again, raw, by the production of the XML grammar that it must match to its last
//! byte. That closes every leniency at once: a document whose pieces all match, and which nest, is
//! well-formed, and a wrong cut can only yield a piece that does not match.
//!
//! Memory is bounded by the longest single piece and the names of the open elements.

use std::borrow::Cow;
use std::io::{self, BufRead, Chain, Cursor as Bytes, Read};

use quick_xml::events::Event as Cut;

use crate::Error;
use crate::chars::is_char;
use crate::cursor::Cursor;
use crate::declaration;
use crate::doctype::Doctype;
use crate::entity::{Undeclared, reference};
use crate::fault::{Fault, Position};
use crate::namespace::Namespaces;
use crate::open::OpenElements;
use crate::tag;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// What the rules of the configuration need to know of a document.
pub(crate) enum Event<'a> {
    /// An element begins; an empty one is followed by its own `End`.
    Start(&'a str),
    /// The innermost element ends.
    End,
    /// Text, references resolved: one text node may come in several of these, but never empty ones.
    Text(Cow<'a, str>),
    /// A CDATA section that holds something.
    Cdata,
    /// A comment or a processing instruction.
    Aside,
}

type Input<R> = Chain<Bytes<Vec<u8>>, R>;

/// Reads one document.
pub(crate) struct Reader<R> {
    xml: quick_xml::Reader<Input<R>>,
    /// The piece last read, raw, and where it begins.
    piece: Vec<u8>,
    offset: usize,
    position: Position,
    /// The event after the one last returned: the end of an empty element.
    pending_end: bool,
    open: OpenElements,
    namespaces: Namespaces,
    standalone: bool,
    doctype: Option<Doctype>,
    part: Part,
}

/// How far the document has been read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Beginning,
    Prolog,
    Root,
}

/// What quick-xml takes a piece to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
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

impl<R: BufRead> Reader<R> {
    pub(crate) fn new(mut input: R) -> Result<Self, Error> {
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
            piece: Vec::new(),
            offset,
            position: Position::START,
            pending_end: false,
            open: OpenElements::default(),
            namespaces: Namespaces::default(),
            standalone: false,
            doctype: None,
            part: Part::Beginning,
        })
    }

    /// The next event; None at the end of a well-formed document.
    pub(crate) fn next(&mut self) -> Result<Option<Event<'_>>, Error> {
        if std::mem::take(&mut self.pending_end) {
            self.leave();
            return Ok(Some(Event::End));
        }
        let kind = self.cut()?;
        if kind == Kind::EndOfInput {
            return self.finish().map(|()| None);
        }
        Ok(Some(self.read(kind)?))
    }

    /// Where the piece behind the last event begins.
    pub(crate) fn position(&self) -> Position {
        self.position
    }

    /// The bytes of the piece behind the last event, counted from the beginning of the input.
    pub(crate) fn span(&self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.piece.len()
    }

    fn cut(&mut self) -> Result<Kind, Error> {
        self.offset += self.piece.len();
        self.position = self.position.after(&String::from_utf8_lossy(&self.piece));
        if self.part == Part::Beginning && !self.piece.is_empty() {
            self.part = Part::Prolog;
        }
        self.piece.clear();
        let kind = match self.xml.read_event_into(&mut self.piece) {
            Ok(Cut::Start(_) | Cut::Empty(_)) => Kind::Tag,
            Ok(Cut::End(_)) => Kind::EndTag,
            Ok(Cut::Text(_)) => Kind::Text,
            Ok(Cut::CData(_)) => Kind::Cdata,
            Ok(Cut::GeneralRef(_)) => Kind::Reference,
            Ok(Cut::Comment(_)) => Kind::Comment,
            Ok(Cut::PI(_) | Cut::Decl(_)) => Kind::Instruction,
            Ok(Cut::DocType(_)) => Kind::Doctype,
            Ok(Cut::Eof) => Kind::EndOfInput,
            Err(quick_xml::Error::Io(error)) => {
                return Err(io::Error::new(error.kind(), error.to_string()).into());
            }
            Err(_) => return Err(refused_cut(&self.piece, self.position).into()),
        };
        Ok(kind)
    }

    fn read(&mut self, kind: Kind) -> Result<Event<'_>, Fault> {
        let outside = self.open.depth() == 0;
        match kind {
            Kind::Tag => self.start(),
            Kind::EndTag => self.end(),
            Kind::Text | Kind::Cdata | Kind::Reference if !outside => self.content(kind),
            _ => self.aside(kind).map(|()| Event::Aside),
        }
    }

    fn content(&self, kind: Kind) -> Result<Event<'_>, Fault> {
        let text = characters(&self.piece, self.position)?;
        let mut cursor = Cursor::new(text, self.position);
        match kind {
            Kind::Reference => {
                let character = reference(&mut cursor, self.undeclared())?;
                Ok(Event::Text(
                    character.map(String::from).unwrap_or_default().into(),
                ))
            }
            // An empty CDATA section leaves no node behind: the text around it is one.
            Kind::Cdata if text == "<![CDATA[]]>" => Ok(Event::Text("".into())),
            Kind::Cdata => Ok(Event::Cdata),
            _ => plain_text(&mut cursor).map(Event::Text),
        }
    }

    /// What is neither element nor text.
    fn aside(&mut self, kind: Kind) -> Result<(), Fault> {
        let text = characters(&self.piece, self.position)?;
        let mut cursor = Cursor::new(text, self.position);
        match kind {
            Kind::Comment => comment(&mut cursor),
            Kind::Instruction
                if self.part == Part::Beginning && declaration::is_declaration(text) =>
            {
                self.standalone = declaration::declaration(&mut cursor)?;
                Ok(())
            }
            Kind::Instruction => declaration::instruction(&mut cursor),
            Kind::Doctype if self.part == Part::Root || self.doctype.is_some() => {
                Err(cursor.fault("a document type declaration is not allowed here"))
            }
            Kind::Doctype => {
                self.doctype = Some(Doctype::read(&mut cursor, self.standalone)?);
                Ok(())
            }
            _ => white_space(&mut cursor),
        }
    }

    fn start(&mut self) -> Result<Event<'_>, Fault> {
        let undeclared = self.undeclared();
        let text = characters(&self.piece, self.position)?;
        let mut cursor = Cursor::new(text, self.position);
        if self.part == Part::Root && self.open.depth() == 0 {
            return Err(cursor.fault("a second root element"));
        }
        let at_tag = cursor.clone();
        let mut tag = tag::start_tag(&mut cursor, undeclared)?;
        if let Some(doctype) = &self.doctype {
            doctype.complete(&mut tag, &at_tag);
        }
        self.part = Part::Root;
        self.open.push(tag.name, self.position);
        self.namespaces.enter(&tag, self.open.depth(), &at_tag)?;
        self.pending_end = tag.is_empty;
        Ok(Event::Start(tag.name))
    }

    fn end(&mut self) -> Result<Event<'_>, Fault> {
        let text = characters(&self.piece, self.position)?;
        let mut cursor = Cursor::new(text, self.position);
        let at_tag = cursor.clone();
        let name = tag::end_tag(&mut cursor)?;
        match self.open.innermost() {
            None => return Err(at_tag.fault(format!("`</{name}>` closes nothing"))),
            Some((open, position)) if open != name => {
                let cause = format!("`</{name}>` closes `<{open}>` of line {}", position.line);
                return Err(at_tag.fault(cause));
            }
            Some(_) => self.leave(),
        }
        Ok(Event::End)
    }

    fn leave(&mut self) {
        self.namespaces.leave(self.open.depth());
        self.open.pop();
    }

    fn finish(&self) -> Result<(), Error> {
        let fault = match self.open.innermost() {
            Some((open, position)) => Fault::new(position, format!("`<{open}>` is never closed")),
            None if self.part == Part::Root => return Ok(()),
            None => Fault::new(self.position, "the document has no root element"),
        };
        Err(fault.into())
    }

    fn undeclared(&self) -> Undeclared {
        self.doctype
            .as_ref()
            .map_or(Undeclared::Refused, Doctype::undeclared)
    }
}

/// The piece as text, if it is UTF-8 and XML allows every character of it.
fn characters(piece: &[u8], position: Position) -> Result<&str, Fault> {
    let text = std::str::from_utf8(piece).map_err(|_| not_text(piece, position))?;
    let Some(at) = text.find(|c| !is_char(c)) else {
        return Ok(text);
    };
    let (before, rest) = text.split_at(at);
    let code = rest.chars().next().map_or(0, u32::from);
    let cause = format!("character U+{code:04X} is not allowed in XML");
    Err(Fault::new(position.after(before), cause))
}

fn not_text(piece: &[u8], position: Position) -> Fault {
    let before = String::from_utf8_lossy(
        piece
            .utf8_chunks()
            .next()
            .map_or(&[], |c| c.valid().as_bytes()),
    )
    .into_owned();
    Fault::new(position.after(&before), "not UTF-8")
        .hint("Cedar Backup reads its configuration as UTF-8, whatever the XML declaration says")
}

/// What quick-xml refuses to cut: markup without an end, or of no known kind.
fn refused_cut(piece: &[u8], position: Position) -> Fault {
    let cause = match piece {
        _ if std::str::from_utf8(piece).is_err() => return not_text(piece, position),
        [b'&', ..] => {
            return Fault::new(position, "`&` does not begin a reference")
                .hint("write `&amp;` for the character itself");
        }
        [b'<', b'!', b'-', ..] => "the comment is not closed",
        [b'<', b'!', b'[', ..] => "the CDATA section is not closed",
        [b'<', b'!', b'D' | b'd', ..] => "the document type declaration is not complete",
        [b'<', b'!', ..] => "unknown markup `<!`",
        [b'<', b'?', ..] => "the processing instruction is not closed",
        _ => "the tag is not closed",
    };
    Fault::new(position, cause)
}

fn comment(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    cursor.eat("<!--");
    cursor.until("--");
    if cursor.rest() == ">" {
        return Ok(());
    }
    Err(cursor.fault("`--` within a comment"))
}

fn white_space(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    cursor.space();
    if cursor.at_end() {
        return Ok(());
    }
    Err(cursor.fault("text outside the root element"))
}

/// Text without references: XML allows no `]]>` in it, and knows but one line end.
fn plain_text<'a>(cursor: &mut Cursor<'a>) -> Result<Cow<'a, str>, Fault> {
    let text = cursor.rest();
    if let Some(at) = text.find("]]>") {
        cursor.eat(&text[..at]);
        return Err(cursor.fault("`]]>` within text").hint("write `]]&gt;`"));
    }
    if text.contains('\r') {
        return Ok(text.replace("\r\n", "\n").replace('\r', "\n").into());
    }
    Ok(text.into())
}
