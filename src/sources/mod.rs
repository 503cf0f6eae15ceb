//! Facts in: one room a source. Sources never import each other; `root` is the ground that those of the host share.

pub mod procfs;
pub mod root;
