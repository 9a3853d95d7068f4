//! The settings for a shell to `eval`, and as JSON.

use serde_json::{Value, json};

use crate::config::PostgresqlConfig;
use crate::files::Files;
use crate::settings::Settings;

/// POSIX assignments, one a line, each variable's name beginning with `prefix`.
pub(crate) fn shell(settings: &Settings, prefix: &str, section_only: bool) -> String {
    let none = PostgresqlConfig::default();
    let section = settings.local.postgresql.as_ref().unwrap_or(&none);
    let value = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut variables = Vec::new();
    if !section_only {
        variables = vec![
            ("collect_dir", value(&settings.collect_dir)),
            ("backup_user", value(&settings.backup_user)),
            ("backup_group", value(&settings.backup_group)),
            ("pg_dump", value(&settings.pg_dump)),
            ("pg_dumpall", value(&settings.pg_dumpall)),
        ];
    }
    variables.extend([
        ("user", value(&section.user)),
        (
            "compress_mode",
            section
                .compress_mode
                .map_or("", |mode| mode.as_str())
                .to_owned(),
        ),
        ("all", flag(section.all)),
        ("globals", flag(section.globals)),
    ]);
    let mut text = String::new();
    for (name, value) in variables {
        text += &[prefix, name, "=", &quote(&value), "\n"].concat();
    }
    text += "set --";
    for database in section.databases.iter().flatten() {
        text += " ";
        text += &quote(database);
    }
    text += "\n";
    if !section_only {
        let files = Files::of(section);
        let or_none = |name: Option<String>| name.unwrap_or_default();
        let mut variables = vec![
            ("all_file".to_owned(), or_none(files.all)),
            ("globals_file".to_owned(), or_none(files.globals)),
        ];
        let numbered = files.databases.into_iter().enumerate();
        variables.extend(numbered.map(|(index, name)| (format!("file_{}", index + 1), name)));
        for (name, value) in variables {
            text += &[prefix, &name, "=", &quote(&value), "\n"].concat();
        }
    }
    text
}

fn flag(value: bool) -> String {
    if value { "Y" } else { "N" }.to_owned()
}

/// Between single quotes nothing means anything to a shell but the next single quote.
fn quote(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// One object with the same names.
pub(crate) fn json(settings: &Settings, section_only: bool) -> String {
    let section = settings.local.postgresql.clone().unwrap_or_default();
    let mut object = json!({});
    if !section_only {
        object = json!({
            "collect_dir": settings.collect_dir,
            "backup_user": settings.backup_user,
            "backup_group": settings.backup_group,
            "pg_dump": settings.pg_dump,
            "pg_dumpall": settings.pg_dumpall,
        });
    }
    object["user"] = json!(section.user);
    object["compress_mode"] = section
        .compress_mode
        .map_or(Value::Null, |mode| mode.as_str().into());
    object["all"] = json!(section.all);
    object["globals"] = json!(section.globals);
    object["databases"] = json!(section.databases);
    format!("{object}\n")
}
