//! Finding the library: the usual names, then where driver containers keep it.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use nvml_wrapper::error::NvmlError;

use super::ffi::Library;
use super::real::RealApi;
use crate::domain::reading::{Absence, AbsentCode};
use crate::ports::gpu_api::{Code, GpuApi};

/// Where the library may be, in the order of trial: by the linker's own search (its cache, LD_LIBRARY_PATH), then the
/// roots that the GPU Operator's driver container mounts on the host.
const USUAL: [&str; 6] = [
    "libnvidia-ml.so.1",
    "libnvidia-ml.so",
    "/run/nvidia/driver/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1",
    "/run/nvidia/driver/usr/lib/aarch64-linux-gnu/libnvidia-ml.so.1",
    "/run/nvidia/driver/usr/lib64/libnvidia-ml.so.1",
    "/run/nvidia/driver/usr/lib/libnvidia-ml.so.1",
];

/// NVML could not be opened.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[error("{}", why.text)]
pub struct OpenFailure {
    /// Every name or path that was tried, with what came of it.
    pub tried: Vec<(String, String)>,
    /// What stands in the way, and what to do.
    pub why: Absence,
}

/// Loads and initialises NVML. May block for as long as the driver likes (tens of seconds with persistence off).
///
/// A given path is the only one tried: who names a library does not want another.
///
/// # Errors
/// If no library can be loaded, or none that was loaded can be initialised.
pub fn open(path: Option<&Path>) -> Result<Arc<dyn GpuApi>, OpenFailure> {
    let places: Vec<OsString> = match path {
        Some(path) => vec![path.into()],
        None => USUAL.iter().map(Into::into).collect(),
    };
    let mut tried = Vec::new();
    let mut first: Option<Absence> = None;
    for place in places {
        let name = place.to_string_lossy().into_owned();
        match Library::open(&place) {
            Ok(library) => return Ok(Arc::new(RealApi::new(library, name))),
            Err(NvmlError::LibloadingError(e)) => tried.push((name, e.to_string())),
            Err(e) => {
                let why = refusal(&name, raw_code(&e));
                tried.push((name, why.text.to_string()));
                // The first library that is there is the host's own: what it says counts.
                first.get_or_insert(why);
            }
        }
    }
    let why = first.unwrap_or_else(|| nothing_found(&tried));
    Err(OpenFailure { tried, why })
}

fn nothing_found(tried: &[(String, String)]) -> Absence {
    let places: Vec<&str> = tried.iter().map(|(place, _)| place.as_str()).collect();
    Absence::new(
        AbsentCode::NoSource,
        format!(
            "no NVIDIA library could be loaded (tried {}): install the NVIDIA driver, or name its library with --nvml-lib",
            places.join(", ")
        ),
    )
}

/// Why a library that was loaded cannot be used, by what `nvmlInit_v2` returned, and what to do about it.
pub fn refusal(library: &str, raw: u32) -> Absence {
    let code = Code::from_raw(raw);
    let (kind, next) = match code {
        Code::LibRmVersionMismatch => (
            AbsentCode::DriverMismatch,
            "the driver was updated and its old kernel module is still loaded: reboot, or stop everything that uses the \
             GPUs and reload the nvidia modules",
        ),
        Code::DriverNotLoaded => (
            AbsentCode::NoSource,
            "the nvidia kernel module is not loaded: `modprobe nvidia`, then read the kernel log if that fails",
        ),
        Code::LibraryNotFound => (
            AbsentCode::NoSource,
            "a part of the driver's user space is missing: install the NVIDIA driver, its kernel module and libraries of one version",
        ),
        Code::NoPermission => (
            AbsentCode::NoPermission,
            "this user may not open /dev/nvidiactl: check its mode and the container's devices, or run the probe by sudo",
        ),
        Code::GpuIsLost => (
            AbsentCode::GpuLost,
            "a GPU fell off the bus: read the kernel log for its Xid, then reboot",
        ),
        Code::FunctionNotFound => (
            AbsentCode::DriverTooOld,
            "this library is no NVML of R450 or newer: install a newer driver",
        ),
        _ => (
            AbsentCode::Failed,
            "`nvidia-smi` on this host should say the same; read the kernel log",
        ),
    };
    Absence::new(
        kind,
        format!("nvmlInit_v2 of {library}: error {raw}, {code}; {next}"),
    )
}

/// NVML's number of an error of `nvml-wrapper`, which keeps names only.
fn raw_code(error: &NvmlError) -> u32 {
    match error {
        NvmlError::Uninitialized => 1,
        NvmlError::InvalidArg => 2,
        NvmlError::NotSupported => 3,
        NvmlError::NoPermission => 4,
        NvmlError::NotFound => 6,
        NvmlError::DriverNotLoaded => 9,
        NvmlError::Timeout => 10,
        NvmlError::LibraryNotFound => 12,
        NvmlError::FunctionNotFound | NvmlError::FailedToLoadSymbol(_) => 13,
        NvmlError::GpuLost => 15,
        NvmlError::ResetRequired => 16,
        NvmlError::OperatingSystem => 17,
        NvmlError::LibRmVersionMismatch => 18,
        NvmlError::InUse => 19,
        NvmlError::InsufficientMemory => 20,
        NvmlError::UnexpectedVariant(raw) => *raw,
        _ => 999,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_library_that_is_not_there_is_the_only_one_tried() {
        let failure = open(Some(Path::new("/nowhere/libnvidia-ml.so.1")))
            .err()
            .unwrap();
        assert_eq!(failure.tried.len(), 1);
        assert_eq!(failure.why.code, AbsentCode::NoSource);
        assert!(
            failure.to_string().contains("/nowhere/libnvidia-ml.so.1"),
            "{failure}"
        );
    }

    #[test]
    fn a_refusal_keeps_its_kind_and_says_what_to_do() {
        for (error, kind, words) in [
            (
                NvmlError::LibRmVersionMismatch,
                AbsentCode::DriverMismatch,
                "reboot",
            ),
            (NvmlError::DriverNotLoaded, AbsentCode::NoSource, "modprobe"),
            (NvmlError::NoPermission, AbsentCode::NoPermission, "sudo"),
            (
                NvmlError::UnexpectedVariant(77),
                AbsentCode::Failed,
                "error 77",
            ),
        ] {
            let why = refusal("libnvidia-ml.so.1", raw_code(&error));
            assert_eq!(why.code, kind);
            assert!(why.text.contains(words), "{}", why.text);
        }
    }
}
