//! Every screen as it is drawn, against pictures that a person has looked at: `tests/screens/snapshots`.
//!
//! The facts are those of recorded hosts (`tests/golden/dgx-dev-01.jsonl`, `tests/golden/hosts`), the time is the tapes'. After a change that is meant:
//! `INSTA_UPDATE=always cargo test --test screens`, then look at what git shows.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "screens/fleet.rs"]
mod fleet;
#[path = "screens/hosts.rs"]
mod hosts;
#[path = "screens/others.rs"]
mod others;
#[path = "screens/scene.rs"]
mod scene;
