//! Facts about a dump, for a shell: an assignment a line, each value short whatever is in the dump.

use crate::check::{Contents, Item, Kind, Part, Section};
use crate::list::OF_INITDB;
use anyhow::Context;
use shlex::bytes::Quoter;
use std::fs;
use std::io::{Result, Write};
use std::path::Path;

/// Bytes of a name that PostgreSQL can hold.
const LONGEST_NAME: usize = 63;

/// Writes in this order: `kind` (database, cluster, globals), `server_version`, `pg_dump_version`,
/// `pg_dump_major`, `encoding`, `superuser` (initdb's role, if the dump tells, else postgres), `dump_options`
/// (with which pg_dump writes such a dump; separated by blanks), `tables`, `rows` (of tables), `sequences`,
/// `large_objects`, `bytes`, `objects` (by pg_dump's comments above each), `databases`, `connects` (`yes` if
/// the dump itself does), `globals_encoding` (of a cluster's own part), `server_encoding` (in which its roles are named),
/// `settings` (of a session that writes such a dump; options of the server's), `bytea`, `money` and `role_data` (`yes` if there are
/// columns of these types), and `others`: those of postgres and template1 that a cluster's dump has anything of.
pub(crate) fn write(contents: &Contents, output: &mut impl Write) -> Result<()> {
    let version = &contents.pg_dump_version;
    let tables = contents.sum(Item::Table);
    let sum = |item| contents.sum(item).1.rows.to_string();
    let sections = || contents.sections.iter();
    let wanted = || sections().filter(|it| contents.is_wanted(it.database.as_deref()));
    let objects: u64 = wanted().map(|it| it.objects).sum();
    let bytes = match contents.one {
        Some(_) => wanted().map(|it| it.place.end - it.place.start).sum(),
        None => contents.bytes,
    };
    let connects = sections().any(|it| it.database.is_some());
    let superuser = contents.cluster.superuser();
    let superuser = superuser.filter(|name| name.len() <= LONGEST_NAME);
    let settings: Vec<_> = contents.written.settings.iter().copied().collect();
    for (name, value) in [
        ("kind", contents.kind.word().as_bytes()),
        ("server_version", contents.server_version.as_bytes()),
        ("pg_dump_version", version.as_bytes()),
        ("pg_dump_major", contents.pg_dump_major().as_bytes()),
        ("encoding", contents.encoding.as_bytes()),
        ("superuser", superuser.unwrap_or(b"postgres")),
        ("dump_options", dump_options(contents).join(" ").as_bytes()),
        ("tables", tables.0.to_string().as_bytes()),
        ("rows", tables.1.rows.to_string().as_bytes()),
        ("sequences", sum(Item::Sequences).as_bytes()),
        ("large_objects", sum(Item::LargeObjects).as_bytes()),
        ("bytes", bytes.to_string().as_bytes()),
        ("objects", objects.to_string().as_bytes()),
        ("databases", sections().count().to_string().as_bytes()),
        ("connects", yes(connects)),
        ("globals_encoding", contents.cluster.encoding.as_bytes()),
        ("server_encoding", server_encoding(contents)),
        ("settings", settings.join(" ").as_bytes()),
        ("bytea", yes(contents.written.has_bytea)),
        ("money", yes(contents.written.has_money)),
        ("role_data", yes(contents.written.has_role_data)),
        ("others", others(contents).as_bytes()),
    ] {
        // No value of a dump holds a NUL, the one thing that cannot be quoted.
        let value = Quoter::new().quote(value).unwrap_or_default();
        output.write_all(&[name.as_bytes(), b"=", &value[..], b"\n"].concat())?;
    }
    Ok(())
}

/// All schemas of users'.
const OF_SCHEMAS: &str = "--schema=* --exclude-schema=pg_* --exclude-schema=information_schema";

/// The facts of the plan in this directory.
pub(super) fn read(plan: &Path) -> anyhow::Result<String> {
    let file = plan.join("facts");
    fs::read_to_string(&file).with_context(|| file.display().to_string())
}

fn yes(is_so: bool) -> &'static [u8] {
    if is_so { b"yes" } else { b"" }
}

/// The encoding of all its databases, else of its own part.
fn server_encoding(contents: &Contents) -> &[u8] {
    let encodings = &contents.needs.encodings;
    match encodings.first().filter(|_| encodings.len() == 1) {
        Some(encoding) if contents.kind == Kind::Cluster => encoding,
        _ => contents.cluster.encoding.as_bytes(),
    }
}

/// Those of initdb's databases that have any object, or anything said about them.
fn others(contents: &Contents) -> String {
    let has_any = |database: &&str| {
        let of_it = |name: &Option<Vec<u8>>| name.as_deref() == Some(database.as_bytes());
        let mut sections = contents.sections.iter();
        sections.any(|it| of_it(&it.database) && (it.objects > 0 || it.has_begun))
            || contents
                .databases
                .statements
                .contains_key(database.as_bytes())
    };
    let found = OF_INITDB.into_iter().filter(has_any);
    found.collect::<Vec<_>>().join(" ")
}

/// Options with which pg_dump and pg_dumpall write a dump like this.
fn dump_options(contents: &Contents) -> Vec<&'static str> {
    let is_wanted = |it: &&Section| contents.is_wanted(it.database.as_deref());
    let sections = || contents.sections.iter().filter(is_wanted);
    let is_single = contents.kind == Kind::Database || contents.one.is_some();
    let creates = sections().any(|it| contents.databases.has(it, Part::Create));
    let has_objects = sections().any(|it| it.objects > 0);
    let has_data = (contents.entries.values()).any(|(item, _)| *item != Item::Cluster);
    let has_extensions = !contents.needs.extensions.is_empty();
    let (objects, written) = (&contents.objects, &contents.written);
    // Without the option, pg_dump does so for hash partitions by an enum, but for no other.
    let has_all_by_root = written.has_root_loads && !written.has_partition_loads;
    let is_of_schemas = written.has_new_public && !written.options.contains("--clean");
    let shown = [
        (has_all_by_root, "--load-via-partition-root"),
        (is_single && creates, "--create"),
        (is_of_schemas, OF_SCHEMAS),
        (has_objects && !has_data, "--schema-only"),
        (has_objects && !objects.has_owner, "--no-owner"),
        // An extension brings a comment.
        (has_extensions && !objects.has_comment, "--no-comments"),
    ];
    let mut options = written.options.clone();
    options.extend(
        shown
            .iter()
            .filter_map(|(is_used, it)| is_used.then_some(*it)),
    );
    if options.contains("--inserts") {
        // The INSERT for a table without columns looks like one that tells them.
        options.remove("--column-inserts");
    }
    options.into_iter().collect()
}
