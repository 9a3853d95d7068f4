//! `<?...?>` and `<!--...-->`: the XML declaration, processing instructions and comments.

use crate::cursor::Cursor;
use crate::fault::Fault;

/// Reads a comment, which must not hold `--`.
pub(crate) fn comment(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    cursor.eat("<!--");
    let mut at_dashes = cursor.clone();
    let text = cursor.until("--").unwrap_or_default();
    if cursor.eat(">") {
        return Ok(());
    }
    at_dashes.eat(text);
    Err(at_dashes.fault("`--` within a comment"))
}

/// Reads `<?target data?>`, which must not be an XML declaration.
pub(crate) fn instruction(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    cursor.eat("<?");
    let at_target = cursor.clone();
    let target = cursor
        .name()
        .ok_or_else(|| at_target.fault("a processing instruction has no name"))?;
    if target == "xml" {
        return Err(at_target.fault("an XML declaration is allowed only at the very beginning"));
    }
    if target.eq_ignore_ascii_case("xml") {
        return Err(at_target.fault(format!("the name `{target}` is reserved")));
    }
    if !cursor.rest().starts_with("?>") && !cursor.space() {
        return Err(cursor.fault("a blank must follow the name of a processing instruction"));
    }
    Ok(())
}

/// Whether the document begins with an XML declaration.
pub(crate) fn is_declaration(text: &str) -> bool {
    let mut cursor = Cursor::new(text, crate::fault::Position::START);
    cursor.eat("<?") && cursor.name() == Some("xml")
}

/// Reads `<?xml version="..." encoding="..." standalone="..."?>`; true if it says standalone.
///
/// As expat: any version will do, and so will any encoding that is spelled like one, because Cedar
/// hands the text over as UTF-8 whatever it says here.
pub(crate) fn declaration(cursor: &mut Cursor<'_>) -> Result<bool, Fault> {
    cursor.eat("<?xml");
    let at_version = cursor.clone();
    let Some(("version", _)) = pseudo_attribute(cursor)? else {
        return Err(at_version.fault("the XML declaration must begin with a version"));
    };
    let mut next = pseudo_attribute(cursor)?;
    if let Some(("encoding", value)) = &next {
        if !value.rest().starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(value.fault("an encoding's name must begin with a letter"));
        }
        next = pseudo_attribute(cursor)?;
    }
    let standalone = match next {
        None => return Ok(false),
        Some(("standalone", value)) => match value.rest() {
            "yes" => true,
            "no" => false,
            _ => return Err(value.fault("standalone must be `yes` or `no`")),
        },
        Some((name, value)) => {
            return Err(value.fault(format!("unexpected `{name}` in the XML declaration")));
        }
    };
    cursor.space();
    if cursor.rest() == "?>" {
        return Ok(standalone);
    }
    Err(cursor.fault("nothing may follow in the XML declaration"))
}

type PseudoAttribute<'a> = (&'a str, Cursor<'a>);

/// `name="value"` after white space; None at the end of the declaration.
fn pseudo_attribute<'a>(cursor: &mut Cursor<'a>) -> Result<Option<PseudoAttribute<'a>>, Fault> {
    let spaced = cursor.space();
    if cursor.rest() == "?>" {
        return Ok(None);
    }
    if !spaced {
        return Err(cursor.fault("a blank must stand here in the XML declaration"));
    }
    let name = cursor.take_while(|c| c.is_ascii_alphanumeric());
    cursor.space();
    if name.is_empty() || !cursor.eat("=") {
        return Err(cursor.fault("`name=\"value\"` is expected in the XML declaration"));
    }
    cursor.space();
    let spelled = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    match cursor.quoted() {
        Some(value) if value.rest().chars().all(spelled) => Ok(Some((name, value))),
        _ => Err(cursor.fault(format!(
            "the value of `{name}` in the XML declaration is malformed"
        ))),
    }
}
