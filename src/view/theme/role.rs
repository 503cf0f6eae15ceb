//! What a piece of the picture means.

use crate::domain::finding::Severity;
use crate::domain::fleet::SlotState;

macro_rules! roles {
    ($($role:ident $name:literal $doc:literal;)+) => {
        /// What a piece of the picture means.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum Role { $(#[doc = $doc] $role,)+ }

        /// All roles with their names in theme files. `a.b` falls back to `a`, and that to `text`.
        pub const ROLES: &[(Role, &str)] = &[$((Role::$role, $name),)+];
    };
}

roles! {
    Text "text" "What is not said otherwise.";
    Dim "dim" "What is there to be skipped: units, absent values.";
    Strong "strong" "Names, and what the eye is to meet first.";
    Title "title" "The title line.";
    Simulated "title.simulated" "The word that says that nothing here is real.";
    ReadOnly "title.readonly" "The word that says who owns the layout.";
    Head "head" "Heads of columns.";
    Rule "rule" "Lines between parts.";
    Key "key" "A key in hints and help.";
    Selected "selected" "The selected row.";
    Pointer "selected.pointer" "What points at the selected row.";
    Marked "marked" "A marked row.";
    Matched "matched" "What a filter has found in a row.";
    Input "input" "What is being typed.";
    Window "window" "A window over the screen.";
    WindowEdge "window.edge" "Its frame.";
    Ok "ok" "All is well.";
    Info "info" "Good to know.";
    Caution "caution" "Somebody should look.";
    Danger "danger" "Work is lost or will be.";
    Stale "stale" "A value that was true a while ago.";
    Busy "state.busy" "Somebody works on it.";
    Allocated "state.allocated" "Given to a pod, and nothing runs.";
    Free "state.free" "Nobody has it.";
    NoCi "state.no_ci" "A GPU instance without compute instance.";
    Sick "state.sick" "It, or its GPU, needs attention.";
    Unknown "state.unknown" "Too little could be read.";
    Hole "strip.hole" "Slices in which an instance would fit.";
    Lost "strip.lost" "Slices that nothing can use.";
    BusyFill "fill.busy" "The used part of a busy instance.";
    BusyRest "rest.busy" "The unused part of a busy instance.";
    AllocatedFill "fill.allocated" "The used part of an allocated instance.";
    AllocatedRest "rest.allocated" "The unused part of an allocated instance.";
    FreeFill "fill.free" "What is used of an instance that nobody has.";
    FreeRest "rest.free" "A free instance.";
    SickFill "fill.sick" "The used part of a sick instance.";
    SickRest "rest.sick" "The unused part of a sick instance.";
    UnknownFill "fill.unknown" "What is used of an instance of which too little could be read.";
    UnknownRest "rest.unknown" "An instance of which too little could be read, or without compute instance.";
    Spark "spark" "A curve.";
    Bar "bar" "The used part of a bar.";
    BarRest "bar.rest" "The rest of a bar.";
}

impl Role {
    /// The role of an instance's state.
    pub const fn of_state(state: SlotState) -> Self {
        match state {
            SlotState::Busy => Self::Busy,
            SlotState::Allocated => Self::Allocated,
            SlotState::Free => Self::Free,
            SlotState::NoCi => Self::NoCi,
            SlotState::Sick => Self::Sick,
            SlotState::Unknown => Self::Unknown,
        }
    }

    /// The roles of the used and the unused part of an instance in that state.
    pub const fn of_level(state: SlotState) -> (Self, Self) {
        match state {
            SlotState::Busy => (Self::BusyFill, Self::BusyRest),
            SlotState::Allocated => (Self::AllocatedFill, Self::AllocatedRest),
            SlotState::Free => (Self::FreeFill, Self::FreeRest),
            SlotState::Sick => (Self::SickFill, Self::SickRest),
            SlotState::NoCi | SlotState::Unknown => (Self::UnknownFill, Self::UnknownRest),
        }
    }

    /// The role of a severity.
    pub const fn of_severity(severity: Severity) -> Self {
        match severity {
            Severity::Info => Self::Info,
            Severity::Caution => Self::Caution,
            Severity::Danger => Self::Danger,
        }
    }
}
