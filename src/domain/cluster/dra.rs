//! Dynamic resource allocation: what drivers publish, and what is claimed of it.

use serde::{Deserialize, Serialize};

use super::super::ids::ObjectUid;
use super::super::text::Text;

/// A ResourceClaim with devices of a GPU driver.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClaimFacts {
    /// UID.
    pub uid: ObjectUid,
    /// Namespace.
    pub namespace: Text,
    /// Name.
    pub name: Text,
    /// UIDs of the pods that may use it (`status.reservedFor`).
    pub reserved_for: Box<[ObjectUid]>,
    /// What it was given (`status.allocation`); empty: nothing yet.
    pub devices: Box<[ClaimedDevice]>,
}

/// A device that a claim was given.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClaimedDevice {
    /// The request in the claim.
    pub request: Text,
    /// The driver.
    pub driver: Text,
    /// The driver's pool, for GPUs the node's name.
    pub pool: Text,
    /// Its name in the pool.
    pub device: Text,
}

/// A ResourceSlice of a GPU driver.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SliceFacts {
    /// UID.
    pub uid: ObjectUid,
    /// The driver.
    pub driver: Text,
    /// The pool.
    pub pool: Text,
    /// Generation of the pool: only slices of the highest count.
    pub generation: u64,
    /// How many slices the pool has in this generation.
    pub count: u64,
    /// The node, if its devices are one node's.
    pub node: Option<Text>,
    /// Devices.
    pub devices: Box<[SliceDevice]>,
}

/// A device that a driver publishes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SliceDevice {
    /// Its name in the pool.
    pub name: Text,
    /// `gpu`, `mig`, `vfio`.
    pub kind: Option<Text>,
    /// UUID; `None` for a MIG device that does not exist yet.
    pub uuid: Option<Text>,
    /// UUID of the GPU that a MIG device is a part of.
    pub parent: Option<Text>,
    /// Profile of a MIG device.
    pub profile: Option<Text>,
}
