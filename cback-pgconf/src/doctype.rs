//! `<!DOCTYPE ...>`.

use crate::cursor::Cursor;
use crate::entity::Undeclared;
use crate::fault::Fault;

/// What a document type declaration changes about the document after it.
pub(crate) struct Doctype {
    undeclared: Undeclared,
}

impl Doctype {
    pub(crate) fn read(cursor: &mut Cursor<'_>, _standalone: bool) -> Result<Self, Fault> {
        let before = cursor
            .rest()
            .split(['"', '\''])
            .step_by(2)
            .any(|outside| outside.contains('['));
        if before {
            return Err(
                cursor.fault("a document type declaration with an internal subset is not read yet")
            );
        }
        Ok(Self {
            undeclared: Undeclared::Skipped,
        })
    }

    pub(crate) fn undeclared(&self) -> Undeclared {
        self.undeclared
    }
}
