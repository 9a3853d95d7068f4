//! The master's part of a pool: where Cedar Backup's stage puts what its peers have collected.

use std::collections::HashSet;

use crate::config::absolute;
use crate::document::{Document, Node};
use crate::fault::Fault;
use crate::output::{assignment, parameters};

/// A `<stage>` section and its peers, as far as they name directories.
#[derive(Debug)]
pub(crate) struct Stage {
    /// An absolute path.
    staging_dir: String,
    /// At least one; each is the name of a directory.
    peers: Vec<String>,
}

impl Stage {
    /// The peers of `<stage>` count or, where it has none, those of `<peers>`. One whose type is neither local nor
    /// remote is none to Cedar Backup.
    ///
    /// # Errors
    ///
    /// `staging_dir` is missing or relative; there is no peer, or one has no name, another's or one that leads away.
    pub(crate) fn read(document: &Document) -> Result<Self, Fault> {
        let Some(stage) = document.section("stage") else {
            return Err(Fault::new("there is no <stage> section in <cb_config>"));
        };
        let staging_dir = absolute(stage, "staging_dir")?
            .ok_or_else(|| stage.fault("staging_dir is missing in <stage>"))?;
        let sections = ["stage", "peers"].into_iter();
        let mut lists = sections.filter_map(|it| Some(peers(document.section(it)?)));
        let found = lists.find(|list| !list.is_empty());
        let found = found.ok_or_else(|| stage.fault("there is no local or remote <peer>"))?;
        let mut seen = HashSet::new();
        let names = found.into_iter().map(|peer| name(peer, &mut seen));
        Ok(Self {
            staging_dir,
            peers: names.collect::<Result<_, _>>()?,
        })
    }

    /// Assignments for a shell.
    pub(crate) fn shell(&self) -> Vec<u8> {
        let names = self.peers.iter().map(String::as_bytes);
        let directory = assignment("staging_dir", self.staging_dir.as_bytes());
        [directory, parameters(names)].concat()
    }
}

fn peers(section: Node<'_>) -> Vec<Node<'_>> {
    let is_one = |peer: &Node| matches!(peer.value("type"), Some((_, "local" | "remote")));
    section.named("peer").filter(is_one).collect()
}

fn name(peer: Node, seen: &mut HashSet<String>) -> Result<String, Fault> {
    let Some((value, name)) = peer.value("name") else {
        return Err(peer.fault("name is missing in <peer>"));
    };
    if name.split('/').any(|it| matches!(it, "" | "." | "..")) {
        return Err(value.fault(format!("peer {name:?} cannot be the name of a directory")));
    }
    if !seen.insert(name.to_owned()) {
        return Err(value.fault(format!("peer {name:?} is named twice")));
    }
    Ok(name.to_owned())
}
