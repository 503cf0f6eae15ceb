//! H100, H20, GH200 and H200.

use super::shapes::{engines as e, seven};
use super::{Architecture, Board, Engines, Envelope, GiRow};

const E1: Engines = e(1, 0, 1, 1, 0);
const E1_ME: Engines = e(1, 0, 1, 1, 1);
const E2: Engines = e(2, 0, 2, 2, 0);
const E3: Engines = e(3, 0, 3, 3, 0);
const E4: Engines = e(4, 0, 4, 4, 0);
const E7: Engines = e(7, 0, 8, 7, 1);

const H100_80: &[GiRow] = &[
    seven::G1.of("1g.10gb", 9984, 16, E1),
    seven::G1_ME.of("1g.10gb+me", 9984, 16, E1_ME),
    seven::G1_DOUBLE.of("1g.20gb", 20_096, 26, E1),
    seven::G2.of("2g.20gb", 20_096, 32, E2),
    seven::G3.of("3g.40gb", 40_448, 60, E3),
    seven::G4.of("4g.40gb", 40_448, 64, E4),
    seven::G7.of("7g.80gb", 81_152, 132, E7),
];

/// `-lgip` and `-lgipp` of an H100 PCIe, driver 525.125.06: its double-memory 1g has no more SMs than the plain one
/// (<https://github.com/scaleway/docs-content>, guide to MIG on GPU Instances).
const H100_PCIE_80: &[GiRow] = &[
    seven::G1.of("1g.10gb", 9856, 14, E1),
    seven::G1_ME.of("1g.10gb+me", 9856, 14, E1_ME),
    seven::G1_DOUBLE.of("1g.20gb", 19_968, 14, E1),
    seven::G2.of("2g.20gb", 19_968, 30, E2),
    seven::G3.of("3g.40gb", 40_192, 46, E3),
    seven::G4.of("4g.40gb", 40_192, 62, E4),
    seven::G7.of("7g.80gb", 80_896, 114, E7),
];

const H100_NVL_94: &[GiRow] = &[
    seven::G1.of("1g.12gb", 11_008, 16, E1),
    seven::G1_ME.of("1g.12gb+me", 11_008, 16, E1_ME),
    seven::G1_DOUBLE.of("1g.24gb", 22_144, 26, E1),
    seven::G2.of("2g.24gb", 22_144, 32, E2),
    seven::G3.of("3g.47gb", 47_488, 60, E3),
    seven::G4.of("4g.47gb", 47_488, 64, E4),
    seven::G7.of("7g.94gb", 95_360, 132, E7),
];

/// GH200 96 GB and H100 96 GB.
const HOPPER_96: &[GiRow] = &[
    seven::G1.of("1g.12gb", 11_264, 16, E1),
    seven::G1_ME.of("1g.12gb+me", 11_264, 16, E1_ME),
    seven::G1_DOUBLE.of("1g.24gb", 23_552, 26, E1),
    seven::G2.of("2g.24gb", 23_552, 32, E2),
    seven::G3.of("3g.48gb", 47_616, 60, E3),
    seven::G4.of("4g.48gb", 47_616, 64, E4),
    seven::G7.of("7g.96gb", 95_232, 132, E7),
];

/// Published for H20: names, and 8 SM and 11.75 GiB for 1g. The rest follows from 78 SM in all.
const H20_96: &[GiRow] = &[
    seven::G1.of("1g.12gb", 12_032, 8, E1),
    seven::G1_ME.of("1g.12gb+me", 12_032, 8, E1_ME),
    seven::G1_DOUBLE.of("1g.24gb", 23_552, 14, E1).guessed(),
    seven::G2.of("2g.24gb", 23_552, 16, E2).guessed(),
    seven::G3.of("3g.48gb", 47_616, 32, E3).guessed(),
    seven::G4.of("4g.48gb", 47_616, 34, E4).guessed(),
    seven::G7.of("7g.96gb", 95_232, 78, E7).guessed(),
];

const GH200_144: &[GiRow] = &[
    seven::G1.of("1g.18gb", 17_920, 16, E1),
    seven::G1_ME.of("1g.18gb+me", 17_920, 16, E1_ME),
    seven::G1_DOUBLE.of("1g.36gb", 36_096, 26, E1),
    seven::G2.of("2g.36gb", 36_096, 32, E2),
    seven::G3.of("3g.72gb", 72_448, 60, E3).guessed(),
    seven::G4.of("4g.72gb", 72_448, 64, E4).guessed(),
    seven::G7.of("7g.144gb", 145_152, 132, E7).guessed(),
];

const H200_141: &[GiRow] = &[
    seven::G1.of("1g.18gb", 16_384, 16, E1),
    seven::G1_ME.of("1g.18gb+me", 16_384, 16, E1_ME),
    seven::G1_DOUBLE.of("1g.35gb", 33_024, 26, E1),
    seven::G2.of("2g.35gb", 33_024, 32, E2),
    seven::G3.of("3g.71gb", 71_168, 60, E3),
    seven::G4.of("4g.71gb", 71_168, 64, E4),
    seven::G7.of("7g.141gb", 143_104, 132, E7),
];

const fn hopper(
    short: &'static str,
    product: &'static str,
    device: u32,
    memory_mib: u64,
    (sm, limit_watts, memory_mhz): (u32, u32, u32),
    profiles: &'static [GiRow],
) -> Board {
    Board {
        short,
        product,
        architecture: Architecture::Hopper,
        compute_capability: (9, 0),
        pci_device_id: device << 16 | 0x10DE,
        memory_mib,
        axis: 8,
        slices: 7,
        sm,
        nvlinks: 18,
        pcie: 5,
        envelope: Envelope {
            idle_watts: 70.0,
            min_limit_watts: 200,
            limit_watts,
            idle_mhz: 345,
            boost_mhz: 1980,
            memory_mhz,
        },
        profiles,
    }
}

pub(super) const BOARDS: &[Board] = &[
    hopper(
        "h100-80",
        "NVIDIA H100 80GB HBM3",
        0x2330,
        81_559,
        (132, 700, 2619),
        H100_80,
    ),
    // three bridges of four links each
    Board {
        nvlinks: 12,
        ..hopper(
            "h100-pcie-80",
            "NVIDIA H100 PCIe",
            0x2331,
            81_559,
            (114, 350, 1593),
            H100_PCIE_80,
        )
    },
    hopper(
        "h100-nvl-94",
        "NVIDIA H100 NVL",
        0x2321,
        95_830,
        (132, 400, 2619),
        H100_NVL_94,
    ),
    hopper(
        "h100-96",
        "NVIDIA H100 96GB HBM3",
        0x2339,
        97_871,
        (132, 700, 2619),
        HOPPER_96,
    ),
    hopper(
        "h20-96",
        "NVIDIA H20",
        0x2329,
        97_871,
        (78, 500, 2619),
        H20_96,
    ),
    hopper(
        "gh200-96",
        "NVIDIA GH200 480GB",
        0x2342,
        97_871,
        (132, 900, 2619),
        HOPPER_96,
    ),
    hopper(
        "gh200-144",
        "NVIDIA GH200 144G HBM3e",
        0x2348,
        147_456,
        (132, 900, 3201),
        GH200_144,
    ),
    hopper(
        "h200-141",
        "NVIDIA H200",
        0x2335,
        143_771,
        (132, 700, 3201),
        H200_141,
    ),
];
