//! The rows of INSERT statements, as `--inserts` and `--column-inserts` write them: without this, a dump
//! made so would be "0 rows", and a restore of it compared with nothing.
//!
//! pg_dump writes numbers, NULL, DEFAULT and booleans as they are, bits as `B'101'`, and all else in single
//! quotes, so outside of quotes a parenthesis or comma is always a row's. Values are hashed as they are
//! written, in pieces, since a row can have a gigabyte. A table's fingerprint is comparable only with that of
//! a dump made so too.

use super::fingerprint::{Column, Entry, Key, Row};
use super::token::{Token, Tokens, list, qualified};

/// A statement's table and the rows for it, as far as they have been read.
pub(crate) struct Insert {
    pub(crate) table: Vec<u8>,
    pub(crate) entry: Entry,
    /// The columns that the values are for, if the statement tells.
    columns: Option<Vec<Column>>,
    key: Key,
    /// The row that has begun.
    row: Option<Row>,
    /// A row has another number of values than there are columns.
    is_damaged: bool,
}

impl Insert {
    /// From what comes before VALUES: `INSERT INTO table [(columns)] ...`.
    pub(crate) fn begin(head: &[u8], key: Key) -> Option<Self> {
        let mut tokens = Tokens::new(head);
        let (table, mut next) = qualified(tokens.after(&["INSERT", "INTO"])?)?;
        let mut columns = None;
        if next == Some(Token::Symbol(b'(')) {
            let names = list(&mut tokens)?;
            columns = Some(names.iter().map(|name| key.column(name)).collect());
            next = tokens.next();
        }
        let mut insert = Self {
            table,
            entry: Entry::default(),
            columns,
            key,
            row: None,
            is_damaged: false,
        };
        if next.is_some_and(|token| token.is("DEFAULT")) {
            // The table has no columns, and COPY would write an empty line.
            insert.columns = Some(Vec::new());
            insert.end_row(Row::default());
        }
        Some(insert)
    }

    /// Takes what comes next, which is all outside of quotes if `is_plain`, else all inside.
    pub(crate) fn push(&mut self, mut piece: &[u8], is_plain: bool) {
        if !is_plain {
            return self.value(piece);
        }
        let is_mark = |byte: &u8| matches!(byte, b'(' | b',' | b')');
        while let Some(place) = piece.iter().position(is_mark) {
            self.value(piece[..place].trim_ascii());
            match (piece[place], self.row.take()) {
                (b'(', None) => self.row = Some(Row::default()),
                (b',', Some(row)) => self.row = Some(self.end_value(row)),
                (b')', Some(row)) => {
                    let row = self.end_value(row);
                    self.end_row(row);
                }
                (_, row) => self.row = row,
            }
            piece = &piece[place + 1..];
        }
        self.value(piece.trim_ascii());
    }

    /// Its table's name and rows, at its end; none if it is damaged.
    pub(crate) fn end(self) -> Option<(Vec<u8>, Entry)> {
        let is_whole = self.row.is_none() && self.entry.rows > 0 && !self.is_damaged;
        is_whole.then_some((self.table, self.entry))
    }

    /// The option of pg_dump that writes such statements.
    pub(crate) fn option(&self) -> &'static str {
        if self.columns.is_some() {
            "--column-inserts"
        } else {
            "--inserts"
        }
    }

    /// Takes a piece of a value; between rows it is none.
    fn value(&mut self, piece: &[u8]) {
        let Some(row) = &mut self.row else {
            return;
        };
        if piece.is_empty() {
            return;
        }
        let column = match &self.columns {
            None => self.key.column(&row.values.to_le_bytes()),
            Some(columns) => columns.get(row.values).copied().unwrap_or_default(),
        };
        row.begin_value(column, piece);
        self.entry.bytes += piece.len() as u64;
    }

    fn end_value(&mut self, mut row: Row) -> Row {
        self.is_damaged |= row.begun.is_none();
        row.end_value(Column::default(), b"");
        self.entry.bytes += 1;
        row
    }

    fn end_row(&mut self, mut row: Row) {
        let columns = self.columns.as_ref();
        self.is_damaged |= columns.is_some_and(|it| it.len() != row.values);
        self.entry.end_row(&mut row);
    }
}
