//! What a restore needs that the dump of a database does not bring: roles, tablespaces, extensions.
//!
//! Which statements name roles is taken from pg_dump's `_printTocEntry`, `buildACLCommands`, `dumpPolicy`
//! and `dumpUserMappings`. A word that is taken for a role and is none does no harm: `--plan` creates a
//! role too many.
//!
//! Roles are plain, so that whatever PostgreSQL runs as one of them (the query of a materialized view) may
//! no more than it might at the source. PostgreSQL 15, 16 and 18 want a superuser for the owner of an event
//! trigger and of a foreign-data wrapper, 15 for that of a subscription; every other kind of object that
//! pg_dump knows was given to a plain role there. By `--use-set-session-authorization` a role creates its
//! objects itself, in schemas and databases of others.

use super::contents::Needs;
use super::token::{Token, Tokens};

impl Needs {
    /// Takes the next statement.
    pub(crate) fn record(&mut self, statement: &[u8]) {
        let tokens: Vec<_> = Tokens::new(statement).collect();
        let Some(first) = tokens.first() else {
            return;
        };
        if first.is("CREATE") {
            self.record_create(&tokens);
        } else if first.is("SET") {
            self.record_set(&tokens);
            return;
        } else if first.is("RESET") {
            self.session = None;
            return;
        } else if first.is("ALTER") && !has(&tokens, &["ALTER", "DEFAULT", "PRIVILEGES"]) {
            self.roles_after(&tokens, &["OWNER", "TO"]);
            self.record_owner(&tokens);
        } else if first.is("ALTER") || first.is("GRANT") || first.is("REVOKE") {
            for keywords in [&["FOR", "ROLE"][..], &["TO"], &["FROM"], &["GRANTED", "BY"]] {
                self.roles_after(&tokens, keywords);
            }
            // A grantor: for these pg_dump becomes another role in every dump.
            return;
        }
        if let Some(role) = &self.session {
            self.superusers.insert(role);
        }
    }

    fn record_owner(&mut self, tokens: &[Token<'_>]) {
        let owners = if has(tokens, &["ALTER", "SUBSCRIPTION"]) {
            &mut self.subscribers
        } else if has(tokens, &["ALTER", "EVENT", "TRIGGER"])
            || has(tokens, &["ALTER", "FOREIGN", "DATA", "WRAPPER"])
        {
            &mut self.superusers
        } else {
            return;
        };
        let place = position(tokens, &["OWNER", "TO"]);
        if let Some(owner) = place.and_then(|place| tokens.get(place)?.name()) {
            owners.insert(owner);
        }
    }

    fn record_create(&mut self, tokens: &[Token<'_>]) {
        if has(tokens, &["CREATE", "EXTENSION"]) {
            let name = tokens[2..].iter().find(|token| {
                !["IF", "NOT", "EXISTS"]
                    .iter()
                    .any(|keyword| token.is(keyword))
            });
            if let Some(name) = name.and_then(Token::name) {
                self.extensions.insert(name);
            }
        } else if has(tokens, &["CREATE", "USER", "MAPPING"]) {
            self.roles_after(tokens, &["FOR"]);
        } else if has(tokens, &["CREATE", "POLICY"]) {
            self.roles_after(tokens, &["TO"]);
        } else if has(tokens, &["CREATE", "SCHEMA"]) {
            self.roles_after(tokens, &["AUTHORIZATION"]);
        } else if has(tokens, &["CREATE", "DATABASE"])
            && let Some(place) = position(tokens, &["TABLESPACE", "="])
        {
            self.tablespace(tokens.get(place));
        }
    }

    fn record_set(&mut self, tokens: &[Token<'_>]) {
        if has(tokens, &["SET", "SESSION", "AUTHORIZATION"]) {
            self.roles_after(tokens, &["AUTHORIZATION"]);
            self.session = match &tokens[3] {
                Token::Text(role) | Token::Name(role) => Some(role.clone()),
                Token::Word(role) if !is_no_role(role) => Some(role.to_vec()),
                _ => None,
            };
        } else if has(tokens, &["SET", "default_tablespace", "="]) {
            self.tablespace(tokens.get(3));
        }
    }

    /// Takes the names, separated by commas, that follow the first occurrence of `keywords`.
    fn roles_after(&mut self, tokens: &[Token<'_>], keywords: &[&str]) {
        let Some(place) = position(tokens, keywords) else {
            return;
        };
        for pair in tokens[place..].chunks(2) {
            match &pair[0] {
                Token::Word(word) if !is_no_role(word) => self.roles.insert(word),
                Token::Name(name) | Token::Text(name) => self.roles.insert(name),
                _ => {}
            }
            if pair.get(1) != Some(&Token::Symbol(b',')) {
                return;
            }
        }
    }

    fn tablespace(&mut self, token: Option<&Token<'_>>) {
        let name = token.and_then(Token::name);
        let is_own = |name: &&[u8]| *name != b"pg_default" && *name != b"pg_global";
        if let Some(name) = name.filter(is_own) {
            self.tablespaces.insert(name);
        }
    }
}

/// Whether `tokens` begins with these keywords, of which `=` stands for the symbol.
fn has(tokens: &[Token<'_>], keywords: &[&str]) -> bool {
    tokens.len() > keywords.len()
        && tokens
            .iter()
            .zip(keywords)
            .all(|(token, keyword)| matches(token, keyword))
}

/// The index of the token after the first occurrence of `keywords`.
fn position(tokens: &[Token<'_>], keywords: &[&str]) -> Option<usize> {
    let mut windows = tokens.windows(keywords.len());
    let start = windows.position(|window| {
        window
            .iter()
            .zip(keywords)
            .all(|(token, keyword)| matches(token, keyword))
    })?;
    Some(start + keywords.len())
}

fn matches(token: &Token<'_>, keyword: &str) -> bool {
    token.is(keyword) || (keyword == "=" && *token == Token::Symbol(b'='))
}

fn is_no_role(word: &[u8]) -> bool {
    let word = word.to_ascii_lowercase();
    word == b"public" || word == b"none" || word == b"default" || word.starts_with(b"pg_")
}
