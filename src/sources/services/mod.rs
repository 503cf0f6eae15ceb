//! Services that matter to GPUs, and the specs by which containers are given devices. systemd is never asked: its
//! files and cgroups tell, also without rights and also when it hangs.

mod cdi;
mod packages;
mod units;

use super::root::HostRoot;
use crate::domain::reading::Reading;
use crate::domain::service::{CdiSpec, Service};

/// Services that exist on the host, by kind and name, and its CDI specs.
///
/// A unit of which no process runs is not active, also if systemd calls it `active (exited)` as it does with one-shot
/// units that have done their work.
pub fn read(root: &HostRoot) -> (Vec<Service>, Reading<Vec<CdiSpec>>) {
    let mut services = units::services(root);
    packages::add_versions(root, &mut services);
    (services, cdi::specs(root).into())
}
