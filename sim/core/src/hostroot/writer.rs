//! Keeping a root true at the cost of what changed: between two changes only the host's clock moves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use super::{kmsg, system, tree};
use crate::driver::{Driver, Snapshot};
use crate::scenario::model::{Host, Process};
use crate::view::{View, present};

/// Writes one root again and again.
#[derive(Default)]
pub struct Writer {
    /// What the files tell since the last full write.
    written: Option<Moment>,
}

/// All of a host that its files tell and that time or a caller of the driver can change, but for the uptime.
#[derive(PartialEq)]
struct Moment {
    layout: Snapshot,
    at_work: BTreeMap<u32, Option<(u32, u32)>>,
    /// Processes that have ended.
    ended: BTreeSet<u32>,
    /// Those that have begun.
    started: Vec<Process>,
    /// Of processes that come and go: pid, whether it is there, and for which time.
    cycles: Vec<(u32, bool, u64)>,
    /// Kernel records so far.
    records: usize,
}

impl Moment {
    fn of(driver: &Driver) -> Self {
        let host = driver.host();
        let now = driver.now();
        Self {
            layout: driver.peek(),
            at_work: driver.at_work(),
            ended: driver.ended(),
            started: driver.started(),
            cycles: cycles(host, now),
            records: kmsg::due(host, Duration::from_secs(host.uptime_seconds) + now),
        }
    }
}

fn cycles(host: &Host, now: Duration) -> Vec<(u32, bool, u64)> {
    host.processes
        .iter()
        .filter_map(|p| match p.cycle_seconds.as_slice() {
            [on, off, ..] if on + off > 0 => {
                Some((p.pid, present(p, now), now.as_secs() / (on + off)))
            }
            _ => None,
        })
        .collect()
}

impl Writer {
    /// As [`super::write`].
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write(&mut self, dir: &Path, driver: &Driver) -> std::io::Result<()> {
        let moment = Moment::of(driver);
        if self.written.as_ref() == Some(&moment) {
            let uptime = Duration::from_secs(driver.host().uptime_seconds) + driver.now();
            return tree::replace(
                &dir.join(system::UPTIME),
                system::uptime(uptime).as_bytes(),
                0o644,
            );
        }
        self.written = None;
        super::tree(&View::of(driver)).write(dir)?;
        self.written = Some(moment);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    #[test]
    fn between_two_changes_only_the_clock_is_written() {
        let scenario = Scenario::load("h100").unwrap();
        let driver = Driver::open(&scenario, &scenario.hosts[0].name, None).unwrap();
        let dir = tempfile::tempdir_in(crate::hostroot::place()).unwrap();
        let mut writer = Writer::default();
        writer.write(dir.path(), &driver).unwrap();
        let (list, clock) = (
            dir.path().join(".hostroot"),
            dir.path().join(system::UPTIME),
        );
        std::fs::remove_file(&list).unwrap();
        std::fs::remove_file(&clock).unwrap();
        writer.write(dir.path(), &driver).unwrap();
        assert!(clock.exists());
        assert!(!list.exists(), "nothing has changed, and all was written");

        driver.init().unwrap();
        let free = driver.peek().gpus[7].instances[2].clone();
        driver.destroy_ci(7, free.gi, free.cis[0].ci).unwrap();
        writer.write(dir.path(), &driver).unwrap();
        assert!(list.exists());
    }
}
