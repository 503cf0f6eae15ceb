//! What was seen of simulated hosts before the simulation: the past that a scenario gives them.

use std::time::SystemTime;

use jiff::Timestamp;

use super::SimError;
use crate::domain::ids::{BootId, GiId, GpuUuid, ProfileId};
use crate::domain::life::Life;
use crate::domain::placement::Placement;
use crate::domain::text::Text;
use crate::store::memory::Work;
use nvml_sim::driver::Driver;
use nvml_sim::scenario::{Scenario, derive};

/// What an earlier console would have written down of a host.
#[derive(Clone, PartialEq, Debug)]
pub struct Past {
    /// The host.
    pub host: Text,
    /// Its boot.
    pub boot: BootId,
    /// Who was seen at work.
    pub work: Vec<Work>,
}

/// The past of a scenario's hosts, as far as they have one. `spec` as for [`super::hosts`].
///
/// # Errors
/// There is no such scenario or host, or its file is none.
pub fn past(spec: &str) -> Result<Vec<Past>, SimError> {
    let scenario = Scenario::load(spec)?;
    let mut out = Vec::new();
    for host in scenario.hosts.iter().filter(|h| h.watched_seconds > 0) {
        let driver = Driver::open(&scenario, &host.name, None)?;
        let Some(past) = driver.past() else {
            continue;
        };
        let (since, seen) = (at(past.since), at(past.until));
        let work = past.idle.into_iter().map(|instance| Work {
            gpu: GpuUuid::new(&instance.gpu),
            gi: GiId(instance.gi),
            life: Life {
                profile: Some(ProfileId(instance.profile)),
                placement: Some(Placement {
                    start: instance.start,
                    size: instance.size,
                }),
                appeared: None,
            },
            since,
            seen,
            busy: instance.last_work.map(at),
        });
        out.push(Past {
            host: Text::new(&host.name),
            boot: BootId::new(&derive::boot_id(host)),
            work: work.collect(),
        });
    }
    Ok(out)
}

fn at(time: SystemTime) -> Timestamp {
    // a clock so far off that no timestamp holds it
    Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH)
}
