//! One list of Xids from several reporters.

use jiff::SignedDuration;

use crate::domain::xid::{XidEvent, XidSource};

/// Reports kept per host; a storm pushes the oldest out.
const KEPT: usize = 2000;

/// Two reporters tell of one error if their times differ by no more than this.
const SAME: SignedDuration = SignedDuration::from_secs(2);

/// Adds `new` to `known`, in the order of time, and gives the number pushed out.
///
/// The kernel log has text, pid and history; an NVML event has GPU and compute instance. An error that both report
/// becomes one with what each knows. A kernel log that is read again adds nothing.
pub(super) fn merge(known: &mut Vec<XidEvent>, new: Vec<XidEvent>) -> u64 {
    for event in new {
        match known.iter_mut().rev().find(|old| is_same(old, &event)) {
            Some(old) => complete(old, event),
            None => {
                let at = known.partition_point(|old| old.at <= event.at);
                known.insert(at, event);
            }
        }
    }
    let over = known.len().saturating_sub(KEPT);
    known.drain(..over);
    over as u64
}

fn from_nvml(event: &XidEvent) -> bool {
    event.source == XidSource::NvmlEvent
}

fn is_same(old: &XidEvent, new: &XidEvent) -> bool {
    let same_error = (old.family, old.code, old.pci) == (new.family, new.code, new.pci);
    if !same_error {
        return false;
    }
    match (from_nvml(old), from_nvml(new)) {
        // the kernel's clock orders records; two of one number at one microsecond still differ in text
        (false, false) => {
            (old.boot_usec, &old.boot, &old.message) == (new.boot_usec, &new.boot, &new.message)
                && (old.boot_usec.is_some() || old.at == new.at)
        }
        (true, true) => (old.at, old.gi, old.ci) == (new.at, new.gi, new.ci),
        // an event that has found its line already has given it an instance
        (true, false) => near(old, new) && agrees(old, new) && old.message.is_empty(),
        (false, true) => near(old, new) && agrees(old, new),
    }
}

fn near(a: &XidEvent, b: &XidEvent) -> bool {
    a.at.duration_since(b.at).abs() <= SAME
}

fn agrees(a: &XidEvent, b: &XidEvent) -> bool {
    (a.gi.is_none() || b.gi.is_none() || a.gi == b.gi)
        && (a.ci.is_none() || b.ci.is_none() || a.ci == b.ci)
}

fn complete(old: &mut XidEvent, new: XidEvent) {
    let (gi, ci) = (old.gi.or(new.gi), old.ci.or(new.ci));
    if from_nvml(old) && !from_nvml(&new) {
        *old = new;
    }
    old.gi = gi;
    old.ci = ci;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{CiId, GiId};
    use crate::domain::text::Text;
    use crate::domain::xid::XidFamily;

    fn xid(source: XidSource, code: u32, at: &str) -> XidEvent {
        let kernel = source != XidSource::NvmlEvent;
        XidEvent {
            family: XidFamily::Xid,
            code,
            pci: "0000:4e:00.0".parse().ok(),
            at: at.parse().unwrap(),
            boot_usec: kernel.then_some(17),
            boot: None,
            gi: None,
            ci: None,
            pid: None,
            name: None,
            message: Text::new(if kernel { "Contained: SM (0x1)" } else { "" }),
            severity_word: None,
            link: None,
            source,
        }
    }

    #[test]
    fn an_event_and_a_line_of_one_error_become_one() {
        let line = xid(XidSource::Kmsg, 94, "2026-01-02T03:04:05Z");
        let mut event = xid(XidSource::NvmlEvent, 94, "2026-01-02T03:04:06Z");
        event.gi = Some(GiId(2));
        event.ci = Some(CiId(0));
        for order in [[&line, &event], [&event, &line]] {
            let mut known = Vec::new();
            for one in order {
                merge(&mut known, vec![one.clone()]);
            }
            assert_eq!(known.len(), 1, "{known:?}");
            assert_eq!(known[0].gi, Some(GiId(2)));
            assert_eq!(known[0].message, "Contained: SM (0x1)");
        }
    }

    #[test]
    fn other_codes_times_and_instances_stay_apart() {
        let mut known = Vec::new();
        let mut first = xid(XidSource::NvmlEvent, 94, "2026-01-02T03:04:05Z");
        first.gi = Some(GiId(1));
        let mut second = first.clone();
        second.gi = Some(GiId(2));
        merge(&mut known, vec![first, second]);
        merge(
            &mut known,
            vec![xid(XidSource::Kmsg, 31, "2026-01-02T03:04:05Z")],
        );
        merge(
            &mut known,
            vec![xid(XidSource::Kmsg, 94, "2026-01-02T04:04:05Z")],
        );
        assert_eq!(known.len(), 4);
        assert!(known.is_sorted_by_key(|event| event.at));
    }

    #[test]
    fn a_log_read_again_adds_nothing_and_a_storm_is_bounded() {
        let mut known = Vec::new();
        let line = xid(XidSource::Kmsg, 31, "2026-01-02T03:04:05Z");
        merge(&mut known, vec![line.clone()]);
        assert_eq!(merge(&mut known, vec![line.clone()]), 0);
        assert_eq!(known.len(), 1);
        let storm: Vec<_> = (0..KEPT as u64 + 5)
            .map(|usec| XidEvent {
                boot_usec: Some(1000 + usec),
                ..line.clone()
            })
            .collect();
        assert_eq!(merge(&mut known, storm), 6);
        assert_eq!(known.len(), KEPT);
    }
}
