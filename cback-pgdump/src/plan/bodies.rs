//! The parts of a dump that are run: the steps of `script`, and what makes each database.

use super::files::{encoding, restrict};
use crate::check::{Contents, Part, Section, literal};
use crate::script::Steps;
use std::io::{Result, Write};

/// Encodings that only clients have: see "Supported Character Sets" in PostgreSQL's manual.
#[rustfmt::skip]
const CLIENT_ONLY: [&str; 7] = ["BIG5", "GB18030", "GBK", "JOHAB", "SJIS", "SHIFT_JIS_2004", "UHC"];

/// psql connects to the database; names of roles are bytes, which mean the same in a database of its encoding.
const CONNECT: &[u8] = b"\\connect :cback_database\n";

/// A dump made with --use-set-session-authorization may end as another role.
const RESET_ROLE: &[u8] = b"RESET SESSION AUTHORIZATION;\n";

const RESTORED: &[u8] = b"\\echo restored\n";

/// Makes the database: by the dump's own statement, else in the dump's encoding, with the server's locale.
pub(super) fn create(contents: &Contents, section: &Section, sql: &mut dyn Write) -> Result<()> {
    if contents.databases.has(section, Part::Create) {
        return statements(contents, section, Part::Create, sql);
    }
    let name = &section.encoding[..];
    let is_for_clients = name.is_empty() || CLIENT_ONLY.contains(&name);
    let encoding = literal(if is_for_clients { "UTF8" } else { name }.as_bytes());
    let encoding = String::from_utf8_lossy(&encoding);
    // The server's locale may be for no other encoding than its own; C is for all.
    write!(
        sql,
        "SELECT CASE WHEN pg_char_to_encoding({encoding}) = encoding THEN ''
    WHEN current_setting('server_version_num')::int < 150000 THEN 'LOCALE ''C'''
    ELSE 'LOCALE ''C'' LOCALE_PROVIDER libc' END AS cback_locale
FROM pg_catalog.pg_database WHERE datname = 'template0' \\gset
CREATE DATABASE :\"cback_database\" TEMPLATE template0 ENCODING {encoding} :cback_locale;\n"
    )
}

/// The statements of this part about the section's database.
pub(super) fn statements(
    contents: &Contents,
    section: &Section,
    part: Part,
    sql: &mut dyn Write,
) -> Result<()> {
    sql.write_all(&restrict("restrict", contents))?;
    let mut texts = contents.databases.about(section, part);
    texts.try_for_each(|text| sql.write_all(text))?;
    sql.write_all(&restrict("unrestrict", contents))
}

/// The body of the one database, whose psql is connected to it.
pub(super) fn single(contents: &Contents, section: &Section, output: &mut dyn Write) -> Result<()> {
    let steps = &mut Steps::begin(contents, output)?;
    begin(contents, section, steps)?;
    steps.step("verify")?;
    end(contents, steps)?;
    steps.text(RESTORED)
}

/// All of these databases, one after the other, each by a name of its own. Their settings follow when all of the
/// dump has been found unchanged.
pub(super) fn cluster(
    contents: &Contents,
    sections: &[&Section],
    output: &mut dyn Write,
) -> Result<()> {
    let named = |number: usize| format!("\\set cback_database :cback_prefix {}\n", number + 1);
    let steps = &mut Steps::begin(contents, output)?;
    for (number, section) in sections.iter().enumerate() {
        if number > 0 {
            end(contents, steps)?;
        }
        let mut sql = RESET_ROLE.to_vec();
        sql.extend(named(number).bytes());
        encoding(&section.encoding, &mut sql)?;
        create(contents, section, &mut sql)?;
        steps.text(&sql)?;
        configured(contents, section, steps)?;
    }
    steps.step("verify")?;
    if !sections.is_empty() {
        end(contents, steps)?;
    }
    for (number, section) in sections.iter().enumerate() {
        steps.text(named(number).as_bytes())?;
        connected(contents, section, Part::Settle, steps)?;
    }
    steps.text(RESTORED)
}

/// The rest of a cluster's dump: what it has for a database that is there already.
pub(super) fn of_existing(
    contents: &Contents,
    section: &Section,
    database: &str,
    output: &mut dyn Write,
) -> Result<()> {
    let steps = &mut Steps::begin(contents, output)?;
    steps.text(format!("\\set cback_database {database}\n").as_bytes())?;
    configured(contents, section, steps)?;
    steps.step("verify")?;
    end(contents, steps)?;
    connected(contents, section, Part::Settle, steps)?;
    steps.text(RESTORED)
}

/// The database's settings, and its body in a session that has them.
fn configured(contents: &Contents, section: &Section, steps: &mut Steps<'_>) -> Result<()> {
    connected(contents, section, Part::Configure, steps)?;
    steps.text(CONNECT)?;
    begin(contents, section, steps)
}

/// The statements of this part, in a new session.
fn connected(
    contents: &Contents,
    section: &Section,
    part: Part,
    steps: &mut Steps<'_>,
) -> Result<()> {
    let mut sql = CONNECT.to_vec();
    encoding(&section.encoding, &mut sql)?;
    statements(contents, section, part, &mut sql)?;
    steps.text(&sql)
}

/// The section, and last its event triggers.
fn begin(contents: &Contents, section: &Section, steps: &mut Steps<'_>) -> Result<()> {
    steps.step("transaction")?;
    steps.text(&restrict("restrict", contents))?;
    steps.body(section)?;
    if section.event_triggers.is_empty() {
        return Ok(());
    }
    steps.text(RESET_ROLE)?;
    steps.text(&section.event_triggers)
}

/// After a body.
fn end(contents: &Contents, steps: &mut Steps<'_>) -> Result<()> {
    steps.text(&restrict("unrestrict", contents))?;
    steps.step("commit")
}
