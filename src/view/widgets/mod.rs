//! Pieces of screens, each drawn on a bare buffer by `impl Widget for &T`.

pub mod bar;
pub mod prompt;
pub mod rule;
pub mod spark;
pub mod strip;
pub mod table;
pub mod window;

pub use bar::Bar;
pub use prompt::Prompt;
pub use rule::Rule;
pub use spark::Spark;
pub use strip::{Strip, StripContent};
pub use table::{Align, Cell, Column, Span, Table};
pub use window::Window;
