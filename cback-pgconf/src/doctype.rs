//! `<!DOCTYPE ...>`: read to its last character, because expat refuses a fault in it, and because it
//! can change what stands after it.
//!
//! It can give attributes default values, even `xmlns`; and where it points at a declaration that
//! nobody reads (an external DTD, a parameter entity), an undeclared entity is no longer an error.
//! What declares entities itself is refused: the one difference to Cedar that is wanted, for then a
//! value could be anything, and a small document could grow without end.

use std::collections::{HashMap, HashSet};

use crate::cursor::Cursor;
use crate::declaration;
use crate::dtd;
use crate::entity::Undeclared;
use crate::fault::Fault;
use crate::tag::{Attribute, Tag};

/// What a document type declaration changes about the document after it.
pub(crate) struct Doctype {
    standalone: bool,
    /// It names an external DTD, which nobody reads.
    is_external: bool,
    /// It refers to a parameter entity, which nobody reads either.
    has_reference: bool,
    /// By element: the first declaration of each attribute counts.
    attributes: HashMap<String, Vec<dtd::Attribute>>,
    elements: HashSet<String>,
}

impl Doctype {
    /// Reads the whole declaration; `standalone` is what the XML declaration says.
    pub(crate) fn read(cursor: &mut Cursor<'_>, standalone: bool) -> Result<Self, Fault> {
        let mut doctype = Self {
            standalone,
            is_external: false,
            has_reference: false,
            attributes: HashMap::new(),
            elements: HashSet::new(),
        };
        if !cursor.eat("<!DOCTYPE") || !cursor.space() {
            return Err(cursor.fault("a document type declaration begins with `<!DOCTYPE `"));
        }
        cursor.declared_name()?;
        let spaced = cursor.space();
        if !matches!(cursor.peek(), Some('[' | '>')) {
            if !spaced {
                return Err(cursor.fault("a blank must stand here"));
            }
            dtd::external_id(cursor)?;
            doctype.is_external = true;
            cursor.space();
        }
        if cursor.eat("[") {
            doctype.read_subset(cursor)?;
            cursor.space();
        }
        if cursor.rest() == ">" {
            return Ok(doctype);
        }
        Err(cursor.fault("the document type declaration must end here"))
    }

    /// Reads declarations up to the closing bracket.
    fn read_subset(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        loop {
            cursor.space();
            if cursor.eat("]") {
                return Ok(());
            }
            if cursor.eat("%") {
                let is_reference = cursor.name().is_some() && cursor.eat(";");
                if !is_reference {
                    return Err(cursor.fault("`%` does not begin a reference"));
                }
                self.has_reference = true;
                continue;
            }
            self.read_declaration(cursor)?;
        }
    }

    fn read_declaration(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let at_declaration = cursor.clone();
        if cursor.rest().starts_with("<?") {
            let mut inside = cursor.clone();
            cursor
                .until("?>")
                .ok_or_else(|| inside.fault("the processing instruction is not closed"))?;
            return declaration::instruction(&mut inside);
        }
        if cursor.rest().starts_with("<!--") {
            return declaration::comment(cursor);
        }
        if cursor.eat("<!ENTITY") {
            return Err(at_declaration
                .fault("the document declares an entity of its own")
                .hint("entities are not expanded here: write their text where it is wanted"));
        }
        if cursor.eat("<!ELEMENT") {
            let name = dtd::element(cursor)?;
            // Legal in XML, but Cedar's parser, Python's minidom, stops at it.
            if !self.elements.insert(name.to_owned()) {
                return Err(at_declaration.fault(format!("element `{name}` is declared twice")));
            }
            return Ok(());
        }
        if cursor.eat("<!ATTLIST") {
            // What follows an unread declaration might have been declared there already.
            let counts = !self.has_reference || self.standalone;
            let (element, attributes) = dtd::attributes(cursor, counts.then(|| self.undeclared()))?;
            if counts {
                self.attributes
                    .entry(element.to_owned())
                    .or_default()
                    .extend(attributes);
            }
            return Ok(());
        }
        if cursor.eat("<!NOTATION") {
            return dtd::notation(cursor);
        }
        Err(cursor.fault("a declaration must stand here"))
    }

    /// What an undeclared entity means in this document.
    pub(crate) fn undeclared(&self) -> Undeclared {
        if (self.is_external || self.has_reference) && !self.standalone {
            Undeclared::Skipped
        } else {
            Undeclared::Refused
        }
    }

    /// Gives a start tag what was declared for it: values that it does not give itself, and the
    /// blanks of those that are lists of words.
    pub(crate) fn complete<'a>(&'a self, tag: &mut Tag<'a>, at: &Cursor<'a>) {
        let Some(declared) = self.attributes.get(tag.name) else {
            return;
        };
        let given = tag
            .attributes
            .iter()
            .enumerate()
            .map(|(index, given)| (given.name, index));
        let given: HashMap<_, _> = given.collect();
        let mut known = HashSet::new();
        for attribute in declared
            .iter()
            .filter(|attribute| known.insert(&attribute.name))
        {
            match (given.get(attribute.name.as_str()), &attribute.default) {
                (Some(&index), _) if attribute.is_words => {
                    let given = &mut tag.attributes[index];
                    given.value = dtd::words(&given.value);
                }
                (None, Some(value)) => tag.attributes.push(Attribute {
                    name: &attribute.name,
                    value: value.clone(),
                    cursor: at.clone(),
                }),
                _ => {}
            }
        }
    }
}
