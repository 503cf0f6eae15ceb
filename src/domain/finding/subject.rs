//! What a finding concerns: `dgx-dev-01`, `dgx-dev-01 GPU 5 gi 2`, `dgx-dev-01 GPU 0-3,5`.

use std::collections::BTreeSet;

use super::super::fleet::{Gpu, Node};
use super::super::ids::GiId;

/// `dgx-dev-01 GPU 5`.
pub(super) fn gpu(node: &Node, gpu: &Gpu) -> String {
    format!("{} GPU {}", node.name, gpu.index)
}

/// `dgx-dev-01 GPU 5 gi 2`.
pub(super) fn gi(node: &Node, of: &Gpu, gi: GiId) -> String {
    format!("{} gi {gi}", gpu(node, of))
}

/// `dgx-dev-01 GPU 0-3,5`: one cause on several GPUs.
pub(super) fn gpus(node: &Node, gpus: &[&Gpu]) -> String {
    let indexes = gpus.iter().map(|gpu| gpu.index).collect();
    format!("{} GPU {}", node.name, ranges(&indexes))
}

/// GPUs that a subject names, as (first, last) of each run; none for the host itself.
pub fn runs(node: &Node, subject: &str) -> Vec<(u32, u32)> {
    let list = subject
        .strip_prefix(node.name.as_str())
        .and_then(|rest| rest.strip_prefix(" GPU "))
        .and_then(|rest| rest.split(' ').next());
    let run = |part: &str| match part.split_once('-') {
        Some((first, last)) => Some((first.parse().ok()?, last.parse().ok()?)),
        None => part.parse().ok().map(|index| (index, index)),
    };
    let parts = list.into_iter().flat_map(|list| list.split(','));
    parts.map_while(run).collect()
}

/// The GPU instance that a subject names: 2 of `dgx-dev-01 GPU 5 gi 2`.
pub fn named_gi(node: &Node, subject: &str) -> Option<GiId> {
    let rest = subject.strip_prefix(node.name.as_str())?;
    let mut words = rest.strip_prefix(" GPU ")?.split(' ').skip(1);
    (words.next() == Some("gi"))
        .then(|| words.next()?.parse().ok())
        .flatten()
        .map(GiId)
}

/// Whether a subject names this GPU, a part of it, or it among others.
pub fn names_gpu(node: &Node, index: u32, subject: &str) -> bool {
    runs(node, subject)
        .iter()
        .any(|(first, last)| (*first..=*last).contains(&index))
}

/// Numbers with runs drawn together: `0-3,5`.
pub fn ranges(numbers: &BTreeSet<u32>) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &n in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == n => *last = n,
            _ => runs.push((n, n)),
        }
    }
    runs.iter()
        .map(|(a, b)| {
            if a == b {
                a.to_string()
            } else {
                format!("{a}-{b}")
            }
        })
        .collect::<Vec<_>>()
        .join(",")
}

#[cfg(test)]
mod tests {
    use super::super::super::text::Text;
    use super::*;

    #[test]
    fn a_subject_names_its_gpus_and_no_others() {
        let node = Node::new(Text::new("a"), jiff::Timestamp::UNIX_EPOCH);
        let named = |subject: &str| -> Vec<u32> {
            (0..40).filter(|n| names_gpu(&node, *n, subject)).collect()
        };
        assert_eq!(named("a GPU 3"), [3]);
        assert_eq!(named("a GPU 33 gi 2"), [33]);
        assert_eq!(named("a GPU 0-2,5"), [0, 1, 2, 5]);
        assert_eq!(named_gi(&node, "a GPU 33 gi 2"), Some(GiId(2)));
        for none in [
            "a",
            "a GPU 3",
            "ab GPU 3 gi 2",
            "a GPU 3 ci 2",
            "a GPU 3 gi x",
        ] {
            assert_eq!(named_gi(&node, none), None, "{none}");
        }
        for none in ["a", "ab GPU 3", "a 0000:07:00.0", "a GPU ", "a GPU x-3"] {
            assert_eq!(named(none), [] as [u32; 0], "{none}");
        }
    }
}
