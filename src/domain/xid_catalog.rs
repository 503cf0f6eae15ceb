//! What an Xid or SXid means and what to do about it.
//!
//! Xid rows follow NVIDIA's "Analyzing Xid Catalog" (Ampere and newer, codes 1 to 172), with names of older codes from
//! the pre-Ampere table; codes 173 to 177 from `nverror.h` of the open kernel modules. Severity and the scope under MIG
//! are derived: the catalogue has neither column. SXid classes follow the Fabric Manager user guide (DU-09883-001).
//! A code that is not here means "unknown", never "healthy".

use serde::{Deserialize, Serialize};

use super::finding::Severity;
use super::xid::{XidEvent, XidFamily};

mod sxids;
mod xids;

/// Who is usually at fault.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The application.
    Application,
    /// The application or the driver.
    ApplicationOrDriver,
    /// The hardware.
    Hardware,
    /// Driver or firmware.
    Driver,
    /// The hardware or the driver.
    HardwareOrDriver,
    /// A link: NVLink, C2C or PCIe, either end.
    Link,
    /// It follows another error.
    Symptom,
    /// A setting.
    Configuration,
    /// The catalogue does not say.
    Unclear,
}

impl Fault {
    /// In words, for a table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::ApplicationOrDriver => "application or driver",
            Self::Hardware => "hardware",
            Self::Driver => "driver",
            Self::HardwareOrDriver => "hardware or driver",
            Self::Link => "link",
            Self::Symptom => "symptom of another",
            Self::Configuration => "configuration",
            Self::Unclear => "unclear",
        }
    }
}

/// What is lost.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Nothing.
    Nothing,
    /// A process or its work.
    Process,
    /// The GPU goes on with less than it should have.
    Degraded,
    /// The GPU is of no use until it is reset or the host restarted.
    Unusable,
}

impl Loss {
    /// How bad that is in the scale of findings.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Nothing => Severity::Info,
            Self::Process | Self::Degraded => Severity::Caution,
            Self::Unusable => Severity::Danger,
        }
    }
}

/// Whom it concerns on a GPU with MIG.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The process or its instance; the other instances go on.
    Instance,
    /// The GPU and with it every instance.
    Gpu,
    /// An NVSwitch's port, or the partition behind it.
    Port,
    /// The whole NVSwitch fabric.
    Fabric,
    /// Nobody now.
    None,
}

/// What a code means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Meaning {
    /// In a few words.
    pub name: &'static str,
    /// Whose fault it usually is.
    pub fault: Fault,
    /// What is lost.
    pub severity: Loss,
    /// Whom it concerns under MIG.
    pub scope: Scope,
    /// What to do at once.
    pub action: &'static str,
    /// What to look into afterwards.
    pub investigate: &'static str,
}

/// What a number means by itself; `None` for one that no catalogue lists. For a report, see [`meaning_of`].
pub fn meaning(family: XidFamily, code: u32) -> Option<&'static Meaning> {
    match family {
        XidFamily::Xid => xids::meaning(code),
        XidFamily::Sxid => sxids::meaning(code),
    }
}

/// What a report means: for a switch's, its own word counts more than its number. `None` where nothing tells.
pub fn meaning_of(event: &XidEvent) -> Option<&'static Meaning> {
    match (event.family, &event.severity_word) {
        (XidFamily::Sxid, Some(word)) => sxids::worded(event.code, word, event.link.is_some()),
        _ => meaning(event.family, event.code),
    }
}

/// What a contained or uncontained memory error (Xid 94, 95) says of resets: the words count, not the number alone.
///
/// Blackwell reports some errors as 94 that need a reset all the same; with MIG a double-bit error in a partition is 94
/// with `D-RST: Yes`, which concerns that partition only (`kern_gpu_error_cont_{ga100,gb100}.c`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ResetWords {
    /// `RST`: the GPU must be reset before it can be used.
    pub reset: bool,
    /// `D-RST`: drain, then reset; what is not hit may finish first.
    pub drain_and_reset: bool,
}

impl ResetWords {
    /// Finds `RST: Yes|No, D-RST: Yes|No` in a message.
    pub fn of(message: &str) -> Option<Self> {
        let (_, tail) = message.split_once("RST: ")?;
        let (reset, tail) = tail.split_once(", D-RST: ")?;
        let word = |s: &str| match s {
            "Yes" => Some(true),
            "No" => Some(false),
            _ => None,
        };
        let end = tail
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(tail.len());
        Some(Self {
            reset: word(reset)?,
            drain_and_reset: word(&tail[..end])?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn xid(code: u32) -> &'static Meaning {
        meaning(XidFamily::Xid, code).unwrap()
    }

    #[test]
    fn the_errors_operators_meet_most_are_told_apart() {
        assert_eq!(xid(31).fault, Fault::ApplicationOrDriver);
        assert_eq!(xid(31).scope, Scope::Instance);
        assert_eq!(xid(94).scope, Scope::Instance);
        assert_eq!(xid(95).scope, Scope::Gpu);
        assert_eq!(xid(95).severity, Loss::Unusable);
        assert_eq!(xid(79).severity.severity(), Severity::Danger);
        assert!(xid(79).action.contains("restart the host"));
        assert!(xid(119).action.contains("reset the GPU"));
        assert_eq!(xid(45).fault, Fault::Symptom);
        assert_eq!(xid(63).severity, Loss::Nothing);
        assert_eq!(xid(64).severity, Loss::Unusable);
    }

    #[test]
    fn an_unknown_code_has_no_meaning() {
        for code in [0, 9, 178, 500, 999] {
            assert_eq!(meaning(XidFamily::Xid, code), None, "{code}");
        }
        assert_eq!(meaning(XidFamily::Sxid, 1), None);
    }

    #[test]
    fn every_row_says_what_to_do() {
        for family in [XidFamily::Xid, XidFamily::Sxid] {
            for code in 0..30_000 {
                if let Some(m) = meaning(family, code) {
                    assert!(!m.name.is_empty(), "{code}");
                    assert!(!m.action.is_empty(), "{code}");
                }
            }
        }
    }

    #[test]
    fn a_switchs_class_is_known() {
        let sxid = |code| meaning(XidFamily::Sxid, code).unwrap();
        assert_eq!(sxid(20034).scope, Scope::Port);
        assert_eq!(sxid(12028).severity, Loss::Process);
        assert_eq!(sxid(22003).scope, Scope::Fabric);
        assert_eq!(sxid(23010).scope, Scope::Fabric);
        assert_eq!(sxid(19084).severity, Loss::Process);
    }

    #[test]
    fn a_switchs_own_word_wins_over_its_number() {
        let said =
            |code, word: &str, port| sxids::worded(code, word, port).map(|m| (m.severity, m.scope));
        for code in [22012, 22013, 11004, 19084, 31000] {
            assert_eq!(
                said(code, "Fatal", true),
                Some((Loss::Unusable, Scope::Port)),
                "{code}"
            );
        }
        assert_eq!(
            said(10003, "Fatal", false),
            Some((Loss::Unusable, Scope::Fabric))
        );
        assert_eq!(
            said(22003, "Fatal", true),
            Some((Loss::Unusable, Scope::Fabric))
        );
        for code in [20034, 22003, 22012, 22013] {
            assert_eq!(
                said(code, "Non-fatal", true),
                Some((Loss::Nothing, Scope::None)),
                "{code}"
            );
        }
        assert_eq!(
            said(19084, "Non-fatal", true),
            Some((Loss::Process, Scope::Port)),
            "stalls all the same"
        );
        assert_eq!(
            said(31000, "Non-fatal", true),
            None,
            "not known to be harmless"
        );
        // the first line is gone: not known, so not harmless
        assert_eq!(
            meaning(XidFamily::Sxid, 22013).unwrap().severity,
            Loss::Degraded
        );
    }

    #[test]
    fn the_words_about_resets_are_read() {
        let words = |s| ResetWords::of(s).map(|w| (w.reset, w.drain_and_reset));
        assert_eq!(
            words("Contained: SM (0x1). RST: No, D-RST: No"),
            Some((false, false))
        );
        assert_eq!(
            words("Contained: DED CBC (0x1). physAddr: 0x12. RST: No, D-RST: Yes"),
            Some((false, true))
        );
        assert_eq!(
            words("Uncontained: LTC TAG (0x4,0x1). RST: Yes, D-RST: No\n"),
            Some((true, false))
        );
        assert_eq!(words("Ch 00000008"), None);
        assert_eq!(words("RST: Perhaps, D-RST: No"), None);
    }
}
