//! B200, GB200, B300 and GB300.

use super::shapes::SEVEN;
use super::{Compute, Mark, Table, row};

/// Profile 7 is taken over from Hopper: here too the double-memory 1g has more SMs than one slice.
const COMPUTE: Compute = Compute {
    unit: None,
    revised: true,
    mark: Mark::Derived,
};

/// DEC, ENC, CE, JPG, OFA of the rows that listings show.
const E1: [u32; 5] = [1, 0, 2, 1, 0];
const E1_ME: [u32; 5] = [1, 0, 2, 1, 1];
const E2: [u32; 5] = [2, 0, 4, 2, 0];

pub(super) const TABLES: &[Table] = &[
    Table {
        model: "b200-180",
        products: &["NVIDIA B200"],
        pci: &[0x2901],
        shapes: SEVEN,
        placements: Mark::Derived,
        rows: &[
            row("1g.23gb").about(22528).sm(18).engines(E1),
            row("1g.23gb+me").about(22528).sm(18).engines(E1_ME),
            row("1g.45gb").about(45312).sm(30).engines(E1),
            row("2g.45gb").about(45312).sm(36).engines(E2),
            row("3g.90gb"),
            row("4g.90gb"),
            row("7g.180gb"),
        ],
        compute: COMPUTE,
        source: "nvidia-smi listings in mig-parted pull requests 166 and 187, cut off after 2g (one of them gives 1g 20.50 GiB); NVIDIA's MIG guide contradicts their engines",
    },
    Table {
        model: "gb200-186",
        products: &["NVIDIA GB200"],
        pci: &[0x2941],
        shapes: SEVEN,
        placements: Mark::Derived,
        rows: &[
            row("1g.24gb")
                .also(&["1g.23gb"])
                .about(20480)
                .sm(18)
                .engines(E1),
            row("1g.24gb+me")
                .also(&["1g.23gb+me"])
                .about(20480)
                .sm(18)
                .engines(E1_ME),
            row("1g.47gb").about(46592).sm(32).engines(E1),
            row("2g.47gb").about(46592).sm(38).engines(E2),
            row("3g.93gb").also(&["3g.95gb"]),
            row("4g.93gb").also(&["4g.95gb"]),
            row("7g.186gb").also(&["7g.189gb"]),
        ],
        compute: COMPUTE,
        source: "nvidia-smi listing in gpu-operator pull request 1303, cut off after 2g; boards differ in names (mig-parted issue 227 shows 1g.23gb with 22.00 GiB)",
    },
    Table {
        model: "b300-269",
        products: &["NVIDIA B300", "NVIDIA B300 SXM6 AC"],
        pci: &[0x3182],
        shapes: SEVEN,
        placements: Mark::Derived,
        rows: &[
            row("1g.34gb"),
            row("1g.34gb+me"),
            row("1g.67gb"),
            row("2g.67gb"),
            row("3g.135gb"),
            row("4g.135gb"),
            row("7g.269gb"),
        ],
        compute: COMPUTE,
        source: "names and counts from NVIDIA's mig-parted configuration; no listing shows sizes, SMs or engines",
    },
    Table {
        model: "gb300-278",
        products: &["NVIDIA GB300"],
        pci: &[0x31C2],
        shapes: SEVEN,
        placements: Mark::Derived,
        rows: &[
            row("1g.35gb"),
            row("1g.35gb+me"),
            row("1g.70gb"),
            row("2g.70gb"),
            row("3g.139gb"),
            row("4g.139gb"),
            row("7g.278gb"),
        ],
        compute: COMPUTE,
        source: "names and ids from two public listings; none shows sizes, SMs or engines",
    },
];
