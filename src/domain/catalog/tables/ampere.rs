//! A30 and A100.

use super::shapes::{FOUR, SEVEN};
use super::{Compute, Mark, Table, row};

const COMPUTE: Compute = Compute {
    unit: Some(14),
    revised: false,
    mark: Mark::Listed,
};

pub(super) const TABLES: &[Table] = &[
    Table {
        model: "a30-24",
        products: &["NVIDIA A30"],
        pci: &[0x20B7],
        shapes: FOUR,
        placements: Mark::Listed,
        rows: &[
            row("1g.6gb").mib(5952).sm(14).engines([1, 0, 1, 0, 0]),
            row("1g.6gb+me").mib(5952).sm(14).engines([1, 0, 1, 1, 1]),
            row("2g.12gb").mib(11968).sm(28).engines([2, 0, 2, 0, 0]),
            row("2g.12gb+me").mib(11968).sm(28).engines([2, 0, 2, 1, 1]),
            row("4g.24gb").about(24000).sm(56).engines([4, 0, 4, 1, 1]),
        ],
        // 1g and 2g are listed; 4g follows from the A100
        compute: Compute {
            mark: Mark::Derived,
            ..COMPUTE
        },
        source: "nvidia-smi listings of an A30, driver 535.183.01 (-lgip, -lgipp, -lcip); NVIDIA's MIG guide gives 1g no decoder, the listings one",
    },
    Table {
        model: "a100-40",
        products: &["NVIDIA A100-SXM4-40GB", "NVIDIA A100-PCIE-40GB"],
        pci: &[0x20B0, 0x20B1, 0x20F1, 0x20F6],
        shapes: SEVEN,
        placements: Mark::Listed,
        rows: &[
            row("1g.5gb").mib(4864).sm(14).engines([0, 0, 1, 0, 0]),
            row("1g.5gb+me").mib(4864).sm(14).engines([1, 0, 1, 1, 1]),
            row("1g.10gb").mib(9856).sm(14).engines([1, 0, 1, 0, 0]),
            row("2g.10gb").mib(9856).sm(28).engines([1, 0, 2, 0, 0]),
            row("3g.20gb").mib(19968).sm(42).engines([2, 0, 3, 0, 0]),
            row("4g.20gb").mib(19968).sm(56).engines([2, 0, 4, 0, 0]),
            row("7g.40gb").mib(40192).sm(98).engines([5, 0, 7, 1, 1]),
        ],
        compute: COMPUTE,
        source: "NVIDIA's MIG guide and nvidia-smi listings of an A100 40GB; MiB from NVIDIA's go-nvml (other drivers print up to 0.25 GiB more)",
    },
    Table {
        model: "a100-80",
        products: &[
            "NVIDIA A100-SXM4-80GB",
            "NVIDIA A100 80GB PCIe",
            "NVIDIA A800-SXM4-80GB",
            "NVIDIA A800 80GB PCIe",
        ],
        pci: &[0x20B2, 0x20B5, 0x20F3, 0x20F5],
        shapes: SEVEN,
        placements: Mark::Listed,
        rows: &[
            row("1g.10gb").about(9728).sm(14).engines([0, 0, 1, 0, 0]),
            row("1g.10gb+me")
                .about(9728)
                .sm(14)
                .engines([1, 0, 1, 1, 1]),
            row("1g.20gb").about(19968).sm(14).engines([1, 0, 1, 0, 0]),
            row("2g.20gb").about(19968).sm(28).engines([1, 0, 2, 0, 0]),
            row("3g.40gb").about(40192).sm(42).engines([2, 0, 3, 0, 0]),
            row("4g.40gb").about(40192).sm(56).engines([2, 0, 4, 0, 0]),
            row("7g.80gb")
                .also(&["7g.79gb"])
                .about(80384)
                .sm(98)
                .engines([5, 0, 7, 1, 1]),
        ],
        compute: COMPUTE,
        source: "nvidia-smi listings of A100 80GB boards; older drivers print 9.75 GiB for 1g and the name 7g.79gb",
    },
];
