//! The Kubernetes API: what a cluster believes of its GPUs, followed by watches.
//!
//! ```text
//!   access: kubeconfig --> client      rights: what may be read      served: which APIs there are
//!   session: a task per watch (follow) and one that asks whether the server answers (pulse)
//!            --> notes --> session: strategy, health, gaps --> observations
//!   watch: one watch as a state machine without I/O          objects: JSON --> what is kept
//! ```
//!
//! Every call has a time limit. A watch that breaks goes on from where it was; what was told stays until a complete list
//! says otherwise, and says since when it is late. Nothing but `get`, `list`, `watch` is asked for, and reviews of one's
//! own access.

pub mod access;
mod api;
mod backoff;
mod follow;
mod health;
pub mod objects;
mod pulse;
mod rights;
mod served;
mod session;
mod strategy;
mod watch;

pub use access::{AccessError, Credentials};
pub use objects::{claim_facts, node_facts, pod_facts, quota_facts, slice_facts};
pub use session::{Options, Sink, run};
