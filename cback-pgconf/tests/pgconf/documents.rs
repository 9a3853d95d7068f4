//! Documents made at random from a seed: configurations with everything that XML allows in them, and
//! a good deal that it does not.

use cback_tests::Random;

#[rustfmt::skip]
const NAMES: &[&str] = &[
    "user", "compress_mode", "all", "database", "database", "database", "globals",
];
#[rustfmt::skip]
const ODD_NAMES: &[&str] = &[
    "databases", "x", "p:user", "xml:user", "xml:all", "é", "a·b", "User", "_", "postgresql", "a-1.2", "a:b:c",
    "1a", "a\u{10400}", "\u{132}", "abs_path",
];
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "bob", "db1", "a b", "é", "日本", "\u{1f600}", "-f", "'", "\"", ">", "$(x)", "\\", "]]",
];
/// What may stand in a value: what joins a text node, what ends it, what does neither.
#[rustfmt::skip]
const PIECES: &[&str] = &[
    "&amp;", "&lt;", "&gt;", "&apos;", "&quot;", "&#65;", "&#x41;", "&#10;", "&#13;", "&#x20AC;", "\n",
    "\r\n", "\r", "\t", " ", "<!--c-->", "<!---->", "<?pi d?>", "<![CDATA[cd]]>", "<![CDATA[]]>", "<x/>",
    "<x>y</x>", "\u{85}", "\u{7f}", "&#x1F600;", "&#0000065;", "&#x85;", "\u{2028}", "<!-- &amp; <x> -->",
    "<user>in</user>", "<all>Y</all>", "<x><database>in</database></x>", "<postgresql><user>in</user></postgresql>",
];
#[rustfmt::skip]
const ODD_PIECES: &[&str] = &[
    "&foo;", "&", "&;", "&#;", "&#x;", "&#X41;", "&#0;", "&#1;", "&#xD800;", "&#xFFFE;", "&#x110000;",
    "&#+65;", "&#99999999999999999999;", "& amp;", "&amp ;", "]]>", "<!-- -- -->", "<!--->", "<!--a--->",
    "<![cdata[x]]>", "<![CDATA[", "<!x>", "<", "< a/>", "</>", "<a", "\u{1}", "\u{0}", "\u{fffe}",
    "\u{feff}", "<?xml version='1.0'?>", "<?xmlx?>", "<? a?>", "<?é ü?>", "<x></y>", "</x>", "<x/ >",
    "<!DOCTYPE a>", "&lt", "<user <x/>", "<database </database>",
];
#[rustfmt::skip]
const ATTRIBUTES: &[&str] = &[
    " a=\"1\"", " a='x&amp;y'", " a = 'x'", "\n\ta='\r\n'", " xmlns=\"urn:x\"", " xmlns:p=\"urn:p\"",
    " xml:lang=\"en\"", " b='>'", " b='/>'", " c='\"'", " ",
];
#[rustfmt::skip]
const ODD_ATTRIBUTES: &[&str] = &[
    " p:a='1'", " a='1' a='2'", " a=1", " a", " a=", " a='<'", " a='&foo;'", " a='1'b='2'", " a='x", " /",
];
#[rustfmt::skip]
const DECLARATIONS: &[&str] = &[
    "<?xml version=\"1.0\"?>", "<?xml version='1.0' encoding='UTF-8'?>\n",
    "<?xml version='1.0' encoding='latin1' ?>", "<?xml version='1.0' encoding='UTF-16' standalone='no'?>",
    "<?xml version='1.0' standalone='yes'?>", "<?xml\nversion = '1.1'\t?>", "<?xml version='1.1'?>",
];
#[rustfmt::skip]
const ODD_DECLARATIONS: &[&str] = &[
    "\n<?xml version='1.0'?>", "<?xml?>", "<?xml encoding='UTF-8'?>", "<?xml version='2.0'?>",
    "<?xml version='1.0' encoding='nosuch'?>", "<?xml version='1.0", "<?xml-stylesheet a='b'?>",
];
const ASIDES: &[&str] = &["\n", " ", "<!-- c -->", "<?pi?>", "<?pi data?>", "\r\n\t"];
#[rustfmt::skip]
const ODD_ASIDES: &[&str] = &[
    "x", "&amp;", "&#32;", "<![CDATA[ ]]>", "<![CDATA[]]>", "<x/>", "\u{feff}", "\u{a0}", "\u{0}", "]]>",
];
#[rustfmt::skip]
const DOCTYPES: &[&str] = &[
    "<!DOCTYPE cb_config>", "<!DOCTYPE cb_config SYSTEM 'x.dtd'>", "<!DOCTYPE cb_config [<!ENTITY foo 'x'>]>",
    "<!DOCTYPE cb_config [<!ATTLIST user a CDATA 'x'> %pe;]>", "<!doctype cb_config>", "<!DOCTYPE>",
];

/// The document of this number.
pub(crate) fn document(number: u64) -> Vec<u8> {
    let mut random = Random::new(number);
    let oddness = random.choose(&[0, 1, 2, 4, 10, 30]);
    let text = String::new();
    let mut writer = Writer {
        random,
        oddness,
        text,
    };
    writer.document();
    let mut document = std::mem::take(&mut writer.text).into_bytes();
    if writer.chance(25) {
        for _ in 0..=writer.below(3) {
            writer.damage(&mut document);
        }
    }
    document
}

/// Writes a document, piece by piece.
struct Writer {
    random: Random,
    /// How many of a hundred choices are odd ones.
    oddness: u64,
    text: String,
}

impl Writer {
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.random.below(limit as u64)).expect("below a usize")
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.random.below(100) < percent
    }

    fn add_one(&mut self, of: &[&str]) {
        self.text += self.random.choose(of);
    }

    /// Of two lists, mostly of the first.
    fn mostly(&mut self, usual: &[&'static str], odd: &[&'static str]) -> &'static str {
        let of = if self.chance(self.oddness) {
            odd
        } else {
            usual
        };
        self.random.choose(of)
    }

    fn add_mostly(&mut self, usual: &[&'static str], odd: &[&'static str]) {
        let text = self.mostly(usual, odd);
        self.text += text;
    }

    fn document(&mut self) {
        if self.chance(5) {
            self.text.push('\u{feff}');
        }
        if self.chance(50) {
            self.add_mostly(DECLARATIONS, ODD_DECLARATIONS);
        }
        self.asides();
        if self.chance(5) {
            self.add_one(DOCTYPES);
        }
        self.root();
        self.asides();
    }

    fn asides(&mut self) {
        for _ in 0..self.below(3) {
            self.add_mostly(ASIDES, ODD_ASIDES);
        }
    }

    fn root(&mut self) {
        let name = self.mostly(&["cb_config"], &["config", "p:cb_config", "postgresql"]);
        self.element(name, |writer| {
            for _ in 0..writer.below(6) {
                match writer.below(10) {
                    0..5 => writer.section(),
                    5..7 => writer.options(),
                    7..9 => writer.collect(),
                    _ => writer.value(WORDS),
                }
                writer.add_one(&["", "\n", "   "]);
            }
        });
    }

    fn section(&mut self) {
        let name = self.mostly(&["postgresql"], &["xml:postgresql", "x", "Postgresql"]);
        self.element(name, |writer| {
            if writer.chance(50) {
                writer.add_one(&[
                    "<all>Y</all><compress_mode>gzip</compress_mode>",
                    "<compress_mode>none</compress_mode>",
                ]);
            }
            for _ in 0..writer.below(6) {
                writer.field();
            }
        });
    }

    fn field(&mut self) {
        let name = self.mostly(NAMES, ODD_NAMES);
        self.element(name, |writer| match name {
            "all" => writer.value(&["Y", "N", "y", "n", "Yes"]),
            // Ours alone: a value that Cedar Backup has nothing against must be none of a refusal.
            "globals" => writer.add_one(&["Y", "n", "", "<![CDATA[x]]>", "&#89;", "N<x/>x"]),
            "compress_mode" => writer.value(&["none", "gzip", "bzip2", "any"]),
            _ => writer.value(WORDS),
        });
    }

    fn options(&mut self) {
        self.elements(
            "options",
            6,
            &["backup_user", "backup_group", "override", "override", "x"],
            |writer, name| match name {
                "override" => writer.command(),
                _ => writer.value(WORDS),
            },
        );
    }

    fn command(&mut self) {
        for _ in 0..self.below(4) {
            let name = self.random.choose(&["command", "abs_path", "x"]);
            self.element(name, |writer| match name {
                "command" => writer.value(&["pg_dump", "pg_dump", "pg_dumpall", "x"]),
                _ => writer.value(&["/bin/a", "/bin/b", "/c", "d"]),
            });
        }
    }

    fn collect(&mut self) {
        self.elements("collect", 3, &["collect_dir", "x"], |writer, _| {
            writer.value(&["/opt", "/", "/a b", "//", "opt"]);
        });
    }

    /// An element with less than so many others of these names in it.
    fn elements(
        &mut self,
        name: &str,
        limit: usize,
        names: &[&'static str],
        content: impl Fn(&mut Self, &str),
    ) {
        self.element(name, |writer| {
            for _ in 0..writer.below(limit) {
                let name = writer.random.choose(names);
                writer.element(name, |writer| content(writer, name));
            }
        });
    }

    fn element(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.text += "<";
        self.text += name;
        if self.chance(10) {
            self.add_mostly(ATTRIBUTES, ODD_ATTRIBUTES);
        }
        if self.chance(5) {
            self.text += "/>";
            return;
        }
        self.text += ">";
        content(self);
        self.text += "</";
        self.text += name;
        self.add_mostly(&[">"], &[" >", "\n>"]);
    }

    /// One of the words, or pieces in a row.
    fn value(&mut self, words: &[&str]) {
        if self.chance(70) {
            self.add_one(words);
            return;
        }
        for _ in 0..self.below(4) {
            if self.chance(50) {
                self.add_one(words);
            } else {
                self.add_mostly(PIECES, ODD_PIECES);
            }
        }
    }

    /// A byte, a stretch, or something out of place, mostly where markup begins.
    fn damage(&mut self, document: &mut Vec<u8>) {
        let at = self.place(document);
        let to = (at + 1 + self.below(4)).min(document.len());
        match self.below(10) {
            0 => drop(document.drain(at..to)),
            1 => document.truncate(at),
            2 => {
                let copied = document[at..to].to_vec();
                let here = self.place(document);
                document.splice(here..here, copied);
            }
            3..8 => {
                let pieces = [
                    PIECES,
                    ODD_PIECES,
                    ODD_ATTRIBUTES,
                    ODD_DECLARATIONS,
                    ODD_ASIDES,
                    DOCTYPES,
                ];
                let pieces = self.random.choose(&pieces);
                document.splice(at..at, self.random.choose(pieces).bytes());
            }
            8 => {
                let bytes = b"<>&;'\"/!?-[]=: \n\x00\x80\xff\xc3\xed\xef\xf4%#ax1";
                document.insert(at, self.random.choose(bytes));
            }
            _ if at < document.len() => document[at] ^= 1 << self.below(8),
            _ => {}
        }
    }

    fn place(&mut self, document: &[u8]) -> usize {
        let at = self.below(document.len() + 1);
        let markup = |byte: &u8| b"<>&;='\"/!?-[]".contains(byte);
        if self.chance(50) {
            return at;
        }
        at + document[at..].iter().position(markup).unwrap_or(0)
    }
}
