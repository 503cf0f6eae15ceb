//! `migdeck validate --json`: `migdeck/validate/v1`.

use serde::{Deserialize, Serialize};

use super::live_gpu::LiveGpu;
use crate::domain::layout;
use crate::domain::text::Text;

/// Name and version of this shape.
pub const SCHEMA: &str = "migdeck/validate/v1";

/// Whether a layout, or every line of a node layout, is allowed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Validate {
    /// [`SCHEMA`].
    pub schema: Text,
    /// The board.
    pub model: Text,
    /// The GPU whose driver told the board; absent for a built-in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu: Option<LiveGpu>,
    /// Whether all of it is allowed.
    pub valid: bool,
    /// The layout with all starts, or those of a node, each on its line; `null` where something collides. Made of
    /// sanitised names only.
    pub layout: Option<String>,
    /// What collides, in all lines.
    pub collisions: Vec<Collision>,
    /// The lines of a node layout; absent for the layout of one GPU.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Line>,
}

/// One line of a node layout.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Line {
    /// Which line of the text, from 1.
    pub line: usize,
    /// Its GPUs as they were written: `0-1`.
    pub gpus: Text,
    /// Whether it is allowed.
    pub valid: bool,
    /// Its layout with all starts; `null` where something collides.
    pub layout: Option<Text>,
    /// What collides.
    pub collisions: Vec<Collision>,
}

/// Two things that cannot both be, or a capacity that is exceeded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Collision {
    /// What does not fit.
    pub a: Text,
    /// What it collides with; `null` where a capacity is exceeded.
    pub b: Option<Text>,
    /// One sentence.
    pub text: Text,
}

impl From<&layout::Collision> for Collision {
    fn from(from: &layout::Collision) -> Self {
        Self {
            a: Text::new(&from.a),
            b: from.b.as_deref().map(Text::new),
            text: Text::new(&from.text),
        }
    }
}
