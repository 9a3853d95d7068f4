//! The elements that are open, however deep they go.

use crate::fault::Position;

/// A stack of names in one buffer, so that a million open tags cost a few megabytes and no recursion.
#[derive(Default)]
pub(crate) struct OpenElements {
    names: String,
    starts: Vec<(usize, Position)>,
}

impl OpenElements {
    pub(crate) fn depth(&self) -> usize {
        self.starts.len()
    }

    pub(crate) fn push(&mut self, name: &str, position: Position) {
        self.starts.push((self.names.len(), position));
        self.names.push_str(name);
    }

    /// The innermost element and where it was opened.
    pub(crate) fn innermost(&self) -> Option<(&str, Position)> {
        let &(start, position) = self.starts.last()?;
        Some((&self.names[start..], position))
    }

    pub(crate) fn pop(&mut self) {
        if let Some((start, _)) = self.starts.pop() {
            self.names.truncate(start);
        }
    }
}
