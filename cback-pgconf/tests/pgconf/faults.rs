//! Faults, word by word: "`PROGRAM: message`, lower case, no full stop, naming the thing at fault (file, line
//! and column) and the cause; what to do about it as a hint".

use crate::{SECTION, SETTINGS, given, message};

/// Document, place and cause, hint.
type Case = (&'static str, &'static str, &'static str);

const AMPERSAND: &str = "write `&amp;` for the character itself";
const IN_TAG: &str = "end the tag with `>`; in an attribute write `&lt;`";
const BEFORE: &str = "remove the blanks or lines before it";
const DOCTYPE: &str = "leave it out, and write what its entities stand for";

/// Documents that Cedar refuses too, and that would do harm if they were read.
#[rustfmt::skip]
const NOT_XML: &[Case] = &[
    ("", "1:1: the document has no root element", ""),
    ("hello", "1:1: text outside the root element", ""),
    ("\u{feff}\u{feff}<a/>", "1:1: text outside the root element", ""),
    ("<a/>\r\n\r\n &amp;", "3:2: text outside the root element", ""),
    ("<a/>\n<b/>", "2:1: a second root element", ""),
    ("\u{feff}<a>\u{feff}<b>", "1:5: `<b>` is never closed", ""),
    ("<cb_config>\n  <options>\n</cb_config>", "3:1: `</cb_config>` closes `<options>` of line 2", ""),
    ("<é></a\u{9b}\u{2066}></é>", "1:4: `</a\\u{9b}\\u{2066}>` closes `<é>` of line 1", ""),
    ("\u{feff}<a>ü<b <c/></a>", "1:8: `<` within a tag", IN_TAG),
    ("<a", "1:1: tag not closed: `>` not found before end of input", ""),
    ("<a>\n\tR&D</a>", "2:3: `&` does not begin a reference", AMPERSAND),
    ("<a>R&D;</a>", "1:5: entity `&D;` is not declared", AMPERSAND),
    ("<a>&#0;</a>", "1:4: `&#0;` does not name a character that XML allows", ""),
    ("<a>&#+65;</a>", "1:4: `&` does not begin a reference", AMPERSAND),
    ("<a>ü\0</a>", "1:5: character U+0000 is not allowed in XML", ""),
    ("<a\u{ffff}/>", "1:3: character U+FFFF is not allowed in XML", ""),
    ("<a>\r\n<!-- a -- b --></a>", "2:1: forbidden string `--` was found in a comment", ""),
    ("<a><!-- a </a>", "1:4: comment not closed: `-->` not found before end of input", ""),
    ("<!DOCTYPE a><a/>", "1:1: a DOCTYPE is not read here", DOCTYPE),
];

/// Documents that expat refuses, and so cback3, although they would do no harm here.
#[rustfmt::skip]
const NOT_FOR_CEDAR: &[Case] = &[
    ("<a>\n<b a='1' c='' a=\"2\"/></a>", "2:15: attribute `a` is given twice", ""),
    ("<a xmlns:p='u' xmlns:q='u'\n p:b='' q:b=''/>", "2:9: attribute `q:b` is given twice", ""),
    ("<a b='1'c='2'/>", "1:9: an attribute is not NAME=\"VALUE\" after a blank", ""),
    ("<a b=1/>", "1:2: an attribute is not NAME=\"VALUE\" after a blank", ""),
    ("<a b='&nbsp;'/>", "1:4: entity `&nbsp;` is not declared", AMPERSAND),
    ("<a b='x' c='R&D'/>", "1:10: `&` does not begin a reference", AMPERSAND),
    ("<a>\n <1x/></a>", "2:3: `1x` is not a name", ""),
    ("<a><b:c:d/></a>", "1:5: `b:c:d` is not a name", ""),
    ("<a><b\u{202e}c/></a>", "1:5: `b\\u{202e}c` is not a name", ""),
    ("<a><p:b/></a>", "1:5: prefix `p` is not declared", ""),
    ("<a p:b='1'/>", "1:4: prefix `p` is not declared", ""),
    ("<a xmlns:p=''/>", "1:4: a namespace is empty or holds a blank", ""),
    ("<a>x\n]]>y</a>", "2:1: `]]>` outside a CDATA section", "write `]]&gt;`"),
    ("\n<?xml version='1.0'?><a/>", "2:1: the XML declaration is not at the start of the document", BEFORE),
    ("<?xml encoding='UTF-8'?><a/>", "1:3: the XML declaration does not begin with the version", ""),
    ("<?xml version='1.0' standalone='no' encoding='x'?><a/>", "1:37: `encoding` is out of place in the XML declaration, or its value is", ""),
    ("<a><?XML?></a>", "1:6: `XML` is no name for a processing instruction", ""),
];

/// Faults of the section alone.
#[rustfmt::skip]
const SECTIONS: &[Case] = &[
    ("<config/>", "1:1: there is no <postgresql> section in <cb_config>", "the root element is <config>, and must be <cb_config>"),
    ("<cb_config>\n<options>\n<postgresql/></options></cb_config>", "1:1: there is no <postgresql> section in <cb_config>", "<postgresql> at 3:1 is not read: it must be <postgresql>, right below <cb_config>"),
    ("<cb_config>\n<postgresql>\n</postgresql></cb_config>", "2:1: compress_mode is missing in <postgresql>: none, gzip or bzip2", ""),
    ("<cb_config>\n<postgresql><compressMode>gzip</compressMode></postgresql></cb_config>", "2:1: compress_mode is missing in <postgresql>: none, gzip or bzip2", "<compressMode> at 2:13 is not read: write <compress_mode>"),
    ("<cb_config>\n<postgresql><compress_mode><![CDATA[gzip]]></compress_mode></postgresql></cb_config>", "2:1: compress_mode is missing in <postgresql>: none, gzip or bzip2", "<compress_mode> at 2:13 has no text that Cedar Backup reads"),
    ("<cb_config><postgresql>\n <compress_mode>gz</compress_mode></postgresql></cb_config>", "2:2: compress_mode must be none, gzip or bzip2, not \"gz\"", ""),
    ("<cb_config><postgresql>\n <compress_mode> none\n</compress_mode></postgresql></cb_config>", "2:2: compress_mode must be none, gzip or bzip2, not \" none\\n\"", "Cedar Backup does not trim values: remove the blanks around it"),
    ("<cb_config><postgresql>\n <all>Yes</all></postgresql></cb_config>", "2:2: all must be Y or N, not \"Yes\"", ""),
    ("<cb_config><postgresql>\n <all> Y </all></postgresql></cb_config>", "2:2: all must be Y or N, not \" Y \"", "Cedar Backup does not trim values: remove the blanks around it"),
    ("<cb_config><postgresql><compress_mode>none</compress_mode>\n<all>Y</all>\n<database>x</database></postgresql></cb_config>", "3:1: a database is named although all is Y", ""),
    ("<cb_config>\n<postgresql><compress_mode>none</compress_mode></postgresql></cb_config>", "2:1: no database is named and all is not Y", ""),
    ("<cb_config><postgresql><compress_mode>none</compress_mode>\n<databases>x</databases></postgresql></cb_config>", "1:12: no database is named and all is not Y", "<databases> at 2:1 is not read: write <database>"),
];

/// Faults of what stands beside a valid section, in the same line as that and the root's tag.
#[rustfmt::skip]
const AROUND: &[Case] = &[
    ("\n<options/>", "2:1: backup_user is missing in <options>", ""),
    ("\n<options><backup-user>u</backup-user></options>", "2:1: backup_user is missing in <options>", "<backup-user> at 2:10 is not read: write <backup_user>"),
    ("<options><backup_user>u</backup_user><backup_group>g</backup_group></options>\n", "1:1: there is no <collect> section in <cb_config>", ""),
    ("<options><backup_user>u</backup_user><backup_group>g</backup_group></options>\n<collect/>", "2:1: collect_dir is missing in <collect>", ""),
    ("\n<collect><collect_dir> /opt</collect_dir></collect>", "2:10: collect_dir must be an absolute path, not \" /opt\"", "Cedar Backup does not trim values: remove the blanks around it"),
    ("\n<options><override><abs_path>bin/x</abs_path></override></options>", "2:20: abs_path must be an absolute path, not \"bin/x\"", ""),
    ("<options><backup_user>u</backup_user><backup_group>g</backup_group>\n<override><command>pg_dump</command></override></options><collect><collect_dir>/</collect_dir></collect>", "1:94: abs_path is missing in the <override> of pg_dump", ""),
];

/// Names of which no backup can be made, after the mode. LONG is a name of 64 bytes.
#[rustfmt::skip]
const NAMES: &[Case] = &[
    ("<user>LONG</user>\n<database>x</database>", "1:59: user \"LONG\" has 64 bytes, and PostgreSQL's names at most 63", ""),
    ("<database>x</database>\r\n<database>LONG</database>", "2:1: database \"LONG\" has 64 bytes, and PostgreSQL's names at most 63", ""),
    ("<database>a/b</database>\n<database/><database>c</database>\n  <database>a%2Fb</database>", "3:3: databases \"a/b\" and \"a%2Fb\" would share the file postgresqldump-a%2Fb.txt", ""),
];

/// Not UTF-8: one hint for most of them.
#[rustfmt::skip]
const LATIN: &str = "Cedar Backup reads its configuration as UTF-8, whatever the XML declaration says";
const UTF16: &str = "this seems to be UTF-16: convert it to UTF-8";
#[rustfmt::skip]
const NOT_UTF8: &[(&[u8], &str, &str)] = &[
    (b"<?xml version='1.0' encoding='latin1'?>\n<a>caf\xe9</a>", "2:7: not UTF-8", LATIN),
    (b"<a>\xed\xa0\x80</a>", "1:4: not UTF-8", LATIN),
    (b"\xff\xfe<\0a\0/\0>\0", "1:1: not UTF-8", LATIN),
    (b"<\0a\0/\0>\0", "1:2: character U+0000 is not allowed in XML", UTF16),
];

#[track_caller]
fn assert_fault(commands: &[&str], document: impl AsRef<[u8]>, cause: &str, hint: &str) {
    for command in commands {
        given(&document, command).is(1, "", &message(cause, hint));
    }
}

#[test]
fn every_fault_is_named_with_its_place_and_its_cause() {
    for (document, cause, hint) in NOT_XML.iter().chain(NOT_FOR_CEDAR) {
        let commands = ["check", "shell --no-validate", "databases"];
        assert_fault(&commands, document, cause, hint);
    }
    for (document, cause, hint) in SECTIONS {
        assert_fault(&["check --section-only", "shell"], document, cause, hint);
    }
    for (around, cause, hint) in AROUND {
        let document = format!("<cb_config>{SECTION}{around}</cb_config>");
        assert_fault(&["check"], &document, cause, hint);
        given(&document, "check --section-only").is(0, "", "");
    }
    for (document, cause, hint) in NOT_UTF8 {
        assert_fault(&["check"], document, cause, hint);
    }
}

/// "Two databases that would share a file are an error, and so is a name of over 63 bytes": LONG has 32
/// characters.
#[test]
fn names_are_held_against_the_limits_of_postgresql_and_against_each_other() {
    let (start, end) = SECTION.split_once("<database>x</database>").expect("one");
    let document = |names: &str| format!("<cb_config>{start}{names}{end}{SETTINGS}</cb_config>");
    for (names, cause, hint) in NAMES {
        let [names, cause] = [names, cause].map(|text| text.replace("LONG", &"ü".repeat(32)));
        let commands = ["check", "check --section-only", "shell", "files"];
        assert_fault(&commands, document(&names), &cause, hint);
        given(document(&names), "shell --no-validate").has_status(0);
    }
    let longest = format!("<database>{}xü/%</database>", "ü".repeat(29));
    given(document(&longest), "check").is(0, "", "");
}
