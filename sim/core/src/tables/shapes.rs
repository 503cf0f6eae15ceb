//! What boards of one kind share: ids, counts and placements.

use super::{Engines, GiRow};

/// `NVML_GPU_INSTANCE_PROFILE_*` (nvml.h).
#[allow(missing_docs)] // the names are NVML's own
pub mod kind {
    pub const SLICE_1: u32 = 0x0;
    pub const SLICE_2: u32 = 0x1;
    pub const SLICE_3: u32 = 0x2;
    pub const SLICE_4: u32 = 0x3;
    pub const SLICE_7: u32 = 0x4;
    pub const SLICE_1_REV1: u32 = 0x7;
    pub const SLICE_2_REV1: u32 = 0x8;
    pub const SLICE_1_REV2: u32 = 0x9;
    pub const SLICE_1_GFX: u32 = 0xA;
    pub const SLICE_2_GFX: u32 = 0xB;
    pub const SLICE_4_GFX: u32 = 0xC;
    pub const SLICE_1_NO_ME: u32 = 0xD;
    pub const SLICE_2_NO_ME: u32 = 0xE;
    pub const SLICE_1_ALL_ME: u32 = 0xF;
    pub const SLICE_2_ALL_ME: u32 = 0x10;

    /// `+me`: the one instance with the JPEG and optical flow engines.
    pub const fn is_me(kind: u32) -> bool {
        matches!(kind, SLICE_1_REV1 | SLICE_2_REV1)
    }

    /// `+me.all`: takes all media engines.
    pub const fn is_all_me(kind: u32) -> bool {
        matches!(kind, SLICE_1_ALL_ME | SLICE_2_ALL_ME)
    }

    /// `+gfx`: graphics works in it.
    pub const fn is_gfx(kind: u32) -> bool {
        matches!(kind, SLICE_1_GFX | SLICE_2_GFX | SLICE_4_GFX)
    }
}

/// Decoders, encoders, copy engines, JPEG, optical flow: the order of `nvidia-smi mig -lgip`.
pub(super) const fn engines(dec: u32, enc: u32, ce: u32, jpg: u32, ofa: u32) -> Engines {
    Engines {
        dec,
        enc,
        ce,
        jpg,
        ofa,
    }
}

const fn row(
    kind: u32,
    id: u32,
    (slices, size, max): (u32, u32, u32),
    starts: &'static [u32],
    since: u32,
) -> GiRow {
    GiRow {
        kind,
        id,
        name: "",
        slices,
        size,
        max,
        mib: 0,
        sm: 0,
        engines: engines(0, 0, 0, 0, 0),
        starts,
        since,
        derived: false,
    }
}

impl GiRow {
    /// The same shape with a board's figures.
    pub(super) const fn of(
        mut self,
        name: &'static str,
        mib: u64,
        sm: u32,
        engines: Engines,
    ) -> Self {
        self.name = name;
        self.mib = mib;
        self.sm = sm;
        self.engines = engines;
        self
    }

    /// The same with figures that no listing shows.
    pub(super) const fn guessed(mut self) -> Self {
        self.derived = true;
        self
    }
}

/// Boards with seven compute and eight memory slices: ids and placements are the same on all of them (`-lgipp` of A100,
/// H100 and H100 NVL).
pub(super) mod seven {
    use super::{GiRow, kind, row};

    pub const G1: GiRow = row(kind::SLICE_1, 19, (1, 1, 7), &[0, 1, 2, 3, 4, 5, 6], 0);
    /// From R470.
    pub const G1_ME: GiRow = row(
        kind::SLICE_1_REV1,
        20,
        (1, 1, 1),
        &[0, 1, 2, 3, 4, 5, 6],
        470,
    );
    /// One compute slice with the memory of two; from R525.
    pub const G1_DOUBLE: GiRow = row(kind::SLICE_1_REV2, 15, (1, 2, 4), &[0, 2, 4, 6], 525);
    pub const G2: GiRow = row(kind::SLICE_2, 14, (2, 2, 3), &[0, 2, 4], 0);
    pub const G3: GiRow = row(kind::SLICE_3, 9, (3, 4, 2), &[0, 4], 0);
    pub const G4: GiRow = row(kind::SLICE_4, 5, (4, 4, 1), &[0], 0);
    pub const G7: GiRow = row(kind::SLICE_7, 0, (7, 8, 1), &[0], 0);
}

/// A30: four compute and four memory slices (`-lgipp`, driver 535.183.01).
pub(super) mod a30 {
    use super::{GiRow, kind, row};

    pub const G1: GiRow = row(kind::SLICE_1, 14, (1, 1, 4), &[0, 1, 2, 3], 0);
    pub const G1_ME: GiRow = row(kind::SLICE_1_REV1, 21, (1, 1, 1), &[0, 1, 2, 3], 470);
    pub const G2: GiRow = row(kind::SLICE_2, 5, (2, 2, 2), &[0, 2], 0);
    /// From R525.
    pub const G2_ME: GiRow = row(kind::SLICE_2_REV1, 6, (2, 2, 1), &[0, 2], 525);
    pub const G4: GiRow = row(kind::SLICE_4, 0, (4, 4, 1), &[0], 0);
}

/// RTX PRO 6000 Blackwell: four compute slices on an axis of twelve (`-lgipp`, driver 610.43.02).
pub(super) mod rtx {
    use super::{GiRow, kind, row};

    const QUARTERS: &[u32] = &[0, 3, 6, 9];
    const HALVES: &[u32] = &[0, 6];

    pub const G1: GiRow = row(kind::SLICE_1, 14, (1, 3, 4), QUARTERS, 0);
    pub const G1_ME: GiRow = row(kind::SLICE_1_REV1, 21, (1, 3, 1), QUARTERS, 0);
    pub const G1_GFX: GiRow = row(kind::SLICE_1_GFX, 47, (1, 3, 4), QUARTERS, 0);
    pub const G1_ALL_ME: GiRow = row(kind::SLICE_1_ALL_ME, 65, (1, 3, 1), QUARTERS, 0);
    pub const G1_NO_ME: GiRow = row(kind::SLICE_1_NO_ME, 67, (1, 3, 4), QUARTERS, 0);
    pub const G2: GiRow = row(kind::SLICE_2, 5, (2, 6, 2), HALVES, 0);
    pub const G2_GFX: GiRow = row(kind::SLICE_2_GFX, 35, (2, 6, 2), HALVES, 0);
    pub const G2_ALL_ME: GiRow = row(kind::SLICE_2_ALL_ME, 64, (2, 6, 1), HALVES, 0);
    pub const G2_NO_ME: GiRow = row(kind::SLICE_2_NO_ME, 66, (2, 6, 2), HALVES, 0);
    pub const G4: GiRow = row(kind::SLICE_4, 0, (4, 12, 1), &[0], 0);
    pub const G4_GFX: GiRow = row(kind::SLICE_4_GFX, 32, (4, 12, 1), &[0], 0);
}
