//! The settings for a shell to `eval`, and as JSON.

use serde_json::json;

use crate::config::{CompressMode, Settings};
use crate::files::Files;

/// POSIX assignments, one a line, each variable's name beginning with `prefix`.
pub(crate) fn shell(settings: &Settings, prefix: &str, section_only: bool) -> String {
    let section = settings.local.postgresql.clone().unwrap_or_default();
    let assign = |name: &str, value: &str| format!("{prefix}{name}={}\n", quote(value));
    let value = |name, value: &Option<String>| assign(name, value.as_deref().unwrap_or_default());
    let flag = |name, value| assign(name, if value { "Y" } else { "N" });
    let mut text = String::new();
    if !section_only {
        text += &value("collect_dir", &settings.collect_dir);
        text += &value("backup_user", &settings.backup_user);
        text += &value("backup_group", &settings.backup_group);
        text += &value("pg_dump", &settings.pg_dump);
        text += &value("pg_dumpall", &settings.pg_dumpall);
    }
    text += &value("user", &section.user);
    text += &assign(
        "compress_mode",
        section.compress_mode.map_or("", CompressMode::as_str),
    );
    text += &flag("all", section.all);
    text += &flag("globals", section.globals);
    text += "set --";
    for database in section.databases.iter().flatten() {
        text += " ";
        text += &quote(database);
    }
    text += "\n";
    if !section_only {
        let files = Files::of(&section);
        text += &value("all_file", &files.all);
        text += &value("globals_file", &files.globals);
        for (index, file) in files.databases.iter().enumerate() {
            text += &assign(&format!("file_{}", index + 1), file);
        }
    }
    text
}

/// Between single quotes nothing means anything to a shell but the next single quote.
pub(crate) fn quote(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// One object with the same names.
pub(crate) fn json(settings: &Settings, section_only: bool) -> String {
    let section = settings.local.postgresql.clone().unwrap_or_default();
    let values = json!({
        "user": section.user,
        "compress_mode": section.compress_mode.map(CompressMode::as_str),
        "all": section.all,
        "globals": section.globals,
        "databases": section.databases,
    });
    if section_only {
        return format!("{values}\n");
    }
    let mut object = json!({
        "collect_dir": settings.collect_dir,
        "backup_user": settings.backup_user,
        "backup_group": settings.backup_group,
        "pg_dump": settings.pg_dump,
        "pg_dumpall": settings.pg_dumpall,
    });
    for (name, value) in values.as_object().into_iter().flatten() {
        object[name] = value.clone();
    }
    format!("{object}\n")
}
