//! A place within one piece of markup, moving forward.

use crate::chars::{is_name_char, is_name_start, is_space};
use crate::fault::{Fault, Position};

/// Reads `text`, which begins at `start` in the document, from left to right.
#[derive(Clone)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    start: Position,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str, start: Position) -> Self {
        Self { text, at: 0, start }
    }

    pub(crate) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(crate) fn at_end(&self) -> bool {
        self.rest().is_empty()
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Steps over `expected` if it comes next.
    pub(crate) fn eat(&mut self, expected: &str) -> bool {
        let found = self.rest().starts_with(expected);
        if found {
            self.at += expected.len();
        }
        found
    }

    /// Steps over white space; false if there is none.
    pub(crate) fn space(&mut self) -> bool {
        !self.take_while(is_space).is_empty()
    }

    pub(crate) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|c| !wanted(c)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    /// What stands before `end`, stepping over `end` too; None if it does not come.
    pub(crate) fn until(&mut self, end: &str) -> Option<&'a str> {
        let (taken, _) = self.rest().split_once(end)?;
        self.at += taken.len() + end.len();
        Some(taken)
    }

    /// A name without a colon; None if none begins here.
    pub(crate) fn name(&mut self) -> Option<&'a str> {
        self.peek().filter(|&c| is_name_start(c))?;
        Some(self.take_while(is_name_char))
    }

    /// A name with at most one colon, both parts beginning as names do.
    pub(crate) fn qualified_name(&mut self) -> Result<&'a str, Fault> {
        let from = self.at;
        self.name()
            .ok_or_else(|| self.fault("a name must begin here"))?;
        if self.eat(":") && self.name().is_none() {
            return Err(self.fault("a name must follow the colon"));
        }
        Ok(&self.text[from..self.at])
    }

    /// A name as declarations have it: only its first part must begin as names do.
    pub(crate) fn declared_name(&mut self) -> Result<&'a str, Fault> {
        let at_name = self.clone();
        let name = self.nmtoken()?;
        let prefixed = name.split_once(':');
        if name.starts_with(is_name_start)
            && prefixed.is_none_or(|(_, l)| !l.is_empty() && !l.contains(':'))
        {
            return Ok(name);
        }
        Err(at_name.fault(format!("`{name}` is no name")))
    }

    /// Characters of names, in any order.
    pub(crate) fn nmtoken(&mut self) -> Result<&'a str, Fault> {
        match self.take_while(|c| c == ':' || is_name_char(c)) {
            "" => Err(self.fault("a name must stand here")),
            token => Ok(token),
        }
    }

    /// What stands between two equal quotation marks, to be read on its own.
    pub(crate) fn quoted(&mut self) -> Option<Self> {
        let quote = self.peek().filter(|&c| c == '"' || c == '\'')?;
        let from = self.at + 1;
        let to = from + self.text[from..].find(quote)?;
        self.at = to + 1;
        Some(Self {
            text: &self.text[..to],
            at: from,
            start: self.start,
        })
    }

    pub(crate) fn position(&self) -> Position {
        self.start.after(&self.text[..self.at])
    }

    /// A fault right here.
    pub(crate) fn fault(&self, cause: impl Into<String>) -> Fault {
        Fault::new(self.position(), cause)
    }
}
