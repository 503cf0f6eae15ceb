//! What needs nothing but the code: geometry, notation and the documents made of them; the simulator's rules as their
//! measure.

mod pure {
    mod boards;
    mod command_line;
    mod live;
    mod notation;
}
