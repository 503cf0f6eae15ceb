//! What happened to a pod, in the cluster's own words.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::ids::ObjectUid;
use super::super::text::Text;

/// An Event about a pod. The API server keeps them for an hour unless it was told otherwise.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PodEvent {
    /// UID of the event.
    pub uid: ObjectUid,
    /// UID of the pod.
    pub pod: ObjectUid,
    /// Namespace of the pod.
    pub namespace: Text,
    /// Name of the pod.
    pub name: Text,
    /// `Warning` or `Normal`.
    pub kind: Text,
    /// In one word, such as `FailedScheduling`.
    pub reason: Text,
    /// In a sentence.
    pub message: Text,
    /// How often.
    pub count: u32,
    /// When for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Timestamp>,
    /// When for the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Timestamp>,
    /// Who says so: `kubelet`, `default-scheduler`..
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Text>,
}
