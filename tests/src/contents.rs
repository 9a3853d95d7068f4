//! What is in a database, for comparing an original with what was restored.

use crate::Server;

const RELATIONS: &str = "SELECT quote_ident(nspname) || '.' || quote_ident(relname)
    FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
    WHERE nspname !~ '^(pg_|information_schema)' AND relkind IN ('r', 'v', 'S')
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

/// Every table, view and sequence of `database` by name, with its rows in an order of their own,
/// then its large objects and functions.
#[track_caller]
pub fn contents(server: &Server, database: &str) -> Vec<(String, String)> {
    let relations = server.sql(database, RELATIONS);
    let rows = relations.lines().map(|relation| {
        let query = format!("COPY (SELECT t.* FROM {relation} t ORDER BY t::text) TO STDOUT");
        (relation.to_owned(), server.sql(database, &query))
    });
    let others = OTHERS.map(|(what, query)| (what.to_owned(), server.sql(database, query)));
    rows.chain(others).collect()
}

/// Loads `tests/sample.sql`, a few megabytes of what is hard to dump, into a new `database`.
#[track_caller]
pub fn create_sample(server: &Server, database: &str) {
    server.create_database(database);
    server.sql(database, include_str!("../sample.sql"));
}
