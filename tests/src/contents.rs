//! What is in a database, for comparing an original with what was restored.

use crate::Server;
use std::hash::{Hash, Hasher};

/// Name and query of each relation. What a sequence has fetched ahead, `log_cnt`, is its own affair.
const RELATIONS: &str = "SELECT name || '|' || CASE relkind
        WHEN 'S' THEN 'SELECT last_value, is_called FROM ' || name
        ELSE 'SELECT r.* FROM ' || name || ' r ORDER BY ROW(r.*)::text' END
    FROM (SELECT format('%I.%I', nspname, relname) AS name, relkind
          FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
          WHERE nspname !~ '^(pg_|information_schema)' AND relkind IN ('r', 'v', 'S')) relation
    ORDER BY 1";

const OTHERS: [(&str, &str); 2] = [
    (
        "large objects",
        "SELECT oid, md5(lo_get(oid)) FROM pg_largeobject_metadata ORDER BY oid",
    ),
    (
        "functions",
        "SELECT pg_get_functiondef(oid) FROM pg_proc
         WHERE pronamespace = 'public'::regnamespace ORDER BY proname",
    ),
];

/// Every table, view and sequence of `database` by name, with the number of its rows and a hash of
/// them in an order of their own, then its large objects and functions.
#[track_caller]
pub fn contents(server: &Server, database: &str) -> Vec<(String, usize, String)> {
    let relations = server.sql(database, RELATIONS);
    let relations = relations.lines().filter_map(|line| line.split_once('|'));
    let digested = relations.chain(OTHERS).map(|(name, query)| {
        let rows = server.sql(database, &format!("COPY ({query}) TO STDOUT"));
        (name.to_owned(), rows.lines().count(), hash(&rows))
    });
    digested.collect()
}

fn hash(rows: &str) -> String {
    let mut hasher = std::hash::DefaultHasher::new();
    rows.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Loads `tests/sample.sql`, a few megabytes of what is hard to dump, into a new `database`.
#[track_caller]
pub fn create_sample(server: &Server, database: &str) {
    server.create_database(database);
    server.sql(database, include_str!("../sample.sql"));
}

/// A new `database` with a dump of that many kilobytes, about half of which no compressor can
/// take away.
#[track_caller]
pub fn create_bulk(server: &Server, database: &str, kilobytes: u32) {
    server.create_database(database);
    let rows = kilobytes * 30;
    let numbers = format!("generate_series(1, {rows}) AS n");
    server.sql(
        database,
        &format!("CREATE TABLE bulk AS SELECT md5(n::text) FROM {numbers}"),
    );
}
