//! A configuration's elements, as far as Cedar Backup tells them apart: by name, depth and text.

use std::ops::{Deref, Range};

use crate::fault::{Fault, Position};

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

/// An element, as far as Cedar Backup looks at it.
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
    /// Whether that has ended.
    pub(crate) is_over: bool,
    /// Something else in it that looks like a value, and that Cedar Backup passes over.
    pub(crate) ignored: Option<Ignored>,
}

/// Why something that looks like a value is none.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ignored {
    Cdata,
    LaterText,
}

/// An element within its document.
#[derive(Clone, Copy)]
pub(crate) struct Node<'d> {
    document: &'d Document<'d>,
    element: &'d Element<'d>,
}

impl<'d> Deref for Node<'d> {
    type Target = Element<'d>;

    fn deref(&self) -> &Element<'d> {
        self.element
    }
}

impl Document<'_> {
    pub(crate) fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        let document = self;
        let elements = self.elements.iter();
        elements.map(move |element| Node { document, element })
    }

    /// The root element, unless it has another name: then Cedar Backup finds no section at all.
    pub(crate) fn root(&self) -> Option<Node<'_>> {
        self.nodes().next().filter(|root| root.name == "cb_config")
    }

    /// The first section of this name, the only one that Cedar Backup reads.
    pub(crate) fn section(&self, name: &str) -> Option<Node<'_>> {
        self.root()?.named(name).next()
    }
}

impl<'d> Node<'d> {
    /// The elements right below it.
    pub(crate) fn children(self) -> impl Iterator<Item = Node<'d>> {
        let Self { document, element } = self;
        let (span, depth) = (&element.span, element.depth + 1);
        let elements = &document.elements;
        let first = elements.partition_point(|other| other.span.start <= span.start);
        let within = elements[first..]
            .iter()
            .map(move |element| Node { document, element });
        within
            .take_while(|node| node.span.start < span.end)
            .filter(move |node| node.depth == depth)
    }

    pub(crate) fn named<'n>(self, name: &'n str) -> impl Iterator<Item = Node<'d>> + use<'d, 'n> {
        self.children().filter(move |child| child.name == name)
    }

    /// Its value, if it has one: the first text node.
    pub(crate) fn text(self) -> Option<&'d str> {
        self.element.text.as_deref()
    }

    /// The children of this name that have text, in order.
    pub(crate) fn valued(self, name: &str) -> impl Iterator<Item = (Node<'d>, &'d str)> {
        let named = self.named(name);
        named.filter_map(|child| Some((child, child.text()?)))
    }

    /// The value called `name`: the text of the first child of that name that has any.
    pub(crate) fn value(self, name: &str) -> Option<(Node<'d>, &'d str)> {
        self.valued(name).next()
    }

    pub(crate) fn position(self) -> Position {
        Position::of(self.span.start, self.document.text)
    }

    pub(crate) fn fault(self, cause: impl AsRef<str>) -> Fault {
        Fault::new(cause).at(self.position())
    }
}
