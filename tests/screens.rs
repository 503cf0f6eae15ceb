//! Every screen as it is drawn, against pictures that a person has looked at: `tests/screens/snapshots`.
//!
//! The facts are a recorded host's (`tests/golden/dgx-dev-01.jsonl`), the time is the tape's. After a change that is meant:
//! `INSTA_UPDATE=always cargo test --test screens`, then look at what git shows.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "screens/fleet.rs"]
mod fleet;
#[path = "screens/others.rs"]
mod others;
#[path = "screens/scene.rs"]
mod scene;
