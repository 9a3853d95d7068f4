//! The rows of INSERT statements, as `--inserts` and `--column-inserts` write them: without this, a dump
//! made so would be "0 rows", and a restore of it compared with nothing.
//!
//! pg_dump writes numbers, NULL, DEFAULT and booleans as they are, bits as `B'101'`, and all else in single
//! quotes, so outside of quotes a parenthesis or comma is always a row's; each of several rows stands in a line of its
//! own, and `Statement` gives them line by line. Values are hashed as they are written. A table's fingerprint is
//! comparable only with that of a dump made so too.

use super::fingerprint::{Column, Entry, Key, Row};
use super::statement::Statement;
use super::token::{Table, Token, after, after_first, tokens_with_places};
use std::ops::Range;

/// A statement's table and the rows for it, as far as they have been read.
pub(crate) struct Insert {
    pub(crate) table: Vec<u8>,
    pub(crate) entry: Entry,
    /// The columns that the values are for, if the statement tells.
    columns: Option<Vec<Column>>,
    key: Key,
}

impl Insert {
    /// Takes the next lines of a statement, which are its first if none have come; none if they are damaged.
    pub(crate) fn read(begun: Option<Self>, statement: &Statement, key: Key) -> Option<Self> {
        let (tokens, places) = tokens_with_places(&statement.text);
        let (mut insert, rows) = match begun {
            Some(begun) => (begun, &tokens[..]),
            None => Self::begin(&tokens, key)?,
        };
        let places = &places[tokens.len() - rows.len()..];
        insert.rows(statement, rows.iter().zip(places))?;
        Some(insert)
    }

    /// The option of pg_dump that writes such statements.
    pub(crate) fn option(&self) -> &'static str {
        if self.columns.is_some() {
            "--column-inserts"
        } else {
            "--inserts"
        }
    }

    /// From `INSERT INTO table [(columns)] ... VALUES`; the rest is returned too.
    fn begin<'a, 'b>(tokens: &'a [Token<'b>], key: Key) -> Option<(Self, &'a [Token<'b>])> {
        let (table, rest) = Table::read(after(tokens, &["INSERT", "INTO"])?)?;
        let columns = table.columns.map(|names| {
            let names = names.iter();
            names.map(|name| key.column(name)).collect()
        });
        let mut insert = Self {
            table: table.name,
            entry: Entry::default(),
            columns,
            key,
        };
        if after(rest, &["DEFAULT"]).is_some() {
            // The table has no columns, and COPY would write an empty line.
            insert.columns = Some(Vec::new());
            insert.entry.end_row(&mut Row::default());
        }
        Some((insert, after_first(rest, &["VALUES"]).unwrap_or_default()))
    }

    fn rows<'a>(
        &mut self,
        statement: &Statement,
        tokens: impl Iterator<Item = (&'a Token<'a>, &'a Range<usize>)>,
    ) -> Option<()> {
        let text = &statement.text[..];
        let rows = self.entry.rows;
        let (mut row, mut start) = (None, 0);
        for (token, place) in tokens {
            if !["(", ",", ")"].iter().any(|mark| token.is(mark)) {
                continue;
            }
            match &mut row {
                Some(row) => self.value(row, text[start..place.start].trim_ascii())?,
                None => row = token.is("(").then(Row::default),
            }
            if let Some(row) = row.take_if(|_| token.is(")")) {
                self.end(row)?;
            }
            start = place.end;
        }
        match (row, statement.is_cut()) {
            (None, false) => Some(()),
            (Some(row), true) if self.entry.rows == rows => {
                self.end_of_cut(row, &text[start..], statement);
                Some(())
            }
            _ => None,
        }
    }

    fn column(&self, row: &Row) -> Column {
        match &self.columns {
            None => self.key.column(&row.values.to_le_bytes()),
            Some(columns) => columns.get(row.values).copied().unwrap_or_default(),
        }
    }

    fn value(&mut self, row: &mut Row, value: &[u8]) -> Option<()> {
        row.end_value(self.column(row), value);
        self.entry.bytes += value.len() as u64 + 1;
        (!value.is_empty()).then_some(())
    }

    fn end(&mut self, mut row: Row) -> Option<()> {
        let columns = self.columns.as_ref();
        let is_whole = columns.is_none_or(|it| it.len() == row.values);
        self.entry.end_row(&mut row);
        is_whole.then_some(())
    }

    /// The row is longer than what is held of it, which ends with this piece of a value; of what is not held there
    /// is a hash.
    fn end_of_cut(&mut self, mut row: Row, piece: &[u8], statement: &Statement) {
        let column = self.column(&row);
        row.begin_value(column, piece);
        row.end_value(column, &statement.rest().to_le_bytes());
        let held = (statement.text.len() - piece.len()) as u64;
        self.entry.bytes += statement.length - held;
        self.entry.end_row(&mut row);
    }
}
