//! Start tags and end tags: a name, attributes, and nothing else.

use std::collections::HashSet;

use crate::chars::is_space;
use crate::cursor::Cursor;
use crate::entity::{Undeclared, reference};
use crate::fault::Fault;

/// A start tag, its attributes' values as XML normalises them.
pub(crate) struct Tag<'a> {
    pub(crate) name: &'a str,
    pub(crate) attributes: Vec<Attribute<'a>>,
    pub(crate) is_empty: bool,
}

/// One attribute as it is written.
pub(crate) struct Attribute<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: String,
    /// Stands at the name, to point at it when something is wrong with it.
    pub(crate) cursor: Cursor<'a>,
}

/// Reads `<name attribute="value" ...>` or the same with `/>`.
pub(crate) fn start_tag<'a>(
    cursor: &mut Cursor<'a>,
    undeclared: Undeclared,
) -> Result<Tag<'a>, Fault> {
    cursor.eat("<");
    let name = cursor.qualified_name()?;
    let mut attributes = Vec::new();
    let mut seen = HashSet::new();
    loop {
        let spaced = cursor.space();
        let is_empty = cursor.eat("/");
        if cursor.eat(">") {
            return Ok(Tag {
                name,
                attributes,
                is_empty,
            });
        }
        if is_empty {
            return Err(cursor.fault(format!("`>` must follow `/` in the tag `<{name}>`")));
        }
        if !spaced {
            return Err(unexpected(cursor, &format!("the tag `<{name}>`")));
        }
        let attribute = attribute(cursor, undeclared)?;
        if !seen.insert(attribute.name) {
            let cause = format!("attribute `{}` is given twice", attribute.name);
            return Err(attribute.cursor.fault(cause));
        }
        attributes.push(attribute);
    }
}

/// Reads `</name>`.
pub(crate) fn end_tag<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str, Fault> {
    cursor.eat("</");
    let name = cursor.qualified_name()?;
    cursor.space();
    if cursor.eat(">") {
        return Ok(name);
    }
    Err(unexpected(cursor, &format!("the end tag `</{name}>`")))
}

fn attribute<'a>(cursor: &mut Cursor<'a>, undeclared: Undeclared) -> Result<Attribute<'a>, Fault> {
    let at_name = cursor.clone();
    let name = cursor.qualified_name()?;
    cursor.space();
    if !cursor.eat("=") {
        return Err(cursor.fault(format!("attribute `{name}` has no value")));
    }
    cursor.space();
    let Some(mut inside) = cursor.quoted() else {
        return Err(cursor.fault(format!("the value of attribute `{name}` is not quoted")));
    };
    let value = attribute_value(&mut inside, undeclared)?;
    Ok(Attribute {
        name,
        value,
        cursor: at_name,
    })
}

/// The value between the quotation marks: references resolved, each line end and tab a blank.
pub(crate) fn attribute_value(
    cursor: &mut Cursor<'_>,
    undeclared: Undeclared,
) -> Result<String, Fault> {
    let mut value = String::new();
    while let Some(c) = cursor.peek() {
        match c {
            '<' => return Err(cursor.fault("`<` within an attribute").hint("write `&lt;`")),
            '&' => value.extend(reference(cursor, undeclared)?),
            c if is_space(c) => {
                if !cursor.eat("\r\n") {
                    cursor.eat(c.encode_utf8(&mut [0; 4]));
                }
                value.push(' ');
            }
            _ => value.push_str(cursor.take_while(|c| c != '<' && c != '&' && !is_space(c))),
        }
    }
    Ok(value)
}

fn unexpected(cursor: &Cursor<'_>, place: &str) -> Fault {
    let found = cursor
        .peek()
        .map_or_else(String::new, |c| c.escape_debug().to_string());
    cursor.fault(format!("unexpected `{found}` in {place}"))
}
