//! What frames every screen: the title line and the foot line.

mod footer;
mod title;

pub use footer::footer;
pub use title::title;
