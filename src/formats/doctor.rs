//! `migdeck/doctor/v1`: what is wrong, with evidence and the next command, and what could not be looked at.
//!
//! Made from the status document, so that a saved one can be examined as the live hosts could.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::text::Text;

use super::status::{Finding as Found, Source, Status};

/// Name of the schema.
pub const SCHEMA: &str = "migdeck/doctor/v1";

/// The document.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Doctor {
    /// [`SCHEMA`].
    pub schema: Text,
    /// True if any of the hosts is simulated.
    pub simulated: bool,
    /// When it was looked.
    pub at: Timestamp,
    /// Where the facts come from.
    pub sources: Vec<Source>,
    /// Hosts that were looked at.
    pub nodes: Vec<Text>,
    /// What is wrong, worst first; of equally bad ones the cluster's first.
    pub findings: Vec<Finding>,
    /// What could not be looked at: a rule that needs it was silent for that.
    pub unseen: Vec<Unseen>,
}

/// Something that is wrong, or worth knowing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// The host; `null`: the cluster, or no host in particular.
    pub node: Option<Text>,
    /// What it is.
    #[serde(flatten)]
    pub found: Found,
}

/// What could not be looked at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Unseen {
    /// The host; `null`: the cluster.
    pub node: Option<Text>,
    /// The source, or what is not seen.
    pub what: Text,
    /// Why.
    pub why: Text,
}

/// How bad, as the documents spell it.
pub const SEVERITIES: [&str; 3] = ["info", "caution", "danger"];

fn rank(severity: &str) -> usize {
    let at = SEVERITIES.iter().position(|known| *known == severity);
    // of a later version's: shown rather than hidden
    at.unwrap_or(SEVERITIES.len())
}

impl Doctor {
    /// What a status document tells of what is wrong.
    pub fn of(status: &Status) -> Self {
        let whole = status.findings.iter().map(|found| Finding {
            node: None,
            found: found.clone(),
        });
        let on_nodes = status.nodes.iter().flat_map(|node| {
            node.findings.iter().map(|found| Finding {
                node: Some(node.name.clone()),
                found: found.clone(),
            })
        });
        let mut findings: Vec<Finding> = whole.chain(on_nodes).collect();
        findings.sort_by_key(|f| std::cmp::Reverse(rank(&f.found.severity)));
        Self {
            schema: SCHEMA.into(),
            simulated: status.simulated,
            at: status.at,
            sources: status.sources.clone(),
            nodes: status.nodes.iter().map(|node| node.name.clone()).collect(),
            findings,
            unseen: unseen(status),
        }
    }

    /// Leaves only these hosts, without the cluster's own.
    pub fn keep_nodes(&mut self, names: &[String]) {
        let wanted = |name: &Text| names.iter().any(|n| *n == name.as_str());
        let kept = |node: &Option<Text>| node.as_ref().is_some_and(wanted);
        self.nodes.retain(wanted);
        self.sources.retain(|source| wanted(&source.node));
        self.findings.retain(|finding| kept(&finding.node));
        self.unseen
            .retain(|unseen| unseen.node.is_none() || kept(&unseen.node));
    }

    /// Leaves only what is as bad as this, or worse.
    pub fn keep_from(&mut self, severity: &str) {
        let least = rank(severity);
        self.findings.retain(|f| rank(&f.found.severity) >= least);
    }

    /// How many there are of a severity.
    pub fn count(&self, severity: &str) -> usize {
        let all = self.findings.iter();
        all.filter(|f| *f.found.severity == *severity).count()
    }

    /// Whether somebody should look: anything of caution and above.
    pub fn is_ill(&self) -> bool {
        self.findings.iter().any(|f| rank(&f.found.severity) > 0)
    }
}

fn unseen(status: &Status) -> Vec<Unseen> {
    let mut all = Vec::new();
    match &status.cluster {
        None if status.nodes.iter().all(|node| node.k8s.is_none()) => all.push(Unseen {
            node: None,
            what: "k8s".into(),
            why: "no API server is read: labels, resources, pods that wait and quotas are not looked at".into(),
        }),
        None => {}
        Some(cluster) => {
            if let Some(why) = &cluster.reason {
                all.push(Unseen {
                    node: None,
                    what: "k8s".into(),
                    why: why.clone(),
                });
            }
            all.extend(cluster.gaps.iter().map(|gap| Unseen {
                node: None,
                what: gap.misses.clone(),
                why: Text::from(format!("no permission to {}", gap.permission)),
            }));
        }
    }
    for node in &status.nodes {
        let mut add = |what: Text, why: Text| {
            all.push(Unseen {
                node: Some(node.name.clone()),
                what,
                why,
            });
        };
        // a host that only the API server tells of has no NVML source at all
        if node.gpus.is_empty()
            && let Some(why) = node.absent.reason("driver")
        {
            add("GPUs".into(), why.text.clone());
        }
        let sources = status.sources.iter().filter(|s| s.node == node.name);
        for source in sources.filter(|source| !source.is_not_there()) {
            if let Some(why) = &source.reason {
                add(source.name.clone(), why.clone());
            }
        }
        for gap in &node.gaps {
            add("rights".into(), gap.clone());
        }
        for gpu in &node.gpus {
            if let Some(why) = gpu.absent.reason("instances") {
                add(
                    Text::from(format!("instances of GPU {}", gpu.index)),
                    why.text.clone(),
                );
            }
        }
        if let Some(why) = &node.paused {
            add("samples".into(), why.clone());
        }
    }
    all
}
