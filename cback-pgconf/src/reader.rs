//! Reading a document with quick-xml, as Cedar Backup reads it with expat.
//!
//! What Cedar Backup accepts has to read to the same values. What it refuses never reaches us, since
//! cback3 reads the same file first, so there is no second validator here: only what quick-xml lets
//! pass and what would do harm in silence is refused, and a DOCTYPE, whose entities we do not expand.
//!
//! quick-xml differs from expat in this; tests/pgconf/reading.rs fails without any of it:
//! - A reference is an event of its own, though it joins the texts around it.
//! - Only `xml10_content` ends lines as expat does, which goes by XML 1.0 whatever the declaration says.
//! - A `<` within a tag is taken for a part of an attribute, and so an unclosed tag for none.
//! - Its positions do not count a byte order mark.
//! - It does not mind text around the root, a second root, open elements at the end, control characters.

use std::ops::Range;

use quick_xml::events::Event;
use quick_xml::name::NamespaceResolver;
use quick_xml::{Error, NsReader, errors::IllFormedError};

use crate::document::{Document, Element, Ignored};
use crate::fault::{Fault, Position};
use crate::markup::{self, Flaw, is_char, is_space};

/// Bytes of the largest document that is read: a configuration has a few thousand.
pub(crate) const LARGEST: usize = 1 << 20;

const BOM: &str = "\u{feff}";

impl<'a> Document<'a> {
    /// Reads a whole document.
    ///
    /// # Errors
    ///
    /// The first reason to refuse it.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Fault> {
        let text = decode(bytes)?;
        let mut xml = NsReader::from_str(text);
        xml.config_mut().enable_all_checks(true);
        let mark = if text.starts_with(BOM) { BOM.len() } else { 0 };
        let offset = |position: u64| usize::try_from(position).map_or(text.len(), |at| at + mark);
        let mut builder = Builder::new(text);
        loop {
            let start = offset(xml.buffer_position());
            match xml.read_event() {
                Ok(Event::Eof) => return builder.finish(),
                Ok(event) => {
                    let span = start..offset(xml.buffer_position());
                    builder.add(&event, span, xml.resolver())?;
                }
                Err(error) => return Err(builder.refused(&error, start)),
            }
        }
    }
}

/// The text, if it is UTF-8 and XML allows every character of it. Cedar Backup goes by no declaration.
fn decode(bytes: &[u8]) -> Result<&str, Fault> {
    if bytes.len() > LARGEST {
        return Err(Fault::new("larger than 1 MiB").at(Position::START));
    }
    let text =
        std::str::from_utf8(bytes).map_err(|_| {
            let valid = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
            Fault::new("not UTF-8").at(Position::of(valid.len(), valid)).hint(
            "Cedar Backup reads its configuration as UTF-8, whatever the XML declaration says",
        )
        })?;
    let Some((at, c)) = text.char_indices().find(|&(_, c)| !is_char(c)) else {
        return Ok(text);
    };
    let cause = format!("character U+{:04X} is not allowed in XML", u32::from(c));
    let fault = Fault::new(cause).at(Position::of(at, text));
    let is_utf16 = c == '\0' && at < 2;
    Err(fault.hint_if(is_utf16.then_some("this seems to be UTF-16: convert it to UTF-8")))
}

/// Makes elements of events.
struct Builder<'a> {
    document: Document<'a>,
    /// The open elements, innermost last: their index, and whether their first text node has ended.
    open: Vec<(usize, bool)>,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str) -> Self {
        let elements = Vec::new();
        Self {
            document: Document { text, elements },
            open: Vec::new(),
        }
    }

    fn add(
        &mut self,
        event: &Event,
        span: Range<usize>,
        namespaces: &NamespaceResolver,
    ) -> Result<(), Fault> {
        let text = &self.document.text[span.clone()];
        match event {
            Event::Start(tag) => self.start(tag.name().as_ref().len(), span, namespaces)?,
            Event::Empty(tag) => {
                let end = span.end;
                self.start(tag.name().as_ref().len(), span, namespaces)?;
                self.end(end);
            }
            Event::End(_) => self.end(span.end),
            Event::Text(_) | Event::GeneralRef(_) | Event::CData(_) if self.open.is_empty() => {
                self.outside(span)?;
            }
            Event::Text(content) => {
                if let Some(at) = text.find("]]>") {
                    let fault = self.fault(span.start + at, "`]]>` outside a CDATA section");
                    return Err(fault.hint("write `]]&gt;`"));
                }
                self.text(&content.xml10_content());
            }
            Event::GeneralRef(reference) => {
                let character = markup::character(reference);
                let character = character.map_err(|fault| self.flaw((text, fault)))?;
                self.text(character.encode_utf8(&mut [0; 4]));
            }
            // An empty one leaves no node behind: the text around it is one.
            Event::CData(cdata) if cdata.is_empty() => {}
            Event::CData(_) => self.ignore(Ignored::Cdata),
            Event::DocType(_) => {
                let fault = self.fault(span.start, "a DOCTYPE is not read here");
                return Err(fault.hint("leave it out, and write what its entities stand for"));
            }
            Event::Decl(_) => self.declaration(span)?,
            Event::PI(instruction) => {
                let target = instruction.target();
                markup::check_target(target).map_err(|flaw| self.flaw(flaw))?;
                self.end_text();
            }
            Event::Comment(_) | Event::Eof => self.end_text(),
        }
        Ok(())
    }

    fn declaration(&self, span: Range<usize>) -> Result<(), Fault> {
        let before = &self.document.text[..span.start];
        if !before.trim_start_matches(BOM).is_empty() {
            let cause = "the XML declaration is not at the start of the document";
            return Err(self
                .fault(span.start, cause)
                .hint("remove the blanks or lines before it"));
        }
        let content = &self.document.text[span.start + "<?".len()..span.end - "?>".len()];
        markup::check_declaration(content).map_err(|flaw| self.flaw(flaw))
    }

    fn start(
        &mut self,
        name: usize,
        span: Range<usize>,
        namespaces: &NamespaceResolver,
    ) -> Result<(), Fault> {
        let tag = &self.document.text[span.start + 1..span.end - 1];
        if let Some(at) = tag.find('<') {
            let fault = self.fault(span.start + 1 + at, "`<` within a tag");
            return Err(fault.hint("end the tag with `>`; in an attribute write `&lt;`"));
        }
        if self.open.is_empty() && !self.document.elements.is_empty() {
            return Err(self.fault(span.start, "a second root element"));
        }
        let content = tag.strip_suffix('/').unwrap_or(tag);
        markup::check_tag(content, name, namespaces).map_err(|flaw| self.flaw(flaw))?;
        self.end_text();
        let depth = self.open.len();
        self.open.push((self.document.elements.len(), false));
        self.document.elements.push(Element {
            name: &tag[..name],
            depth,
            span,
            text: None,
            ignored: None,
        });
        Ok(())
    }

    fn end(&mut self, end: usize) {
        if let Some((innermost, _)) = self.open.pop() {
            self.document.elements[innermost].span.end = end;
        }
    }

    fn outside(&self, span: Range<usize>) -> Result<(), Fault> {
        match self.document.text[span.clone()].find(|c| !is_space(c)) {
            Some(at) => Err(self.fault(span.start + at, "text outside the root element")),
            None => Ok(()),
        }
    }

    fn text(&mut self, text: &str) {
        let Some((element, is_over)) = self.innermost() else {
            return;
        };
        if !*is_over {
            element.text.get_or_insert_default().push_str(text);
        } else if !text.chars().all(is_space) {
            element.ignored.get_or_insert(Ignored::LaterText);
        }
    }

    fn ignore(&mut self, what: Ignored) {
        self.end_text();
        if let Some((element, _)) = self.innermost() {
            element.ignored.get_or_insert(what);
        }
    }

    /// Ends the first text node, if it has begun.
    fn end_text(&mut self) {
        if let Some((element, is_over)) = self.innermost() {
            *is_over = element.text.is_some();
        }
    }

    fn innermost(&mut self) -> Option<(&mut Element<'a>, &mut bool)> {
        let (index, is_over) = self.open.last_mut()?;
        Some((&mut self.document.elements[*index], is_over))
    }

    fn finish(self) -> Result<Document<'a>, Fault> {
        if let Some((open, _)) = self.open.last() {
            let element = &self.document.elements[*open];
            let cause = format!("`<{}>` is never closed", element.name);
            return Err(self.fault(element.span.start, cause));
        }
        if self.document.elements.is_empty() {
            let end = self.document.text.len();
            return Err(self.fault(end, "the document has no root element"));
        }
        Ok(self.document)
    }

    /// What quick-xml has to say.
    fn refused(&self, error: &Error, at: usize) -> Fault {
        let cause = match error {
            Error::IllFormed(IllFormedError::UnclosedReference) => {
                return self.flaw((&self.document.text[at..], markup::no_reference()));
            }
            Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => {
                let open = self.open.last().copied().unwrap_or_default().0;
                let start = self.document.elements[open].span.start;
                let line = Position::of(start, self.document.text).line;
                format!("`</{found}>` closes `<{expected}>` of line {line}")
            }
            Error::IllFormed(error) => error.to_string(),
            Error::Syntax(error) => error.to_string(),
            error => error.to_string(),
        };
        self.fault(at, cause)
    }

    fn flaw(&self, (part, fault): Flaw) -> Fault {
        let text = self.document.text;
        fault.at(Position::of(
            part.as_ptr().addr() - text.as_ptr().addr(),
            text,
        ))
    }

    fn fault(&self, at: usize, cause: impl AsRef<str>) -> Fault {
        Fault::new(cause).at(Position::of(at, self.document.text))
    }
}
