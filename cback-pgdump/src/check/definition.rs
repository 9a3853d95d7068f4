//! The fingerprint of a definition, by the tokens of its statement.
//!
//! A restored database dumped again by the same versions has the same definitions but for what is taken out here:
//!
//! - quotes around names: by a database's setting the server puts more names in quotes;
//! - the order of a policy's roles: pg_dump takes them as they lie in `pg_authid`;
//! - the order of the columns of a table that inherits: a restored one has its parents' first; and so, since the server
//!   lists them in the table's order, that of statistics' and publications' columns;
//! - how large objects are put together: 17 and later do so by owner and rights, even if rights are left out;
//! - a tablespace's LOCATION: a restore makes it in the server's own directory;
//! - attributes of initdb's role that would keep it from logging in: a restore leaves them out;
//! - GRANTED BY a superuser, in whose place the server's own initdb's role grants.

use super::fingerprint::Key;
use super::token::{Token, after};
use std::ops::Range;

/// Statements that have a list whose order does not matter.
const UNORDERED: [&[&str]; 4] = [
    &["CREATE", "POLICY"],
    &["CREATE", "TABLE"],
    &["CREATE", "STATISTICS"],
    &["ALTER", "PUBLICATION"],
];

/// The fingerprint of a statement of a database's part.
pub(crate) fn fingerprint(tokens: &[Token<'_>], key: Key) -> u64 {
    let is_it = |words: &[&str]| after(tokens, words).is_some();
    let is_unordered = UNORDERED.into_iter().any(is_it);
    let list = is_unordered.then(|| list_without_order(tokens)).flatten();
    let Some(list) = list else {
        return of_tokens(tokens, key);
    };
    let items = items(&tokens[list.clone()]).map(|item| of_tokens(item, key));
    let sum = items.fold(0, u64::wrapping_add);
    let others = [&tokens[..list.start], &tokens[list.end..]].concat();
    of_tokens(&others, key).wrapping_add(sum)
}

/// The same whatever the white space, and the quotes around names and texts.
pub(crate) fn of_tokens(tokens: &[Token<'_>], key: Key) -> u64 {
    let mut words = Vec::new();
    for token in tokens {
        let (kind, text): (u8, &[u8]) = match token {
            Token::Word(word) => (b'n', word),
            Token::Name(name) => (b'n', name),
            Token::Text(text) => (b't', text),
            Token::Symbol(byte) => (b's', std::slice::from_ref(byte)),
        };
        words.push(kind);
        words.extend((text.len() as u64).to_le_bytes());
        words.extend_from_slice(text);
    }
    key.row(&words)
}

/// The roles of a policy, the columns and constraints of a table that inherits, columns of statistics or a publication.
fn list_without_order(tokens: &[Token<'_>]) -> Option<Range<usize>> {
    let place = |word: &str| tokens.iter().position(|token| token.is(word));
    let is_name = |at: usize| tokens.get(at).and_then(Token::name).is_some();
    if tokens[1].is("POLICY") {
        let start = place("TO")? + 1;
        let mut end = start + usize::from(is_name(start));
        while tokens.get(end).is_some_and(|it| it.is(",")) && is_name(end + 1) {
            end += 2;
        }
        return Some(start..end);
    }
    let is_open = tokens[1].is("STATISTICS");
    let (start, mut depth) = if is_open {
        (place("ON")? + 1, 0)
    } else {
        (place("(")? + 1, 1)
    };
    if tokens[1].is("TABLE") {
        place("INHERITS")?;
    } else if place("WHERE").is_some_and(|at| at < start) {
        return None;
    }
    let length = tokens[start..].iter().position(|token| {
        depth += depth_change(token);
        depth == 0 && (!is_open || token.is("FROM"))
    })?;
    Some(start..start + length)
}

/// The pieces between commas outside of parentheses.
fn items<'a, 'b>(list: &'a [Token<'b>]) -> impl Iterator<Item = &'a [Token<'b>]> {
    let mut depth = 0;
    list.split(move |token| {
        depth += depth_change(token);
        depth == 0 && token.is(",")
    })
}

fn depth_change(token: &Token<'_>) -> i32 {
    match token {
        Token::Symbol(b'(') => 1,
        Token::Symbol(b')') => -1,
        _ => 0,
    }
}
