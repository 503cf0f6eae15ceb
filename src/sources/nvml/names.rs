//! Names for what NVML numbers, and profile names where a driver gives none.

use crate::domain::gpu::{GiProfile, RecoveryAction};
use crate::domain::text::Text;
use crate::domain::units::Bytes;

/// Why a process has no figure.
pub const NO_PROCESS_MEMORY: &str = "the driver does not tell this process's memory (nvmlProcessInfo_t.usedGpuMemory: not available)";

/// `NVML_DEVICE_ARCH_*`.
pub fn architecture(number: u32) -> Text {
    match number {
        2 => "kepler".into(),
        3 => "maxwell".into(),
        4 => "pascal".into(),
        5 => "volta".into(),
        6 => "turing".into(),
        7 => "ampere".into(),
        8 => "ada".into(),
        9 => "hopper".into(),
        10 => "blackwell".into(),
        other => Text::from(other.to_string()),
    }
}

/// `nvmlDeviceGpuRecoveryAction_t`.
pub fn recovery(number: u32) -> RecoveryAction {
    match number {
        0 => RecoveryAction::None,
        1 => RecoveryAction::GpuReset,
        2 => RecoveryAction::NodeReboot,
        3 => RecoveryAction::DrainP2p,
        4 => RecoveryAction::DrainAndReset,
        other => RecoveryAction::Other(other),
    }
}

/// A profile name that the driver gave, without its `MIG `; `None` where it gave none.
pub fn given(name: &str) -> Option<Text> {
    let name = name.strip_prefix("MIG ").unwrap_or(name).trim();
    (!name.is_empty()).then(|| Text::new(name))
}

/// The profile in a MIG device's name: `NVIDIA H100 80GB HBM3 MIG 1c.3g.40gb`.
pub fn of_mig_device(name: &str) -> Option<Text> {
    name.rsplit_once("MIG ")
        .and_then(|(_, profile)| given(profile))
}

/// The GPU instance's part of a MIG device's profile: `3g.40gb` of `1c.3g.40gb`.
pub fn of_gpu_instance(profile: &Text) -> Text {
    match profile.split_once('.') {
        Some((slices, rest)) if slices.ends_with('c') => Text::new(rest),
        _ => profile.clone(),
    }
}

/// The name of a compute instance in a GPU instance: the same where it takes all of its compute slices.
pub fn of_compute_instance(ci_slices: u32, gi_slices: u32, gi_name: &Text) -> Text {
    if ci_slices == gi_slices {
        gi_name.clone()
    } else {
        Text::from(format!("{ci_slices}c.{gi_name}"))
    }
}

/// Names the profiles that have no name, by NVIDIA's own rule (go-nvlib `mig_profile.go`).
///
/// `total` is the memory of the GPU; without the right to read it, the largest profile's stands for it.
pub fn name_profiles(profiles: &mut [GiProfile], total: Option<Bytes>) {
    let largest = profiles.iter().map(|p| p.memory).max();
    let Some(total) = total.or(largest).filter(|t| t.0 > 0) else {
        return;
    };
    for profile in profiles.iter_mut().filter(|p| p.name.is_empty()) {
        let gb = gigabytes(profile.memory, total);
        profile.name = Text::from(format!(
            "{}g.{gb}gb{}",
            profile.slices,
            attribute(profile.kind)
        ));
    }
}

/// The share of the GPU's memory in eighths, rounded up, of its whole gibibytes, rounded up.
fn gigabytes(memory: Bytes, total: Bytes) -> u64 {
    let eighths = (memory.to_mib() * 8).div_ceil(total.to_mib().max(1));
    let whole = total.to_mib().div_ceil(1024);
    (eighths * whole + 4) / 8
}

/// What the name says of a kind of profile (`NVML_GPU_INSTANCE_PROFILE_*`).
fn attribute(kind: u32) -> &'static str {
    match kind {
        // 1_SLICE_REV1, 2_SLICE_REV1
        7 | 8 => "+me",
        // 1_, 2_, 4_, 3_SLICE_GFX
        0xa..=0xc | 0x11 => "+gfx",
        // 1_, 2_SLICE_NO_ME
        0xd | 0xe => "-me",
        // 1_, 2_SLICE_ALL_ME
        0xf | 0x10 => "+me.all",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_in_names_follows_the_published_boards() {
        // (profile MiB, GPU MiB, name): A100-40, A100-80, H100-80, H200, RTX PRO 6000, A30.
        for (memory, total, gb) in [
            (4864, 40960, 5),
            (9856, 40960, 10),
            (19968, 40960, 20),
            (40192, 40960, 40),
            (9728, 81920, 10),
            (9984, 81559, 10),
            (20096, 81559, 20),
            (40448, 81559, 40),
            (71168, 143_771, 71),
            (24192, 97_887, 24),
            (5952, 24576, 6),
        ] {
            assert_eq!(
                gigabytes(Bytes::mib(memory), Bytes::mib(total)),
                gb,
                "{memory} of {total} MiB"
            );
        }
    }

    #[test]
    fn names_come_apart_and_together() {
        assert_eq!(
            of_mig_device("NVIDIA A100-SXM4-40GB MIG 1c.3g.20gb").unwrap(),
            "1c.3g.20gb"
        );
        assert_eq!(of_mig_device("NVIDIA A100-SXM4-40GB"), None);
        assert_eq!(of_gpu_instance(&"1c.3g.20gb".into()), "3g.20gb");
        assert_eq!(of_gpu_instance(&"1g.5gb+me".into()), "1g.5gb+me");
        assert_eq!(of_compute_instance(1, 3, &"3g.20gb".into()), "1c.3g.20gb");
        assert_eq!(of_compute_instance(1, 1, &"1g.10gb".into()), "1g.10gb");
        assert_eq!(given("MIG 1g.5gb+me").unwrap(), "1g.5gb+me");
        assert_eq!(given(""), None);
    }
}
