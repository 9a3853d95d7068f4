//! How many at a time, in which order, under which names.

use crate::with_jobs;
use cback_tests::{Finished, Run, Shell, Site, in_each_shell, server};
use std::fs;
use std::sync::LazyLock;

in_each_shell!(
    as_many_dumps_run_at_a_time_as_jobs_are_wanted,
    failures_are_named_in_the_configurations_order_and_stop_no_other,
    names_are_cedars_except_that_no_slash_leads_out_of_collect_dir,
);

/// Each dump writes down how many there are, itself among them; the first waits for a full house.
fn as_many_dumps_run_at_a_time_as_jobs_are_wanted(shell: Shell) {
    for jobs in [1, 2, 4] {
        let mut site = Site::new();
        site.replace_pg_dump(&format!(
            "cd \"${{0%/*}}\"; mkdir running.$$\n\
             if mkdir first 2>/dev/null; then\n\
             end=$(($(date +%s) + 300)); until set -- running.*; [ $# -ge {jobs} ]; do\n\
             [ \"$(date +%s)\" -lt \"$end\" ] || exit 1; done; fi\n\
             set -- running.*; echo $# >>counts\n\
             pg_dump --no-password; status=$?; rmdir running.$$; exit $status"
        ));
        site.configure("none", named_databases());
        with_jobs(&site, shell, jobs).run().succeeds();
        let counts = fs::read_to_string(site.path("counts")).unwrap();
        let counts: Vec<usize> = counts.lines().map(|it| it.parse().unwrap()).collect();
        assert_eq!(counts.len(), NAMES.len());
        assert_eq!(counts.iter().max(), Some(&jobs), "{counts:?}");
    }
}

fn failures_are_named_in_the_configurations_order_and_stop_no_other(shell: Shell) {
    let mut site = Site::new();
    // The first fails after the last, where there is more than one at a time.
    site.replace_pg_dump(
        "last=${0%/*}/last; case $PGDATABASE in bad/3) >\"$last\" ;; 'bad one')\n\
         until [ -e \"$last\" ]; do sleep 0.01; done; esac; exec pg_dump \"$@\"",
    );
    let databases = ["bad one", "postgres", "bad two", "template1", "bad/3"];
    site.configure("gzip", &databases);
    for jobs in [2, 4] {
        let _ = fs::remove_file(site.path("last"));
        let said = with_jobs(&site, shell, jobs).run().fails(1);
        let last = "cback-postgresql: not backed up: bad one, bad two, bad/3\n";
        assert!(said.ends_with(last), "{jobs}: {said}");
        let good = ["postgres", "template1"].map(|name| format!("postgresqldump-{name}.txt.gz"));
        assert_eq!(site.listing(), good, "{jobs}: {said}");
    }
}

/// Databases, and what stands for them in the names of their files.
#[rustfmt::skip]
const NAMES: [(&str, &str); 8] = [
    ("../../etc/passwd", "..%2F..%2Fetc%2Fpasswd"), ("50%/50%", "50%25%2F50%25"), ("100%", "100%"), ("-f/tmp/x", "-f%2Ftmp%2Fx"),
    ("a=b $(touch x) `y` \"'\\ ü", "a=b $(touch x) `y` \"'\\ ü"), ("* 1 finished", "* 1 finished"),
    ("two\nlines", "two\nlines"), ("end\n\n", "end\n\n"),
];

/// [`NAMES`], each with a table that holds its name.
fn named_databases() -> &'static [&'static str] {
    static DATABASES: LazyLock<Vec<&str>> = LazyLock::new(|| {
        let databases = NAMES.map(|(name, _)| name).to_vec();
        for name in &databases {
            server().create_database(name);
            server().sql(name, "create table t as select current_database() as name");
        }
        databases
    });
    &DATABASES
}

/// And side by side each file has the dump of its own database, one also of that which is named twice.
fn names_are_cedars_except_that_no_slash_leads_out_of_collect_dir(shell: Shell) {
    let site = Site::with("none", &[named_databases(), &["100%"]].concat());
    let said = with_jobs(&site, shell, 4).run().succeeds();
    assert_eq!(said.matches(" bytes, ").count(), NAMES.len(), "{said}");
    for (name, escaped) in NAMES {
        let dump = String::from_utf8(site.backup(&format!("postgresqldump-{escaped}.txt")));
        let row = name.replace('\\', "\\\\").replace('\n', "\\n");
        let rows = format!("\nCOPY public.t (name) FROM stdin;\n{row}\n\\.\n");
        assert!(dump.unwrap().contains(&rows), "{name:?}");
    }
    assert_eq!(site.listing().len(), NAMES.len());
}
