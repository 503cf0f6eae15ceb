//! Where all threads of a probe put what they see, and from where it is written.
//!
//! A record that is still unwritten when a newer one of its kind comes is replaced by it: what waits is bounded by the
//! kinds of records, a slow reader never blocks a thread that reads a GPU, and what it gets is the newest. An inventory,
//! which is told only when it changes, is thereby never lost. Replaced records are counted, and the count is told.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::domain::ids::GpuUuid;
use crate::domain::observation::{Fact, Observation, SourceName};

/// Error reports that may wait.
const XIDS: usize = 1000;

/// What one record replaces another by.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Kind {
    Hello,
    Host,
    Driver,
    Gpu(GpuUuid),
    Gone(GpuUuid),
    Sample(GpuUuid),
    Call(u32),
    Source(SourceName),
    Processes,
    Holders,
    Xids,
    Loads,
    Services,
    Allocations,
    Owner,
    Cluster,
    Paused,
    Beat,
}

fn kind(fact: &Fact) -> Option<Kind> {
    Some(match fact {
        Fact::Hello(_) => Kind::Hello,
        Fact::Host(_) => Kind::Host,
        Fact::Driver(_) => Kind::Driver,
        Fact::Gpu(inventory) => Kind::Gpu(inventory.identity.uuid.clone()),
        Fact::GpuGone { gpu } => Kind::Gone(gpu.clone()),
        Fact::Sample(sample) => Kind::Sample(sample.gpu.clone()),
        Fact::GpuCall(call) => Kind::Call(call.index),
        Fact::Source(state) => Kind::Source(state.source),
        Fact::Processes { .. } => Kind::Processes,
        Fact::Holders { .. } => Kind::Holders,
        Fact::Xids { .. } => Kind::Xids,
        Fact::DriverLoads { .. } => Kind::Loads,
        Fact::Services { .. } => Kind::Services,
        Fact::Allocations { .. } => Kind::Allocations,
        Fact::OwnerSigns { .. } => Kind::Owner,
        Fact::Cluster { .. } => Kind::Cluster,
        // a probe reads no exporter and no API server
        Fact::Exporter(_) | Fact::ClusterNews(_) | Fact::Unknown => return None,
        Fact::Paused { .. } => Kind::Paused,
        Fact::Beat { .. } => Kind::Beat,
    })
}

/// The outlet. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub(super) struct Outlet(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    filled: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    /// In the order in which they are to be written, each with what it can be replaced by.
    records: Vec<(Kind, Observation)>,
    dropped: u64,
    closed: bool,
}

impl Outlet {
    /// Puts a fact seen now. Never blocks.
    pub(super) fn send(&self, mut fact: Fact) {
        let Some(new) = kind(&fact) else {
            return;
        };
        let mut waiting = self.lock();
        if waiting.closed {
            return;
        }
        let older = waiting.records.iter().position(|(kind, _)| *kind == new);
        if let Some(older) = older {
            let (_, older) = waiting.records.remove(older);
            waiting.dropped += carry_over(older.fact, &mut fact);
        }
        if let Fact::Beat { dropped, .. } = &mut fact {
            *dropped = waiting.dropped;
        }
        // under the lock, so that times follow the order of the lines as far as the clock does
        let at = Timestamp::now();
        waiting.records.push((new, Observation { at, fact }));
        self.0.filled.notify_one();
    }

    /// Nothing more will be put; what waits is still written.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.0.filled.notify_one();
    }

    /// Writes what is put, until the outlet is closed or writing fails.
    pub(super) fn write_to(&self, mut out: impl Write) -> io::Result<()> {
        let mut lines = Vec::new();
        while let Some(records) = self.next() {
            lines.clear();
            for record in records {
                serde_json::to_writer(&mut lines, &record)?;
                lines.push(b'\n');
            }
            out.write_all(&lines)?;
            out.flush()?;
        }
        Ok(())
    }

    fn next(&self) -> Option<Vec<Observation>> {
        let mut waiting = self.lock();
        while waiting.records.is_empty() {
            if waiting.closed {
                return None;
            }
            waiting = self
                .0
                .filled
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let records = std::mem::take(&mut waiting.records);
        Some(records.into_iter().map(|(_, record)| record).collect())
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes over from a replaced record what its successor does not say again, and gives the number of records lost.
fn carry_over(older: Fact, newer: &mut Fact) -> u64 {
    match (older, newer) {
        (
            Fact::Xids { events, lost },
            Fact::Xids {
                events: new,
                lost: more,
            },
        ) => {
            *more += lost;
            let mut all = events;
            all.append(new);
            let over = all.len().saturating_sub(XIDS);
            all.drain(..over);
            *new = all;
            over as u64
        }
        (Fact::Sample(older), Fact::Sample(newer)) => {
            if newer.slow.is_none() {
                newer.slow = older.slow;
            }
            1
        }
        // only the last of these matters
        (
            Fact::Beat { .. }
            | Fact::Source(_)
            | Fact::GpuCall(_)
            | Fact::Paused { .. }
            | Fact::DriverLoads { .. },
            _,
        ) => 0,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Text;

    fn beat(n: u64) -> Fact {
        Fact::Beat { n, dropped: 0 }
    }

    fn processes() -> Fact {
        Fact::Processes {
            processes: Vec::new(),
        }
    }

    #[test]
    fn what_is_written_in_time_is_written_in_order() {
        let outlet = Outlet::default();
        outlet.send(processes());
        outlet.send(beat(1));
        outlet.close();
        let mut out = Vec::new();
        outlet.write_to(&mut out).unwrap();
        let kinds: Vec<_> = out
            .split(|b| *b == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice::<Observation>(line).unwrap().fact)
            .collect();
        assert_eq!(kinds, [processes(), beat(1)]);
    }

    #[test]
    fn a_slow_reader_gets_the_newest_and_is_told_what_it_missed() {
        let outlet = Outlet::default();
        for n in 1..=1000 {
            outlet.send(processes());
            outlet.send(beat(n));
        }
        let records = outlet.next().unwrap();
        let facts: Vec<_> = records.into_iter().map(|record| record.fact).collect();
        let last = Fact::Beat {
            n: 1000,
            dropped: 999,
        };
        assert_eq!(facts, [processes(), last]);
    }

    #[test]
    fn no_error_report_is_lost_by_being_replaced() {
        use crate::domain::xid::{XidEvent, XidFamily, XidSource};
        let event = |code| XidEvent {
            family: XidFamily::Xid,
            code,
            pci: None,
            at: Timestamp::UNIX_EPOCH,
            boot_usec: None,
            boot: None,
            gi: None,
            ci: None,
            pid: None,
            name: None,
            message: Text::new(""),
            severity_word: None,
            link: None,
            source: XidSource::Kmsg,
        };
        let outlet = Outlet::default();
        for (code, lost) in [(31, 2), (94, 3)] {
            outlet.send(Fact::Xids {
                events: vec![event(code)],
                lost,
            });
        }
        let expected = Fact::Xids {
            events: vec![event(31), event(94)],
            lost: 5,
        };
        assert_eq!(outlet.next().unwrap()[0].fact, expected);
    }
}
