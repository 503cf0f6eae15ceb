//! A30 and A100.

use super::shapes::{a30, engines as e, seven};
use super::{Architecture, Board, Envelope, GiRow};

const A30: &[GiRow] = &[
    a30::G1.of("1g.6gb", 5952, 14, e(1, 0, 1, 0, 0)),
    a30::G1_ME.of("1g.6gb+me", 5952, 14, e(1, 0, 1, 1, 1)),
    a30::G2.of("2g.12gb", 11_968, 28, e(2, 0, 2, 0, 0)),
    a30::G2_ME.of("2g.12gb+me", 11_968, 28, e(2, 0, 2, 1, 1)),
    a30::G4.of("4g.24gb", 24_000, 56, e(4, 0, 4, 1, 1)),
];

const A100_40: &[GiRow] = &[
    seven::G1.of("1g.5gb", 4864, 14, e(0, 0, 1, 0, 0)),
    seven::G1_ME.of("1g.5gb+me", 4864, 14, e(1, 0, 1, 1, 1)),
    seven::G1_DOUBLE.of("1g.10gb", 9856, 14, e(1, 0, 1, 0, 0)),
    seven::G2.of("2g.10gb", 9856, 28, e(1, 0, 2, 0, 0)),
    seven::G3.of("3g.20gb", 19_968, 42, e(2, 0, 3, 0, 0)),
    seven::G4.of("4g.20gb", 19_968, 56, e(2, 0, 4, 0, 0)),
    seven::G7.of("7g.40gb", 40_192, 98, e(5, 0, 7, 1, 1)),
];

const A100_80: &[GiRow] = &[
    seven::G1.of("1g.10gb", 9728, 14, e(0, 0, 1, 0, 0)),
    seven::G1_ME.of("1g.10gb+me", 9728, 14, e(1, 0, 1, 1, 1)),
    seven::G1_DOUBLE.of("1g.20gb", 19_968, 14, e(1, 0, 1, 0, 0)),
    seven::G2.of("2g.20gb", 19_968, 28, e(1, 0, 2, 0, 0)),
    seven::G3.of("3g.40gb", 40_192, 42, e(2, 0, 3, 0, 0)),
    seven::G4.of("4g.40gb", 40_192, 56, e(2, 0, 4, 0, 0)),
    seven::G7.of("7g.80gb", 80_384, 98, e(5, 0, 7, 1, 1)),
];

pub(super) const BOARDS: &[Board] = &[
    Board {
        short: "a30-24",
        product: "NVIDIA A30",
        architecture: Architecture::Ampere,
        compute_capability: (8, 0),
        pci_device_id: 0x20B7_10DE,
        memory_mib: 24_576,
        axis: 4,
        slices: 4,
        sm: 56,
        nvlinks: 0,
        pcie: 4,
        envelope: Envelope {
            idle_watts: 29.0,
            min_limit_watts: 100,
            limit_watts: 165,
            idle_mhz: 210,
            boost_mhz: 1440,
            memory_mhz: 1215,
        },
        profiles: A30,
    },
    Board {
        short: "a100-40",
        product: "NVIDIA A100-SXM4-40GB",
        architecture: Architecture::Ampere,
        compute_capability: (8, 0),
        pci_device_id: 0x20B0_10DE,
        memory_mib: 40_960,
        axis: 8,
        slices: 7,
        sm: 108,
        nvlinks: 12,
        pcie: 4,
        envelope: Envelope {
            idle_watts: 44.0,
            min_limit_watts: 100,
            limit_watts: 400,
            idle_mhz: 210,
            boost_mhz: 1410,
            memory_mhz: 1215,
        },
        profiles: A100_40,
    },
    Board {
        short: "a100-80",
        product: "NVIDIA A100-SXM4-80GB",
        architecture: Architecture::Ampere,
        compute_capability: (8, 0),
        pci_device_id: 0x20B2_10DE,
        memory_mib: 81_920,
        axis: 8,
        slices: 7,
        sm: 108,
        nvlinks: 12,
        pcie: 4,
        envelope: Envelope {
            idle_watts: 62.0,
            min_limit_watts: 100,
            limit_watts: 400,
            idle_mhz: 210,
            boost_mhz: 1410,
            memory_mhz: 1593,
        },
        profiles: A100_80,
    },
];
