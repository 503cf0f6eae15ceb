//! Every legal layout of a board, as sets of bits.
//!
//! An *item* is a profile at one of its placements; a layout is a set of items, one bit each. The table lists each set
//! once, those with the larger instances and the lower starts first, so the first set that matches is the one to choose
//! where starts were left open. A seven-slice board takes some tens of microseconds (`cargo bench --bench domain`).

use std::collections::BTreeSet;

use super::catalog::{Board, BoardProfile};
use super::ids::ProfileId;
use super::layout::{GiPlaced, Layout, exclusive};
use super::placement::Placement;

/// Bits of a set.
type Bits = u128;

/// A set of items.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Set(Bits);

impl Set {
    /// How many instances.
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// The layout without instances.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all of `other` is in it.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Positions of its items.
    fn items(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            (rest != 0).then(|| {
                let at = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                at
            })
        })
    }
}

/// One legal layout.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// Its instances.
    pub set: Set,
    /// Whether nothing can be added.
    pub maximal: bool,
}

/// A profile at one of its placements.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Item {
    /// The profile.
    pub profile: ProfileId,
    /// The placement.
    pub placement: Placement,
    /// Compute slices.
    slices: u32,
    /// Most of the profile on one GPU.
    max: u32,
    /// Items that cannot stand beside it: they share a memory slice or a media engine with it.
    excludes: Bits,
    /// All items of its profile.
    siblings: Bits,
}

/// All legal layouts of a board.
#[derive(Clone, Debug)]
pub struct Table {
    items: Vec<Item>,
    rows: Vec<Row>,
    compute_slices: u32,
    complete: bool,
}

/// An instance whose start may be open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Open {
    /// Its profile.
    pub profile: ProfileId,
    /// Its start, if it matters.
    pub start: Option<u32>,
}

impl Table {
    /// No board known today comes near; a board that claims more is cut off there and says so.
    const MOST_ROWS: usize = 1 << 18;

    /// Enumerates the layouts of `board`. Without `media` those of profiles without any attribute (`+me`, `+me.all`,
    /// `+gfx`, `-me`) only.
    pub fn new(board: &Board, media: bool) -> Self {
        let mut profiles: Vec<&BoardProfile> = board
            .profiles
            .iter()
            .filter(|p| media || p.name.attributes().is_empty())
            .collect();
        // stable: among equals the plain profile stays before those with attributes
        profiles.sort_by_key(|p| std::cmp::Reverse((p.slices, p.size())));
        let mut placed: Vec<(&BoardProfile, Placement)> = profiles
            .into_iter()
            .flat_map(|p| p.placements.iter().map(move |at| (p, *at)))
            .collect();
        let fits_in_bits = placed.len() <= Bits::BITS as usize;
        placed.truncate(Bits::BITS as usize);
        let bits = |of: &dyn Fn(&BoardProfile, Placement) -> bool| {
            placed
                .iter()
                .enumerate()
                .filter(|(_, (p, at))| of(p, *at))
                .fold(0, |bits, (n, _)| bits | 1 << n)
        };
        let items = placed
            .iter()
            .map(|(profile, placement)| Item {
                profile: profile.id,
                placement: *placement,
                slices: profile.slices,
                max: profile.max,
                excludes: bits(&|p, at| {
                    at.overlaps(*placement) || p.id != profile.id && exclusive(p, profile)
                }),
                siblings: bits(&|p, _| p.id == profile.id),
            })
            .collect();
        let mut table = Self {
            items,
            rows: Vec::new(),
            compute_slices: board.compute_slices,
            complete: fits_in_bits,
        };
        let all = table.all();
        table.walk(0, all, 0, 0);
        table
    }

    fn all(&self) -> Bits {
        match self.items.len() {
            0 => 0,
            n => Bits::MAX >> (Bits::BITS as usize - n),
        }
    }

    /// Lists `set` and what grows from it by items from position `from` on. `open`: items that nothing in `set` excludes.
    fn walk(&mut self, set: Bits, open: Bits, from: usize, compute: u32) {
        if self.rows.len() >= Self::MOST_ROWS {
            self.complete = false;
            return;
        }
        let fitting = Set(open)
            .items()
            .filter(|&n| {
                let item = &self.items[n];
                compute.saturating_add(item.slices) <= self.compute_slices
                    && (set & item.siblings).count_ones() < item.max
            })
            .fold(0, |bits, n| bits | 1 << n);
        self.rows.push(Row {
            set: Set(set),
            maximal: fitting == 0,
        });
        for n in Set(fitting).items().filter(|&n| n >= from) {
            let Item {
                excludes, slices, ..
            } = self.items[n];
            let bit = 1 << n;
            self.walk(
                set | bit,
                open & !excludes & !bit,
                n + 1,
                compute.saturating_add(slices),
            );
        }
    }

    /// The layouts, the empty one first.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// False for a board with more placements or layouts than are enumerated; such a table proves nothing impossible.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// The instances of a set, the larger and lower first.
    pub fn items(&self, set: Set) -> impl Iterator<Item = &Item> {
        set.items().map(|n| &self.items[n])
    }

    /// A set as a layout, each instance with one compute instance that fills it.
    pub fn layout(&self, board: &Board, set: Set) -> Layout {
        let placed = self
            .items(set)
            .filter_map(|item| {
                let profile = board.profile(item.profile)?;
                Some(GiPlaced::full(profile, item.placement.start))
            })
            .collect();
        Layout::unchecked(board, placed)
    }

    /// A layout as a set; `None` where an instance is not in the table.
    pub fn set_of(&self, layout: &Layout) -> Option<Set> {
        layout.instances().iter().try_fold(Set(0), |set, gi| {
            let bit = self.bit(gi.profile, gi.placement.start)?;
            Some(Set(set.0 | bit))
        })
    }

    /// How many instances of each profile, by profile: what a layout is where placements do not matter.
    pub fn multiset(&self, set: Set) -> Vec<(ProfileId, u32)> {
        let mut counts: Vec<(ProfileId, u32)> = Vec::new();
        for item in self.items(set) {
            match counts.last_mut() {
                Some((profile, count)) if *profile == item.profile => *count += 1,
                _ => counts.push((item.profile, 1)),
            }
        }
        counts
    }

    /// The different multisets of some rows.
    pub fn multisets<'a>(
        &self,
        rows: impl IntoIterator<Item = &'a Row>,
    ) -> BTreeSet<Vec<(ProfileId, u32)>> {
        rows.into_iter().map(|row| self.multiset(row.set)).collect()
    }

    /// Compute slices that `set` uses.
    pub fn compute_of(&self, set: Set) -> u32 {
        self.items(set)
            .map(|i| i.slices)
            .fold(0, u32::saturating_add)
    }

    /// The most compute slices that can be in use while everything of `layout` stays: what is missing to the board's
    /// number is lost. `None` where the layout is not in the table.
    pub fn most_compute(&self, layout: &Layout) -> Option<u32> {
        let set = self.set_of(layout)?;
        self.rows
            .iter()
            .filter(|row| row.set.contains(set))
            .map(|row| self.compute_of(row.set))
            .max()
    }

    /// The first layout that has exactly these instances: the larger at the lower starts. One placement for each of
    /// `wanted`, in their order; `None` where there is no such layout.
    pub fn complete(&self, wanted: &[Open]) -> Option<Vec<Placement>> {
        let mut fixed = 0;
        for open in wanted {
            if let Some(start) = open.start {
                let bit = self.bit(open.profile, start)?;
                // two at one place are none
                if fixed & bit != 0 {
                    return None;
                }
                fixed |= bit;
            }
        }
        let profiles: BTreeSet<ProfileId> = wanted.iter().map(|o| o.profile).collect();
        let counts = profiles
            .into_iter()
            .map(|id| {
                let siblings = self.items.iter().find(|i| i.profile == id)?.siblings;
                let count = wanted.iter().filter(|o| o.profile == id).count();
                Some((siblings, u32::try_from(count).ok()?))
            })
            .collect::<Option<Vec<_>>>()?;
        let many = u32::try_from(wanted.len()).ok()?;
        let found = self.rows.iter().find(|row| {
            row.set.len() == many
                && row.set.contains(Set(fixed))
                && counts
                    .iter()
                    .all(|(siblings, n)| (row.set.0 & siblings).count_ones() == *n)
        })?;
        let mut free = found.set.0 & !fixed;
        wanted
            .iter()
            .map(|open| {
                let n = match open.start {
                    Some(start) => self.position(open.profile, start)?,
                    None => Set(free)
                        .items()
                        .find(|&n| self.items[n].profile == open.profile)?,
                };
                free &= !(1 << n);
                Some(self.items[n].placement)
            })
            .collect()
    }

    fn position(&self, profile: ProfileId, start: u32) -> Option<usize> {
        self.items
            .iter()
            .position(|i| i.profile == profile && i.placement.start == start)
    }

    fn bit(&self, profile: ProfileId, start: u32) -> Option<Bits> {
        self.position(profile, start).map(|n| 1 << n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalog::named;

    fn table(model: &str, media: bool) -> Table {
        Table::new(named(model).unwrap(), media)
    }

    #[test]
    fn an_a100_has_as_many_layouts_as_were_counted_by_hand() {
        let table = table("a100-40", false);
        let maximal: Vec<_> = table.rows().iter().filter(|r| r.maximal).collect();
        assert_eq!(table.rows().len(), 723);
        assert_eq!(maximal.len(), 78);
        let all = table.multisets(table.rows());
        assert_eq!(all.len(), 78);
        assert_eq!(table.multisets(maximal).len(), 38);

        let count = |set: &[(ProfileId, u32)], id| {
            set.iter().find(|(p, _)| *p == id).map_or(0, |(_, n)| *n)
        };
        let within = |a: &Vec<(ProfileId, u32)>, b: &Vec<(ProfileId, u32)>| {
            a != b && a.iter().all(|(id, n)| count(b, *id) >= *n)
        };
        let outermost = all
            .iter()
            .filter(|a| !all.iter().any(|b| within(a, b)))
            .count();
        assert_eq!(outermost, 28);
    }

    #[test]
    fn each_layout_is_listed_once_and_starts_with_the_empty_one() {
        for board in crate::domain::catalog::boards() {
            let table = Table::new(board, true);
            let sets: BTreeSet<_> = table.rows().iter().map(|r| r.set).collect();
            assert_eq!(sets.len(), table.rows().len(), "{}", board.model);
            assert!(table.rows()[0].set.is_empty());
            assert!(table.is_complete());
        }
    }

    #[test]
    fn open_starts_go_to_the_larger_and_lower_first() {
        let table = table("a100-40", false);
        let starts = |wanted: &[(u32, Option<u32>)]| {
            let wanted: Vec<_> = wanted
                .iter()
                .map(|&(id, start)| Open {
                    profile: ProfileId(id),
                    start,
                })
                .collect();
            table
                .complete(&wanted)
                .map(|at| at.iter().map(|p| p.start).collect::<Vec<_>>())
        };
        // the driver's own order would fail here: 1g, 1g, 2g, then 3g
        assert_eq!(
            starts(&[(19, None), (19, None), (14, None), (9, None)]),
            Some(vec![2, 3, 0, 4])
        );
        assert_eq!(starts(&[(9, None), (9, None)]), Some(vec![0, 4]));
        assert_eq!(starts(&[(9, None), (9, Some(0))]), Some(vec![4, 0]));
        assert_eq!(starts(&[(9, None), (9, None), (19, None)]), None);
        assert_eq!(starts(&[(9, Some(0)), (9, Some(0))]), None);
    }

    #[test]
    fn compute_that_nothing_can_reach_is_lost() {
        let board = named("a100-40").unwrap();
        let table = table("a100-40", false);
        let two = Layout::new(
            board,
            [0, 4]
                .map(|start| GiPlaced::full(board.profile(ProfileId(9)).unwrap(), start))
                .to_vec(),
        )
        .unwrap();
        assert_eq!(table.most_compute(&two), Some(6));
        assert_eq!(table.most_compute(&Layout::default()), Some(7));
    }
}
