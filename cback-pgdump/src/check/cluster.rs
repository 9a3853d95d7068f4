//! A cluster's own part: roles, memberships, tablespaces.

use super::definition::of_tokens;
use super::fingerprint::{Entry, Key};
use super::known::NOT_COMPARED;
use super::needs::OVERHEAD;
use super::objects::Objects;
use super::sections::note_encoding;
use super::subject::{Subject, granted_by, location};
use super::token::{Token, after, tokens};
use memchr::memmem;
use std::collections::{BTreeMap, BTreeSet};

/// The statements of that part.
#[derive(Debug, Default)]
pub(crate) struct Cluster {
    /// The statements as they come, and what each is about.
    pub(crate) statements: Vec<(Subject, Vec<u8>)>,
    /// The encoding, by `SET client_encoding`: pg_dumpall's own, or that of the database that it is connected to.
    pub(crate) encoding: String,
    /// Superusers, and whether each has all attributes that initdb gives to its role.
    superusers: BTreeMap<Vec<u8>, bool>,
    /// Roles in whose name memberships are granted, and how many.
    grantors: BTreeMap<Vec<u8>, u64>,
    /// The role that initdb made for the other's server, then for this one's, where this dump is compared with another.
    initdbs: Vec<Vec<u8>>,
    /// Bytes of memory that all this takes, about.
    pub(crate) held: usize,
}

impl Cluster {
    /// Takes the next statement.
    pub(crate) fn record(&mut self, statement: &[u8]) {
        let inner = if_missing(statement);
        let statement = inner.as_deref().unwrap_or(statement);
        let tokens = tokens(statement);
        note_encoding(&mut self.encoding, &tokens);
        let has = |attribute: &str| tokens.iter().any(|token| token.is(attribute));
        let subject = Subject::read(&tokens);
        match &subject {
            Subject::New(role) | Subject::Role { name: role, .. } if has("SUPERUSER") => {
                let others = ["CREATEROLE", "CREATEDB", "REPLICATION", "BYPASSRLS"];
                self.superusers
                    .insert(role.clone(), others.into_iter().all(has));
            }
            Subject::Member {
                grantor: Some(grantor),
                ..
            } => *self.grantors.entry(grantor.clone()).or_default() += 1,
            _ => {}
        }
        // The names in it are held too, and stand in a plan.
        self.held += 2 * (statement.len() + OVERHEAD);
        self.statements.push((subject, statement.to_vec()));
    }

    /// Forgets what was said about roles that the other dump does not have: those that were made up, and the second of
    /// those that initdb has made.
    pub(crate) fn forget(&mut self, made_up: &BTreeSet<Vec<u8>>, initdbs: &[Vec<u8>]) {
        let own = initdbs.get(1).map(|it| &it[..]);
        let is_other = |role: &[u8]| made_up.contains(role) || Some(role) == own;
        let is_kept = |it: &Subject| it.role().is_none_or(|role| !is_other(role));
        self.statements.retain(|(subject, _)| is_kept(subject));
        self.initdbs = initdbs.to_vec();
    }

    /// Entries by headings, without the superuser's own statements: not all of them are restored.
    pub(crate) fn entries(&self, key: Key) -> BTreeMap<&'static str, Entry> {
        let superuser = self.superuser();
        let mut entries = BTreeMap::<_, Entry>::new();
        for (subject, statement) in &self.statements {
            let is_member = matches!(subject, Subject::Member { .. });
            let is_own = !is_member && superuser.is_some() && subject.role() == superuser;
            if let Some(heading) = subject.heading().filter(|_| !is_own) {
                entries.entry(heading).or_default().add(Entry {
                    rows: 1,
                    bytes: statement.len() as u64,
                    fingerprint: of_tokens(&self.comparable(subject, statement), key),
                });
            }
        }
        entries
    }

    /// Lists what the statements are about. A restore does not change initdb's role where that would keep it from
    /// logging in.
    pub(crate) fn list(&self, list: &mut Objects, key: Key) {
        let superuser = self.superuser();
        let mut objects = BTreeMap::new();
        for (subject, statement) in &self.statements {
            let Some(object) = subject.object() else {
                continue;
            };
            let is_restored = !matches!(subject, Subject::Role { name, shuts_out: true }
                if Some(&name[..]) == superuser);
            let tokens = self.comparable(subject, statement);
            let fingerprint = is_restored.then(|| of_tokens(&tokens, key));
            let sum = objects.entry(object).or_insert(Some(0_u64));
            *sum = sum.zip(fingerprint).map(|(sum, it)| sum.wrapping_add(it));
        }
        for ((kind, name), fingerprint) in objects {
            list.single(kind, &name, fingerprint.unwrap_or(NOT_COMPARED));
        }
    }

    /// A statement without what a restore may have otherwise: see `definition`.
    fn comparable<'a>(&self, subject: &Subject, statement: &'a [u8]) -> Vec<Token<'a>> {
        let mut tokens = tokens(statement);
        let is_superusers = |grantor: &Vec<u8>| self.superusers.contains_key(grantor);
        let place = match subject {
            Subject::Tablespace(_) => location(&tokens).map(|path| path - 1..path + 1),
            Subject::Member { grantor, .. } if grantor.as_ref().is_some_and(is_superusers) => {
                granted_by(&tokens)
            }
            _ => None,
        };
        if let Some(place) = place {
            tokens.drain(place);
        }
        tokens
    }

    /// The role that initdb made, which the dump does not tell: a superuser with all attributes, of these the one
    /// that most memberships were granted by, else postgres, else any.
    pub(crate) fn superuser(&self) -> Option<&[u8]> {
        if let Some(known) = self.initdbs.first() {
            return Some(&known[..]).filter(|it| !it.is_empty());
        }
        let granted = |role: &Vec<u8>| self.grantors.get(role).copied().unwrap_or(0);
        let likely =
            |(role, has_all): &(&Vec<u8>, &bool)| (**has_all, granted(role), *role == b"postgres");
        let superuser = self.superusers.iter().max_by_key(likely);
        superuser.map(|(role, _)| &role[..])
    }
}

/// The `CREATE ROLE` in the block that `--globals` puts around initdb's.
fn if_missing(statement: &[u8]) -> Option<Vec<u8>> {
    let tokens = self::tokens(statement);
    let [Token::Text(block), ..] = after(&tokens, &["DO"])? else {
        return None;
    };
    let inner = block.strip_prefix(b"BEGIN ")?;
    let inner = &inner[..memmem::rfind(inner, b"EXCEPTION WHEN duplicate_object")?];
    matches!(Subject::read(&self::tokens(inner)), Subject::New(_)).then(|| inner.to_vec())
}
