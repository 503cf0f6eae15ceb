//! What needs nothing but the code: geometry, notation and the documents made of them; the simulator's rules as their
//! measure.

// helpers outside of test functions fall by panicking as well
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod pure {
    mod boards;
    mod command_line;
    mod host_roots;
    mod live;
    mod notation;
    mod simulator;
}
