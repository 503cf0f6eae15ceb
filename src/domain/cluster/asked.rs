//! What is asked of the API server about one pod, when somebody wants to see it, and what comes back.

use std::sync::Arc;

use jiff::Timestamp;

use super::super::ids::ObjectUid;
use super::super::reading::Absence;
use super::super::text::Text;

/// A pod by what the API server knows it by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PodName {
    /// Namespace.
    pub namespace: Text,
    /// Name.
    pub name: Text,
    /// UID: another pod of the same name is not meant; `None`: not known.
    pub uid: Option<ObjectUid>,
}

/// What is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Question {
    /// Containers, conditions, events.
    Details,
    /// The object, without what is secret.
    Yaml,
    /// What a container wrote, and writes from now on.
    Log {
        /// The container; `None`: the first.
        container: Option<Text>,
        /// Of the container before it was started again.
        previous: bool,
    },
}

/// What comes back.
#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    /// To [`Question::Details`].
    Details(Box<PodDetails>),
    /// To [`Question::Yaml`]: lines.
    Yaml(Vec<Text>),
    /// To [`Question::Log`]: several, one after the other.
    Log(LogPart),
    /// Nothing, and why.
    Refused(Absence),
}

/// A part of a log.
#[derive(Clone, PartialEq, Debug)]
pub enum LogPart {
    /// Whose log it will be.
    Begun {
        /// The container.
        container: Text,
        /// All that the pod has, in the order in which they start.
        containers: Vec<Text>,
    },
    /// Further lines. Who sends them waits until this is dropped before there are more.
    Lines(Arc<Vec<Text>>),
    /// The container has ended, or does not write any more.
    Ended,
    /// The connection broke.
    Broken(Text),
}

/// What a pod's object says that is not watched.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PodDetails {
    /// Priority class, service account, QoS class: label and value, as the object has them.
    pub facts: Vec<(&'static str, Text)>,
    /// Containers in the order in which they start.
    pub containers: Vec<ContainerDetails>,
    /// Conditions that do not hold, with reason and message; and what holds, by name.
    pub conditions: Vec<Text>,
    /// Volumes that go with the pod, and those that stay.
    pub volumes: Vec<Text>,
    /// Events, the newest first.
    pub events: Vec<EventLine>,
    /// Why events are not read, if they are not.
    pub events_unread: Option<Text>,
}

/// A container.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContainerDetails {
    /// Its name.
    pub name: Text,
    /// `init`, `sidecar` or nothing.
    pub kind: &'static str,
    /// Its image.
    pub image: Text,
    /// `running`, `waiting CrashLoopBackOff`, `terminated Error (1)`.
    pub state: Text,
    /// Why it ended before, if it did.
    pub last: Option<Text>,
    /// How often it was started again.
    pub restarts: Option<u64>,
    /// Names of environment variables; their values are not kept.
    pub variables: Vec<Text>,
}

/// An event of a pod.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventLine {
    /// When it was seen last.
    pub at: Option<Timestamp>,
    /// How often.
    pub count: u64,
    /// `Normal`, `Warning`.
    pub kind: Text,
    /// In one word.
    pub reason: Text,
    /// In a sentence.
    pub message: Text,
}
