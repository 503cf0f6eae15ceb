//! One walk over `/proc`: who has an NVIDIA device node open.
//!
//! A host with 256 CPUs has some thousand kernel threads, which have no files: they are passed over after one failed
//! `readlink` of `exe`. Of the others only the links in `fd` are read. Paths are resolved from the open folder, not
//! from the root again.

use std::collections::BTreeSet;
use std::ffi::CStr;
use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{Dir, Mode, OFlags, openat, readlinkat};
use rustix::io::Errno;

use super::super::root::{HostRoot, absence};
use crate::domain::ids::Pid;
use crate::domain::reading::{Absence, AbsentCode};
use crate::domain::text::Text;

/// A device node of the NVIDIA driver.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Node {
    /// `/dev/nvidia<minor>`.
    Gpu(u32),
    /// `/dev/nvidia-caps/nvidia-cap<minor>`.
    Capability(u32),
    /// `/dev/nvidiactl`, `/dev/nvidia-uvm`, `/dev/nvidia-uvm-tools`, `/dev/nvidia-modeset`.
    Control,
}

/// A node that a process has open, once however many handles it has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenNode {
    /// The process.
    pub pid: Pid,
    /// The node.
    pub node: Node,
    /// Its path, as the kernel names it.
    pub path: Text,
}

/// What a walk found.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Scan {
    /// Open nodes, by process.
    pub open: Vec<OpenNode>,
    /// Processes whose files could not be looked at.
    pub hidden: Vec<Pid>,
    /// Why not even the list of processes could be read.
    pub failed: Option<Absence>,
}

impl Scan {
    /// Walks once. Processes that vanish on the way are passed over.
    pub fn walk(root: &HostRoot) -> Self {
        let mut scan = Self::default();
        if let Err(e) = scan.fill(root) {
            let error = io::Error::from(e);
            scan.failed = Some(absence(&error, "/proc", "no process can be seen"));
        }
        scan.hidden.sort_unstable();
        scan.open.sort_by_key(|o| (o.pid, o.node));
        scan.open.dedup_by_key(|o| (o.pid, o.node));
        scan
    }

    /// Processes that have a node open.
    pub fn pids(&self) -> BTreeSet<Pid> {
        self.open.iter().map(|o| o.pid).collect()
    }

    /// What this walk could not see; `None`: nothing was hidden.
    pub fn gap(&self) -> Option<Absence> {
        if let Some(why) = &self.failed {
            return Some(why.clone());
        }
        let n = self.hidden.len();
        (n > 0).then(|| {
            Absence::new(
                AbsentCode::NoPermission,
                format!(
                    "open files of {n} {} of other users are hidden (/proc/<pid>/fd needs root): holders among them do not show; run the probe with sudo",
                    if n == 1 { "process" } else { "processes" }
                ),
            )
        })
    }

    fn fill(&mut self, root: &HostRoot) -> Result<(), Errno> {
        let proc = rustix::fs::open(root.path("proc"), folder(), Mode::empty())?;
        let mut buffer = Vec::with_capacity(256);
        for entry in Dir::read_from(&proc)? {
            let entry = entry?;
            let name = entry.file_name();
            if let Some(pid) = name.to_str().ok().and_then(|s| s.parse().ok()).map(Pid) {
                if root.is_host() && is_kernel_thread(&proc, name, &mut buffer) {
                    continue;
                }
                match self.look_at(&proc, pid, &mut buffer) {
                    Ok(()) => {}
                    Err(Errno::ACCESS | Errno::PERM) => self.hidden.push(pid),
                    // gone, or a zombie
                    Err(_) => {}
                }
            }
        }
        Ok(())
    }

    fn look_at(&mut self, proc: &OwnedFd, pid: Pid, buffer: &mut Vec<u8>) -> Result<(), Errno> {
        // `Dir::new` takes the handle as it is; `read_from` would open the folder a second time
        let mut fds = Dir::new(openat(proc, format!("{pid}/fd"), folder(), Mode::empty())?)?;
        while let Some(Ok(entry)) = fds.read() {
            let name = entry.file_name();
            if name.to_bytes().starts_with(b".") {
                continue;
            }
            let Ok(link) = readlinkat(fds.fd()?, name, std::mem::take(buffer)) else {
                continue;
            };
            if let Some(node) = node_of(link.to_bytes()) {
                self.open.push(OpenNode {
                    pid,
                    node,
                    path: Text::new(&link.to_string_lossy()),
                });
            }
            *buffer = link.into_bytes();
            buffer.clear();
        }
        Ok(())
    }
}

fn folder() -> OFlags {
    OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC
}

/// Kernel threads (and zombies) have no executable. Without permission the answer is EACCES, which says: a program.
fn is_kernel_thread(proc: &OwnedFd, pid: &CStr, buffer: &mut Vec<u8>) -> bool {
    let mut path = pid.to_bytes().to_vec();
    path.extend_from_slice(b"/exe");
    match readlinkat(proc, path, std::mem::take(buffer)) {
        Ok(link) => {
            *buffer = link.into_bytes();
            buffer.clear();
            false
        }
        Err(error) => error == Errno::NOENT,
    }
}

/// The node that a link in `fd` leads to. The folder before `dev` may be that of a container or a driver's root.
fn node_of(link: &[u8]) -> Option<Node> {
    let at = link.windows(11).rposition(|w| w == b"/dev/nvidia")?;
    let rest = std::str::from_utf8(&link[at + 11..]).ok()?;
    let number = |digits: &str| {
        let all = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        all.then(|| digits.parse().ok()).flatten()
    };
    match rest {
        "ctl" | "-uvm" | "-uvm-tools" | "-modeset" => Some(Node::Control),
        _ => match rest.strip_prefix("-caps/nvidia-cap") {
            Some(minor) => number(minor).map(Node::Capability),
            None => number(rest).map(Node::Gpu),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn nodes_are_known_by_their_paths() {
        for (path, node) in [
            ("/dev/nvidia0", Some(Node::Gpu(0))),
            ("/dev/nvidia15", Some(Node::Gpu(15))),
            ("/run/nvidia/driver/dev/nvidia3", Some(Node::Gpu(3))),
            ("/dev/nvidiactl", Some(Node::Control)),
            ("/dev/nvidia-uvm", Some(Node::Control)),
            ("/dev/nvidia-modeset", Some(Node::Control)),
            ("/dev/nvidia-caps/nvidia-cap21", Some(Node::Capability(21))),
            ("/dev/nvidia-nvswitchctl", None),
            ("/dev/nvidia", None),
            ("/dev/nvidia0 (deleted)", None),
            ("/home/kim/dev/nvidia-notes", None),
            ("socket:[1234]", None),
            ("/dev/null", None),
        ] {
            assert_eq!(node_of(path.as_bytes()), node, "{path}");
        }
    }

    #[test]
    fn several_handles_of_one_node_are_one_and_processes_without_any_are_none() {
        let dir = tempfile::tempdir().unwrap();
        let fd = dir.path().join("proc/4242/fd");
        std::fs::create_dir_all(&fd).unwrap();
        for (n, to) in [
            "/dev/null",
            "/dev/nvidia1",
            "/dev/nvidia1",
            "/dev/nvidiactl",
        ]
        .iter()
        .enumerate()
        {
            symlink(to, fd.join(n.to_string())).unwrap();
        }
        std::fs::create_dir_all(dir.path().join("proc/7/fd")).unwrap();
        std::fs::create_dir_all(dir.path().join("proc/sys/kernel")).unwrap();
        let scan = Scan::walk(&HostRoot::new(dir.path()));
        let nodes: Vec<Node> = scan.open.iter().map(|o| o.node).collect();
        assert_eq!(nodes, [Node::Gpu(1), Node::Control]);
        assert_eq!(scan.pids(), BTreeSet::from([Pid(4242)]));
        assert_eq!(scan.gap(), None);
    }

    #[test]
    fn a_root_without_proc_is_a_reason_not_an_empty_list() {
        let dir = tempfile::tempdir().unwrap();
        let scan = Scan::walk(&HostRoot::new(dir.path()));
        assert_eq!(scan.gap().unwrap().code, AbsentCode::NoSource);
    }

    #[test]
    fn hidden_processes_are_counted() {
        let scan = Scan {
            hidden: vec![Pid(1), Pid(2)],
            ..Scan::default()
        };
        let gap = scan.gap().unwrap();
        assert_eq!(gap.code, AbsentCode::NoPermission);
        assert!(gap.text.contains("2 processes"), "{}", gap.text);
    }

    #[test]
    fn this_host_can_be_walked() {
        let scan = Scan::walk(&HostRoot::new("/"));
        assert_eq!(scan.failed, None);
    }
}
