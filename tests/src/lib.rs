//! What the tests of this workspace stand on: a PostgreSQL server of their own.
