//! The quiesce file: an operation asks every probe on the host to let go of NVML, because open clients block a change
//! of MIG mode.

use serde::Deserialize;

use crate::domain::ids::Pid;
use crate::domain::text::Text;
use crate::sources::root::HostRoot;

/// Where it is.
pub(super) const FILE: &str = "run/migdeck/quiesce";

/// Longest file that is read.
const LONGEST: u64 = 4096;

#[derive(Deserialize)]
struct Quiesce {
    op: Text,
    user: Text,
    pid: u32,
    /// Field 22 of `/proc/<pid>/stat`: with the pid the identity of the process.
    start_time: u64,
}

/// Why NVML is to be let go of, as long as the process that asked for it lives.
///
/// Only the administrator's word counts; a file that is torn or that a dead process left behind says nothing.
pub(super) fn asked(root: &HostRoot) -> Option<Text> {
    let text = root.read_at_most(FILE, LONGEST).ok()?;
    if !root.is_administrators(FILE).unwrap_or(false) {
        return None;
    }
    let quiesce: Quiesce = serde_json::from_str(&text).ok()?;
    let alive = root
        .stat(Pid(quiesce.pid))
        .is_ok_and(|stat| stat.start_ticks == quiesce.start_time && stat.state != 'Z');
    alive.then(|| {
        Text::from(format!(
            "paused for operation {} by {}",
            quiesce.op, quiesce.user
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn host(start: u64) -> (tempfile::TempDir, HostRoot) {
        let folder = tempfile::tempdir().unwrap();
        let root = HostRoot::new(folder.path());
        fs::create_dir_all(root.path("run/migdeck")).unwrap();
        fs::create_dir_all(root.path("proc/4711")).unwrap();
        let fields = "0 ".repeat(18);
        let stat = format!("4711 (migdeck) S {}{start} 0 0", fields);
        fs::write(root.path("proc/4711/stat"), stat).unwrap();
        (folder, root)
    }

    fn write(root: &HostRoot, text: &str) {
        fs::write(root.path(FILE), text).unwrap();
    }

    const ASKED: &str = r#"{"op":"8c1d","user":"kim","pid":4711,"start_time":99,"more":1}"#;

    #[test]
    fn counts_while_its_process_lives() {
        let (_folder, root) = host(99);
        assert_eq!(asked(&root), None);
        write(&root, ASKED);
        assert_eq!(asked(&root).unwrap(), "paused for operation 8c1d by kim");
        write(&root, &ASKED[..20]);
        assert_eq!(asked(&root), None);
    }

    #[test]
    fn a_pid_used_again_is_another_process() {
        let (_folder, root) = host(100);
        write(&root, ASKED);
        assert_eq!(asked(&root), None);
    }

    #[test]
    fn a_file_that_anybody_may_write_says_nothing() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, root) = host(99);
        write(&root, ASKED);
        fs::set_permissions(root.path(FILE), fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(asked(&root), None);
    }
}
