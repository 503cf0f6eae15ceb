//! Ids, UUIDs and device-node minors.

use sha1::{Digest, Sha1};

use crate::tables::{Architecture, Board, GiRow};

/// The GPU-instance id of a placement.
///
/// Pools by memory size from the kernel module (`kmigmgr_ga100.c`: whole 0, halves 1-2, quarters 3-6, eighths 7-14).
/// Within a pool the id follows the start, except on `mirrored` GPUs, where halves and the lower quarters run backwards
/// (NVIDIA/DCGM issue 138: two H100 of one host mapped oppositely, 3@0:2 and 5@0:2).
pub fn gi_id(board: &Board, row: &GiRow, start: u32, mirrored: bool) -> u32 {
    let place = start / row.size;
    match (board.axis / row.size, mirrored) {
        (0 | 1, _) => 0,
        (2, false) => 1 + place,
        (2, true) => 2 - place,
        (3..=4, true) if place < 3 => 5 - place,
        (3..=4, _) => 3 + place,
        _ => 7 + place,
    }
}

/// Whether ids run backwards on this GPU: on Hopper for about half of them, by UUID.
pub fn mirrored(board: &Board, gpu_uuid: &str) -> bool {
    board.architecture == Architecture::Hopper && Sha1::digest(gpu_uuid.as_bytes())[0] & 1 == 1
}

/// UUID of a MIG device without `MIG-`: version 5 (SHA-1) over chip, device, GPU instance and graphics engine, as the
/// kernel module does (`gpu_uuid.c`, `nvGenerateSmcUuid`). The profile is not in it: a re-created instance of the same
/// id has the same UUID. The engine is the compute instance's first slice.
pub fn mig_uuid(board: &Board, gpu_uuid: &str, gi: u32, engine: u32) -> String {
    let mut hash = Sha1::new();
    hash.update(board.pci_device_id.to_be_bytes());
    hash.update(gpu_uuid.as_bytes());
    hash.update(gi.to_be_bytes());
    hash.update(engine.to_be_bytes());
    let digest = hash.finalize();
    let mut b = [0; 16];
    b.copy_from_slice(&digest[..16]);
    b[6] = b[6] & 0x0f | 0x50;
    b[8] = b[8] & 0x3f | 0x80;
    let hex: String = b.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

/// Minor of `/dev/nvidia-caps/nvidia-cap<minor>` for an instance (`/proc/driver/nvidia-caps/mig-minors`: 1 is
/// `config`, 2 `monitor`, 3 `gpu0/gi0/access`, 4 `gpu0/gi0/ci0/access`, .. 4322 `gpu31/gi14/ci7/access`).
pub const fn capability_minor(gpu_minor: u32, gi: u32, ci: Option<u32>) -> u32 {
    let base = 3 + gpu_minor * 135 + gi * 9;
    match ci {
        None => base,
        Some(ci) => base + 1 + ci,
    }
}
