//! A query for what a server lacks, of what a dump needs: extensions, tablespaces, memberships, locales, ICU. A line each,
//! on PostgreSQL 13 and later, by any role. Nothing stays of it.

use super::files::Names;
use crate::check::{Needs, literal};
use std::collections::BTreeSet;
use std::io::{Result, Write};

/// A collation is the one thing by which every role can try a locale; the block's exception undoes it. A locale
/// of another encoding than the database's is refused in the same way, but initdb has noted those that there were.
const TRY_LOCALES: [&str; 2] = [
    "DECLARE
    name text;
    lacks text := '';
BEGIN
    FOREACH name IN ARRAY ",
    " LOOP
        BEGIN
            EXECUTE format('CREATE COLLATION pg_temp.cback (provider = libc, locale = %L)', name);
            RAISE SQLSTATE 'CBACK';
        EXCEPTION
            WHEN invalid_parameter_value THEN
                IF NOT EXISTS (SELECT FROM pg_catalog.pg_collation WHERE name IN (collname, collcollate)) THEN
                    lacks := lacks || E'\\nlocale ' || name;
                END IF;
            WHEN OTHERS THEN
        END;
    END LOOP;
    PERFORM set_config('cback.lacks', lacks, false);
END",
];

const TELL_LOCALES: &[u8] = b"\
SELECT substr(lacks, 2) FROM current_setting('cback.lacks') AS lacks WHERE lacks <> '';\n\n";

/// `unicode`, whose number is smaller, is in the catalog of a server without ICU as well.
const TELL_ICU: &[u8] = b"\
SELECT 'ICU' WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_collation WHERE collprovider = 'i' AND oid >= 10000);\n";

const EXTENSIONS: &[u8] = b") AS name
WHERE name NOT IN (SELECT name FROM pg_catalog.pg_available_extensions);\n\n";

const TABLESPACES: &[u8] = b") AS name
WHERE name NOT IN (SELECT spcname FROM pg_catalog.pg_tablespace);\n\n";

/// A superuser is a member of all. Who creates a role may be one of it (PostgreSQL 16).
const MEMBERSHIPS: &[u8] = b") AS name LEFT JOIN pg_catalog.pg_roles ON rolname = name
WHERE NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
AND NOT CASE WHEN oid IS NULL THEN coalesce(current_setting('createrole_self_grant', true) LIKE '%set%', false)
    WHEN current_setting('server_version_num')::int < 160000 THEN pg_has_role(oid, 'MEMBER')
    ELSE pg_has_role(oid, 'SET') END;\n\n";

const HEAD: &[u8] =
    b"SET standard_conforming_strings = on;\nSET default_transaction_read_only = off;\n";

pub(super) fn write(needs: &Needs, tablespaces: &Names<'_>, sql: &mut impl Write) -> Result<()> {
    sql.write_all(HEAD)?;
    sql.write_all(b"SELECT 'extension ' || name FROM unnest(")?;
    array(&needs.extensions, literal, sql)?;
    sql.write_all(EXTENSIONS)?;
    sql.write_all(b"SELECT 'tablespace ' || name FROM unnest(")?;
    array(tablespaces, literal, sql)?;
    sql.write_all(TABLESPACES)?;
    sql.write_all(b"SELECT 'membership in role ' || name FROM unnest(")?;
    // Others may be no text in the encoding of the database that is asked.
    let owners: BTreeSet<_> = { &needs.owners }
        .iter()
        .filter(|it| it.is_ascii())
        .collect();
    array(&owners, literal, sql)?;
    sql.write_all(MEMBERSHIPS)?;
    if !needs.locales.is_empty() {
        let [head, rest] = TRY_LOCALES.map(|text| literal(text.as_bytes()));
        sql.write_all(&[b"DO ", &head[..head.len() - 1]].concat())?;
        array(&needs.locales, nested, sql)?;
        sql.write_all(&[&rest[1..], b";\n", TELL_LOCALES].concat())?;
    }
    sql.write_all(if needs.icu { TELL_ICU } else { b"" })
}

fn array<T: AsRef<[u8]>>(
    names: &BTreeSet<T>,
    literal: impl Fn(&[u8]) -> Vec<u8>,
    sql: &mut impl Write,
) -> Result<()> {
    sql.write_all(b"ARRAY[")?;
    let mut names = names.iter().enumerate();
    names.try_for_each(|(number, name)| {
        let comma: &[u8] = if number > 0 { b", " } else { b"" };
        sql.write_all(&[comma, &literal(name.as_ref())].concat())
    })?;
    sql.write_all(b"]::text[]")
}

/// A literal inside of another.
fn nested(name: &[u8]) -> Vec<u8> {
    let nested = literal(&literal(name));
    nested[1..nested.len() - 1].to_vec()
}
