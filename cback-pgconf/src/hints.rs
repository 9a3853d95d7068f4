//! Advice where a wrong reading is likely.

use crate::config::Invalid;
use crate::document::Document;
use crate::fault::{Fault, Position};

const BLANKS: &str = "Cedar Backup does not trim values: remove the blanks around it";

pub(crate) fn for_all(text: &str) -> Option<&'static str> {
    match text.trim() {
        "" | "Y" | "y" | "N" | "n" => Some(BLANKS),
        yes if ["yes", "true", "1", "on"]
            .iter()
            .any(|word| yes.eq_ignore_ascii_case(word)) =>
        {
            Some("write <all>Y</all>")
        }
        no if ["no", "false", "0", "off"]
            .iter()
            .any(|word| no.eq_ignore_ascii_case(word)) =>
        {
            Some("write <all>N</all>")
        }
        _ => None,
    }
}

pub(crate) fn for_compress_mode(text: &str) -> Option<&'static str> {
    match text.trim().to_ascii_lowercase().as_str() {
        trimmed if text != text.trim() && matches!(trimmed, "" | "none" | "gzip" | "bzip2") => {
            Some(BLANKS)
        }
        "none" | "gzip" | "bzip2" => Some("write it in lower case"),
        "gz" => Some("write <compress_mode>gzip</compress_mode>"),
        "bz2" | "bzip" => Some("write <compress_mode>bzip2</compress_mode>"),
        _ => None,
    }
}

impl Document {
    /// The broken rule at the place where it should be mended.
    pub(crate) fn explain(&self, broken: Invalid) -> Fault {
        let (section, value) = match broken {
            Invalid::NoPostgresql => ("postgresql", None),
            Invalid::NoCompressMode => ("postgresql", Some("compress_mode")),
            Invalid::AllAndDatabases | Invalid::NoDatabases => ("postgresql", Some("database")),
            Invalid::NoOptions | Invalid::NoPgDump | Invalid::NoPgDumpall => ("options", None),
            Invalid::NoBackupUser => ("options", Some("backup_user")),
            Invalid::NoBackupGroup => ("options", Some("backup_group")),
            Invalid::NoCollect => ("collect", None),
            Invalid::NoCollectDir => ("collect", Some("collect_dir")),
        };
        let position = self.place(section, value);
        Fault::new(position, broken.to_string())
    }

    /// The value, else its section, else the root, else the beginning.
    fn place(&self, section: &str, value: Option<&str>) -> Position {
        let root = self
            .root
            .as_ref()
            .map_or(Position::START, |root| root.position);
        let Some(section) = self.section(section) else {
            return root;
        };
        let value = value.and_then(|name| section.value(name));
        value.map_or(section.position, |(element, _)| element.position)
    }
}
