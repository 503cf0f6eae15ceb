//! From records to reports: one report may be several lines, and some lines say what a report beside them says.

use jiff::Timestamp;

use super::lines::{Said, Sxid, Xid, is_of_driver, said};
use crate::domain::ids::{BootId, PciAddress};
use crate::domain::observation::DriverLoad;
use crate::domain::text::Text;
use crate::domain::xid::{XidEvent, XidFamily, XidSource};

/// Lines of one report are printed at once; this long after its first line they belong to another.
const ONE_REPORT_USEC: u64 = 10_000_000;

/// Reports remembered to know their further lines by. Older ones have passed [`ONE_REPORT_USEC`] in any real log.
const REMEMBERED: usize = 64;

/// The three lines of a GPU that did not answer at probe time stand next to each other.
const PROBE_RECORDS: u8 = 4;

/// `ROBUST_CHANNEL_GPU_HAS_FALLEN_OFF_THE_BUS`.
const OFF_BUS: u32 = 79;

/// When a record was written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// Microseconds since boot.
    pub usec: u64,
    /// Time of day.
    pub at: Timestamp,
}

/// What must be remembered between records.
#[derive(Debug)]
pub(super) struct Interpreter {
    source: XidSource,
    boot: Option<BootId>,
    recent: Vec<(XidFamily, PciAddress, u32, u64)>,
    probe: Option<(PciAddress, u8)>,
    loads: Vec<DriverLoad>,
}

impl Interpreter {
    pub fn new(source: XidSource, boot: Option<BootId>) -> Self {
        Self {
            source,
            boot,
            recent: Vec::new(),
            probe: None,
            loads: Vec::new(),
        }
    }

    /// A new one for what the journal has of the same boot.
    pub fn of_the_journal(&self) -> Self {
        Self::new(XidSource::Journal, self.boot.clone())
    }

    /// Takes over what an interpreter of earlier records found.
    pub fn comes_after(&mut self, earlier: &Self) {
        self.loads.splice(0..0, earlier.loads.iter().cloned());
    }

    /// Loads of the driver so far.
    pub fn loads(&self) -> &[DriverLoad] {
        &self.loads
    }

    /// Adds the reports of a record, which may have several lines.
    pub fn take(&mut self, moment: Moment, text: &str, events: &mut Vec<XidEvent>) {
        // text that others put into a line of the kernel's own may have line ends in it
        if !text
            .lines()
            .find(|l| !l.is_empty())
            .is_some_and(is_of_driver)
        {
            self.after_record();
            return;
        }
        for line in text.lines() {
            match said(line) {
                Some(Said::Xid(xid)) => events.push(self.xid(moment, xid)),
                Some(Said::Sxid(sxid)) => events.extend(self.sxid(moment, sxid)),
                Some(Said::OffBus(pci)) => {
                    events.extend(self.off_bus(moment, pci, "GPU has fallen off the bus"))
                }
                Some(Said::ProbeOf(pci)) => self.probe = Some((pci, PROBE_RECORDS)),
                Some(Said::ProbeOffBus) => {
                    if let Some((pci, _)) = self.probe.take() {
                        events.extend(self.off_bus(
                            moment,
                            pci,
                            "GPU has fallen off the bus and did not answer when the driver was loaded",
                        ));
                    }
                }
                Some(Said::DriverLoaded(version)) => self.loads.push(DriverLoad {
                    at: moment.at,
                    version: version.map(Text::from),
                }),
                None => {}
            }
        }
        self.after_record();
    }

    fn after_record(&mut self) {
        self.probe = self
            .probe
            .and_then(|(pci, left)| Some((pci, left.checked_sub(1)?)));
    }

    fn xid(&mut self, moment: Moment, xid: Xid) -> XidEvent {
        self.is_new(XidFamily::Xid, xid.pci, xid.code, moment.usec);
        XidEvent {
            gi: xid.gi,
            ci: xid.ci,
            pid: xid.pid,
            name: xid.name.map(Text::from),
            ..self.event(XidFamily::Xid, xid.code, xid.pci, moment, &xid.message)
        }
    }

    /// One event for the lines of one report: its first, which has the word, or whichever is left of it.
    fn sxid(&mut self, moment: Moment, sxid: Sxid) -> Option<XidEvent> {
        let new = self.is_new(XidFamily::Sxid, sxid.pci, sxid.code, moment.usec);
        if sxid.word.is_none() && !new {
            return None;
        }
        Some(XidEvent {
            severity_word: sxid.word.map(Text::from),
            link: sxid.link,
            ..self.event(XidFamily::Sxid, sxid.code, sxid.pci, moment, &sxid.message)
        })
    }

    fn off_bus(&mut self, moment: Moment, pci: PciAddress, what: &str) -> Option<XidEvent> {
        if !self.is_new(XidFamily::Xid, pci, OFF_BUS, moment.usec) {
            return None;
        }
        let message = format!("{what} (kernel log line without an Xid)");
        Some(self.event(XidFamily::Xid, OFF_BUS, pci, moment, &message))
    }

    fn event(
        &self,
        family: XidFamily,
        code: u32,
        pci: PciAddress,
        moment: Moment,
        message: &str,
    ) -> XidEvent {
        XidEvent {
            family,
            code,
            pci: Some(pci),
            at: moment.at,
            boot_usec: Some(moment.usec),
            boot: self.boot.clone(),
            gi: None,
            ci: None,
            pid: None,
            name: None,
            message: Text::new(message),
            severity_word: None,
            link: None,
            source: self.source,
        }
    }

    /// False where the same was reported a moment ago; remembers it.
    fn is_new(&mut self, family: XidFamily, pci: PciAddress, code: u32, usec: u64) -> bool {
        let known = self
            .recent
            .iter_mut()
            .find(|(f, p, c, _)| (*f, *p, *c) == (family, pci, code));
        if let Some((.., last)) = known {
            let new = usec.saturating_sub(*last) > ONE_REPORT_USEC;
            *last = usec;
            return new;
        }
        if self.recent.len() == REMEMBERED {
            self.recent.remove(0);
        }
        self.recent.push((family, pci, code, usec));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(records: &[(u64, &str)]) -> Vec<XidEvent> {
        let mut interpreter = Interpreter::new(XidSource::Kmsg, None);
        let mut events = Vec::new();
        for (usec, text) in records {
            let moment = Moment {
                usec: *usec,
                at: Timestamp::UNIX_EPOCH,
            };
            interpreter.take(moment, text, &mut events);
        }
        events
    }

    #[test]
    fn the_lines_of_one_switch_report_are_one_event() {
        let burst = [
            (
                1_000_000,
                "nvidia-nvswitch1: SXid (PCI:0000:06:00.0): 20034, Fatal, Link 48 LTSSM Fault Up",
            ),
            (
                1_000_001,
                "nvidia-nvswitch1: SXid (PCI:0000:06:00.0): 20034, Severity 1 Engine instance 48 Sub-engine instance 00",
            ),
            (
                1_000_002,
                "nvidia-nvswitch1: SXid (PCI:0000:06:00.0): 20034, Data {0x50610002, 0x10100030}",
            ),
        ];
        let found = events(&burst);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].severity_word.as_deref(), Some("Fatal"));
        assert_eq!(found[0].link, Some(48));
        assert_eq!(found[0].family, XidFamily::Sxid);
        // two links at once are two reports
        let second = (
            1_000_003,
            "nvidia-nvswitch1: SXid (PCI:0000:06:00.0): 20034, Fatal, Link 49 LTSSM Fault Up",
        );
        assert_eq!(events(&[burst[0], second, burst[2]]).len(), 2);
        // what is left of a report whose first line was overwritten still counts, once
        let found = events(&burst[1..]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].severity_word, None);
    }

    #[test]
    fn a_repeated_xid_is_told_each_time() {
        let line = "NVRM: Xid (PCI:0000:4e:00): 13, pid=1, name=a, Graphics Exception";
        assert_eq!(events(&[(1, line), (2, line)]).len(), 2);
    }

    #[test]
    fn off_the_bus_without_an_xid_is_told_as_79_and_says_so() {
        let found = events(&[(5, "NVRM: GPU 0000:18:00.0: GPU has fallen off the bus.")]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].code, 79);
        assert!(found[0].message.contains("without an Xid"));
        let probe = "NVRM: The NVIDIA GPU 0000:18:00.0\nNVRM: (PCI ID: 10de:2901) installed in this system has\nNVRM: fallen off the bus and is not responding to commands.";
        let found = events(&[(5, probe)]);
        assert_eq!((found.len(), found[0].code), (1, 79));
        assert_eq!(found[0].pci.unwrap().to_string(), "0000:18:00.0");
        // the same three lines as three records
        let lines: Vec<(u64, &str)> = probe.lines().map(|line| (5, line)).collect();
        assert_eq!(events(&lines).len(), 1);
    }

    #[test]
    fn off_the_bus_beside_its_xid_is_told_once() {
        let found = events(&[
            (
                5,
                "NVRM: Xid (PCI:0000:18:00): 79, pid=1, name=a, GPU has fallen off the bus.",
            ),
            (6, "NVRM: GPU 0000:18:00.0: GPU has fallen off the bus."),
            (
                7,
                "NVRM: GPU 0000:18:00.0: GPU serial number is 1565020013641.",
            ),
        ]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].pid.unwrap().0, 1);
    }

    #[test]
    fn a_last_line_without_its_first_is_ambiguous_and_left_out() {
        let last = "NVRM: fallen off the bus and is not responding to commands.";
        assert!(events(&[(5, last)]).is_empty());
        let mut records = vec![(1, "NVRM: The NVIDIA GPU 0000:18:00.0")];
        records.extend([(2, "x"), (3, "x"), (4, "x"), (5, "x"), (6, "x"), (7, last)]);
        assert!(events(&records).is_empty(), "too far away");
    }

    #[test]
    fn a_name_cannot_command_a_terminal() {
        let found = events(&[(
            1,
            "NVRM: Xid (PCI:0000:4e:00): 31, pid=1, name=a\u{1b}[2J, Ch 1\u{7}",
        )]);
        assert_eq!(found[0].name.as_deref(), Some("a\\u{1b}[2J"));
        assert_eq!(found[0].message, "Ch 1\\u{7}");
    }
}
