//! H100, H20, GH200 and H200.

use super::shapes::SEVEN;
use super::{Compute, Mark, Row, Table, row};

/// The 2g row is listed (`1c` twice with 16 SMs, once as profile 7 with 26); the larger ones follow from it.
const COMPUTE: Compute = Compute {
    unit: Some(16),
    revised: true,
    mark: Mark::Derived,
};

const COMPUTE_OF_UNKNOWN_SM: Compute = Compute {
    unit: None,
    ..COMPUTE
};

/// The double-memory 1g has the SMs of the plain one, so that nothing speaks for a profile 7.
const COMPUTE_OF_PCIE: Compute = Compute {
    unit: Some(14),
    revised: false,
    mark: Mark::Derived,
};

/// Engines of a full GH100, in the order of the shapes.
const E1: [u32; 5] = [1, 0, 1, 1, 0];
const E1_ME: [u32; 5] = [1, 0, 1, 1, 1];
const E2: [u32; 5] = [2, 0, 2, 2, 0];
const E3: [u32; 5] = [3, 0, 3, 3, 0];
const E4: [u32; 5] = [4, 0, 4, 4, 0];
const E7: [u32; 5] = [7, 0, 8, 7, 1];

const ROWS_96: &[Row] = &[
    row("1g.12gb").about(11264).sm(16).engines(E1),
    row("1g.12gb+me").about(11264).sm(16).engines(E1_ME),
    row("1g.24gb").about(23552).sm(26).engines(E1),
    row("2g.24gb").about(23552).sm(32).engines(E2),
    row("3g.48gb").about(47616).sm(60).engines(E3),
    row("4g.48gb").about(47616).sm(64).engines(E4),
    row("7g.96gb").about(95232).sm(132).engines(E7),
];

pub(super) const TABLES: &[Table] = &[
    Table {
        model: "h100-80",
        products: &["NVIDIA H100 80GB HBM3", "NVIDIA H800"],
        pci: &[0x2330, 0x2324],
        shapes: SEVEN,
        placements: Mark::Listed,
        rows: &[
            row("1g.10gb").about(9984).sm(16).engines(E1),
            row("1g.10gb+me").about(9984).sm(16).engines(E1_ME),
            row("1g.20gb").about(20096).sm(26).engines(E1),
            row("2g.20gb").about(20096).sm(32).engines(E2),
            row("3g.40gb").mib(40448).sm(60).engines(E3),
            row("4g.40gb").mib(40448).sm(64).engines(E4),
            row("7g.80gb").about(81152).sm(132).engines(E7),
        ],
        compute: COMPUTE,
        source: "nvidia-smi listings of H100 80GB SXM boards (-lgip, -lgipp); older drivers print 9.62, 19.50 and 39.25 GiB",
    },
    Table {
        model: "h100-pcie-80",
        products: &["NVIDIA H100 PCIe", "NVIDIA H800 PCIe"],
        pci: &[0x2331, 0x2322],
        shapes: SEVEN,
        placements: Mark::Listed,
        rows: &[
            row("1g.10gb").about(9856).sm(14).engines(E1),
            row("1g.10gb+me").about(9856).sm(14).engines(E1_ME),
            row("1g.20gb").about(19968).sm(14).engines(E1),
            row("2g.20gb").about(19968).sm(30).engines(E2),
            row("3g.40gb").about(40192).sm(46).engines(E3),
            row("4g.40gb").about(40192).sm(62).engines(E4),
            row("7g.80gb").about(80896).sm(114).engines(E7),
        ],
        compute: COMPUTE_OF_PCIE,
        source: "nvidia-smi listings of an H100 PCIe, driver 525.125.06 (-lgip, -lgipp, in Scaleway's guide to MIG); no listing shows its compute instances",
    },
    Table {
        model: "h100-nvl-94",
        products: &["NVIDIA H100 NVL"],
        pci: &[0x2321, 0x233A],
        shapes: SEVEN,
        placements: Mark::Listed,
        rows: &[
            row("1g.12gb").mib(11008).sm(16).engines(E1),
            row("1g.12gb+me").mib(11008).sm(16).engines(E1_ME),
            row("1g.24gb").mib(22144).sm(26).engines(E1),
            row("2g.24gb").mib(22144).sm(32).engines(E2),
            row("3g.47gb").mib(47488).sm(60).engines(E3),
            row("4g.47gb").mib(47488).sm(64).engines(E4),
            row("7g.94gb").about(95360).sm(132).engines(E7),
        ],
        compute: COMPUTE,
        source: "nvidia-smi listings of an H100 NVL, driver 560.35.03 (-lgip, -lgipp); an older driver prints 10.62 GiB for 1g",
    },
    Table {
        model: "h100-96",
        products: &["NVIDIA H100 96GB HBM3"],
        pci: &[0x233D],
        shapes: SEVEN,
        placements: Mark::Derived,
        rows: ROWS_96,
        compute: COMPUTE,
        source: "nvidia-smi listing of a GH200 or H100 with 96 GB; the placements are those of the H100 80GB",
    },
    Table {
        model: "h20-96",
        products: &["NVIDIA H20"],
        pci: &[0x2329],
        shapes: SEVEN,
        placements: Mark::Derived,
        rows: &[
            row("1g.12gb")
                .about(12032)
                .sm(8)
                .engines(E1)
                .engines_by_analogy(),
            row("1g.12gb+me")
                .about(12032)
                .sm_by_analogy(8)
                .engines(E1_ME)
                .engines_by_analogy(),
            row("1g.24gb").engines(E1).engines_by_analogy(),
            row("2g.24gb").engines(E2).engines_by_analogy(),
            row("3g.48gb").engines(E3).engines_by_analogy(),
            row("4g.48gb").engines(E4).engines_by_analogy(),
            row("7g.96gb").engines(E7).engines_by_analogy(),
        ],
        compute: COMPUTE_OF_UNKNOWN_SM,
        source: "a public terminal log of an H20 shows 1g only (8 SMs, 11.75 GiB); names as on other 96 GB boards, engines as on the H100",
    },
    Table {
        model: "gh200-96",
        products: &["NVIDIA GH200 480GB"],
        pci: &[0x2342],
        shapes: SEVEN,
        placements: Mark::Derived,
        rows: ROWS_96,
        compute: COMPUTE,
        source: "nvidia-smi listing of a GH200 with 96 GB (-lgip, success lines of creation); the placements are those of the H100 80GB",
    },
    Table {
        model: "gh200-144",
        products: &["NVIDIA GH200 144G HBM3e"],
        pci: &[0x2348],
        shapes: SEVEN,
        placements: Mark::Derived,
        rows: &[
            row("1g.18gb")
                .about(17920)
                .sm(16)
                .engines(E1)
                .engines_by_analogy(),
            row("1g.18gb+me")
                .about(17920)
                .sm(16)
                .engines(E1_ME)
                .engines_by_analogy(),
            row("1g.36gb")
                .about(36096)
                .sm(26)
                .engines(E1)
                .engines_by_analogy(),
            row("2g.36gb").about(36096).sm(32).engines(E2),
            row("3g.72gb"),
            row("4g.72gb"),
            row("7g.144gb"),
        ],
        compute: COMPUTE,
        source: "nvidia-smi listings in mig-parted pull request 139 and gpu-operator pull request 1057, cut off after 2g; no source shows the figures of 3g, 4g and 7g",
    },
    Table {
        model: "h200-141",
        products: &["NVIDIA H200", "NVIDIA H200 NVL"],
        pci: &[0x2335, 0x233B],
        shapes: SEVEN,
        placements: Mark::Derived,
        rows: &[
            row("1g.18gb").about(16384).sm(16).engines(E1),
            row("1g.18gb+me").about(16384).sm(16).engines(E1_ME),
            row("1g.35gb").about(33024).sm(26).engines(E1),
            row("2g.35gb").about(33024).sm(32).engines(E2),
            row("3g.71gb").about(71168).sm(60).engines(E3),
            row("4g.71gb").about(71168).sm(64).engines(E4),
            row("7g.141gb").about(143104).sm(132).engines(E7),
        ],
        compute: COMPUTE,
        source: "nvidia-smi listing in mig-parted issue 120; the placements are those of the H100 80GB",
    },
];
