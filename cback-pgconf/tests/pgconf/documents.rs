//! Documents made at random from a seed: configurations with everything that XML allows in them, and
//! a good deal that it does not.

use cback_tests::Random;

#[rustfmt::skip]
const SECTION: &[&str] = &[
    "<user>bob</user>", "<user>a b</user>", "<user/>", "<all>Y</all>", "<all>y</all>", "<all>n</all>",
    "<compress_mode>none</compress_mode>", "<compress_mode>gzip</compress_mode>", "<compress_mode>bzip2</compress_mode>",
    "<database>db1</database>", "<database>\u{1f600}</database>", "<database>]]</database>", "<database>-f</database>",
    "<database>$(x)'\"</database>", "<database/>", "<globals>Y</globals>", "<globals><![CDATA[x]]></globals>",
    "<xml:user>x</xml:user>", "<User>x</User>", "<é>x</é>", "<a·b/>", "<x><database>in</database></x>",
];
#[rustfmt::skip]
const OPTIONS: &[&str] = &[
    "<backup_user>bob</backup_user>", "<backup_user>é</backup_user>", "<backup_group>staff</backup_group>",
    "<override><command>pg_dump</command><abs_path>/bin/a</abs_path></override>",
    "<override><abs_path>/bin/b</abs_path><command>pg_dump</command><command>x</command></override>",
    "<override><command>pg_dumpall</command><abs_path>/a b</abs_path></override>",
    "<override><command>pg_dumpall</command></override>", "<override><abs_path>/c</abs_path></override>", "<x/>",
];
#[rustfmt::skip]
const COLLECT: &[&str] = &["<collect_dir>/opt</collect_dir>", "<collect_dir>//</collect_dir>", "<collect_dir/>", "<x>/y</x>"];
#[rustfmt::skip]
const ODD_ELEMENTS: &[&str] = &[
    "<all>Yes</all>", "<all> Y</all>", "<compress_mode>any</compress_mode>", "<collect_dir>opt</collect_dir>",
    "<override><abs_path>x</abs_path></override>", "<p:user>x</p:user>", "<a:b:c/>", "<1a/>", "<a\u{10400}/>", "<\u{132}/>",
    "<user <x/>", "<database </database>", "< a/>", "</>", "<a", "</x>", "<x></y>", "<x/ >", "<!DOCTYPE a>", "<!x>",
];
/// In a value: what joins a text node, what ends it, what does neither.
#[rustfmt::skip]
const PIECES: &[&str] = &[
    "&amp;", "&lt;", "&gt;", "&apos;", "&quot;", "&#65;", "&#x41;", "&#10;", "&#13;", "&#x20AC;", "\n",
    "\r\n", "\r", "\t", " ", "<!--c-->", "<!---->", "<?pi d?>", "<![CDATA[cd]]>", "<![CDATA[]]>", "<x/>",
    "<x>y</x>", "\u{85}", "\u{7f}", "&#x1F600;", "&#0000065;", "&#x85;", "\u{2028}", "<!-- &amp; <x> -->",
    "<user>in</user>", "<all>Y</all>", "<postgresql><user>in</user></postgresql>", ">", "\\", "日本",
];
#[rustfmt::skip]
const ODD_PIECES: &[&str] = &[
    "&foo;", "&", "&;", "&#;", "&#x;", "&#X41;", "&#0;", "&#1;", "&#xD800;", "&#xFFFE;", "&#x110000;",
    "&#+65;", "&#99999999999999999999;", "& amp;", "&amp ;", "&lt", "]]>", "<!-- -- -->", "<!--->", "<!--a--->",
    "<![cdata[x]]>", "<![CDATA[", "<", "\u{1}", "\u{0}", "\u{fffe}", "\u{feff}", "<? a?>", "<?é ü?>", "<?xmlx?>",
];
#[rustfmt::skip]
const ATTRIBUTES: &[&str] = &[
    " a=\"1\"", " b='x&amp;y'", " c = 'x'", "\n\td='\r\n'", " xmlns=\"urn:x\"", " xmlns:p=\"urn:p\"",
    " xml:lang=\"en\"", " e='>'", " f='/>'", " g='\"'", " ",
];
#[rustfmt::skip]
const ODD_ATTRIBUTES: &[&str] = &[
    " p:a='1'", " a='1' a='2'", " a=1", " a", " a=", " a='<'", " a='&foo;'", " a='1'b='2'", " a='x", " /",
    " xmlns:p=''", " xmlns='a b'", " xmlns:p='u' xmlns:q='u' p:a='' q:a=''",
];
#[rustfmt::skip]
const DECLARATIONS: &[&str] = &[
    "", "\u{feff}", "<?xml version=\"1.0\"?>", "<?xml version='1.0' encoding='UTF-8'?>\n", "\u{feff}<?xml\nversion = '1.1'\t?>",
    "<?xml version='1.0' encoding='latin1' ?>", "<?xml version='1.0' encoding='UTF-16' standalone='no'?>",
];
#[rustfmt::skip]
const ODD_DECLARATIONS: &[&str] = &[
    "\n<?xml version='1.0'?>", "<?xml?>", "<?xml encoding='UTF-8'?>", "<?xml version='2.0'?>", "<?xml version='1:0'?>",
    "<?xml version='1.0' encoding='nosuch'?>", "<?xml version='1.0", "<?xml version='1.0' standalone='no' encoding='x'?>",
    "<!DOCTYPE cb_config>", "<!DOCTYPE cb_config [<!ENTITY foo 'x'>]>", "<!doctype cb_config>", "<!DOCTYPE>",
];
#[rustfmt::skip]
const ASIDES: &[&str] = &["", "\n", " ", "<!-- c -->", "<?pi?>", "<?xml-pi data?>", "\r\n\t"];
#[rustfmt::skip]
const ODD_ASIDES: &[&str] = &[
    "x", "&amp;", "&#32;", "<![CDATA[ ]]>", "<![CDATA[]]>", "<x/>", "\u{feff}", "\u{a0}", "\u{0}", "]]>",
];

#[rustfmt::skip]
const SECTIONS: &[(&str, &[&str])] = &[
    ("postgresql", SECTION), ("postgresql", SECTION), ("options", OPTIONS), ("collect", COLLECT),
];
const BYTES: &[u8] = b"<>&;'\"/!?-[]=: \n\x00\x80\xff\xc3\xed\xef\xf4%#ax1";

/// The document of this number.
pub(crate) fn document(number: u64) -> Vec<u8> {
    let mut random = Random::new(number);
    let oddness = random.choose(&[0, 1, 2, 4, 10, 30]);
    let mut writer = Writer { random, oddness };
    let root = writer.mostly(&["cb_config"], &["config", "p:cb_config", "postgresql"]);
    let head = writer.mostly(DECLARATIONS, ODD_DECLARATIONS).to_owned();
    let mut text = format!("{head}{}<{root}>", writer.mostly(ASIDES, ODD_ASIDES));
    for _ in 0..writer.below(6) {
        let (name, elements) = writer.random.choose(SECTIONS);
        text.extend(["<", name, ">"]);
        for _ in 0..writer.below(8) {
            text += writer.mostly(elements, ODD_ELEMENTS);
        }
        text.extend(["</", name, ">\n"]);
    }
    text.extend(["</", root, ">", writer.mostly(ASIDES, ODD_ASIDES)]);
    for _ in 0..writer.below(6) {
        writer.insert(&mut text);
    }
    let mut document = text.into_bytes();
    while writer.below(5) == 0 {
        writer.damage(&mut document);
    }
    document
}

struct Writer {
    random: Random,
    /// How many of a hundred choices are odd ones.
    oddness: usize,
}

impl Writer {
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.random.below(limit as u64)).expect("below a usize")
    }

    /// One of two lists, mostly of the first.
    fn mostly(&mut self, usual: &[&'static str], odd: &[&'static str]) -> &'static str {
        let is_odd = self.below(100) < self.oddness;
        self.random.choose(if is_odd { odd } else { usual })
    }

    /// An attribute at the end of a start tag, or a piece within the text that follows a tag.
    fn insert(&mut self, text: &mut String) {
        let ends: Vec<_> = text.match_indices('>').map(|(at, _)| at).collect();
        let end = self.random.choose(&ends);
        let tag = text[..end]
            .rfind('<')
            .map_or("", |start| &text[start + 1..end]);
        if tag.starts_with(char::is_alphabetic) && self.below(3) == 0 {
            text.insert_str(end, self.mostly(ATTRIBUTES, ODD_ATTRIBUTES));
        } else if let Some(length) = text[end + 1..].find('<') {
            let places = end + 1..=end + 1 + self.below(length + 1);
            let at = places.rev().find(|&at| text.is_char_boundary(at));
            text.insert_str(at.unwrap_or(end + 1), self.mostly(PIECES, ODD_PIECES));
        }
    }

    /// A stretch is lost or doubled, a byte is altered or put in.
    fn damage(&mut self, document: &mut Vec<u8>) {
        let at = self.below(document.len().max(1));
        let to = (at + 1 + self.below(4)).min(document.len());
        match self.below(5) {
            0 => drop(document.drain(at.min(to)..to)),
            1 => document.truncate(at),
            2 => document.extend_from_within(at.min(to)..),
            3 => document.insert(at, self.random.choose(BYTES)),
            _ if at < document.len() => document[at] ^= 1 << self.below(8),
            _ => {}
        }
    }
}
