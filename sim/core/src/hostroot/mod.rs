//! A fake host: the files that tell what a host is and does, written under a folder.
//!
//! From the scenario and the driver's present state, so that capability entries, device ids and processes follow
//! layout changes, and kernel records appear when their time has come.

mod kmsg;
mod kubelet;
mod nvidia;
mod process;
mod system;
#[cfg(test)]
mod tests;
pub(crate) mod time;
mod tree;
mod users;
mod writer;

use std::path::{Path, PathBuf};

use crate::driver::Driver;
use crate::view::View;

pub use writer::Writer;

/// Makes `dir` a root of the driver's host. Called again it writes only what changed and removes what is gone; files
/// that others put there stay. A reader sees each file old or new, never half.
///
/// # Errors
/// The folder cannot be written.
pub fn write(dir: &Path, driver: &Driver) -> std::io::Result<()> {
    tree(&View::of(driver)).write(dir)
}

/// A good place for the folders of short-lived roots: memory where the system has such a file system, as a root is some
/// 700 small files; else the folder for temporary files.
pub fn place() -> PathBuf {
    let memory = Path::new("/dev/shm");
    match rustix::fs::access(memory, rustix::fs::Access::WRITE_OK) {
        Ok(()) => memory.to_owned(),
        Err(_) => std::env::temp_dir(),
    }
}

fn tree(view: &View<'_>) -> tree::Tree {
    let mut tree = tree::Tree::default();
    system::write(&mut tree, view);
    nvidia::write(&mut tree, view);
    process::write(&mut tree, view);
    kubelet::write(&mut tree, view);
    tree.log("dev/kmsg", kmsg::records(view));
    tree
}
