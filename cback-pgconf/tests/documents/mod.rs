//! Documents made at random from a seed: configurations with everything that XML allows in them, and
//! a good deal that it does not.

/// `SplitMix64`: the same documents on every machine.
pub(crate) struct Random {
    state: u64,
    /// How many of a hundred choices are odd ones.
    oddness: usize,
    /// An entity that nobody declared may mean something, if there are declarations at all.
    has_doctype: bool,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        // Mixed once, or each document would be the one before it, a step further on.
        let state = Self {
            state: seed,
            oddness: 0,
            has_doctype: false,
        }
        .next();
        let mut random = Self {
            state,
            oddness: 0,
            has_doctype: false,
        };
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
    "user", "compress_mode", "all", "database", "database", "database",
];
#[rustfmt::skip]
const ODD_NAMES: &[&str] = &[
    "databases", "x", "p:user", "xml:user", "xmlns:user", "é", "a·b", "User", "_", "postgresql", "a-1.2",
    "a:b:c", "1a", "-a", ":a", "a:", "a:1", "a\u{10400}", "\u{2c00}", "\u{132}", "\u{1f600}", "abs_path",
];
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "bob", "db1", "a b", "é", "日本", "\u{1f600}", "-f", "'", "\"", ">", "$(x)", "\\", "]]",
];
#[rustfmt::skip]
const PIECES: &[&str] = &[
    "&amp;", "&lt;", "&gt;", "&apos;", "&quot;", "&#65;", "&#x41;", "&#10;", "&#13;", "&#x20AC;", "\n",
    "\r\n", "\r", "\t", " ", "<!--c-->", "<!---->", "<?pi d?>", "<![CDATA[cd]]>", "<![CDATA[]]>", "<x/>",
    "<x>y</x>", "\u{85}", "\u{7f}", "&#x1F600;", "&#0000065;",
];
#[rustfmt::skip]
const ODD_PIECES: &[&str] = &[
    "&foo;", "&", "&;", "&#;", "&#x;", "&#X41;", "&#0;", "&#1;", "&#xD800;", "&#xFFFE;", "&#x110000;",
    "&#+65;", "&#99999999999999999999;", "&a:b;", "& amp;", "&amp ;", "]]>", "<!-- -- -->", "<!--->",
    "<!-->-->", "<!--a--->", "<![CDATA[a]]b]]>", "<![cdata[x]]>", "<![CDATA[", "<!x>", "<!", "<", "< a/>",
    "</>", "<a", "\u{1}", "\u{0}", "\u{fffe}", "\u{ffff}", "\u{feff}", "<?xml version='1.0'?>", "<?XML x?>", "<?Xml?>", "<?xMl y?>", "<?xmL?>", "<?xmlx?>",
    "<?a:b c?>", "<?a?b?>", "<??>", "<? a?>", "<?a", "<?é ü?>", "<x></y>", "</x>", "<x/ >", "<x / >",
    "<!DOCTYPE a>", "<!ENTITY a 'b'>", "&lt", "&#6 5;", "%a;",
];
#[rustfmt::skip]
const ATTRIBUTES: &[&str] = &[
    " a=\"1\"", " a='x&amp;y'", " a = 'x'", "\n\ta='\r\n'", " xmlns=\"urn:x\"", " xmlns:p=\"urn:p\"",
    " xmlns:q='urn:p'", " xml:lang=\"en\"", " b='>'", " xmlns=''", " c='\"'",
    " xmlns:xml='http://www.w3.org/XML/1998/namespace'", " ",
];
#[rustfmt::skip]
const ODD_ATTRIBUTES: &[&str] = &[
    " xmlns=' ab '", " xmlns:p=' urn:p '", " p:a='1'", " q:a='1'", " p:a='' q:a=''", " xmlns:p='urn:p' xmlns:q='urn:p' p:a='' q:a=''",
    " a='1' a='2'", " a=1", " a", " a=", " a='<'", " a='&foo;'", " a='&'", " a='1'b='2'", "a='1'",
    " xmlns:p=''", " xmlns:p='a b'", " xmlns='a b'", " xmlns='a&#32;b'", " xmlns='a\tb'", " xmlns='a&#9;b'",
    " xmlns:xml='x'", " xmlns:xmlns='x'", " xmlns='http://www.w3.org/XML/1998/namespace'",
    " xmlns:z='http://www.w3.org/2000/xmlns/'", " xmlns:='x'", " xmlns:a:b='x'", " xmlns:1='x'", " a:b:c='x'",
    " :a='x'", " a:='x'", " xmlnsx='a b'", " é='1'", " \u{2c00}='1'", " a='\u{1}'", " a='&#1;'", " a='x",
    " /", " a\u{a0}='1'", " xml:a='1' xml:a='2'", " xmlns:p='urn:1' xmlns:p='urn:2'",
];
#[rustfmt::skip]
const DECLARATIONS: &[&str] = &[
    "<?xml version=\"1.0\"?>", "<?xml version='1.0' encoding='UTF-8'?>\n",
    "<?xml version='1.0' encoding='latin1' ?>", "<?xml version='1.0' encoding='UTF-16' standalone='no'?>",
    "<?xml version='1.0' standalone='yes'?>", "<?xml\nversion = '1.1'\t?>",
];
#[rustfmt::skip]
const ODD_DECLARATIONS: &[&str] = &[
    " <?xml version='1.0'?>", "\n<?xml version='1.0'?>", "<?xml?>", "<?xml ?>", "<?xml encoding='UTF-8'?>",
    "<?xml version=''?>", "<?xml version='1 0'?>", "<?xml version='2.x_-'?>", "<?xml version=1.0?>",
    "<?xml version='1.0'encoding='UTF-8'?>", "<?xml version='1.0' encoding=''?>",
    "<?xml version='1.0' encoding='8'?>", "<?xml version='1.0' encoding='no such'?>",
    "<?xml version='1.0' encoding='nosuch'?>", "<?xml version='1.0' standalone='maybe'?>",
    "<?xml version='1.0' standalone='yes' encoding='UTF-8'?>", "<?xml version='1.0' standalone='yes' x='y'?>",
    "<?xml version='1.0' x='y'?>", "<?xml version='1.0'?><?xml version='1.0'?>", "<?XML version='1.0'?>",
    "<?xml version=\"1.0'?>", "<?xmlx version='1.0'?>", "<?xml version='1.0' standalone='yes' ?>",
    "<?xml version='1.0' encoding='a.b_c-1'?>", "<?xml version='1.0' encoding='é'?>", "<?xml version='1.0",
    "<!--c--><?xml version='1.0'?>", "<?xml version='1.0' version='1.0'?>", "<?xml-stylesheet a='b'?>",
];
const ASIDES: &[&str] = &["\n", " ", "<!-- c -->", "<?pi?>", "<?pi data?>", "\r\n\t"];
#[rustfmt::skip]
const ODD_ASIDES: &[&str] = &[
    "x", "&amp;", "&#32;", "<![CDATA[ ]]>", "<x/>", "<!DOCTYPE cb_config>", "\u{feff}", "\u{a0}", "\u{0}",
    "]]>", "<!",
];
#[rustfmt::skip]
const DECLARED: &[&str] = &[
    "<!ATTLIST database xmlns NMTOKEN #IMPLIED>",
    "<!ATTLIST cb_config xmlns:p CDATA 'urn:p'><!ATTLIST database p:b CDATA 'x' p:b CDATA 'y'>",
    "<!ELEMENT user (#PCDATA)>", "<!ELEMENT cb_config ANY>", "<!ELEMENT x EMPTY>",
    "<!ELEMENT y (a,b?,(c|d)*)+>", "<!ELEMENT z (#PCDATA|a|b)*>", "<!ATTLIST user a CDATA #IMPLIED>",
    "<!ATTLIST user p:a CDATA 'x'>", "<!ATTLIST cb_config xmlns:p CDATA 'urn:p'>",
    "<!ATTLIST all b (x|y) 'x' c NMTOKENS #REQUIRED>", "<!-- c -->", "<?pi d?>", "<!NOTATION n SYSTEM 'x'>",
    "<!NOTATION m PUBLIC 'x'>", "<!NOTATION o PUBLIC 'x' \"y\">", "\n", " ",
    "<!ATTLIST user d NOTATION (n|m) #IMPLIED>", "<!ATTLIST user e CDATA #FIXED 'x&amp;&#65;'>",
    "<!ATTLIST user>",
];
#[rustfmt::skip]
const ODD_DECLARED: &[&str] = &[
    "%pe;", "%pe;<!ATTLIST user a CDATA '<'>", "%pe;<!ATTLIST user p:a CDATA ''>", "%a:b;", "%;", "<!ENTITY e 'x'>", "<!ENTITY % e 'x'>", "<!ELEMENT user>",
    "<!ELEMENT user (a|b,c)>", "<!ELEMENT user (#PCDATA|a)>", "<!ELEMENT user (#PCDATA)+>",
    "<!ELEMENT q (#PCDATA)*>", "<!ELEMENT user ()>", "<!ELEMENT user(a)>", "<!ELEMENT p:q (a:1|b)>",
    "<!ELEMENT a:b:c ANY>", "<!ELEMENT 1a ANY>", "<!ELEMENT r ((a))>", "<!ELEMENT s ((a|b),c)>",
    "<!ELEMENT t (a)?>", "<!ELEMENT t2 (a) ?>", "<!ELEMENT u (a ?)>", "<!ELEMENT v EMPTY >",
    "<!ELEMENT w empty>", "<!element x ANY>", "<!ATTLIST user a CDATA>",
    "<!ATTLIST user a CDATA 'x'b CDATA 'y'>", "<!ATTLIST user a (x|y)'x'>", "<!ATTLIST user a (x,y) 'x'>",
    "<!ATTLIST user a (1|:b) #IMPLIED>", "<!ATTLIST user a NOTATION (a:b) #IMPLIED>",
    "<!ATTLIST user a STRING #IMPLIED>", "<!ATTLIST user a CDATA #NONE>", "<!ATTLIST user a CDATA '<'>",
    "<!ATTLIST user a CDATA '&foo;'>", "<!ATTLIST user a CDATA #FIXED>", "<!ATTLIST user a CDATA #FIXED'x'>",
    "<!ATTLIST user xmlns CDATA 'a b'>", "<!ATTLIST user xmlns NMTOKEN ' ab '>",
    "<!ATTLIST user xmlns:p CDATA ''>", "<!ATTLIST user xmlns NMTOKENS #IMPLIED>",
    "<!ATTLIST user q:a CDATA 'x'>", "<!ATTLIST user a CDATA #IMPLIED a CDATA '&amp;'>", "<!NOTATION n>",
    "<!NOTATION n PUBLIC>", "<!NOTATION a:b SYSTEM 'x'>", "<!NOTATION n PUBLIC '{'>",
    "<!NOTATION n PUBLIC 'x''y'>", "<!NOTATION n SYSTEM>", "<![IGNORE[x]]>", "<x/>", "x", "]", "]]>",
    "<?xml version='1.0'?>", "<!-- -- -->", "&amp;", "<!ELEMENT user (%a;)>", "<!ELEMENT user (a|b|c)*>",
    "<!>", "<! >", "<!ATTLIST\tuser\na\rCDATA\r\n'x' >",
    "<!ATTLIST user xmlns:p CDATA 'urn:p' xmlns:q CDATA 'urn:p'>",
];
#[rustfmt::skip]
const EXTERNAL: &[&str] = &[
    "", "", "", " SYSTEM 'x.dtd'", " PUBLIC '-//x//y' \"x\"", " SYSTEM ''", " PUBLIC '{' 'x'", " PUBLIC 'x'",
    " SYSTEM", " SYSTEM'x'", " PUBLIC 'x''y'", " system 'x'", " SYSTEM 'a>b[c'", " SYSTEM '\u{1}'", " x",
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
    if random.chance(25) {
        doctype(&mut random, &mut text);
        asides(&mut random, &mut text);
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

fn doctype(random: &mut Random, text: &mut String) {
    *text += random.mostly(
        &["<!DOCTYPE cb_config"],
        &[
            "<!doctype a",
            "<!DOCTYPE",
            "<!DOCTYPE\ta:1",
            "<!DOCTYPE  a:b:c",
        ],
    );
    *text += random.one(EXTERNAL);
    random.has_doctype = true;
    if random.chance(60) {
        *text += random.one(&["[", " [", "\n["]);
        if random.chance(20) {
            *text += "%pe;";
        }
        for _ in 0..random.below(5) {
            let of = if random.chance(85) {
                DECLARED
            } else {
                ODD_DECLARED
            };
            *text += random.one(of);
        }
        *text += random.mostly(&["]"], &["", "]]", "] x", "]\n"]);
    }
    *text += random.mostly(&[">"], &["", " >", ">>"]);
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
    let name = random.mostly(&["postgresql"], &["p:postgresql", "x", "Postgresql"]);
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
    if random.has_doctype && random.chance(8) {
        *text += "&foo;";
    }
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
    let odd = [ODD_ATTRIBUTES, ODD_DECLARED, ODD_DECLARATIONS, ODD_ASIDES][random.below(4)];
    match random.below(8) {
        0 => drop(document.drain(at..to)),
        1 => document.truncate(at),
        2 => {
            let copied = document[at..to].to_vec();
            let here = place(random, document);
            document.splice(here..here, copied);
        }
        3 => document
            .splice(at..at, random.one(ODD_PIECES).bytes())
            .for_each(drop),
        4 => document
            .splice(at..at, random.one(PIECES).bytes())
            .for_each(drop),
        5 => document
            .splice(at..at, random.one(odd).bytes())
            .for_each(drop),
        6 => {
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
