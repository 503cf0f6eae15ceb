//! The host from `/proc` and `/sys`: what is there before NVML answers, who has GPU nodes open, and whose process it is.

mod capabilities;
mod gaps;
mod holders;
mod inventory;
mod processes;
mod scan;

pub use gaps::gaps;
pub use holders::holders;
pub use inventory::{boot_id, host, host_name};
pub use processes::{names_of_users, processes};
pub use scan::{Node, OpenNode, Scan};
