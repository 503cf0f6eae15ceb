//! Profiles by enumeration, in whichever struct the driver fills.

use super::ffi::{Device, GpuInstance, Library, chars};
use super::names;
use super::real::or_older;
use crate::domain::gpu::{CiProfile, Engines, GiProfile};
use crate::domain::ids::ProfileId;
use crate::domain::placement::Placement;
use crate::domain::text::Text;
use crate::domain::units::Bytes;
use crate::ports::gpu_api::{ApiError, ApiResult, Code};

/// nvml.h 13.5 ends at 18; a driver that never says INVALID_ARGUMENT must not keep us for ever.
const MOST_KINDS: u32 = 64;

/// Asks for 0, 1, .. until INVALID_ARGUMENT; kinds that the board does not offer (NOT_SUPPORTED) are left out.
///
/// # Errors
/// NOT_SUPPORTED if the board offers none; any other error as it came.
fn enumerate<T>(mut one: impl FnMut(u32) -> ApiResult<T>) -> ApiResult<Vec<T>> {
    let mut found = Vec::new();
    let mut refused: Option<ApiError> = None;
    for kind in 0..MOST_KINDS {
        match one(kind) {
            Ok(profile) => found.push(profile),
            Err(e) if e.code == Code::InvalidArgument => break,
            Err(e) if e.code == Code::NotSupported => refused = Some(e),
            Err(e) => return Err(e),
        }
    }
    match refused {
        Some(e) if found.is_empty() => Err(e),
        _ => Ok(found),
    }
}

/// The profiles of a GPU. The V function answers NOT_SUPPORTED while MIG is off, where the first one still tells.
pub(super) fn of_gpu(library: &Library, gpu: Device) -> ApiResult<Vec<GiProfile>> {
    let mut profiles = enumerate(|kind| {
        let named = library.gi_profile_v(gpu, kind).map(|p| GiProfile {
            kind,
            id: ProfileId(p.id),
            name: names::given(&chars(&p.name)).unwrap_or_else(|| Text::new("")),
            slices: p.sliceCount,
            max: p.instanceCount,
            memory: Bytes::mib(p.memorySizeMB),
            sm: p.multiprocessorCount,
            engines: Engines {
                copy: p.copyEngineCount,
                decoder: p.decoderCount,
                encoder: p.encoderCount,
                jpeg: p.jpegCount,
                ofa: p.ofaCount,
            },
            placements: placements(library, gpu, p.id).into(),
        });
        let nameless = || {
            library.gi_profile_v1(gpu, kind).map(|p| GiProfile {
                kind,
                id: ProfileId(p.id),
                name: Text::new(""),
                slices: p.sliceCount,
                max: p.instanceCount,
                memory: Bytes::mib(p.memorySizeMB),
                sm: p.multiprocessorCount,
                engines: Engines {
                    copy: p.copyEngineCount,
                    decoder: p.decoderCount,
                    encoder: p.encoderCount,
                    jpeg: p.jpegCount,
                    ofa: p.ofaCount,
                },
                placements: placements(library, gpu, p.id).into(),
            })
        };
        match named {
            Err(e) if e.code == Code::NotSupported => nameless().map_err(|older| {
                if older.code == Code::SymbolMissing {
                    e
                } else {
                    older
                }
            }),
            named => or_older(named, nameless),
        }
    })?;
    if profiles.iter().any(|p| p.name.is_empty()) {
        let total = or_older(library.memory_v2(gpu).map(|m| m.total), || {
            library.memory_v1(gpu).map(|m| m.total)
        });
        names::name_profiles(&mut profiles, total.ok().map(Bytes));
    }
    Ok(profiles)
}

fn placements(library: &Library, gpu: Device, profile: u32) -> ApiResult<Vec<Placement>> {
    let list = or_older(library.placements_v2(gpu, profile), || {
        library.placements_v1(gpu, profile)
    })?;
    Ok(list
        .into_iter()
        .map(|p| Placement {
            start: p.start,
            size: p.size,
        })
        .collect())
}

/// The compute instance profiles of a GPU instance.
pub(super) fn of_instance(library: &Library, gi: GpuInstance) -> ApiResult<Vec<CiProfile>> {
    enumerate(|kind| {
        let named = library.ci_profile_v(gi, kind).map(|p| CiProfile {
            id: ProfileId(p.id),
            slices: p.sliceCount,
            max: p.instanceCount,
            sm: p.multiprocessorCount,
            name: names::given(&chars(&p.name)),
        });
        or_older(named, || {
            library.ci_profile_v1(gi, kind).map(|p| CiProfile {
                id: ProfileId(p.id),
                slices: p.sliceCount,
                max: p.instanceCount,
                sm: p.multiprocessorCount,
                name: None,
            })
        })
    })
}
