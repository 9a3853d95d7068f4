//! A man page: `clap_mangen`'s sections, and those that it leaves to us.

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};
use std::io;

const EXIT_STATUS: [(&str, &str); 4] = [
    ("0", "Done."),
    ("1", "Failed; standard error says what, and why."),
    ("2", "Wrong usage."),
    (
        "by a signal",
        "It was told to stop, and has cleaned up first.",
    ),
];

/// Names of variables or files, and what is said of them.
pub(crate) type Mentioned = &'static [(&'static str, &'static str)];

/// The parts that a page is made from.
pub(crate) struct Page {
    pub(crate) command: Command,
    pub(crate) environment: Mentioned,
    pub(crate) files: Mentioned,
    /// Other pages of section 1.
    pub(crate) see_also: &'static [&'static str],
}

impl Page {
    /// The page in roff.
    pub(crate) fn render(&self) -> io::Result<String> {
        let mut page = sections_of(self.command.clone())?;
        let examples = self.command.get_after_help().map(ToString::to_string);
        let mut ending = Roff::new();
        list(&mut ending, "EXIT STATUS", &EXIT_STATUS);
        list(&mut ending, "ENVIRONMENT", self.environment);
        list(&mut ending, "FILES", self.files);
        example_lines(&mut ending, &examples.unwrap_or_default());
        references(&mut ending, self.see_also);
        page += &ending.render();
        Ok(with_one_preamble(&page))
    }
}

/// The sections that `clap_mangen` makes of the definition.
fn sections_of(mut command: Command) -> io::Result<String> {
    command.build();
    let commands: Vec<_> = command.get_subcommands().cloned().map(quietened).collect();
    let man = Man::new(command)
        .manual("PostgreSQL backups")
        .date(" ") // an empty one would not keep its place
        .source(concat!("cback-postgresql ", env!("CARGO_PKG_VERSION")));
    let mut page = text(|page| {
        man.render_title(page)?;
        man.render_name_section(page)
    })?;
    page += &match commands.len() {
        0 => text(|page| man.render_synopsis_section(page))?,
        _ => synopses(&commands)?,
    };
    page += &text(|page| man.render_description_section(page))?;
    page += &commands_section(commands)?;
    page += &text(|page| man.render_options_section(page))?;
    Ok(page)
}

fn text(render: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> io::Result<String> {
    let mut bytes = Vec::new();
    render(&mut bytes)?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// Every piece comes with roff's definition of an apostrophe.
fn with_one_preamble(page: &str) -> String {
    let preamble = Roff::new().render();
    let rest = page.replace(&preamble, "");
    format!(".\\\" written by scripts/manual\n{preamble}{rest}")
}

/// Every subcommand has `--help`; to say so once is enough.
fn quietened(subcommand: Command) -> Command {
    subcommand.mut_arg("help", |help| help.hide(true))
}

fn synopses(commands: &[Command]) -> io::Result<String> {
    let lines: Vec<_> = commands.iter().map(usage).collect::<io::Result<_>>()?;
    Ok(format!(".SH SYNOPSIS\n{}", lines.join(".br\n")))
}

fn usage(command: &Command) -> io::Result<String> {
    let man = Man::new(command.clone());
    Ok(text(|page| man.render_synopsis_section(page))?.replacen(".SH SYNOPSIS\n", "", 1))
}

/// Subcommands have a page together with their program, not one each.
fn commands_section(commands: Vec<Command>) -> io::Result<String> {
    let mut section = String::new();
    for command in commands {
        let heading = format!(".SS {}\n", command.get_name());
        let man = Man::new(command);
        section += &heading;
        section +=
            &text(|page| man.render_description_section(page))?.replace(".SH DESCRIPTION\n", "");
        section += &text(|page| man.render_options_section(page))?.replace(".SH OPTIONS\n", "");
    }
    if !section.is_empty() {
        section.insert_str(0, ".SH COMMANDS\n");
    }
    Ok(section)
}

/// A section of terms and what they mean; none where there are no terms.
fn list(page: &mut Roff, heading: &str, terms: &[(&str, &str)]) {
    if !terms.is_empty() {
        page.control("SH", [heading]);
    }
    for (term, meaning) in terms {
        page.control("TP", []);
        page.text([bold(*term)]).text([roman(*meaning)]);
    }
}

/// The lines under `Examples:`, where a line that begins with `#` explains the next.
fn example_lines(page: &mut Roff, help: &str) {
    page.control("SH", ["EXAMPLES"]);
    for line in help.lines().skip(1) {
        match line.trim().strip_prefix("# ") {
            Some(remark) => page.control("TP", []).text([roman(remark)]),
            None => as_typed(page, line.strip_prefix("  ").unwrap_or(line)),
        };
    }
}

/// Not filled: a line to paste must stay one.
fn as_typed<'a>(page: &'a mut Roff, line: &str) -> &'a mut Roff {
    page.control("nf", []);
    page.text([bold(line)]).control("fi", [])
}

fn references(page: &mut Roff, see_also: &[&str]) {
    page.control("SH", ["SEE ALSO"]);
    let mut line: Vec<Inline> = vec![];
    for name in see_also {
        line.extend([bold(*name), roman("(1), ")]);
    }
    line.pop();
    line.push(roman("(1)"));
    page.text(line);
}
