//! References: `&lt;`, `&#65;`, and those that nobody declared.

use crate::chars::is_char;
use crate::cursor::Cursor;
use crate::fault::Fault;

/// What an undeclared entity means.
///
/// Expat refuses it, unless the document names an external DTD or a parameter entity (which may have
/// declared it, but which nobody reads) and does not claim to be standalone: then it reads as nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Undeclared {
    Refused,
    Skipped,
}

/// Reads the reference that begins at the cursor; None for an entity that reads as nothing.
pub(crate) fn reference(
    cursor: &mut Cursor<'_>,
    undeclared: Undeclared,
) -> Result<Option<char>, Fault> {
    let start = cursor.clone();
    let ampersand = || {
        start
            .fault("`&` does not begin a reference")
            .hint("write `&amp;` for the character itself")
    };
    cursor.eat("&");
    if cursor.eat("#") {
        let digits = cursor.until(";").ok_or_else(ampersand)?;
        return character(digits).map(Some).ok_or_else(|| {
            start.fault(format!(
                "`&#{digits};` does not name a character that XML allows"
            ))
        });
    }
    let name = cursor.name().ok_or_else(ampersand)?;
    if !cursor.eat(";") {
        return Err(ampersand());
    }
    match (name, undeclared) {
        ("amp", _) => Ok(Some('&')),
        ("lt", _) => Ok(Some('<')),
        ("gt", _) => Ok(Some('>')),
        ("apos", _) => Ok(Some('\'')),
        ("quot", _) => Ok(Some('"')),
        (_, Undeclared::Skipped) => Ok(None),
        _ => Err(start.fault(format!("entity `&{name};` is not declared"))),
    }
}

/// `65` or `x41` to `A`. Signs, which Rust's own parser would take, are no digits.
fn character(digits: &str) -> Option<char> {
    let (digits, radix) = digits
        .strip_prefix('x')
        .map_or((digits, 10), |hex| (hex, 16));
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    // No digits overflow here: leading zeros may be many, but more than eight others are too many.
    let digits = digits.trim_start_matches('0');
    if digits.len() > 8 {
        return None;
    }
    let number = u32::from_str_radix(if digits.is_empty() { "0" } else { digits }, radix).ok()?;
    char::from_u32(number).filter(|&c| is_char(c))
}
