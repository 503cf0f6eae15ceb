//! The live GPU that a board was read from, in `profiles`, `layouts` and `validate`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::absent::Absent;
use crate::domain::live_board::LiveBoard;
use crate::domain::notation::print_gpu;
use crate::domain::text::Text;

/// Which GPU, and what is on it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LiveGpu {
    /// Its host.
    pub node: Text,
    /// Whether the host is simulated.
    pub simulated: bool,
    /// When the host was last heard of.
    pub at: Timestamp,
    /// Position in NVML's enumeration.
    pub index: u32,
    /// Its identity.
    pub uuid: Text,
    /// What is on it, in the notation of layouts: `off`, `empty`, `3g.20gb@0 3g.20gb@4`.
    pub layout: Option<Text>,
    /// Why `layout` is `null`.
    #[serde(default, skip_serializing_if = "Absent::is_empty")]
    pub absent: Absent,
}

impl From<&LiveBoard> for LiveGpu {
    fn from(from: &LiveBoard) -> Self {
        let mut absent = Absent::default();
        let layout = absent.take_as("layout", &from.layout, |layout| {
            print_gpu(&from.board, layout).into()
        });
        Self {
            node: from.node.clone(),
            simulated: from.simulated,
            at: from.at,
            index: from.index.0,
            uuid: from.uuid.as_str().into(),
            layout,
            absent,
        }
    }
}
