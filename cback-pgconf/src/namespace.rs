//! Prefixes and what they are bound to.
//!
//! Nothing here asks which namespace an element is in: Cedar goes by the name as it is written. But
//! expat refuses what breaks the rules of "Namespaces in XML 1.0", and so must we.

use std::collections::{HashMap, HashSet};

use crate::cursor::Cursor;
use crate::fault::Fault;
use crate::tag::{Attribute, Tag};

const XML: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// The bindings in force, innermost last, and which element made them.
#[derive(Default)]
pub(crate) struct Namespaces {
    bindings: HashMap<String, Vec<String>>,
    declared: Vec<(usize, String)>,
}

impl Namespaces {
    /// Enters the element that `tag` opens at this depth.
    pub(crate) fn enter(
        &mut self,
        tag: &Tag<'_>,
        depth: usize,
        at: &Cursor<'_>,
    ) -> Result<(), Fault> {
        for attribute in &tag.attributes {
            if let Some(prefix) = declared_prefix(attribute.name) {
                check_binding(prefix, attribute)?;
                self.bindings
                    .entry(prefix.to_owned())
                    .or_default()
                    .push(attribute.value.clone());
                self.declared.push((depth, prefix.to_owned()));
            }
        }
        if let Some((prefix, _)) = tag.name.split_once(':') {
            self.namespace(prefix, at)?;
        }
        self.check_attributes(&tag.attributes)
    }

    /// Leaves every element at this depth or below.
    pub(crate) fn leave(&mut self, depth: usize) {
        while let Some((_, prefix)) = self.declared.pop_if(|(at, _)| *at >= depth) {
            if let Some(bound) = self.bindings.get_mut(&prefix) {
                bound.pop();
            }
        }
    }

    /// No two attributes may have one name in one namespace, whatever their prefixes.
    fn check_attributes(&self, attributes: &[Attribute<'_>]) -> Result<(), Fault> {
        let mut seen = HashSet::new();
        for attribute in attributes
            .iter()
            .filter(|a| declared_prefix(a.name).is_none())
        {
            let Some((prefix, local)) = attribute.name.split_once(':') else {
                continue;
            };
            let namespace = self.namespace(prefix, &attribute.cursor)?;
            if !seen.insert((namespace, local)) {
                let cause = format!(
                    "attribute `{}` is given twice under two prefixes",
                    attribute.name
                );
                return Err(attribute.cursor.fault(cause));
            }
        }
        Ok(())
    }

    fn namespace(&self, prefix: &str, at: &Cursor<'_>) -> Result<&str, Fault> {
        if prefix == "xml" {
            return Ok(XML);
        }
        let bound = self.bindings.get(prefix).and_then(|bound| bound.last());
        bound
            .map(String::as_str)
            .ok_or_else(|| at.fault(format!("prefix `{prefix}` is not bound to a namespace")))
    }
}

/// The prefix that an `xmlns` attribute declares, empty for the default; None for any other attribute.
fn declared_prefix(attribute: &str) -> Option<&str> {
    let rest = attribute.strip_prefix("xmlns")?;
    if rest.is_empty() {
        Some("")
    } else {
        rest.strip_prefix(':')
    }
}

fn check_binding(prefix: &str, attribute: &Attribute<'_>) -> Result<(), Fault> {
    let uri = attribute.value.as_str();
    let cause = match prefix {
        "xmlns" => "prefix `xmlns` is reserved",
        "xml" if uri != XML => "prefix `xml` is reserved",
        "xml" => return Ok(()),
        _ if uri == XML || uri == XMLNS => "this namespace is reserved",
        // Python asks expat to join namespace and name with a blank, and expat then allows none in either.
        _ if uri.contains(' ') => "a namespace must not hold a blank",
        "" => return Ok(()),
        _ if uri.is_empty() => "a prefix must not be bound to nothing",
        _ => return Ok(()),
    };
    Err(attribute.cursor.fault(cause))
}
