//! A query for what a server lacks, of what a dump needs: extensions, tablespaces, locales, ICU. A line each,
//! on PostgreSQL 13 and later, by any role. Nothing stays of it.

use super::Names;
use crate::check::{Needs, literal};
use std::io::{Result, Write};

/// A collation is the one thing by which every role can try a locale; the block's exception undoes it. A locale
/// of another encoding than the database's is refused in the same way, but initdb has noted those that there were.
const TRY_LOCALES: &str = "
    lacks text := '';
BEGIN
    FOREACH name IN ARRAY names LOOP
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
END";

const TELL_LOCALES: &str = "
SELECT substr(lacks, 2) FROM current_setting('cback.lacks') AS lacks WHERE lacks <> '';\n";

const TELL_ICU: &str = "
SELECT 'ICU' WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_collation WHERE collprovider = 'i');\n";

pub(super) fn write(needs: &Needs, tablespaces: &Names, sql: &mut impl Write) -> Result<()> {
    sql.write_all(
        b"SET standard_conforming_strings = on;\nSET default_transaction_read_only = off;\n",
    )?;
    for (what, names, from) in [
        (
            "extension",
            &needs.extensions,
            "name FROM pg_catalog.pg_available_extensions",
        ),
        (
            "tablespace",
            tablespaces,
            "spcname FROM pg_catalog.pg_tablespace",
        ),
    ] {
        write!(sql, "\nSELECT '{what} ' || name FROM unnest(")?;
        array(names, literal, sql)?;
        writeln!(sql, ") AS name\nWHERE name NOT IN (SELECT {from});")?;
    }
    if !needs.locales.is_empty() {
        sql.write_all(b"\nDO 'DECLARE\n    name text;\n    names text[] := ")?;
        // A literal in a literal.
        let nested = |name: &[u8]| {
            let nested = literal(&literal(name));
            nested[1..nested.len() - 1].to_vec()
        };
        array(&needs.locales, nested, sql)?;
        let rest = literal(format!(";{TRY_LOCALES}").as_bytes());
        sql.write_all(&[&rest[1..], b";\n", TELL_LOCALES.as_bytes()].concat())?;
    }
    if needs.icu {
        sql.write_all(TELL_ICU.as_bytes())?;
    }
    Ok(())
}

fn array(names: &Names, literal: impl Fn(&[u8]) -> Vec<u8>, sql: &mut impl Write) -> Result<()> {
    sql.write_all(b"ARRAY[")?;
    for (number, name) in names.iter().enumerate() {
        let comma: &[u8] = if number > 0 { b", " } else { b"" };
        sql.write_all(&[comma, &literal(name)].concat())?;
    }
    sql.write_all(b"]::text[]")
}
