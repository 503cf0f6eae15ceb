//! What the sources have told, at one moment.

use std::sync::Arc;

use crate::domain::fleet::Fleet;
use crate::domain::history::History;

/// What the sources have told, at one moment. Cheap to clone.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Snapshot {
    /// The fleet.
    pub fleet: Arc<Fleet>,
    /// What was measured lately.
    pub history: Arc<History>,
}
