//! NVML: the library, and the sampler that reads GPUs through it or through the simulator.
//!
//! `ffi` calls the library, `real` is the port over it, `search` finds it; `sampler` knows only the port.

mod events;
mod ffi;
mod floor;
mod gpm;
mod names;
mod profiles;
mod real;
pub mod sampler;
mod search;
pub mod watch;

pub use floor::limits;
pub use gpm::SHORTEST_WINDOW;
pub use names::{NO_PROCESS_MEMORY, architecture, name_profiles, recovery};
pub use search::{OpenFailure, open, refusal};

use crate::domain::observation::{Driver, Fact};
use crate::domain::reading::Reading;
use crate::domain::text::Text;
use crate::ports::gpu_api::GpuApi;

/// Driver and library, as a fact for the stream.
///
/// # Errors
/// If the driver does not tell its version or the number of GPUs: there is no use in asking for more.
pub fn driver_facts(api: &dyn GpuApi) -> crate::ports::gpu_api::ApiResult<Fact> {
    let versions = api.versions()?;
    Ok(Fact::Driver(Driver {
        limits: floor::limits(&versions.driver),
        version: Reading::Value(Text::from(versions.driver)),
        nvml: versions.nvml.map(Text::from).into(),
        cuda: versions
            .cuda
            .map(|v| Text::from(format!("{}.{}", v / 1000, v % 1000 / 10)))
            .into(),
        library: Text::from(api.library()),
        gpus: api.count()?,
    }))
}
