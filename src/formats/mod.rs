//! Every shape that other programs read. The structs are this room's own: a domain type may change, a key may not.

pub mod absent;
pub mod doctor;
pub mod exposition;
pub mod fits;
pub mod holders;
pub mod layouts;
pub mod live_gpu;
pub mod picture;
pub mod pods;
pub mod profiles;
pub mod status;
pub mod validate;
