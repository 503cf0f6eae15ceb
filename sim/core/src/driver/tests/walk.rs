use std::collections::BTreeSet;

use super::super::load::hash;
use super::*;
use crate::rules;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = hash(self.0, b"roll");
        (self.0 >> 8) as usize % sides.max(1)
    }
}

/// What must hold whatever was done.
fn check(driver: &Driver) {
    let snapshot = driver.peek();
    let gpu = &snapshot.gpus[0];
    let (mut layout, mut ids, mut uuids) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    let mut indexes = Vec::new();
    for gi in &gpu.instances {
        let new = (gi.profile, gi.start);
        assert_eq!(rules::can_place(driver.table(), &layout, new), Ok(()));
        layout.push(new);
        assert!(ids.insert(gi.gi));
        let sm: u32 = gi.cis.iter().map(|ci| ci.sm).sum();
        assert!(sm <= gi.sm, "{gi:?}");
        for ci in &gi.cis {
            assert!(uuids.insert(ci.uuid.clone()));
            indexes.push(ci.index);
            assert_eq!(driver.mig_by_index(0, ci.index), Ok((gi.gi, ci.ci)));
        }
    }
    assert!(
        indexes.iter().copied().eq(0..indexes.len() as u32),
        "{indexes:?}"
    );
    assert!(indexes.len() <= driver.max_mig_devices(0).unwrap() as usize);
}

fn step(driver: &Driver, dice: &mut Dice) -> Result<()> {
    let board = driver.table();
    let gpu = &driver.peek().gpus[0];
    let gi = gpu.instances.get(dice.roll(gpu.instances.len()));
    let ci = gi.and_then(|gi| gi.cis.get(dice.roll(gi.cis.len())));
    let row = &board.profiles[dice.roll(board.profiles.len())];
    match (dice.roll(6), gi, ci) {
        (0 | 1, ..) => driver.create_gi(0, row.id, None).map(drop),
        (2, ..) => {
            let start = dice.roll(board.axis as usize + 1) as u32;
            driver
                .create_gi(0, row.id, Some((start, row.size)))
                .map(drop)
        }
        (3 | 4, Some(gi), _) => {
            let id = [0, 1, 2, 3, 4, 7][dice.roll(6)];
            driver.create_ci(0, gi.gi, id, None).map(drop)
        }
        (_, Some(gi), Some(ci)) => driver.destroy_ci(0, gi.gi, ci.ci),
        (_, Some(gi), None) => driver.destroy_gi(0, gi.gi),
        (_, None, _) => Err(Ret::NOT_FOUND),
    }
}

#[test]
fn nothing_that_is_granted_breaks_the_rules_and_nothing_refused_leaves_a_trace() {
    for board in tables::boards() {
        let driver = driver(board.short, "610.43.02", "mig = true", "privileged = true");
        let mut dice = Dice(7);
        let (mut granted, mut refused) = (0, 0);
        for _ in 0..400 {
            let before = driver.peek();
            match step(&driver, &mut dice) {
                Ok(()) => granted += 1,
                Err(code) => {
                    refused += 1;
                    assert_eq!(driver.peek(), before, "{code}");
                }
            }
            check(&driver);
        }
        assert!(
            granted > 100 && refused > 50,
            "{}: {granted} {refused}",
            board.short
        );
    }
}
