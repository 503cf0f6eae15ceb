//! B200, GB200, B300, GB300 and RTX PRO 6000.
//!
//! Every published listing of the data-centre boards is cut off after the fourth row, and none exists for B300 and
//! GB300: their rows are marked.

use super::shapes::{engines as e, rtx, seven};
use super::{Architecture, Board, Engines, Envelope, GiRow};

const E1: Engines = e(1, 0, 2, 1, 0);
const E1_ME: Engines = e(1, 0, 2, 1, 1);
const E2: Engines = e(2, 0, 4, 2, 0);
const E3: Engines = e(3, 0, 6, 3, 0);
const E4: Engines = e(4, 0, 8, 4, 0);
const E7: Engines = e(7, 0, 16, 7, 1);

const B200_180: &[GiRow] = &[
    seven::G1.of("1g.23gb", 22_528, 18, E1),
    seven::G1_ME.of("1g.23gb+me", 22_528, 18, E1_ME),
    seven::G1_DOUBLE.of("1g.45gb", 45_312, 30, E1),
    seven::G2.of("2g.45gb", 45_312, 36, E2),
    seven::G3.of("3g.90gb", 90_880, 70, E3).guessed(),
    seven::G4.of("4g.90gb", 90_880, 72, E4).guessed(),
    seven::G7.of("7g.180gb", 182_016, 148, E7).guessed(),
];

const GB200_186: &[GiRow] = &[
    seven::G1.of("1g.24gb", 20_480, 18, E1),
    seven::G1_ME.of("1g.24gb+me", 20_480, 18, E1_ME),
    seven::G1_DOUBLE.of("1g.47gb", 46_592, 32, E1),
    seven::G2.of("2g.47gb", 46_592, 38, E2),
    seven::G3.of("3g.93gb", 93_440, 74, E3).guessed(),
    seven::G4.of("4g.93gb", 93_440, 76, E4).guessed(),
    seven::G7.of("7g.186gb", 187_136, 152, E7).guessed(),
];

const B300_269: &[GiRow] = &[
    seven::G1.of("1g.34gb", 32_768, 18, E1).guessed(),
    seven::G1_ME.of("1g.34gb+me", 32_768, 18, E1_ME).guessed(),
    seven::G1_DOUBLE.of("1g.67gb", 67_584, 30, E1).guessed(),
    seven::G2.of("2g.67gb", 67_584, 36, E2).guessed(),
    seven::G3.of("3g.135gb", 136_192, 70, E3).guessed(),
    seven::G4.of("4g.135gb", 136_192, 72, E4).guessed(),
    seven::G7.of("7g.269gb", 273_408, 148, E7).guessed(),
];

const GB300_278: &[GiRow] = &[
    seven::G1.of("1g.35gb", 33_792, 18, E1).guessed(),
    seven::G1_ME.of("1g.35gb+me", 33_792, 18, E1_ME).guessed(),
    seven::G1_DOUBLE.of("1g.70gb", 69_632, 32, E1).guessed(),
    seven::G2.of("2g.70gb", 69_632, 38, E2).guessed(),
    seven::G3.of("3g.139gb", 140_288, 74, E3).guessed(),
    seven::G4.of("4g.139gb", 140_288, 76, E4).guessed(),
    seven::G7.of("7g.278gb", 282_624, 152, E7).guessed(),
];

const RTX_PRO_6000: &[GiRow] = &[
    rtx::G1.of("1g.24gb", 24_192, 46, e(1, 1, 1, 1, 0)),
    rtx::G1_ME.of("1g.24gb+me", 24_192, 46, e(1, 1, 1, 1, 1)),
    rtx::G1_GFX.of("1g.24gb+gfx", 24_192, 46, e(1, 1, 1, 1, 0)),
    rtx::G1_ALL_ME.of("1g.24gb+me.all", 24_192, 46, e(4, 4, 1, 4, 1)),
    rtx::G1_NO_ME.of("1g.24gb-me", 24_192, 46, e(0, 0, 1, 0, 0)),
    rtx::G2.of("2g.48gb", 48_512, 94, e(2, 2, 2, 2, 0)),
    rtx::G2_GFX.of("2g.48gb+gfx", 48_512, 94, e(2, 2, 2, 2, 0)),
    rtx::G2_ALL_ME.of("2g.48gb+me.all", 48_512, 94, e(4, 4, 2, 4, 1)),
    rtx::G2_NO_ME.of("2g.48gb-me", 48_512, 94, e(0, 0, 2, 0, 0)),
    rtx::G4.of("4g.96gb", 97_408, 188, e(4, 4, 4, 4, 1)),
    rtx::G4_GFX.of("4g.96gb+gfx", 97_408, 188, e(4, 4, 4, 4, 1)),
];

const fn seven_slices(
    short: &'static str,
    product: &'static str,
    compute_capability: (i32, i32),
    device: u32,
    memory_mib: u64,
    (sm, limit_watts): (u32, u32),
    profiles: &'static [GiRow],
) -> Board {
    Board {
        short,
        product,
        architecture: Architecture::Blackwell,
        compute_capability,
        pci_device_id: device << 16 | 0x10DE,
        memory_mib,
        axis: 8,
        slices: 7,
        sm,
        nvlinks: 18,
        pcie: 6,
        envelope: Envelope {
            idle_watts: 140.0,
            min_limit_watts: 200,
            limit_watts,
            idle_mhz: 120,
            boost_mhz: 1965,
            memory_mhz: 3996,
        },
        profiles,
    }
}

pub(super) const BOARDS: &[Board] = &[
    seven_slices(
        "b200-180",
        "NVIDIA B200",
        (10, 0),
        0x2901,
        183_359,
        (148, 1000),
        B200_180,
    ),
    seven_slices(
        "gb200-186",
        "NVIDIA GB200",
        (10, 0),
        0x2941,
        189_471,
        (152, 1200),
        GB200_186,
    ),
    seven_slices(
        "b300-269",
        "NVIDIA B300 SXM6 AC",
        (10, 3),
        0x3182,
        275_040,
        (148, 1100),
        B300_269,
    ),
    seven_slices(
        "gb300-278",
        "NVIDIA GB300",
        (10, 3),
        0x31C2,
        284_208,
        (152, 1400),
        GB300_278,
    ),
    Board {
        short: "rtxpro6000-96",
        product: "NVIDIA RTX PRO 6000 Blackwell Server Edition",
        architecture: Architecture::Blackwell,
        compute_capability: (12, 0),
        pci_device_id: 0x2BB5_10DE,
        memory_mib: 97_887,
        axis: 12,
        slices: 4,
        sm: 188,
        nvlinks: 0,
        pcie: 5,
        envelope: Envelope {
            idle_watts: 34.0,
            min_limit_watts: 300,
            limit_watts: 600,
            idle_mhz: 180,
            boost_mhz: 2430,
            memory_mhz: 12_481,
        },
        profiles: RTX_PRO_6000,
    },
];
