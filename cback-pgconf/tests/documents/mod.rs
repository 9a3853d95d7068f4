//! Documents made at random from a seed: configurations with everything that XML allows in them, and
//! a good deal that it does not.

/// `SplitMix64`: the same documents on every machine.
pub(crate) struct Random {
    state: u64,
    /// How many of a hundred choices are odd ones.
    oddness: usize,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        // Mixed once, or each document would be the one before it, a step further on.
        let state = Self {
            state: seed,
            oddness: 0,
        }
        .next();
        let mut random = Self { state, oddness: 0 };
        random.oddness = [0, 1, 2, 4, 10, 30][random.below(6)];
        random
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).expect("below a usize")
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// Of two lists, mostly of the first.
    fn mostly<'a>(&mut self, usual: &[&'a str], odd: &[&'a str]) -> &'a str {
        let of = if self.chance(100 - self.oddness) {
            usual
        } else {
            odd
        };
        self.one(of)
    }
}

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
    let mut text = String::new();
    if random.chance(5) {
        text.push('\u{feff}');
    }
    if random.chance(50) {
        text += random.mostly(DECLARATIONS, ODD_DECLARATIONS);
    }
    asides(&mut random, &mut text);
    if random.chance(5) {
        text += random.one(DOCTYPES);
    }
    root(&mut random, &mut text);
    asides(&mut random, &mut text);
    let mut document = text.into_bytes();
    if random.chance(25) {
        for _ in 0..=random.below(3) {
            mutate(&mut random, &mut document);
        }
    }
    document
}

fn asides(random: &mut Random, text: &mut String) {
    for _ in 0..random.below(3) {
        *text += random.mostly(ASIDES, ODD_ASIDES);
    }
}

fn root(random: &mut Random, text: &mut String) {
    let name = random.mostly(&["cb_config"], &["config", "p:cb_config", "postgresql"]);
    element(random, text, name, |random, text| {
        for _ in 0..random.below(6) {
            match random.below(10) {
                0..5 => section(random, text),
                5..7 => options(random, text),
                7..9 => collect(random, text),
                _ => value(random, text, WORDS),
            }
            *text += random.one(&["", "\n", "   "]);
        }
    });
}

fn section(random: &mut Random, text: &mut String) {
    let name = random.mostly(&["postgresql"], &["xml:postgresql", "x", "Postgresql"]);
    element(random, text, name, |random, text| {
        if random.chance(50) {
            *text += random.one(&[
                "<all>Y</all><compress_mode>gzip</compress_mode>",
                "<compress_mode>none</compress_mode>",
            ]);
        }
        for _ in 0..random.below(6) {
            field(random, text);
        }
    });
}

fn field(random: &mut Random, text: &mut String) {
    let name = random.mostly(NAMES, ODD_NAMES);
    element(random, text, name, |random, text| match name {
        "all" => value(random, text, &["Y", "N", "y", "n", "Yes"]),
        // Ours alone: a value that Cedar Backup has nothing against must be none of a refusal.
        "globals" => *text += random.one(&["Y", "n", "", "<![CDATA[x]]>", "&#89;", "N<x/>x"]),
        "compress_mode" => value(random, text, &["none", "gzip", "bzip2", "any"]),
        _ => value(random, text, WORDS),
    });
}

fn options(random: &mut Random, text: &mut String) {
    element(random, text, "options", |random, text| {
        for _ in 0..random.below(6) {
            let name = random.one(&["backup_user", "backup_group", "override", "override", "x"]);
            element(random, text, name, |random, text| match name {
                "override" => command(random, text),
                _ => value(random, text, WORDS),
            });
        }
    });
}

fn command(random: &mut Random, text: &mut String) {
    for _ in 0..random.below(4) {
        let name = random.one(&["command", "abs_path", "x"]);
        element(random, text, name, |random, text| match name {
            "command" => value(random, text, &["pg_dump", "pg_dump", "pg_dumpall", "x"]),
            _ => value(random, text, &["/bin/a", "/bin/b", "/c", "d"]),
        });
    }
}

fn collect(random: &mut Random, text: &mut String) {
    element(random, text, "collect", |random, text| {
        for _ in 0..random.below(3) {
            let name = random.one(&["collect_dir", "x"]);
            element(random, text, name, |random, text| {
                value(random, text, &["/opt", "/", "/a b", "//", "opt"]);
            });
        }
    });
}

fn element(
    random: &mut Random,
    text: &mut String,
    name: &str,
    content: impl FnOnce(&mut Random, &mut String),
) {
    *text += "<";
    *text += name;
    if random.chance(10) {
        *text += random.mostly(ATTRIBUTES, ODD_ATTRIBUTES);
    }
    if random.chance(5) {
        *text += "/>";
        return;
    }
    *text += ">";
    content(random, text);
    *text += "</";
    *text += name;
    *text += random.mostly(&[">"], &[" >", "\n>"]);
}

/// One of the words, or pieces in a row.
fn value(random: &mut Random, text: &mut String, words: &[&str]) {
    if random.chance(70) {
        *text += random.one(words);
        return;
    }
    for _ in 0..random.below(4) {
        *text += match random.below(100) {
            0..50 => random.one(words),
            _ => random.mostly(PIECES, ODD_PIECES),
        };
    }
}

/// Damages a document: a byte, a stretch, or something out of place, mostly where markup begins.
fn mutate(random: &mut Random, document: &mut Vec<u8>) {
    let at = place(random, document);
    let to = (at + 1 + random.below(4)).min(document.len());
    let pieces = [
        PIECES,
        ODD_PIECES,
        ODD_ATTRIBUTES,
        ODD_DECLARATIONS,
        ODD_ASIDES,
        DOCTYPES,
    ];
    match random.below(10) {
        0 => drop(document.drain(at..to)),
        1 => document.truncate(at),
        2 => {
            let copied = document[at..to].to_vec();
            let here = place(random, document);
            document.splice(here..here, copied);
        }
        3..8 => {
            let piece = random.below(pieces.len());
            let piece = random.one(pieces[piece]);
            document.splice(at..at, piece.bytes());
        }
        8 => {
            let bytes = b"<>&;'\"/!?-[]=: \n\x00\x80\xff\xc3\xed\xef\xf4%#ax1";
            document.insert(at, bytes[random.below(bytes.len())]);
        }
        _ if at < document.len() => document[at] ^= 1 << random.below(8),
        _ => {}
    }
}

fn place(random: &mut Random, document: &[u8]) -> usize {
    let at = random.below(document.len() + 1);
    let markup = |byte: &u8| b"<>&;='\"/!?-[]".contains(byte);
    if random.chance(50) {
        return at;
    }
    at + document[at..].iter().position(markup).unwrap_or(0)
}
