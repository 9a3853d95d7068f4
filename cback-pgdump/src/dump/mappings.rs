//! User mappings, whose options pg_dump leaves out without a word where its role may not see them.
//!
//! It reads the view `pg_user_mappings`, which shows options, passwords among them, to superusers and to
//! some roles that a mapping is for; `pg_read_all_data` is not enough (15 to 18). A dump that has a
//! mapping without OPTIONS is no proof, since a mapping can have none: then the server is asked. Mappings come
//! before all data, so of one database only that part has to be looked at. (Of subscriptions, which need
//! a superuser too, pg_dump itself says that it leaves them out.)

use memchr::memmem;

const MAPPING: &[u8] = b"\nCREATE USER MAPPING FOR ";
const DATA: &[u8] = b"\n-- Data for Name: ";

/// Bytes; a mapping up to its options has less: two names, of 63 bytes that can all be doubled.
const KEPT: usize = 512;

/// Whether a dump has mappings without options, as far as it has been looked at.
#[derive(Default)]
pub(crate) struct Mappings {
    pub(crate) is_watching: bool,
    /// It is watched to the end; else to the first data.
    is_of_all: bool,
    pub(crate) has_bare: bool,
    /// The end of what came before.
    recent: Vec<u8>,
}

impl Mappings {
    /// Looks for them up to the first data, or to the end if `is_of_all`, since they can then come anywhere.
    pub(crate) fn watch(is_of_all: bool) -> Self {
        Self {
            is_watching: true,
            is_of_all,
            ..Self::default()
        }
    }

    /// The next piece of the dump.
    pub(crate) fn observe(&mut self, piece: &[u8]) {
        if !self.is_watching {
            return;
        }
        self.recent.extend(piece);
        let recent = &self.recent[..];
        let mut found = memmem::find_iter(recent, MAPPING).map(|place| &recent[place + 1..]);
        self.has_bare |= found.any(is_bare);
        self.is_watching = self.is_of_all || memmem::find(recent, DATA).is_none();
        self.recent.drain(..recent.len().saturating_sub(KEPT));
    }
}

/// Whether a mapping's statement ends before any options.
fn is_bare(statement: &[u8]) -> bool {
    let end = memmem::find(statement, b";\n");
    let options = memmem::find(statement, b" OPTIONS (\n").unwrap_or(usize::MAX);
    end.is_some_and(|end| end < options)
}
