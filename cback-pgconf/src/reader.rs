//! A document as a row of events, refused wherever expat would refuse it.
//!
//! quick-xml cuts the input into pieces, but forgives a great deal. So it is used for the cutting
//! alone: each piece is then read again, raw, by the production of the XML grammar that it must match
//! to its last byte. That closes every leniency at once: a document whose pieces all match, and which
//! nest, is well-formed, and a wrong cut can only yield a piece that does not match.
//!
//! Memory is bounded by the longest single piece and the names of the open elements.
//!
//! Three differences to Cedar are known. Documents that declare entities are refused (see `doctype`).
//! So is UTF-16 without a byte order mark, which expat recognises by its zero bytes. And Cedar gives
//! up at a thousand nested elements, where Python's recursion ends; nothing ends here.

use std::borrow::Cow;
use std::io::BufRead;
use std::ops::Range;

use crate::Error;
use crate::cursor::Cursor;
use crate::declaration;
use crate::doctype::Doctype;
use crate::entity::{Undeclared, reference};
use crate::fault::{Fault, Position};
use crate::namespace::Namespaces;
use crate::open::OpenElements;
use crate::pieces::{Kind, Pieces};
use crate::tag;

/// What the rules of the configuration need to know of a document.
pub(crate) enum Event<'a> {
    /// An element begins; an empty one is followed by its own `End`.
    Start(&'a str),
    /// The innermost element ends.
    End,
    /// Text, references resolved: one text node may come in several of these, and some may be empty.
    Text(Cow<'a, str>),
    /// A CDATA section that holds something.
    Cdata,
    /// A comment or a processing instruction.
    Aside,
}

/// Reads one document.
pub(crate) struct Reader<R> {
    pieces: Pieces<R>,
    /// The event after the one last returned: the end of an empty element.
    pending_end: bool,
    open: OpenElements,
    namespaces: Namespaces,
    standalone: bool,
    doctype: Option<Doctype>,
    seen_root: bool,
}

impl<R: BufRead> Reader<R> {
    pub(crate) fn new(input: R) -> Result<Self, Error> {
        Ok(Self {
            pieces: Pieces::new(input)?,
            pending_end: false,
            open: OpenElements::default(),
            namespaces: Namespaces::default(),
            standalone: false,
            doctype: None,
            seen_root: false,
        })
    }

    /// The next event; None at the end of a well-formed document.
    pub(crate) fn next(&mut self) -> Result<Option<Event<'_>>, Error> {
        if std::mem::take(&mut self.pending_end) {
            self.leave();
            return Ok(Some(Event::End));
        }
        let kind = self.pieces.advance()?;
        if kind == Kind::EndOfInput {
            return self.finish().map(|()| None);
        }
        Ok(Some(self.read(kind)?))
    }

    /// Where the piece behind the last event begins.
    pub(crate) fn position(&self) -> Position {
        self.pieces.position()
    }

    /// The bytes of the piece behind the last event, counted from the beginning of the input.
    pub(crate) fn span(&self) -> Range<usize> {
        self.pieces.span()
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
        let text = self.pieces.text()?;
        let mut cursor = Cursor::new(text, self.pieces.position());
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
        let text = self.pieces.text()?;
        let mut cursor = Cursor::new(text, self.pieces.position());
        match kind {
            Kind::Comment => declaration::comment(&mut cursor),
            Kind::Instruction
                if self.pieces.position() == Position::START
                    && declaration::is_declaration(text) =>
            {
                self.standalone = declaration::declaration(&mut cursor)?;
                Ok(())
            }
            Kind::Instruction => declaration::instruction(&mut cursor),
            Kind::Doctype if self.seen_root || self.doctype.is_some() => {
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
        let text = self.pieces.text()?;
        let mut cursor = Cursor::new(text, self.pieces.position());
        if self.seen_root && self.open.depth() == 0 {
            return Err(cursor.fault("a second root element"));
        }
        let at_tag = cursor.clone();
        let mut tag = tag::start_tag(&mut cursor, undeclared)?;
        if let Some(doctype) = &self.doctype {
            doctype.complete(&mut tag, &at_tag);
        }
        self.seen_root = true;
        self.open.push(tag.name, self.pieces.position());
        self.namespaces.enter(&tag, self.open.depth(), &at_tag)?;
        self.pending_end = tag.is_empty;
        Ok(Event::Start(tag.name))
    }

    fn end(&mut self) -> Result<Event<'_>, Fault> {
        let text = self.pieces.text()?;
        let mut cursor = Cursor::new(text, self.pieces.position());
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
            None if self.seen_root => return Ok(()),
            None => Fault::new(self.pieces.position(), "the document has no root element"),
        };
        Err(fault.into())
    }

    fn undeclared(&self) -> Undeclared {
        self.doctype
            .as_ref()
            .map_or(Undeclared::Refused, Doctype::undeclared)
    }
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
