//! The real binary as a child process: what it prints, what it refuses, and its exit codes.

// helpers outside of test functions fall by panicking as well
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

mod process {
    pub mod config;
    pub mod console;
    pub mod demo;
    pub mod doctor;
    pub mod examples;
    pub mod exporters;
    pub mod faults;
    pub mod first_user;
    pub mod fits;
    pub mod live_board;
    pub mod look;
    pub mod probe;
    pub mod run;
    pub mod saved;
    pub mod schema;
    pub mod tables;
    pub mod usage;
    pub mod who;
}
