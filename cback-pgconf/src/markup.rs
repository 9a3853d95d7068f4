//! Rules of expat's that quick-xml leaves to its callers: names, attributes, references, the declaration.
//!
//! Cedar Backup has expat read names with regard to namespaces: with one colon at most, and a prefix that
//! is declared.

use std::borrow::Cow;
use std::collections::HashSet;

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::attributes::Attributes;
use quick_xml::events::{BytesRef, Event};
use quick_xml::name::{NamespaceResolver, QName, ResolveResult};

use crate::fault::Fault;

/// The part of the document that is refused, and why.
pub(crate) type Flaw<'a> = (&'a str, Fault);

/// The name and the value as it is written.
type Attribute<'a> = (&'a str, Cow<'a, str>);

/// Checks an event's part of the document, which is perhaps the first one.
pub(crate) fn check<'a>(
    event: &Event,
    part: &'a str,
    is_first: bool,
    namespaces: &NamespaceResolver,
) -> Result<(), Flaw<'a>> {
    let advised = |part, cause: &str, hint| Err((part, Fault::new(cause).hint(hint)));
    let within = |brackets| &part[brackets..part.len() - brackets];
    match event {
        Event::Start(tag) => {
            if let Some(at) = part[1..].find('<') {
                let hint = "end the tag with `>`; in an attribute write `&lt;`";
                return advised(&part[1 + at..], "`<` within a tag", hint);
            }
            let content = within(1);
            let content = content.strip_suffix('/').unwrap_or(content);
            check_tag(content, tag.name().0.len(), namespaces)
        }
        Event::Text(_) => match part.find("]]>") {
            Some(at) => advised(
                &part[at..],
                "`]]>` outside a CDATA section",
                "write `]]&gt;`",
            ),
            None => Ok(()),
        },
        Event::DocType(_) => {
            let hint = "leave it out, and write what its entities stand for";
            advised(part, "a DOCTYPE is not read here", hint)
        }
        Event::Decl(_) if !is_first => {
            let cause = "the XML declaration is not at the start of the document";
            advised(part, cause, "remove the blanks or lines before it")
        }
        Event::Decl(_) => check_declaration(within(2)),
        Event::PI(_) => check_target(within(2).split(is_space).next().unwrap_or_default()),
        _ => Ok(()),
    }
}

/// Checks a start tag without its brackets; its name has so many bytes.
fn check_tag<'a>(
    tag: &'a str,
    name: usize,
    namespaces: &NamespaceResolver,
) -> Result<(), Flaw<'a>> {
    let element = &tag[..name];
    check_name(element, &namespaces.resolve_element(QName(element)).0)?;
    let mut seen = HashSet::new();
    for attribute in attributes(tag, name) {
        let (key, value) = attribute?;
        let resolved = namespaces.resolve_attribute(QName(key));
        check_name(key, &resolved.0)?;
        check_namespace(key, &value)?;
        for (at, _) in value.match_indices('&') {
            let (reference, _) = value[at + 1..].split_once(';').unwrap_or_default();
            character(reference).map_err(|fault| (key, fault))?;
        }
        if !seen.insert(resolved) {
            return flaw(key, format!("attribute `{key}` is given twice"));
        }
    }
    Ok(())
}

/// Checks an XML declaration without its brackets.
///
/// expat 2.9 reads XML 1.x only (2.5 did not mind), and, since Cedar Backup tells it UTF-8, minds no encoding's name.
fn check_declaration(declaration: &str) -> Result<(), Flaw<'_>> {
    let attributes: Vec<_> = attributes(declaration, "xml".len()).collect::<Result<_, _>>()?;
    if attributes.first().is_none_or(|(key, _)| *key != "version") {
        let cause = "the XML declaration does not begin with the version";
        return flaw(declaration, cause);
    }
    let mut places = ["version", "encoding", "standalone"].into_iter();
    for (key, value) in attributes {
        let is_word_byte = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
        let is_valid = match key {
            "encoding" => {
                value.bytes().all(is_word_byte)
                    && value.starts_with(|c: char| c.is_ascii_alphabetic())
            }
            "standalone" => matches!(&*value, "yes" | "no"),
            _ => value
                .strip_prefix("1.")
                .is_some_and(|it| !it.is_empty() && it.bytes().all(|b| b.is_ascii_digit())),
        };
        if !is_valid || !places.any(|place| place == key) {
            let cause = "is out of place in the XML declaration, or its value is";
            return flaw(key, format!("`{key}` {cause}"));
        }
    }
    Ok(())
}

/// Checks what a processing instruction is called.
fn check_target(target: &str) -> Result<(), Flaw<'_>> {
    if is_name(target) && !target.eq_ignore_ascii_case("xml") {
        return Ok(());
    }
    let cause = "is no name for a processing instruction";
    flaw(target, format!("`{target}` {cause}"))
}

/// The character that a reference stands for, or why there is none; the name is what `&` and `;` enclose.
pub(crate) fn character(name: &str) -> Result<char, Fault> {
    let number = name.strip_prefix('#');
    let is_number = |number: &str| number.bytes().all(|b| b.is_ascii_alphanumeric());
    if !number.map_or(is_name(name), is_number) {
        return Err(no_reference());
    }
    if number.is_some() {
        let character = BytesRef::new(name).resolve_char_ref().ok().flatten();
        let cause = format!("`&{name};` does not name a character that XML allows");
        let character = character.filter(|&c| is_char(c));
        return character.ok_or_else(|| Fault::new(cause));
    }
    let character = resolve_predefined_entity(name).and_then(|text| text.chars().next());
    let cause = || format!("entity `&{name};` is not declared");
    character.ok_or_else(|| Fault::new(cause()).hint(AMPERSAND))
}

const AMPERSAND: &str = "write `&amp;` for the character itself";

pub(crate) fn no_reference() -> Fault {
    Fault::new("`&` does not begin a reference").hint(AMPERSAND)
}

pub(crate) fn flaw<T>(part: &str, cause: impl AsRef<str>) -> Result<T, Flaw<'_>> {
    Err((part, Fault::new(cause)))
}

/// A character that a document may hold (production 2 of XML 1.0).
pub(crate) fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

pub(crate) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// The attributes that follow a tag's name. Their names are yet to be checked, also against each other:
/// quick-xml would compare each with all before it, which takes minutes for a hundred thousand.
fn attributes(tag: &str, name: usize) -> impl Iterator<Item = Result<Attribute<'_>, Flaw<'_>>> {
    let mut attributes = Attributes::new(tag, name);
    attributes.with_checks(false);
    attributes.map(move |attribute| {
        let flaw = |part| {
            (
                part,
                Fault::new("an attribute is not NAME=\"VALUE\" after a blank"),
            )
        };
        let attribute = attribute.map_err(|_| flaw(tag))?;
        let key = attribute.key.into_inner();
        let before = &tag[..key.as_ptr().addr() - tag.as_ptr().addr()];
        let is_apart = before.ends_with(is_space);
        let pair = (key, attribute.value);
        is_apart.then_some(pair).ok_or_else(|| flaw(key))
    })
}

fn check_name<'a>(name: &'a str, namespace: &ResolveResult) -> Result<(), Flaw<'a>> {
    if name.split(':').count() > 2 || !name.split(':').all(is_name) {
        return flaw(name, format!("`{name}` is not a name"));
    }
    match namespace {
        ResolveResult::Unknown(prefix) => flaw(name, format!("prefix `{prefix}` is not declared")),
        _ => Ok(()),
    }
}

/// quick-xml itself looks at the names that are reserved.
fn check_namespace<'a>(key: &'a str, value: &str) -> Result<(), Flaw<'a>> {
    let is_undeclared = key.starts_with("xmlns:") && value.is_empty();
    let has_blank = key.starts_with("xmlns") && value.contains(is_space);
    if is_undeclared || has_blank {
        return flaw(key, "a namespace is empty or holds a blank");
    }
    Ok(())
}

/// A name without a colon. These are the letters of XML's fifth edition, as far as expat knows them: it
/// keeps to the fourth, whose names are all among them (tried on every character there is).
fn is_name(name: &str) -> bool {
    name.starts_with(is_name_start) && name.chars().all(|c| is_name_start(c) || is_name_rest(c))
}

#[rustfmt::skip]
fn is_name_start(c: char) -> bool {
    matches!(c, 'A'..='Z' | '_' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}' | '\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}')
}

fn is_name_rest(c: char) -> bool {
    matches!(c, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}' | '\u{2040}')
}
