//! Statements about a database as a whole: they make it, name its owner, its rights, its settings. A restore
//! runs them apart from the others, with another name in place of the database's, or not at all (DROP).

use super::needs::OVERHEAD;
use super::sections::Section;
use super::token::{Token, Tokens, literal, quoted};
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
    pub(crate) fn read(text: &[u8]) -> Option<Self> {
        let mut tokens = Tokens::new(text);
        let verb = tokens.next()?;
        if verb.is("UPDATE") {
            return of_template(tokens);
        }
        let is_of_role = seek_database(&mut tokens, &verb)?;
        let (name, place) = tokens.next_with_place()?;
        let part = if is_of_role {
            Some(Part::Settle)
        } else {
            part(&verb, tokens)
        };
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

/// Goes to where a database's name comes next in the statement that `verb` begins; none if it names none.
/// Returns whether it is about a role in the database.
fn seek_database(tokens: &mut Tokens<'_>, verb: &Token<'_>) -> Option<bool> {
    let is_any = |verbs: &[&str]| verbs.iter().any(|it| verb.is(it));
    if is_any(&["COMMENT", "GRANT", "REVOKE", "SECURITY"]) {
        tokens.find(|token| token.is("ON"))?;
    } else if !is_any(&["CREATE", "ALTER", "DROP"]) {
        return None;
    }
    let noun = tokens.next()?;
    if noun.is("ROLE") && verb.is("ALTER") {
        tokens.next()?;
        tokens.after(&["IN", "DATABASE"])?;
        return Some(true);
    } else if !noun.is("DATABASE") {
        return None;
    }
    let start = tokens.at;
    if tokens.after(&["IF", "EXISTS"]).is_none() {
        tokens.at = start;
    }
    Some(false)
}

/// `UPDATE pg_catalog.pg_database SET datistemplate = false WHERE datname = 'name'`, before a DROP DATABASE.
fn of_template(mut tokens: Tokens<'_>) -> Option<OfDatabase> {
    tokens.after(&["pg_catalog"])?.next()?;
    tokens.after(&["pg_database"])?;
    Some(OfDatabase {
        database: Vec::new(),
        part: None,
        text: Vec::new(),
    })
}

/// `tokens` are those after the name.
fn part(verb: &Token<'_>, mut tokens: Tokens<'_>) -> Option<Part> {
    if verb.is("CREATE") {
        return Some(Part::Create);
    } else if verb.is("DROP") {
        return None;
    }
    let what = tokens.next()?;
    let setting = tokens.next();
    let setting = setting.as_ref().and_then(Token::name);
    let is_in_the_way = IN_THE_WAY.iter().any(|it| setting == Some(it.as_bytes()));
    let is_first = what.is("OWNER") || what.is("SET") && !is_in_the_way;
    let is_configuration = verb.is("ALTER") && is_first;
    Some(if is_configuration {
        Part::Configure
    } else {
        Part::Settle
    })
}
