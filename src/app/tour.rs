//! The guided tour of the demo: screens with one sentence each.

/// Where the tour is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tour {
    /// Number of the step, from 0.
    pub step: usize,
    /// Whether its screen is shown; false while the hosts have not told of it yet.
    pub there: bool,
}

/// A stop of the tour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// All nodes.
    Fleet,
    /// The first node.
    Node,
    /// The GPU with the busiest instance.
    Busiest,
    /// The instance with an error.
    Sick,
    /// Error reports.
    Xids,
    /// What keeps GPUs in use.
    Holders,
    /// What is wrong.
    Findings,
    /// Instances that nobody works on.
    Idle,
    /// Keys.
    Help,
}

/// The tour's stops, in order.
pub const STOPS: [Stop; 9] = [
    Stop::Fleet,
    Stop::Node,
    Stop::Busiest,
    Stop::Sick,
    Stop::Xids,
    Stop::Holders,
    Stop::Findings,
    Stop::Idle,
    Stop::Help,
];

impl Tour {
    /// The stop.
    pub fn stop(&self) -> Stop {
        STOPS[self.step.min(STOPS.len() - 1)]
    }
}

impl Stop {
    /// Key of its sentence.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Fleet => "tour.fleet",
            Self::Node => "tour.node",
            Self::Busiest => "tour.busiest",
            Self::Sick => "tour.sick",
            Self::Xids => "tour.xids",
            Self::Holders => "tour.holders",
            Self::Findings => "tour.findings",
            Self::Idle => "tour.idle",
            Self::Help => "tour.help",
        }
    }
}
