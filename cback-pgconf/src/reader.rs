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
use quick_xml::name::NamespaceResolver;
use quick_xml::{Error, NsReader, errors::IllFormedError};

use crate::document::{Document, Element, Ignored};
use crate::fault::{Fault, Position};
use crate::markup::{self, Flaw, is_char, is_space};

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
    let mut xml = NsReader::from_str(text);
    xml.config_mut().enable_all_checks(true);
    xml.config_mut().expand_empty_elements = true;
    let mark = if text.starts_with(BOM) { BOM.len() } else { 0 };
    let offset = |position: u64| usize::try_from(position).map_or(text.len(), |at| at + mark);
    let elements = Vec::new();
    let document = Document { text, elements };
    let open = Vec::new();
    let mut builder = Builder { document, open };
    let mut start = mark;
    loop {
        let event = xml.read_event();
        let event = event.map_err(|error| builder.refused(&error, start))?;
        let end = offset(xml.buffer_position());
        if event == Event::Eof {
            return builder.finish();
        }
        builder.add(&event, start..end, xml.resolver())?;
        start = end;
    }
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
    fn add(
        &mut self,
        event: &Event,
        span: Range<usize>,
        namespaces: &NamespaceResolver,
    ) -> Result<(), Fault> {
        let text = &self.document.text[span.clone()];
        match event {
            Event::Start(tag) => return self.start(tag.name().0.len(), span, namespaces),
            Event::End(_) => {
                if let Some(innermost) = self.open.pop() {
                    self.document.elements[innermost].span.end = span.end;
                }
            }
            Event::Text(_) | Event::GeneralRef(_) | Event::CData(_) if self.open.is_empty() => {
                if let Some(at) = text.find(|c| !is_space(c)) {
                    return Err(self.fault(&text[at..], "text outside the root element"));
                }
            }
            Event::Text(content) => match text.find("]]>") {
                None => self.text(&content.xml10_content()),
                Some(at) => {
                    let fault = self.fault(&text[at..], "`]]>` outside a CDATA section");
                    return Err(fault.hint("write `]]&gt;`"));
                }
            },
            Event::GeneralRef(reference) => {
                let character = markup::character(reference);
                let character = character.map_err(|fault| self.place((text, fault)))?;
                self.text(character.encode_utf8(&mut [0; 4]));
            }
            // An empty one leaves no node behind: the text around it is one.
            Event::CData(cdata) if cdata.is_empty() => {}
            Event::CData(_) => self.ignore(Ignored::Cdata),
            Event::DocType(_) => {
                let fault = self.fault(text, "a DOCTYPE is not read here");
                return Err(fault.hint("leave it out, and write what its entities stand for"));
            }
            Event::Decl(_)
                if !self.document.text[..span.start]
                    .trim_matches('\u{feff}')
                    .is_empty() =>
            {
                let cause = "the XML declaration is not at the start of the document";
                return Err(self
                    .fault(text, cause)
                    .hint("remove the blanks or lines before it"));
            }
            Event::Decl(_) => {
                let content = text.trim_start_matches("<?").trim_end_matches("?>");
                markup::check_declaration(content).map_err(|flaw| self.place(flaw))?;
            }
            Event::PI(instruction) => {
                let target = instruction.target();
                markup::check_target(target).map_err(|flaw| self.place(flaw))?;
                self.end_text();
            }
            Event::Empty(_) | Event::Comment(_) | Event::Eof => self.end_text(),
        }
        Ok(())
    }

    fn start(
        &mut self,
        name: usize,
        span: Range<usize>,
        namespaces: &NamespaceResolver,
    ) -> Result<(), Fault> {
        let tag = &self.document.text[span.start + 1..span.end - 1];
        if let Some(at) = tag.find('<') {
            let fault = self.fault(&tag[at..], "`<` within a tag");
            return Err(fault.hint("end the tag with `>`; in an attribute write `&lt;`"));
        }
        if self.open.is_empty() && !self.document.elements.is_empty() {
            return Err(self.fault(&self.document.text[span.start..], "a second root element"));
        }
        let content = tag.strip_suffix('/').unwrap_or(tag);
        markup::check_tag(content, name, namespaces).map_err(|flaw| self.place(flaw))?;
        self.end_text();
        let depth = self.open.len();
        self.open.push(self.document.elements.len());
        self.document.elements.push(Element {
            name: &tag[..name],
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

    fn finish(self) -> Result<Document<'a>, Fault> {
        let text = self.document.text;
        if let Some(open) = self.open.last() {
            let element = &self.document.elements[*open];
            let cause = format!("`<{}>` is never closed", element.name);
            return Err(self.fault(&text[element.span.start..], cause));
        }
        if self.document.elements.is_empty() {
            return Err(self.fault(&text[text.len()..], "the document has no root element"));
        }
        Ok(self.document)
    }

    /// The fault for an error of quick-xml's in what stands from here on.
    fn refused(&self, error: &Error, at: usize) -> Fault {
        let text = self.document.text;
        let cause = match error {
            Error::IllFormed(IllFormedError::UnclosedReference) => {
                return self.place((&text[at..], markup::no_reference()));
            }
            Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => {
                let open = self.open.last().copied().unwrap_or_default();
                let line = Position::of(self.document.elements[open].span.start, text).line;
                format!("`</{found}>` closes `<{expected}>` of line {line}")
            }
            Error::IllFormed(error) => error.to_string(),
            Error::Syntax(error) => error.to_string(),
            error => error.to_string(),
        };
        self.fault(&text[at..], cause)
    }

    fn fault(&self, part: &str, cause: impl AsRef<str>) -> Fault {
        self.place((part, Fault::new(cause)))
    }

    /// The fault at the place of the part of the document where it was found.
    fn place(&self, (part, fault): Flaw) -> Fault {
        let text = self.document.text;
        fault.at(Position::of(
            part.as_ptr().addr() - text.as_ptr().addr(),
            text,
        ))
    }
}
