//! Facts in: one folder a source. No source knows another; what one needs of another, the caller hands over.

pub mod stream;
