//! Pieces of screens, each drawn on a bare buffer by `impl Widget for &T`.

pub mod bar;
pub mod strip;
pub mod table;

pub use bar::Bar;
pub use strip::{Strip, StripContent};
pub use table::{Align, Cell, Column, Table};
