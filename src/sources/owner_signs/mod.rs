//! Signs of who manages MIG, found on the host itself: a worker node often has no credential to ask the API with.
//!
//! Each sign says where it was seen. `domain::owner::decide` weighs them; here nothing is concluded. Not taken for
//! signs: what a person runs in a session, programs that only look, and units that neither run nor are enabled.

mod guard;
mod pods;
mod processes;
mod units;
mod words;

use super::root::HostRoot;
use crate::domain::cluster::PodOnHost;
use crate::domain::owner::{OwnerKind, OwnerSign};
use crate::domain::service::Service;
use crate::domain::text::Text;

/// All signs, strongest sources first: guard file, processes, units, plugin sockets, pods.
pub fn read(root: &HostRoot, services: &[Service], pods: &[PodOnHost]) -> Vec<OwnerSign> {
    let mut signs = Vec::new();
    signs.extend(guard::sign(root));
    signs.extend(processes::signs(root, pods));
    signs.extend(units::signs(root, services));
    signs.extend(pods::sockets(root));
    signs.extend(pods::signs(root, pods));
    signs
}

fn sign(
    kind: OwnerKind,
    name: impl Into<Text>,
    evidence: impl Into<Text>,
    running: bool,
    layout: Option<Text>,
) -> OwnerSign {
    OwnerSign {
        kind,
        name: name.into(),
        evidence: evidence.into(),
        running,
        layout,
        decisive: false,
    }
}

/// Something on the host could not be looked at, so that an owner may be there unseen.
fn blind(evidence: impl Into<Text>) -> OwnerSign {
    sign(OwnerKind::Unknown, "", evidence, false, None)
}
