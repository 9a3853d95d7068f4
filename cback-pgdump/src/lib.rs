//! Dump PostgreSQL to standard output and prove that the dump is whole.
