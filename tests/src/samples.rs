//! Databases to back up.

use crate::Server;

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
