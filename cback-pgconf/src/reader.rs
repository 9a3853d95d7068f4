//! Reading a document with quick-xml, as Cedar Backup reads it with expat.
//!
//! A document that Cedar Backup accepts has to read to the same values, or is refused for a DOCTYPE,
//! whose entities are not expanded here. A document that expat refuses is refused, so that `check` says
//! it before cback3 does.
//!
//! quick-xml differs from expat in this; tests/pgconf/reading.rs fails without any of it:
//! - A reference is an event of its own, though it joins the texts around it.
//! - Only `xml10_content` ends lines as expat does, which goes by XML 1.0 whatever the declaration says.
//! - A `<` within a tag is taken for a part of an attribute, and so an unclosed tag for none.
//! - Its positions do not count a byte order mark.
//! - It does not mind text around the root, a second root, open elements at the end, control characters,
//!   nor anything that `markup` looks at.

use std::ops::Range;

use quick_xml::events::Event;
use quick_xml::{Error, NsReader, errors::IllFormedError};

use crate::document::{Document, Element, Ignored};
use crate::fault::{Fault, Position};
use crate::markup::{self, Flaw, flaw, is_char, is_space};

/// Bytes of the largest document that is read: a configuration has a few thousand.
pub(crate) const LARGEST: usize = 1 << 20;

const BOM: &str = "\u{feff}";

/// Reads a whole document.
///
/// # Errors
///
/// The first reason to refuse it.
pub(crate) fn read(bytes: &[u8]) -> Result<Document<'_>, Fault> {
    let text = decode(bytes)?;
    let (elements, open) = (Vec::new(), Vec::new());
    let document = Document { text, elements };
    let mut builder = Builder { document, open };
    builder.read().map_err(|(part, fault)| {
        let at = part.as_ptr().addr() - text.as_ptr().addr();
        fault.at(Position::of(at, text))
    })?;
    Ok(builder.document)
}

/// The text, if it is UTF-8 and XML allows every character of it. Cedar Backup goes by no declaration.
fn decode(bytes: &[u8]) -> Result<&str, Fault> {
    if bytes.len() > LARGEST {
        return Err(Fault::new("larger than 1 MiB").at(Position::of(0, "")));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let hint =
            "Cedar Backup reads its configuration as UTF-8, whatever the XML declaration says";
        let fault = Fault::new("not UTF-8").hint(hint);
        fault.at(Position::of(valid.len(), &valid))
    })?;
    let Some((at, c)) = text.char_indices().find(|&(_, c)| !is_char(c)) else {
        return Ok(text);
    };
    let cause = format!("character U+{:04X} is not allowed in XML", u32::from(c));
    let is_utf16 = c == '\0' && at < 2;
    let hint = is_utf16.then_some("this seems to be UTF-16: convert it to UTF-8");
    Err(Fault::new(cause).hint_if(hint).at(Position::of(at, text)))
}

/// Makes elements of events.
struct Builder<'a> {
    document: Document<'a>,
    /// The open elements' indices, innermost last.
    open: Vec<usize>,
}

impl<'a> Builder<'a> {
    fn read(&mut self) -> Result<(), Flaw<'a>> {
        let text = self.document.text;
        let mut xml = NsReader::from_str(text);
        xml.config_mut().enable_all_checks(true);
        xml.config_mut().expand_empty_elements = true;
        let mark = if text.starts_with(BOM) { BOM.len() } else { 0 };
        let mut start = mark;
        loop {
            let event = xml.read_event();
            let event = event.map_err(|error| (&text[start..], self.refused(&error)))?;
            let end = usize::try_from(xml.buffer_position()).map_or(text.len(), |at| at + mark);
            if event == Event::Eof {
                return self.finish();
            }
            let part = &text[start..end];
            markup::check(&event, part, start == mark, xml.resolver())?;
            self.add(&event, part, start..end)?;
            start = end;
        }
    }

    fn add(&mut self, event: &Event, part: &'a str, span: Range<usize>) -> Result<(), Flaw<'a>> {
        match event {
            Event::Start(tag) => return self.start(&part[1..][..tag.name().0.len()], span),
            Event::End(_) => {
                if let Some(innermost) = self.open.pop() {
                    self.document.elements[innermost].span.end = span.end;
                }
            }
            Event::Text(_) | Event::GeneralRef(_) | Event::CData(_) if self.open.is_empty() => {
                if let Some(at) = part.find(|c| !is_space(c)) {
                    return flaw(&part[at..], "text outside the root element");
                }
            }
            Event::Text(text) => self.text(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let character = markup::character(reference).map_err(|fault| (part, fault))?;
                self.text(character.encode_utf8(&mut [0; 4]));
            }
            // An empty one leaves no node behind: the text around it is one.
            Event::CData(cdata) if cdata.is_empty() => {}
            Event::CData(_) => self.ignore(Ignored::Cdata),
            _ => self.end_text(),
        }
        Ok(())
    }

    fn start(&mut self, name: &'a str, span: Range<usize>) -> Result<(), Flaw<'a>> {
        if self.open.is_empty() && !self.document.elements.is_empty() {
            return flaw(&self.document.text[span.start..], "a second root element");
        }
        self.end_text();
        let depth = self.open.len();
        self.open.push(self.document.elements.len());
        self.document.elements.push(Element {
            name,
            depth,
            span,
            text: None,
            is_over: false,
            ignored: None,
        });
        Ok(())
    }

    fn text(&mut self, text: &str) {
        let Some(element) = self.innermost() else {
            return;
        };
        if !element.is_over {
            element.text.get_or_insert_default().push_str(text);
        } else if !text.chars().all(is_space) {
            element.ignored.get_or_insert(Ignored::LaterText);
        }
    }

    fn ignore(&mut self, content: Ignored) {
        self.end_text();
        if let Some(element) = self.innermost() {
            element.ignored.get_or_insert(content);
        }
    }

    /// Ends the first text node, if it has begun.
    fn end_text(&mut self) {
        if let Some(element) = self.innermost() {
            element.is_over = element.text.is_some();
        }
    }

    fn innermost(&mut self) -> Option<&mut Element<'a>> {
        self.document.elements.get_mut(*self.open.last()?)
    }

    fn finish(&self) -> Result<(), Flaw<'a>> {
        let text = self.document.text;
        if let Some(open) = self.open.last() {
            let element = &self.document.elements[*open];
            let cause = format!("`<{}>` is never closed", element.name);
            return flaw(&text[element.span.start..], cause);
        }
        if self.document.elements.is_empty() {
            return flaw(&text[text.len()..], "the document has no root element");
        }
        Ok(())
    }

    /// The fault for an error of quick-xml's.
    fn refused(&self, error: &Error) -> Fault {
        Fault::new(match error {
            Error::IllFormed(IllFormedError::UnclosedReference) => return markup::no_reference(),
            Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => {
                let open = self.open.last().copied().unwrap_or_default();
                let start = self.document.elements[open].span.start;
                let line = Position::of(start, self.document.text).line;
                format!("`</{found}>` closes `<{expected}>` of line {line}")
            }
            Error::IllFormed(error) => error.to_string(),
            Error::Syntax(error) => error.to_string(),
            error => error.to_string(),
        })
    }
}
