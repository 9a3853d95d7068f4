//! Statements about a database as a whole: they make it, name its owner, its rights, its settings. A restore
//! runs them apart from the others, with another name in place of the database's, or not at all (DROP).

use super::needs::OVERHEAD;
use super::sections::Section;
use super::token::{Token, after, after_first, literal, quoted, tokens_with_places};
use std::collections::BTreeMap;

/// The psql variable that stands for the name, in quotes.
const NAME: &[u8] = b":\"cback_database\"";

/// When a restore runs a statement: before there is the database; before there are its data, since a setting
/// can be needed to read them (`lc_monetary`, those of functions in a constraint); or after them, since it
/// would be in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Create,
    Configure,
    Settle,
}

/// Settings that keep sessions from connecting, or from writing, or change as whom they do.
const IN_THE_WAY: [&str; 5] = [
    "default_transaction_read_only",
    "local_preload_libraries",
    "role",
    "session_preload_libraries",
    "session_replication_role",
];

/// A statement about a database.
pub(crate) struct OfDatabase {
    pub(crate) database: Vec<u8>,
    /// When a restore runs it; none if it has no use for it.
    pub(crate) part: Option<Part>,
    /// The statement with [`NAME`] in place of the name.
    pub(crate) text: Vec<u8>,
}

impl OfDatabase {
    /// None if it is another statement.
    pub(crate) fn read(text: &[u8], tokens: &[Token<'_>]) -> Option<Self> {
        if after(tokens, &["UPDATE", "pg_catalog", ".", "pg_database"]).is_some() {
            // `SET datistemplate = false WHERE datname = 'name'`, before a DROP DATABASE.
            return Some(Self {
                database: Vec::new(),
                part: None,
                text: Vec::new(),
            });
        }
        let [verb, ..] = tokens else { return None };
        let (rest, is_of_role) = from_name(tokens)?;
        let (name, rest) = rest.split_first()?;
        let part = if is_of_role {
            Some(Part::Settle)
        } else {
            part(verb, rest)
        };
        let (_, places) = tokens_with_places(text);
        let place = &places[tokens.len() - rest.len() - 1];
        let (before, after) = (&text[..place.start], &text[place.end..]);
        Some(Self {
            database: name.name()?.to_vec(),
            part,
            text: [before, NAME, after].concat(),
        })
    }

    /// Run where the dump has made this role the current one: it owns what it creates, and grants in its own
    /// name. All else needs no rights of its.
    pub(crate) fn run_as(&mut self, role: &[u8]) {
        if self.part == Some(Part::Create) {
            let role = &quoted(role)[..];
            let owner = [b"ALTER DATABASE ", NAME, b" OWNER TO ", role, b";\n"];
            self.text.extend(owner.concat());
        } else if self.text.starts_with(b"GRANT ") || self.text.starts_with(b"REVOKE ") {
            self.text = run_as(role, &self.text);
        }
    }
}

/// The statements about databases.
#[derive(Debug, Default)]
pub(crate) struct Databases {
    pub(crate) statements: BTreeMap<Vec<u8>, Vec<(Part, Vec<u8>)>>,
    /// Bytes of memory that they take, about.
    pub(crate) held: usize,
}

impl Databases {
    pub(crate) fn record(&mut self, statement: OfDatabase) {
        if let Some(part) = statement.part {
            self.held += statement.text.len() + statement.database.len() + OVERHEAD;
            let all = self.statements.entry(statement.database).or_default();
            all.push((part, statement.text));
        }
    }

    /// The statements of this part about the section's database. Where a single database's dump does not tell
    /// whose it is, those that there are: before PostgreSQL 11, it had the database's comment.
    pub(crate) fn about(&self, section: &Section, part: Part) -> impl Iterator<Item = &Vec<u8>> {
        let is_it = move |name: &Vec<u8>| section.database.as_ref().is_none_or(|it| it == name);
        let databases = self.statements.iter().filter(move |(name, _)| is_it(name));
        let statements = databases.flat_map(|(_, statements)| statements);
        { statements }.filter_map(move |(of, text)| (*of == part).then_some(text))
    }

    pub(crate) fn has(&self, section: &Section, part: Part) -> bool {
        self.about(section, part).next().is_some()
    }
}

/// The statement, in a session of this role's.
pub(super) fn run_as(role: &[u8], statement: &[u8]) -> Vec<u8> {
    let set = [b"SET SESSION AUTHORIZATION ", &literal(role)[..], b";\n"].concat();
    [&set, statement, b"RESET SESSION AUTHORIZATION;\n"].concat()
}

/// From where a database's name comes in the statement; none if it names none. And whether it is about a role in
/// the database.
fn from_name<'a, 'b>(tokens: &'a [Token<'b>]) -> Option<(&'a [Token<'b>], bool)> {
    let (verb, rest) = tokens.split_first()?;
    let is_any = |verbs: &[&str]| verbs.iter().any(|it| verb.is(it));
    if let Some([_, rest @ ..]) = after(tokens, &["ALTER", "ROLE"]) {
        return Some((after(rest, &["IN", "DATABASE"])?, true));
    }
    let subject = if is_any(&["COMMENT", "GRANT", "REVOKE", "SECURITY"]) {
        after_first(tokens, &["ON"])?
    } else if is_any(&["CREATE", "ALTER", "DROP"]) {
        rest
    } else {
        return None;
    };
    let name = after(subject, &["DATABASE"])?;
    Some((after(name, &["IF", "EXISTS"]).unwrap_or(name), false))
}

/// `tokens` are those after the name.
fn part(verb: &Token<'_>, tokens: &[Token<'_>]) -> Option<Part> {
    if verb.is("CREATE") {
        return Some(Part::Create);
    } else if verb.is("DROP") {
        return None;
    }
    let is_set = after(tokens, &["SET"]).is_some_and(|rest| {
        let setting = rest.first().and_then(Token::name);
        !IN_THE_WAY.iter().any(|it| setting == Some(it.as_bytes()))
    });
    let is_first = is_set || after(tokens, &["OWNER"]).is_some();
    Some(if verb.is("ALTER") && is_first {
        Part::Configure
    } else {
        Part::Settle
    })
}
