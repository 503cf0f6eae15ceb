//! What has changed on a node, and when.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{GiId, GpuUuid};
use super::observation::SourceName;
use super::placement::Placement;
use super::text::Text;

/// Something that happened on a node.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Event {
    /// Its number among the host's events: no other of them has it, however many came and went. 0: it has none yet.
    #[serde(default)]
    pub n: u64,
    /// When it was seen, by the host's clock (of a boot: when it was).
    pub at: Timestamp,
    /// The GPU it concerns.
    pub gpu: Option<GpuUuid>,
    /// Its index then.
    pub index: Option<u32>,
    /// What.
    pub what: Happening,
    /// How it is known.
    pub seen: Seen,
}

/// How an event is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// This console watched it.
    Watched,
    /// The host's own records say so: /proc, kernel log.
    Host,
    /// An earlier console watched it and wrote it down.
    Logged,
    /// The cluster says so.
    Cluster,
    /// Between two watches: it was so at the end of the one and otherwise at the start of the next.
    Between,
}

/// What happened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// The host booted.
    Booted,
    /// The driver was loaded.
    DriverLoaded {
        /// Its version.
        version: Option<Text>,
    },
    /// A GPU is there that was not.
    GpuAppeared,
    /// A GPU has gone.
    GpuVanished,
    /// MIG mode has changed.
    ModeChanged {
        /// In force now.
        current: bool,
        /// In force after the next reset.
        pending: bool,
    },
    /// A GPU instance is there that was not.
    InstanceAppeared {
        /// Its id.
        gi: GiId,
        /// Its profile.
        profile: Option<Text>,
        /// Its place.
        placement: Option<Placement>,
    },
    /// A GPU instance has gone.
    InstanceVanished {
        /// Its id.
        gi: GiId,
        /// Its profile.
        profile: Option<Text>,
        /// Its place.
        placement: Option<Placement>,
    },
    /// A GPU instance is listed no more, where those without a compute instance never are: it may be there still.
    InstanceUnlisted {
        /// Its id.
        gi: GiId,
        /// Its profile.
        profile: Option<Text>,
        /// Its place.
        placement: Option<Placement>,
    },
    /// A GPU instance has other compute instances than before.
    ComputeChanged {
        /// The GPU instance.
        gi: GiId,
        /// How many there were.
        before: u32,
        /// How many there are.
        after: u32,
    },
    /// A call has not come back.
    CallHung {
        /// Which.
        call: Text,
    },
    /// Calls fail, or the GPU is not asked for a while.
    CallsFail {
        /// Why.
        why: Text,
    },
    /// Calls come back again.
    CallsAnswer,
    /// A source is late, hangs or is down.
    SourceLost {
        /// Which.
        source: SourceName,
        /// `late`, `hung` or `down`.
        state: Text,
        /// Why.
        why: Text,
    },
    /// A source answers again.
    SourceBack {
        /// Which.
        source: SourceName,
    },
    /// Somebody else owns MIG now.
    OwnerChanged {
        /// Who did.
        before: Text,
        /// Who does.
        after: Text,
    },
    /// Sampling was paused.
    Paused {
        /// Why.
        why: Text,
    },
    /// Sampling goes on.
    Resumed,
    /// The cluster warns of a pod.
    PodWarned {
        /// Its namespace.
        namespace: Text,
        /// Its name.
        pod: Text,
        /// In one word.
        reason: Text,
        /// In a sentence.
        message: Text,
        /// How often.
        count: u32,
    },
    /// A kind of event that this version does not know.
    #[serde(other)]
    Unknown,
}
