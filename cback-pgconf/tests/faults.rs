//! What is said of faulty documents, word by word.

#[path = "program/mod.rs"]
mod program;

use program::{given, pgconf};

/// Document, place and cause, hint.
type Case = (&'static str, &'static str, &'static str);

#[rustfmt::skip]
const NOT_XML: &[Case] = &[
    ("", "1:1: the document has no root element", ""),
    ("\n\n  \n", "4:1: the document has no root element", ""),
    ("hello", "1:1: text outside the root element", ""),
    ("<cb_config>", "1:1: `<cb_config>` is never closed", ""),
    ("<cb_config>\n  <options>\n</cb_config>", "3:1: `</cb_config>` closes `<options>` of line 2", ""),
    ("<cb_config></cb_config></x>", "1:24: `</x>` closes nothing", ""),
    ("<a/>\n<b/>", "2:1: a second root element", ""),
    ("<a/> é x", "1:6: text outside the root element", ""),
    ("<a>\n<b</a>", "2:3: unexpected `<` in the tag `<b>`", ""),
    ("<a b>", "1:5: attribute `b` has no value", ""),
    ("<a b=c/>", "1:6: the value of attribute `b` is not quoted", ""),
    ("<a b='1' c='2' b='3'/>", "1:16: attribute `b` is given twice", ""),
    ("<a b='1'c='2'/>", "1:9: unexpected `c` in the tag `<a>`", ""),
    ("<a b='x<y'/>", "1:8: `<` within an attribute", "write `&lt;`"),
    ("<a b='\n&'/>", "2:1: `&` does not begin a reference", "write `&amp;` for the character itself"),
    ("<a / >", "1:5: `>` must follow `/` in the tag `<a>`", ""),
    ("<a", "1:1: the tag is not closed", ""),
    ("<1/>", "1:2: a name must begin here", ""),
    ("<a:/>", "1:4: a name must follow the colon", ""),
    ("<p:a/>", "1:1: prefix `p` is not bound to a namespace", ""),
    ("<a xmlns:p=''/>", "1:4: a prefix must not be bound to nothing", ""),
    ("<a xmlns:xml='x'/>", "1:4: prefix `xml` is reserved", ""),
    ("<a>\n\tR&D</a>", "2:3: `&` does not begin a reference", "write `&amp;` for the character itself"),
    ("<a>R&D;</a>", "1:5: entity `&D;` is not declared", ""),
    ("<a>&#0;</a>", "1:4: `&#0;` does not name a character that XML allows", ""),
    ("<a>\u{1}</a>", "1:4: character U+0001 is not allowed in XML", ""),
    ("<a>ü\0</a>", "1:5: character U+0000 is not allowed in XML", ""),
    ("<a>x]]>y</a>", "1:5: `]]>` within text", "write `]]&gt;`"),
    ("<a>\r\n<!-- a -- b --></a>", "2:8: `--` within a comment", ""),
    ("<a><!-- a </a>", "1:4: the comment is not closed", ""),
    ("<a><![CDATA[ </a>", "1:4: the CDATA section is not closed", ""),
    ("<a><?php </a>", "1:4: the processing instruction is not closed", ""),
    ("<a><? php?></a>", "1:6: a processing instruction has no name", ""),
    ("\n<?xml version='1.0'?><a/>", "2:3: an XML declaration is allowed only at the very beginning", ""),
    ("<?xml encoding='UTF-8'?><a/>", "1:6: the XML declaration must begin with a version", ""),
    ("<?xml version='1.0' standalone='maybe'?><a/>", "1:33: standalone must be `yes` or `no`", ""),
    ("<!doctype a><a/>", "1:1: a document type declaration begins with `<!DOCTYPE `", ""),
    ("<!DOCTYPE a [\n<!ELEMENT a (b,c|d)>]><a/>", "2:17: `)` or the group's separator must stand here", ""),
    ("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", "1:14: the document declares an entity of its own", "entities are not expanded here: write their text where it is wanted"),
];

/// Faults of the section alone.
#[rustfmt::skip]
const SECTIONS: &[Case] = &[
    ("<config/>", "1:1: there is no <postgresql> section in <cb_config>", "the root element is <config>, and must be <cb_config>"),
    ("<cb_config/>", "1:1: there is no <postgresql> section in <cb_config>", ""),
    ("<cb_config>\n<options>\n<postgresql/></options></cb_config>", "1:1: there is no <postgresql> section in <cb_config>", "<postgresql> at 3:1 stands too deep: it must be <postgresql>, right below <cb_config>"),
    ("<cb_config>\n<postgres/></cb_config>", "1:1: there is no <postgresql> section in <cb_config>", "<postgres> at 2:1 is another name: it must be <postgresql>, right below <cb_config>"),
    ("<cb_config>\n<postgresql>\n</postgresql></cb_config>", "2:1: compress_mode is missing in <postgresql>", ""),
    ("<cb_config>\n<postgresql><compress_mode/></postgresql></cb_config>", "2:1: compress_mode is missing in <postgresql>", "<compress_mode> at 2:13 has no text"),
    ("<cb_config>\n<postgresql><compressMode>gzip</compressMode></postgresql></cb_config>", "2:1: compress_mode is missing in <postgresql>", "<compressMode> at 2:13 is not read: write <compress_mode>"),
    ("<cb_config>\n<postgresql><compress_mode><![CDATA[gzip]]></compress_mode></postgresql></cb_config>", "2:1: compress_mode is missing in <postgresql>", "<compress_mode> at 2:13 holds a CDATA section, which Cedar Backup ignores"),
    ("<cb_config><postgresql>\n <compress_mode>GZIP</compress_mode></postgresql></cb_config>", "2:2: compress_mode must be none, gzip or bzip2, not \"GZIP\"", "write it in lower case"),
    ("<cb_config><postgresql>\n <compress_mode>gz</compress_mode></postgresql></cb_config>", "2:2: compress_mode must be none, gzip or bzip2, not \"gz\"", "write <compress_mode>gzip</compress_mode>"),
    ("<cb_config><postgresql>\n <compress_mode> none\n</compress_mode></postgresql></cb_config>", "2:2: compress_mode must be none, gzip or bzip2, not \" none\\n\"", "Cedar Backup does not trim values: remove the blanks around it"),
    ("<cb_config><postgresql>\n <compress_mode>xz</compress_mode></postgresql></cb_config>", "2:2: compress_mode must be none, gzip or bzip2, not \"xz\"", ""),
    ("<cb_config><postgresql>\n <all>Yes</all></postgresql></cb_config>", "2:2: all must be Y or N, not \"Yes\"", "write <all>Y</all>"),
    ("<cb_config><postgresql>\n <all>false</all></postgresql></cb_config>", "2:2: all must be Y or N, not \"false\"", "write <all>N</all>"),
    ("<cb_config><postgresql>\n <all> Y </all></postgresql></cb_config>", "2:2: all must be Y or N, not \" Y \"", "Cedar Backup does not trim values: remove the blanks around it"),
    ("<cb_config><postgresql>\n <all>maybe</all></postgresql></cb_config>", "2:2: all must be Y or N, not \"maybe\"", ""),
    ("<cb_config><postgresql><compress_mode>none</compress_mode>\n<all>Y</all>\n<database>x</database></postgresql></cb_config>", "3:1: a database is named although all is Y", ""),
    ("<cb_config>\n<postgresql><compress_mode>none</compress_mode></postgresql></cb_config>", "2:1: no database is named and all is not Y", ""),
    ("<cb_config><postgresql><compress_mode>none</compress_mode>\n<databases>x</databases></postgresql></cb_config>", "1:12: no database is named and all is not Y", "<databases> at 2:1 is not read: write <database>"),
    ("<cb_config><postgresql><compress_mode>none</compress_mode>\n<database><![CDATA[x]]></database></postgresql></cb_config>", "1:12: no database is named and all is not Y", "<database> at 2:1 holds a CDATA section, which Cedar Backup ignores"),
    ("<cb_config><postgresql><compress_mode>none</compress_mode>\n<all><![CDATA[Y]]></all></postgresql></cb_config>", "1:12: no database is named and all is not Y", "<all> at 2:1 holds a CDATA section, which Cedar Backup ignores"),
];

const SECTION: &str =
    "<postgresql><compress_mode>none</compress_mode><database>x</database></postgresql>";

/// Faults of what stands around a valid section, which comes in place of SECTION.
#[rustfmt::skip]
const AROUND: &[Case] = &[
    ("<cb_config>SECTION</cb_config>", "1:1: there is no <options> section in <cb_config>", ""),
    ("<cb_config>SECTION\n<options/></cb_config>", "2:1: backup_user is missing in <options>", ""),
    ("<cb_config>SECTION\n<options><backup-user>u</backup-user></options></cb_config>", "2:1: backup_user is missing in <options>", "<backup-user> at 2:10 is not read: write <backup_user>"),
    ("<cb_config>SECTION\n<options><backup_user>u</backup_user></options></cb_config>", "2:1: backup_group is missing in <options>", ""),
    ("<cb_config>SECTION<options><backup_user>u</backup_user><backup_group>g</backup_group></options>\n</cb_config>", "1:1: there is no <collect> section in <cb_config>", ""),
    ("<cb_config>SECTION<options><backup_user>u</backup_user><backup_group>g</backup_group></options>\n<collect/></cb_config>", "2:1: collect_dir is missing in <collect>", ""),
    ("<cb_config>SECTION\n<collect><collect_dir>opt</collect_dir></collect></cb_config>", "2:10: collect_dir must be an absolute path, not \"opt\"", ""),
    ("<cb_config>SECTION\n<collect><collect_dir> /opt</collect_dir></collect></cb_config>", "2:10: collect_dir must be an absolute path, not \" /opt\"", "Cedar Backup does not trim values: remove the blanks around it"),
    ("<cb_config>SECTION\n<options><override><abs_path>bin/x</abs_path></override></options></cb_config>", "2:20: abs_path must be an absolute path, not \"bin/x\"", ""),
    ("<cb_config>SECTION<options><backup_user>u</backup_user><backup_group>g</backup_group>\n<override><command>pg_dump</command></override></options><collect><collect_dir>/</collect_dir></collect></cb_config>", "1:94: abs_path is missing in the <override> of pg_dump", ""),
];

fn expect(document: &str, arguments: &[&str], (cause, hint): (&str, &str)) {
    let hint = Some(hint).filter(|hint| !hint.is_empty());
    let hint = hint.map(|hint| format!("cback-pgconf: hint: {hint}\n"));
    let stderr = format!(
        "cback-pgconf: standard input:{cause}\n{}",
        hint.unwrap_or_default()
    );
    let said = given(document, pgconf(arguments));
    assert_eq!(said.stderr, stderr, "{arguments:?} of {document:?}");
    assert_eq!(
        (said.status, said.stdout.as_str()),
        (Some(1), ""),
        "{document:?}"
    );
}

#[test]
fn every_fault_is_named_with_its_place_and_its_cause() {
    for (document, cause, hint) in NOT_XML {
        for command in [
            &["check"][..],
            &["shell", "--no-validate"],
            &["json", "--section-only"],
            &["databases"],
        ] {
            expect(document, command, (cause, hint));
        }
    }
    for (document, cause, hint) in SECTIONS {
        expect(document, &["check", "--section-only"], (cause, hint));
        expect(document, &["shell"], (cause, hint));
    }
    for (document, cause, hint) in AROUND {
        expect(
            &document.replace("SECTION", SECTION),
            &["check"],
            (cause, hint),
        );
    }
}

#[test]
fn what_is_not_utf8_is_named_where_it_stands() {
    let hint = "Cedar Backup reads its configuration as UTF-8, whatever the XML declaration says";
    let cases: [(&[u8], &str); 4] = [
        (
            b"<?xml version='1.0' encoding='latin1'?>\n<a>caf\xe9</a>",
            "2:7: not UTF-8",
        ),
        (b"<a>\n<b c='\xc3'/></a>", "2:7: not UTF-8"),
        (b"<a>\xed\xa0\x80</a>", "1:4: not UTF-8"),
        (b"\xff\xfe<\0a\0/\0>\0", "1:1: not UTF-8"),
    ];
    for (document, cause) in cases {
        let said = given(document, pgconf(["check"]));
        let stderr = format!("cback-pgconf: standard input:{cause}\ncback-pgconf: hint: {hint}\n");
        assert_eq!(
            (said.status, said.stderr),
            (Some(1), stderr),
            "{}",
            document.escape_ascii()
        );
    }
}

#[test]
fn utf16_without_a_mark_is_known_for_what_it_is() {
    for document in [b"<\0a\0/\0>\0", b"\0<\0a\0/\0>"] {
        let said = given(document, pgconf(["check"]));
        assert!(
            said.stderr
                .ends_with("hint: this seems to be UTF-16: convert it to UTF-8\n"),
            "{}",
            said.stderr
        );
        assert_eq!(said.status, Some(1));
    }
}

#[test]
fn section_only_looks_at_nothing_else() {
    let document = format!(
        "<cb_config>{SECTION}<collect><collect_dir>opt</collect_dir></collect></cb_config>"
    );
    let said = given(document, pgconf(["check", "--section-only"]));
    assert_eq!((said.status, said.stderr.as_str()), (Some(0), ""));
}

#[test]
fn no_validate_takes_what_can_be_read() {
    let said = given("<cb_config/>", pgconf(["shell", "--no-validate"]));
    let stdout = "collect_dir=''\nbackup_user=''\nbackup_group=''\npg_dump='pg_dump'\npg_dumpall='pg_dumpall'\n\
                  user=''\ncompress_mode=''\nall='N'\nglobals='N'\nset --\nall_file=''\nglobals_file=''\n";
    assert_eq!(
        (said.status, said.stdout.as_str(), said.stderr.as_str()),
        (Some(0), stdout, "")
    );
}
