//! User mappings, whose options pg_dump leaves out without a word where its role may not see them.
//!
//! It reads the view `pg_user_mappings`, which shows options, passwords among them, to superusers and to
//! some roles that a mapping is for; `pg_read_all_data` is not enough (15 to 18). A dump that has a
//! mapping without OPTIONS is no proof, since a mapping can have none: then the server is asked. Mappings come
//! before all data, so of one database only that part has to be looked at. (Of subscriptions, which need
//! a superuser too, pg_dump itself says that it leaves them out.)

use super::process::query;
use crate::child::Stopper;
use crate::request::{Options, Target};
use crate::stdio::say;
use memchr::memmem;

const MAPPING: &[u8] = b"\nCREATE USER MAPPING FOR ";
const DATA: &[u8] = b"\n-- Data for Name: ";

/// Bytes; a mapping up to its options has less: two names, of 63 bytes that can all be doubled.
const KEPT: usize = 512;

/// The table has options that the view does not show. Only who may read the table can know.
const HIDDEN: &str = "SELECT count(*) FROM pg_catalog.pg_user_mapping m \
    JOIN pg_catalog.pg_user_mappings v ON v.umid = m.oid \
    WHERE m.umoptions IS NOT NULL AND v.umoptions IS NULL";

const IS_SUPERUSER: &str =
    "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = current_user AND rolsuper";

/// Whether a dump has mappings without options, as far as it has been looked at.
#[derive(Debug, Default)]
pub(crate) struct Mappings {
    pub(crate) is_watching: bool,
    /// To the end; else to the first data.
    is_of_all: bool,
    has_bare: bool,
    /// The end of what came before.
    recent: Vec<u8>,
}

impl Mappings {
    /// For a dump with these options. In one of all databases mappings can come anywhere, and looking at all of
    /// it takes time, so a superuser is spared that.
    pub(crate) fn watch(options: &Options, stopper: &Stopper) -> Self {
        let is_superuser = || {
            let answer = query(options, stopper, "postgres".as_ref(), IS_SUPERUSER, true);
            answer.is_ok_and(|answer| !answer.is_empty())
        };
        Self {
            is_watching: match options.target {
                Target::Database(_) => true,
                Target::All => !is_superuser(),
                Target::Globals { .. } => false,
            },
            is_of_all: options.target == Target::All,
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

    /// Says what the dump, which is whole, lacks.
    #[allow(clippy::unnecessary_debug_formatting)] // a message is one line
    pub(crate) fn tell(&self, options: &Options, stopper: &Stopper) {
        if !self.has_bare {
            return;
        }
        let (of, hidden) = match &options.target {
            Target::Database(name) => {
                let answer = query(options, stopper, name, HIDDEN, true);
                (format!("database {name:?}"), answer.ok())
            }
            _ => ("all databases".to_owned(), None),
        };
        let hidden = hidden.map(|answer| {
            String::from_utf8_lossy(&answer)
                .trim_end_matches('\0')
                .to_owned()
        });
        let how_many = match hidden.as_deref() {
            Some("0") => return,
            Some(number) => format!("without the options of {number} user mappings"),
            None => "without the options of user mappings, if they have any".to_owned(),
        };
        say(&format!("{of}: {how_many}, which this user may not see"));
        say("hint: set them again after a restore, or have a superuser make this dump");
    }
}

/// Whether a mapping's statement ends before any options.
fn is_bare(statement: &[u8]) -> bool {
    let end = memmem::find(statement, b";\n");
    let options = memmem::find(statement, b" OPTIONS (\n").unwrap_or(usize::MAX);
    end.is_some_and(|end| end < options)
}
