//! A configuration's elements, as far as Cedar Backup tells them apart: by name, depth and text.

use std::ops::Range;

use crate::fault::{Fault, Position};

/// One element.
#[derive(Debug)]
pub(crate) struct Element<'a> {
    /// The name as it is written, prefix and all: Cedar Backup compares no namespaces.
    pub(crate) name: &'a str,
    /// How many elements are around it.
    pub(crate) depth: usize,
    /// Bytes of the document, from its start tag to its end tag.
    pub(crate) span: Range<usize>,
    /// Its first text node, the only one that Cedar Backup reads.
    pub(crate) text: Option<String>,
    /// What else it holds that looks like a value, and that Cedar Backup passes over.
    pub(crate) ignored: Option<Ignored>,
}

/// Why something that looks like a value is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ignored {
    Cdata,
    LaterText,
}

/// A well-formed document.
///
/// The elements lie in one list instead of a tree, so that no depth costs recursion.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    /// The whole text, a byte order mark included.
    pub(crate) text: &'a str,
    /// In the order of their start tags: the first one is the root.
    pub(crate) elements: Vec<Element<'a>>,
}

impl<'a> Document<'a> {
    /// The root element, unless it has another name: then Cedar Backup finds no section at all.
    pub(crate) fn root(&self) -> Option<&Element<'a>> {
        self.elements
            .first()
            .filter(|root| root.name == "cb_config")
    }

    /// The sections of this name; Cedar Backup reads the first and ignores the others.
    pub(crate) fn sections(&self, name: &str) -> impl Iterator<Item = &Element<'a>> {
        let all = self.root().into_iter().flat_map(|root| self.children(root));
        all.filter(move |section| section.name == name)
    }

    pub(crate) fn section(&self, name: &str) -> Option<&Element<'a>> {
        self.sections(name).next()
    }

    /// The elements right below this one.
    pub(crate) fn children(&self, parent: &Element) -> impl Iterator<Item = &Element<'a>> {
        let (start, end, depth) = (parent.span.start, parent.span.end, parent.depth + 1);
        let first = self.elements.partition_point(|e| e.span.start <= start);
        let within = self.elements[first..].iter();
        let within = within.take_while(move |e| e.span.start < end);
        within.filter(move |e| e.depth == depth)
    }

    /// The children of this name that have text, in order.
    pub(crate) fn valued<'d>(
        &'d self,
        parent: &Element,
        name: &str,
    ) -> impl Iterator<Item = (&'d Element<'a>, &'d str)> {
        let named = self
            .children(parent)
            .filter(move |child| child.name == name);
        named.filter_map(|child| Some((child, child.text.as_deref()?)))
    }

    /// The value called `name`: the text of the first child of that name that has any.
    pub(crate) fn value<'d>(
        &'d self,
        parent: &Element,
        name: &str,
    ) -> Option<(&'d Element<'a>, &'d str)> {
        self.valued(parent, name).next()
    }

    pub(crate) fn position(&self, element: &Element) -> Position {
        Position::START.after(&self.text[..element.span.start])
    }

    pub(crate) fn fault(&self, element: &Element, cause: impl AsRef<str>) -> Fault {
        Fault::new(self.position(element), cause)
    }
}
