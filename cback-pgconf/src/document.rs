//! What Cedar looks at: the sections right below the root, and what stands right below those.
//!
//! One pass, and nothing is kept but the elements that some rule asks for: memory follows the
//! sections, not the document.

use std::io::BufRead;
use std::ops::Range;

use crate::Error;
use crate::fault::Position;
use crate::hints::alike;
use crate::reader::{Event, Reader};

/// The sections that any rule looks at.
const SECTIONS: [&str; 3] = ["postgresql", "options", "collect"];

/// An element that a rule may ask about.
#[derive(Debug)]
pub(crate) struct Element {
    /// The name as it is written, prefix and all: Cedar compares no namespaces.
    pub(crate) name: String,
    pub(crate) position: Position,
    /// From the first byte of its start tag to the last of its end tag.
    pub(crate) span: Range<usize>,
    /// Its first text node.
    pub(crate) text: Option<String>,
    /// It holds more than that: what Cedar passes over in silence.
    pub(crate) ignored: Option<Ignored>,
    pub(crate) children: Vec<Element>,
    text_is_open: bool,
}

/// Why Cedar passes over something that looks like a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ignored {
    Cdata,
    LaterText,
}

/// The root element, if it is the right one.
#[derive(Debug)]
pub(crate) struct Root {
    pub(crate) position: Position,
    /// Its end tag, or all of it if it is empty and has none.
    pub(crate) end: Range<usize>,
    pub(crate) is_empty: bool,
}

/// One document, as far as any rule looks.
#[derive(Debug, Default)]
pub(crate) struct Document {
    /// None if the root is not `<cb_config>`: then Cedar finds no section at all.
    pub(crate) root: Option<Root>,
    /// Every section right below the root that is of interest.
    pub(crate) sections: Vec<Element>,
    /// The name of the root that is there instead.
    pub(crate) other_root: Option<String>,
    /// What might have been meant as one of those sections: the first of each name.
    pub(crate) strays: Vec<Stray>,
}

/// A section in the wrong place or with the wrong name.
#[derive(Debug)]
pub(crate) struct Stray {
    pub(crate) name: String,
    pub(crate) position: Position,
}

impl Document {
    pub(crate) fn read(input: impl BufRead) -> Result<Self, Error> {
        let mut reader = Reader::new(input)?;
        let mut builder = Builder::default();
        loop {
            match reader.next()? {
                None => return Ok(builder.document),
                Some(Event::Start(name)) => {
                    let name = name.to_owned();
                    builder.start(name, &reader);
                }
                Some(Event::End) => builder.end(&reader),
                Some(Event::Text(text)) => builder.text(&text),
                Some(Event::Cdata) => builder.ignore(Ignored::Cdata),
                Some(Event::Aside) => builder.close_text(),
            }
        }
    }

    /// The first section of this name: Cedar ignores the others.
    pub(crate) fn section(&self, name: &str) -> Option<&Element> {
        self.sections.iter().find(|section| section.name == name)
    }
}

impl Element {
    /// The children of this name that have text, in order.
    pub(crate) fn valued<'a>(
        &'a self,
        name: &'a str,
    ) -> impl Iterator<Item = (&'a Element, &'a str)> {
        let named = self.children.iter().filter(move |child| child.name == name);
        named.filter_map(|child| Some((child, child.text.as_deref()?)))
    }

    /// The value called `name`: the text of the first child of that name that has any.
    pub(crate) fn value<'a>(&'a self, name: &'a str) -> Option<(&'a Element, &'a str)> {
        self.valued(name).next()
    }
}

/// Keeps the elements of interest while the document passes.
#[derive(Default)]
struct Builder {
    document: Document,
    /// The innermost open elements of interest, below the root.
    path: Vec<Element>,
    depth: usize,
}

impl Builder {
    fn start<R: BufRead>(&mut self, name: String, reader: &Reader<R>) {
        self.close_text();
        self.depth += 1;
        let (position, span) = (reader.position(), reader.span());
        if self.depth == 1 {
            self.root(name, reader);
            return;
        }
        if self.is_wanted(&name) {
            self.path.push(Element {
                name,
                position,
                span,
                text: None,
                ignored: None,
                children: Vec::new(),
                text_is_open: false,
            });
        } else if SECTIONS.iter().any(|section| alike(section, &name)) {
            self.stray(name, position);
        }
    }

    fn root<R: BufRead>(&mut self, name: String, reader: &Reader<R>) {
        if name == "cb_config" {
            let (position, end) = (reader.position(), reader.span());
            self.document.root = Some(Root {
                position,
                end,
                is_empty: true,
            });
        } else {
            self.document.other_root = Some(name);
        }
    }

    fn stray(&mut self, name: String, position: Position) {
        let strays = &mut self.document.strays;
        // No more than a few: a document may hold millions.
        if strays.len() < 16 && strays.iter().all(|stray| stray.name != name) {
            strays.push(Stray { name, position });
        }
    }

    fn end<R: BufRead>(&mut self, reader: &Reader<R>) {
        let is_kept = self.innermost().is_some();
        self.depth -= 1;
        if self.depth == 0
            && let Some(root) = &mut self.document.root
        {
            root.is_empty = root.end == reader.span();
            root.end = reader.span();
        }
        if !is_kept {
            return;
        }
        if let Some(mut element) = self.path.pop() {
            element.span.end = reader.span().end;
            let parent = self.path.last_mut().map(|parent| &mut parent.children);
            parent.unwrap_or(&mut self.document.sections).push(element);
        }
    }

    fn text(&mut self, text: &str) {
        let Some(element) = self.innermost().filter(|_| !text.is_empty()) else {
            return;
        };
        match &mut element.text {
            None => {
                element.text = Some(text.to_owned());
                element.text_is_open = true;
            }
            Some(value) if element.text_is_open => value.push_str(text),
            Some(_) if text.trim().is_empty() => {}
            Some(_) => self.ignore(Ignored::LaterText),
        }
    }

    fn ignore(&mut self, what: Ignored) {
        self.close_text();
        if let Some(element) = self.innermost() {
            element.ignored.get_or_insert(what);
        }
    }

    fn close_text(&mut self) {
        if let Some(element) = self.innermost() {
            element.text_is_open = false;
        }
    }

    /// The innermost open element, if it is one of interest.
    fn innermost(&mut self) -> Option<&mut Element> {
        let is_innermost = self.path.len() + 1 == self.depth;
        self.path.last_mut().filter(|_| is_innermost)
    }

    /// Whether an element that begins here is of interest to any rule.
    fn is_wanted(&self, name: &str) -> bool {
        if self.document.root.is_none() || self.path.len() + 2 != self.depth {
            return false;
        }
        let among = |known: &[&str]| known.iter().any(|known| alike(known, name));
        let names = self.path.iter().map(|element| element.name.as_str());
        match names.collect::<Vec<_>>().as_slice() {
            [] => SECTIONS.contains(&name),
            ["postgresql"] => true,
            ["options"] => among(&["backup_user", "backup_group", "override"]),
            ["options", "override"] => among(&["command", "abs_path"]),
            ["collect"] => among(&["collect_dir"]),
            _ => false,
        }
    }
}
