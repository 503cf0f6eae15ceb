//! What frames every screen: the title line and the foot line.

mod footer;
mod title;

pub use footer::{footer, footer_height};
pub use title::title;
