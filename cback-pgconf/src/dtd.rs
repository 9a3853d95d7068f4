//! The declarations that may stand within `<!DOCTYPE ... [ ]>`.
//!
//! Each function begins behind its keyword and ends behind the closing `>`. Most of what is declared
//! means nothing to Cedar; it is read only so as to refuse what expat refuses.

use crate::cursor::Cursor;
use crate::entity::Undeclared;
use crate::fault::Fault;
use crate::tag::attribute_value;

/// An attribute as `<!ATTLIST>` declares it.
pub(crate) struct Attribute {
    pub(crate) name: String,
    /// Of another type than CDATA: its blanks are collapsed.
    pub(crate) is_words: bool,
    pub(crate) default: Option<String>,
}

/// `SYSTEM "..."` or `PUBLIC "..." "..."`.
pub(crate) fn external_id(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    if cursor.eat("PUBLIC") {
        public_id(cursor)?;
    } else if !cursor.eat("SYSTEM") {
        return Err(cursor.fault("SYSTEM or PUBLIC must stand here"));
    }
    blank(cursor)?;
    literal(cursor).map(|_| ())
}

/// `<!NOTATION name SYSTEM "...">` and its like, which may have a public identifier only.
pub(crate) fn notation(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    blank(cursor)?;
    plain_name(cursor)?;
    blank(cursor)?;
    if cursor.eat("PUBLIC") {
        public_id(cursor)?;
        let spaced = cursor.space();
        if spaced && cursor.peek() != Some('>') {
            literal(cursor)?;
        }
        return end(cursor);
    }
    external_id(cursor)?;
    end(cursor)
}

/// `<!ELEMENT name content>`; the name.
pub(crate) fn element<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str, Fault> {
    blank(cursor)?;
    let name = cursor.declared_name()?;
    blank(cursor)?;
    if cursor.peek() == Some('(') {
        content_model(cursor)?;
    } else if !matches!(cursor.name(), Some("EMPTY" | "ANY")) {
        return Err(cursor.fault("EMPTY, ANY or a content model must stand here"));
    }
    end(cursor)?;
    Ok(name)
}

fn content_model(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    let mut inside = cursor.clone();
    inside.eat("(");
    inside.space();
    if inside.eat("#PCDATA") {
        *cursor = inside;
        return mixed(cursor);
    }
    children(cursor)
}

/// `(#PCDATA | name | ...)*`, from behind `#PCDATA`.
fn mixed(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    let mut names = 0;
    loop {
        cursor.space();
        if cursor.eat("|") {
            cursor.space();
            cursor.declared_name()?;
            names += 1;
        } else if cursor.eat(")*") || (names == 0 && cursor.eat(")")) {
            return Ok(());
        } else {
            return Err(cursor.fault("`|` or `)*` must stand here"));
        }
    }
}

/// `(a, (b | c)*, d?)`, nested to any depth without recursion: a separator for each open group.
fn children(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    let mut separators: Vec<Option<char>> = Vec::new();
    loop {
        cursor.space();
        if cursor.eat("(") {
            separators.push(None);
            continue;
        }
        cursor.declared_name()?;
        occurrence(cursor);
        loop {
            cursor.space();
            if !cursor.eat(")") {
                break;
            }
            occurrence(cursor);
            separators.pop();
            if separators.is_empty() {
                return Ok(());
            }
        }
        let found = cursor.peek().filter(|&c| c == ',' || c == '|');
        match separators.last_mut() {
            Some(separator) if found.is_some() && (separator.is_none() || *separator == found) => {
                *separator = found;
                cursor.eat(if found == Some(',') { "," } else { "|" });
            }
            _ => return Err(cursor.fault("`)` or the group's separator must stand here")),
        }
    }
}

fn occurrence(cursor: &mut Cursor<'_>) {
    let _ = ["?", "*", "+"].into_iter().any(|sign| cursor.eat(sign));
}

/// `<!ATTLIST element name type default ...>`; default values are looked into only if an
/// `undeclared` entity means anything, that is, if the declaration counts.
pub(crate) fn attributes<'a>(
    cursor: &mut Cursor<'a>,
    undeclared: Option<Undeclared>,
) -> Result<(&'a str, Vec<Attribute>), Fault> {
    blank(cursor)?;
    let element = cursor.declared_name()?;
    let mut attributes = Vec::new();
    loop {
        let spaced = cursor.space();
        if cursor.eat(">") {
            return Ok((element, attributes));
        }
        if !spaced {
            return Err(cursor.fault("a blank must stand here"));
        }
        let name = cursor.declared_name()?.to_owned();
        blank(cursor)?;
        let is_words = attribute_type(cursor)?;
        blank(cursor)?;
        let default = default_value(cursor, undeclared)?;
        let default = default.map(|value| if is_words { words(&value) } else { value });
        attributes.push(Attribute {
            name,
            is_words,
            default,
        });
    }
}

/// True unless the type is CDATA.
fn attribute_type(cursor: &mut Cursor<'_>) -> Result<bool, Fault> {
    if cursor.peek() == Some('(') {
        return choice(cursor, Cursor::nmtoken).map(|()| true);
    }
    let at_type = cursor.clone();
    match cursor.name() {
        Some("CDATA") => Ok(false),
        Some("ID" | "IDREF" | "IDREFS" | "ENTITY" | "ENTITIES" | "NMTOKEN" | "NMTOKENS") => {
            Ok(true)
        }
        Some("NOTATION") => {
            blank(cursor)?;
            choice(cursor, plain_name).map(|()| true)
        }
        _ => Err(at_type.fault("an attribute's type must stand here")),
    }
}

/// `(a | b | c)`.
fn choice<'a>(
    cursor: &mut Cursor<'a>,
    item: impl Fn(&mut Cursor<'a>) -> Result<&'a str, Fault>,
) -> Result<(), Fault> {
    let mut opening = "(";
    loop {
        if !cursor.eat(opening) {
            return Err(cursor.fault(format!("`{opening}` must stand here")));
        }
        cursor.space();
        item(cursor)?;
        cursor.space();
        if cursor.eat(")") {
            return Ok(());
        }
        opening = "|";
    }
}

fn default_value(
    cursor: &mut Cursor<'_>,
    undeclared: Option<Undeclared>,
) -> Result<Option<String>, Fault> {
    if cursor.eat("#") {
        let at_keyword = cursor.clone();
        match cursor.name() {
            Some("IMPLIED" | "REQUIRED") => return Ok(None),
            Some("FIXED") => blank(cursor)?,
            _ => return Err(at_keyword.fault("IMPLIED, REQUIRED or FIXED must stand here")),
        }
    }
    let mut value = literal(cursor)?;
    undeclared
        .map(|undeclared| attribute_value(&mut value, undeclared))
        .transpose()
}

/// Words with one blank between each.
pub(crate) fn words(value: &str) -> String {
    value
        .split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn public_id(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    blank(cursor)?;
    let id = literal(cursor)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || " \r\n-'()+,./:=?;!*#@$_%".contains(c);
    if id.rest().chars().all(allowed) {
        return Ok(());
    }
    Err(id.fault("a public identifier holds a character that is not allowed in one"))
}

fn plain_name<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str, Fault> {
    cursor
        .name()
        .ok_or_else(|| cursor.fault("a name must stand here"))
}

fn literal<'a>(cursor: &mut Cursor<'a>) -> Result<Cursor<'a>, Fault> {
    cursor
        .quoted()
        .ok_or_else(|| cursor.fault("a quoted text must stand here"))
}

fn blank(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    if cursor.space() {
        Ok(())
    } else {
        Err(cursor.fault("a blank must stand here"))
    }
}

fn end(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    cursor.space();
    if cursor.eat(">") {
        Ok(())
    } else {
        Err(cursor.fault("`>` must stand here"))
    }
}
