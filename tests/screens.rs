//! What the screens look like, from tapes and at fixed sizes. `INSTA_UPDATE=always cargo test --test screens` takes what
//! is drawn now for right: look at each difference before it is committed.
//!
//! The tapes are three seconds of the demo's hosts, recorded at once:
//! `migdeck demo --scenario bank#dgx-dev-01 record tests/golden/tapes/dgx-dev-01.jsonl --seconds 3 --force`.

// helpers outside of test functions fall by panicking as well
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod screens {
    pub mod fleet;
    pub mod others;
    pub mod print;
    pub mod stage;
}
