//! RTX PRO 6000 Blackwell: Server, Workstation, Max-Q. The RTX PRO 5000 and 4500 are read from their driver only: the
//! editions of NVIDIA's guide disagree about them.

use super::shapes::TWELVE;
use super::{Compute, Mark, Table, row};

pub(super) const TABLES: &[Table] = &[Table {
    model: "rtxpro6000-96",
    products: &[
        "NVIDIA RTX PRO 6000 Blackwell Server Edition",
        "NVIDIA RTX PRO 6000 Blackwell Workstation Edition",
        "NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition",
    ],
    pci: &[0x2BB5],
    shapes: TWELVE,
    placements: Mark::Listed,
    rows: &[
        row("1g.24gb").mib(24192).sm(46).engines([1, 1, 1, 1, 0]),
        row("1g.24gb+me").mib(24192).sm(46).engines([1, 1, 1, 1, 1]),
        row("1g.24gb+gfx")
            .mib(24192)
            .sm(46)
            .engines([1, 1, 1, 1, 0]),
        row("1g.24gb+me.all")
            .mib(24192)
            .sm(46)
            .engines([4, 4, 1, 4, 1]),
        row("1g.24gb-me").mib(24192).sm(46).engines([0, 0, 1, 0, 0]),
        row("2g.48gb").about(48512).sm(94).engines([2, 2, 2, 2, 0]),
        row("2g.48gb+gfx")
            .about(48512)
            .sm(94)
            .engines([2, 2, 2, 2, 0]),
        row("2g.48gb+me.all")
            .about(48512)
            .sm(94)
            .engines([4, 4, 2, 4, 1]),
        row("2g.48gb-me")
            .about(48512)
            .sm(94)
            .engines([0, 0, 2, 0, 0]),
        row("4g.96gb").about(97408).sm(188).engines([4, 4, 4, 4, 1]),
        row("4g.96gb+gfx")
            .about(97408)
            .sm(188)
            .engines([4, 4, 4, 4, 1]),
    ],
    compute: Compute {
        unit: None,
        revised: false,
        mark: Mark::Derived,
    },
    source: "nvidia-smi listings of the Server Edition, driver 610.43.02 (-lgip, -lgipp, -lgi, -lci), and of the Max-Q, driver 580.105.08",
}];
