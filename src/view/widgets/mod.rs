//! Pieces of screens, each drawn on a bare buffer by `impl Widget for &T`.
