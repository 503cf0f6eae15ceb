//! How layouts are written: in the editor, in flags, in logs and in tests.
//!
//! ```text
//! 3g.20gb@4 2g.10gb@0 1g.5gb@2      instances: profile, then @ and the first memory slice
//! 7x1g.5gb                          repeated; where the start is left out, it is chosen
//! 3g.20gb@0[1c,2c]                  its compute instances (none written: one that fills it)
//! 3g.20gb@0[]                       a GPU instance without compute instance
//! 7g.40gb[1c@0,2c@1,3x1c]           compute instances take a start, inside the GPU instance, and a count too
//! 2g.20gb[1c#7]                     by profile id, where two profiles share a name (Hopper: 0 with 16 SMs, 7 with 26);
//!                                   without it the lowest id
//! empty                             MIG on without instances
//! off                               MIG disabled
//! ```
//!
//! A node is lines of `GPUS: layout`, GPUs by index, range, list or the tail of their UUID: `0-1,4: 7x1g.5gb`,
//! `..e15ae54a: off`. `#` at the start of a line or after a blank begins a comment.
//!
//! Parsing what was printed gives the same layout.

mod compute;
mod cursor;
mod error;
mod gpu;
mod node;
mod print;

pub use error::ParseError;
pub use gpu::parse_gpu;
pub use node::{GpuSelector, NodeLine, only_line, parse_node, parse_selector};
pub use print::{print_gpu, print_layout, print_selectors, print_sketch, selectors};
