//! Addresses of one cluster's nodes and pods. All of them are this machine's own, so that nothing sent to them leaves it.
//!
//! The API server passes requests on to pods and nodes, but never to 127.0.0.0/8. Where it is permitted, a block of the
//! range for benchmarks (198.18.0.0/15, RFC 2544) is put on `lo`, which makes every address of the block local; else
//! loopback has to do, and what the API server refuses to pass on is reached directly.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;

use serde::{Deserialize, Serialize};

/// Who listens here on the first address of a block has the block.
const CLAIM: u16 = 20_247;
/// Addresses below this one of a block are nodes', the others pods'.
const PODS: u32 = 1024;

/// A block that a cluster has for itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Block {
    first: u32,
    prefix: u8,
    /// Why the API server does not pass requests on to these addresses; `None`: it does.
    pub refused: Option<String>,
}

impl Block {
    /// Address of a node by number.
    pub fn node(&self, n: usize) -> Ipv4Addr {
        let n = u32::try_from(n).unwrap_or(u32::MAX).min(PODS - 3);
        Ipv4Addr::from(self.first + 2 + n)
    }

    /// The address of nodes that nobody gave one.
    pub fn any_node(&self) -> Ipv4Addr {
        Ipv4Addr::from(self.first + 1)
    }

    /// Where pods' addresses begin, with the block's length: what kwok is told.
    pub fn pods(&self) -> String {
        format!("{}/{}", Ipv4Addr::from(self.first + PODS + 1), self.prefix)
    }

    /// Whether an address is of the block.
    pub fn holds(&self, address: Ipv4Addr) -> bool {
        u32::from(address) >> (32 - self.prefix) == self.first >> (32 - self.prefix)
    }
}

/// A block with what keeps it; dropping it gives it back.
pub struct Claim {
    block: Block,
    added: bool,
    _held: TcpListener,
}

impl Claim {
    /// Takes a free block. `loopback`: does not even try to put addresses on `lo`.
    ///
    /// # Errors
    /// No block is free.
    pub fn take(loopback: bool) -> Result<Self, String> {
        let mut refused = "it was not to put addresses on lo".to_owned();
        if !loopback {
            match on_lo() {
                Ok(claim) => return Ok(claim),
                Err(why) => refused = why,
            }
        }
        (98..127)
            .find_map(|second| {
                let first = u32::from(Ipv4Addr::new(127, second, 0, 0));
                Some(Self {
                    _held: hold(first)?,
                    added: false,
                    block: Block {
                        first,
                        prefix: 16,
                        refused: Some(refused.clone()),
                    },
                })
            })
            .ok_or_else(|| "all blocks of addresses are taken by other clusters".to_owned())
    }

    pub fn block(&self) -> &Block {
        &self.block
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if self.added {
            // whatever stays is on lo only
            let _ = ip("del", self.block.first);
        }
    }
}

/// A block on `lo`, or why there is none.
fn on_lo() -> Result<Claim, String> {
    for n in 0..8 {
        let first = u32::from(Ipv4Addr::new(198, 18, 0, 0)) + n * (1 << 14);
        let added = ip("add", first);
        // one that was left behind, or is another cluster's, is there already
        if let Some(held) = hold(first) {
            return Ok(Claim {
                block: Block {
                    first,
                    prefix: 18,
                    refused: None,
                },
                added: true,
                _held: held,
            });
        }
        if let Err(why) = added
            && !why.contains("exists")
            && !why.contains("assigned")
        {
            return Err(format!("addresses cannot be put on lo: {why}"));
        }
    }
    Err("all blocks of addresses on lo are taken by other clusters".to_owned())
}

fn hold(first: u32) -> Option<TcpListener> {
    TcpListener::bind((Ipv4Addr::from(first + 1), CLAIM)).ok()
}

fn ip(what: &str, first: u32) -> Result<(), String> {
    let address = format!("{}/18", Ipv4Addr::from(first + 1));
    let output = Command::new("ip")
        .args(["address", what, &address, "dev", "lo"])
        .output()
        .map_err(|e| format!("the program `ip` of iproute2 does not start: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(said.trim().to_owned())
}
