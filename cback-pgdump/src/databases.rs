//! Statements that recreate databases, empty: their owner, encoding, locale, tablespace, rights, settings and comment.
//!
//! One query has the server's catalog write them for all databases, as pg_dumpall itself did before it left that to
//! `pg_dump --create`, which takes as long for each database as a dump of it. Each database's are framed as pg_dump
//! frames them. Tried against pg_dumpall's own on 15, 16 and 18.

use crate::child::Stopper;
use crate::error::Error;
use crate::list::{OF_INITDB, ask};
use crate::request::Options;
use crate::stdio;
use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::slice;

/// Each database's and role's settings, as `ALTER ... SET` has them. Of those that are lists of names the values
/// are kept with these in double quotes where they need them; pg_dump's `variable_is_guc_list_quote` has the same list.
pub(crate) const SETTINGS: &str = r#"(SELECT setdatabase, setrole, place, quote_ident(name) || ' TO ' || CASE
        WHEN name NOT IN ('local_preload_libraries', 'search_path', 'session_preload_libraries',
            'shared_preload_libraries', 'temp_tablespaces', 'unix_socket_directories') THEN quote_literal(value)
        WHEN value = '""' THEN quote_literal('') ELSE value END AS setting
    FROM (SELECT setdatabase, setrole, place, split_part(setting, '=', 1) AS name,
            substr(setting, strpos(setting, '=') + 1) AS value
        FROM pg_catalog.pg_db_role_setting, unnest(setconfig) WITH ORDINALITY AS pair (setting, place)) AS pairs
    ) AS settings"#;

/// The name; the encoding of all this; the statement that creates the database; what gives it its owner; the rest; the
/// server's version. Columns that not every version has are taken out of the row's JSON. A grant on a database replaces
/// nothing, so all that a new database grants by itself is revoked first.
const DEFINITIONS: &str = r"
SELECT datname, getdatabaseencoding(),
    'CREATE DATABASE ' || name || ' WITH TEMPLATE = template0 ENCODING = '
    || quote_literal(pg_encoding_to_char(encoding))
    || coalesce(' LOCALE_PROVIDER = '
        || CASE provider WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' END, '')
    || CASE WHEN datcollate = datctype THEN ' LOCALE = ' || quote_literal(datcollate)
        ELSE ' LC_COLLATE = ' || quote_literal(datcollate) || ' LC_CTYPE = ' || quote_literal(datctype) END
    || coalesce(CASE provider WHEN 'b' THEN ' BUILTIN_LOCALE = ' ELSE ' ICU_LOCALE = ' END
        || quote_literal(coalesce(row ->> 'datlocale', row ->> 'daticulocale')), '')
    || coalesce(' ICU_RULES = ' || quote_literal(row ->> 'daticurules'), '')
    || (SELECT CASE spcname WHEN 'pg_default' THEN '' ELSE ' TABLESPACE = ' || quote_ident(spcname) END
        FROM pg_catalog.pg_tablespace WHERE oid = dattablespace) || E';\n',
    'ALTER DATABASE ' || name || ' OWNER TO ' || quote_ident(pg_get_userbyid(datdba)) || E';\n',
    coalesce('COMMENT ON DATABASE ' || name || ' IS '
        || quote_literal(shobj_description(oid, 'pg_database')) || E';\n', '')
    || coalesce((SELECT string_agg('SECURITY LABEL FOR ' || quote_ident(provider) || ' ON DATABASE ' || name
            || ' IS ' || quote_literal(label) || E';\n', '' ORDER BY provider)
        FROM pg_catalog.pg_shseclabel AS label
        WHERE objoid = database.oid AND classoid = 'pg_catalog.pg_database'::regclass), '')
    || CASE WHEN datconnlimit < 0 THEN '' ELSE
        'ALTER DATABASE ' || name || ' CONNECTION LIMIT = ' || datconnlimit || E';\n' END
    || CASE WHEN datistemplate THEN 'ALTER DATABASE ' || name || E' IS_TEMPLATE = true;\n' ELSE '' END
    || coalesce((SELECT string_agg(CASE setrole WHEN 0 THEN 'ALTER DATABASE ' || name ELSE
            'ALTER ROLE ' || quote_ident(pg_get_userbyid(setrole)) || ' IN DATABASE ' || name END
            || ' SET ' || setting || E';\n', '' ORDER BY setrole <> 0, pg_get_userbyid(setrole), place)
        FROM {SETTINGS} WHERE setdatabase = database.oid), '')
    || coalesce('REVOKE ALL ON DATABASE ' || name || E' FROM PUBLIC;\nREVOKE ALL ON DATABASE ' || name || ' FROM '
        || quote_ident(pg_get_userbyid(datdba)) || E';\n'
        || (SELECT string_agg(CASE grantor WHEN datdba THEN grant_it ELSE 'SET SESSION AUTHORIZATION '
                || quote_ident(pg_get_userbyid(grantor)) || E';\n' || grant_it || E'RESET SESSION AUTHORIZATION;\n' END,
                '' ORDER BY first)
            FROM (SELECT grantor, min(place) AS first, 'GRANT ' || string_agg(privilege_type, ', ' ORDER BY place)
                    || ' ON DATABASE ' || name || ' TO '
                    || CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END
                    || CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END || E';\n' AS grant_it
                FROM aclexplode(datacl) WITH ORDINALITY
                    AS item (grantor, grantee, privilege_type, is_grantable, place)
                GROUP BY grantor, grantee, is_grantable) AS grants), ''),
    current_setting('server_version')
FROM (SELECT *, quote_ident(datname) AS name, row ->> 'datlocprovider' AS provider
    FROM pg_catalog.pg_database, to_jsonb(pg_database) AS row) AS database";

/// The statements for `databases`, each once, in their order; none, with a message, for one that does not
/// exist, or whose name psql cannot be told.
///
/// # Errors
///
/// psql cannot be run or not connect, or the server refuses to answer.
#[allow(clippy::unnecessary_debug_formatting)] // a message is one line
pub(crate) fn definitions(
    options: &Options,
    databases: &[OsString],
    stopper: &Stopper,
) -> Result<Vec<u8>, Error> {
    let mut text = Vec::new();
    if databases.is_empty() {
        return Ok(text);
    }
    let query = DEFINITIONS.replace("{SETTINGS}", SETTINGS);
    let answer = ask(options, stopper, &query)?;
    let fields: Vec<_> = answer.split(|byte| *byte == 0).collect();
    let (records, _) = fields.as_chunks::<6>();
    let mut known: HashMap<_, _> = records.iter().map(|it| (it[0], Some(it))).collect();
    for database in databases {
        match known.get_mut(database.as_bytes()) {
            Some(Some(record)) if !can_be_told(record) => {
                let missing = format!("globals: without what recreates database {database:?}");
                stdio::say(&missing);
            }
            Some(record) => text.extend(record.take().map_or_else(Vec::new, definition)),
            None => stdio::say(&format!(
                "database {database:?} does not exist: its definition is not in the globals"
            )),
        }
    }
    Ok(text)
}

/// No server takes a name that its encoding has not.
fn can_be_told([name, encoding, ..]: &[&[u8]; 6]) -> bool {
    *encoding != b"UTF8" || std::str::from_utf8(name).is_ok()
}

/// The databases that initdb has created are not created.
fn definition([name, encoding, create, owner, rest, version]: &[&[u8]; 6]) -> Vec<u8> {
    let is_there = OF_INITDB.iter().any(|it| it.as_bytes() == *name);
    let set = [b"SET client_encoding = '", *encoding, b"';\n"].concat();
    let set = [WRITABLE, &set, b"SET standard_conforming_strings = on;\n"].concat();
    [
        &b"--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version "[..],
        version,
        b"\n\n",
        &set,
        if is_there { &[] } else { *create },
        owner,
        &connect(name),
        &set,
        rest,
        b"\n--\n-- PostgreSQL database dump complete\n--\n\n",
    ]
    .concat()
}

/// A database's own setting may make sessions read-only.
const WRITABLE: &[u8] = b"SET default_transaction_read_only = off;\n";

/// psql's command. A name that is more than a word stands in a connection string, and this between psql's own single
/// quotes, where line ends have letters, since a command has one line. pg_dump refuses such names. A double quote is one
/// of a pair between two others, even there.
fn connect(database: &[u8]) -> Vec<u8> {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.".contains(byte);
    if database.iter().all(is_plain) {
        return [b"\\connect ", database, b"\n"].concat();
    }
    let mut text = b"\\encoding SQL_ASCII\n\\connect -reuse-previous=on 'dbname=''".to_vec();
    for byte in database {
        text.extend(match byte {
            b'\'' => &br"\\''"[..],
            b'\\' => br"\\\\",
            b'"' => br#""""""#,
            b'\n' => br"\n",
            b'\r' => br"\r",
            byte => slice::from_ref(byte),
        });
    }
    text.extend(b"'''\n");
    text
}
