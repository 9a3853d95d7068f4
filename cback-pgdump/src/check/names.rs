//! Names, spelled in one way.
//!
//! Which names pg_dump puts in quotes depends on its version's list of keywords, so its own spelling
//! cannot be compared between versions. Here a name is put in quotes unless it consists of lower-case
//! letters, digits and `_`.

use super::token::{Token, Tokens};

/// `name` as a part of a longer one; in quotes where it needs them.
pub(crate) fn spelled(name: &[u8]) -> Vec<u8> {
    let is_plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_';
    if name.iter().all(is_plain) && name.first().is_some_and(|byte| !byte.is_ascii_digit()) {
        name.to_vec()
    } else {
        quoted(name)
    }
}

/// `name` in double quotes.
pub(crate) fn quoted(name: &[u8]) -> Vec<u8> {
    doubled(name, b'"')
}

/// `text` in single quotes.
pub(crate) fn literal(text: &[u8]) -> Vec<u8> {
    doubled(text, b'\'')
}

fn doubled(text: &[u8], mark: u8) -> Vec<u8> {
    let mut quoted = vec![mark];
    for &byte in text {
        quoted.push(byte);
        if byte == mark {
            quoted.push(mark);
        }
    }
    quoted.push(mark);
    quoted
}

/// Takes `a.b.c` off `tokens`; what comes after it is returned too.
pub(crate) fn qualified<'a>(tokens: &mut Tokens<'a>) -> Option<(Vec<u8>, Option<Token<'a>>)> {
    let mut name = spelled(tokens.next()?.name()?);
    loop {
        match tokens.next() {
            Some(Token::Symbol(b'.')) => {
                name.push(b'.');
                name.extend(spelled(tokens.next()?.name()?));
            }
            next => return Some((name, next)),
        }
    }
}

/// Takes `a, b)` off `tokens`.
pub(crate) fn list(tokens: &mut Tokens<'_>) -> Option<Vec<Vec<u8>>> {
    let mut names = Vec::new();
    loop {
        names.push(tokens.next()?.name()?.to_vec());
        match tokens.next()? {
            Token::Symbol(b',') => {}
            Token::Symbol(b')') => return Some(names),
            _ => return None,
        }
    }
}

/// `name` on one line: escaped as COPY does, other control characters as `\xNN`.
pub(crate) fn printable(name: &[u8]) -> Vec<u8> {
    let mut line = Vec::with_capacity(name.len());
    for &byte in name {
        match byte {
            b'\n' => line.extend(b"\\n"),
            b'\t' => line.extend(b"\\t"),
            b'\r' => line.extend(b"\\r"),
            b'\\' => line.extend(b"\\\\"),
            0..0x20 | 0x7f => line.extend(format!("\\x{byte:02x}").bytes()),
            _ => line.push(byte),
        }
    }
    line
}
