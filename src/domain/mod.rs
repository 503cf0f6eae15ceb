//! What is true of GPUs and MIG. No I/O, no clock (time is an argument), no async, no terminal.

pub mod catalog;
pub mod cluster;
pub mod event;
pub mod finding;
pub mod fleet;
pub mod gpu;
pub mod history;
pub mod holder;
pub mod ids;
pub mod layout;
pub mod layouts;
pub mod live_board;
pub mod metric;
pub mod notation;
pub mod observation;
pub mod owner;
pub mod placement;
pub mod process;
pub mod profile;
pub mod reading;
pub mod service;
pub mod sketch;
pub mod text;
pub mod units;
pub mod xid;
pub mod xid_catalog;
