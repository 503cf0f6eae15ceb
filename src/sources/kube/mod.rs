//! The Kubernetes API: its objects, and what migdeck keeps of them.

pub mod objects;

pub use objects::{claim_facts, node_facts, pod_facts, slice_facts};
