//! Contents of a database, for comparing an original with a restored one.

use crate::Server;

/// A query for each relation, and psql's command to run them all. The count `log_cnt`, which a
/// sequence has fetched ahead, is left out.
const CONTENTS: &str = r#"
SELECT format($$ SELECT %L, count(*), md5(string_agg(lines, E'\n' ORDER BY lines COLLATE "C"))
                 FROM (SELECT (r.*)::text AS lines FROM (%s) r) l $$, name, query)
FROM (SELECT name, CASE relkind WHEN 'S' THEN 'SELECT last_value, is_called FROM ' ELSE 'TABLE ' END || name
      FROM (SELECT format('%I.%I', nspname, relname) AS name, relkind
            FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
            WHERE nspname !~ '^(pg_|information_schema)' AND relkind IN ('r', 'v', 'S')) relation
      UNION VALUES
        ('large objects', 'SELECT oid, md5(lo_get(oid)) FROM pg_largeobject_metadata'),
        ('functions', $$ SELECT pg_get_functiondef(oid) FROM pg_proc
                         WHERE pronamespace = 'public'::regnamespace AND prokind <> 'a' $$)) AS everything (name, query)
ORDER BY name \gexec
"#;

/// A line for every table, view and sequence of `database`, its large objects and its functions:
/// the name, the number of rows and their MD5 in an order of their own.
pub fn contents(server: &Server, database: &str) -> String {
    server.sql(database, CONTENTS)
}

/// Loads `tests/sample.sql`, a few megabytes of what is hard to dump, into a new `database`.
pub fn create_sample(server: &Server, database: &str) {
    server.create_database(database);
    server.sql(database, include_str!("../sample.sql"));
}

/// A new `database` with a dump of that many kilobytes, about half of which no compressor can
/// take away.
pub fn create_bulk(server: &Server, database: &str, kilobytes: u32) {
    server.create_database(database);
    let numbers = format!("generate_series(1, {}) AS n", kilobytes * 30);
    let table = format!("CREATE TABLE bulk AS SELECT md5(n::text) FROM {numbers}");
    server.sql(database, &table);
}
