//! The board of a GPU that is there: its profiles as the driver tells them, and the layout that is on it now.

use jiff::Timestamp;

use super::catalog::{Board, BoardProfile};
use super::fleet::{Gpu, Node};
use super::gpu::{GpuInventory, Listing};
use super::ids::{GpuIndex, GpuUuid};
use super::layout::{GiPlaced, GpuLayout, Layout};
use super::reading::{Absence, Reading};
use super::text::Text;

/// A GPU, its board and its layout.
#[derive(Clone, PartialEq, Debug)]
pub struct LiveBoard {
    /// Its host.
    pub node: Text,
    /// Whether the host is simulated.
    pub simulated: bool,
    /// When the host was last heard of.
    pub at: Timestamp,
    /// Position in NVML's enumeration.
    pub index: GpuIndex,
    /// Its identity.
    pub uuid: GpuUuid,
    /// What it can be divided into.
    pub board: Board,
    /// What it is divided into.
    pub layout: Reading<GpuLayout>,
}

impl LiveBoard {
    /// The board of a GPU of `node`.
    ///
    /// # Errors
    /// The reason why its profiles are not known.
    pub fn of(node: &Node, gpu: &Gpu) -> Result<Self, Absence> {
        let known = known(&gpu.inventory)?;
        let profiles = self::known(&known.profiles)?;
        let name = known.identity.name.value().map_or("", Text::as_str);
        let board = Board::from_live(name, profiles);
        Ok(Self {
            node: node.name.clone(),
            simulated: node.hello.as_ref().is_some_and(|h| h.simulated),
            at: node.at,
            index: known.identity.index,
            uuid: known.identity.uuid.clone(),
            layout: layout(known, &board).into(),
            board,
        })
    }

    /// How many more instances of a profile of this board fit now; with MIG off none does.
    pub fn room(&self, profile: &BoardProfile) -> Reading<u32> {
        self.layout.map(|layout| match layout {
            GpuLayout::Off => 0,
            GpuLayout::On(layout) => room(&self.board, layout, profile),
        })
    }
}

/// The layout as the driver lists it.
fn layout(inventory: &GpuInventory, board: &Board) -> Result<GpuLayout, Absence> {
    if !known(&inventory.mig)?.current {
        return Ok(GpuLayout::Off);
    }
    let instances = known(&inventory.instances)?;
    // handles of MIG devices tell no placements, and nothing at all of an instance without a compute instance
    if let Listing::ByDevice { why } = &inventory.listing {
        return Err(why.clone());
    }
    Layout::observed(board, instances).map(GpuLayout::On)
}

fn known<T>(reading: &Reading<T>) -> Result<&T, Absence> {
    match reading {
        Reading::Value(value) => Ok(value),
        Reading::Absent(why) => Err(why.clone()),
    }
}

/// Placements of one profile are all of one size, so taking them in the order of their starts is exact.
fn room(board: &Board, layout: &Layout, profile: &BoardProfile) -> u32 {
    let mut with = layout.clone();
    let mut more = 0;
    for at in &profile.placements {
        if with.admits(board, profile, at.start) {
            let mut placed = with.instances().to_vec();
            placed.push(GiPlaced::full(profile, at.start));
            with = Layout::unchecked(board, placed);
            more += 1;
        }
    }
    more
}
