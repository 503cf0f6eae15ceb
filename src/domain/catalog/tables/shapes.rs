//! The three axes of the boards known today. Ids, counts and placements as `nvidia-smi mig -lgip` and `-lgipp` print
//! them, in the order of their rows; kinds from `nvml.h`, paired with ids by go-nvlib and DCGM.

use super::Shape;

const fn shape(
    kind: u32,
    id: u32,
    slices: u32,
    max: u32,
    size: u32,
    starts: &'static [u32],
) -> Shape {
    Shape {
        kind,
        id,
        slices,
        max,
        size,
        starts,
    }
}

/// A30: four slices on an axis of 4.
pub(super) const FOUR: &[Shape] = &[
    shape(0, 14, 1, 4, 1, &[0, 1, 2, 3]),
    shape(7, 21, 1, 1, 1, &[0, 1, 2, 3]),
    shape(1, 5, 2, 2, 2, &[0, 2]),
    shape(8, 6, 2, 1, 2, &[0, 2]),
    shape(3, 0, 4, 1, 4, &[0]),
];

/// A100, H100, H20, H200, GH200, B200, GB200, B300, GB300: seven compute slices on an axis of 8.
pub(super) const SEVEN: &[Shape] = &[
    shape(0, 19, 1, 7, 1, &[0, 1, 2, 3, 4, 5, 6]),
    shape(7, 20, 1, 1, 1, &[0, 1, 2, 3, 4, 5, 6]),
    shape(9, 15, 1, 4, 2, &[0, 2, 4, 6]),
    shape(1, 14, 2, 3, 2, &[0, 2, 4]),
    shape(2, 9, 3, 2, 4, &[0, 4]),
    shape(3, 5, 4, 1, 4, &[0]),
    shape(4, 0, 7, 1, 8, &[0]),
];

/// RTX PRO 6000 Blackwell: four slices on an axis of 12. Kinds derived from the names by go-nvlib's rules.
pub(super) const TWELVE: &[Shape] = &[
    shape(0, 14, 1, 4, 3, &[0, 3, 6, 9]),
    shape(7, 21, 1, 1, 3, &[0, 3, 6, 9]),
    shape(0xA, 47, 1, 4, 3, &[0, 3, 6, 9]),
    shape(0xF, 65, 1, 1, 3, &[0, 3, 6, 9]),
    shape(0xD, 67, 1, 4, 3, &[0, 3, 6, 9]),
    shape(1, 5, 2, 2, 6, &[0, 6]),
    shape(0xB, 35, 2, 2, 6, &[0, 6]),
    shape(0x10, 64, 2, 1, 6, &[0, 6]),
    shape(0xE, 66, 2, 2, 6, &[0, 6]),
    shape(3, 0, 4, 1, 12, &[0]),
    shape(0xC, 32, 4, 1, 12, &[0]),
];
