//! What migdeck needs from the outside, in domain words.

pub mod gpu_api;
