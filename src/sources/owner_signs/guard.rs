//! The host's guard file: `[owner] kind, name, layout` of `/etc/migdeck/guard.toml`.

use std::io::ErrorKind;

use serde::Deserialize;

use super::super::root::HostRoot;
use super::blind;
use crate::domain::owner::{OwnerKind, OwnerSign};
use crate::domain::text::Text;

const FILE: &str = "etc/migdeck/guard.toml";

const MOST_BYTES: u64 = 1 << 20;

/// What concerns the owner; the file has more in it for others.
#[derive(Deserialize)]
struct Guard {
    owner: Option<Owner>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Owner {
    kind: OwnerKind,
    name: Option<Text>,
    layout: Option<Text>,
}

/// The guard file's word. A file that cannot be trusted or understood leaves the owner open, and that decides too:
/// somebody meant to say something.
pub(super) fn sign(root: &HostRoot) -> Option<OwnerSign> {
    let decide = |evidence: String| {
        Some(OwnerSign {
            decisive: true,
            ..blind(evidence)
        })
    };
    match root.is_administrators(FILE) {
        Ok(true) => {}
        Ok(false) => {
            return decide(format!(
                "guard file /{FILE} does not count: it must belong to root and be writable by nobody else"
            ));
        }
        Err(e) if e.kind() == ErrorKind::NotFound => return None,
        Err(e) => return decide(format!("guard file /{FILE} cannot be read: {e}")),
    }
    let text = match root.read_regular(FILE, MOST_BYTES) {
        Ok(text) => text,
        Err(e) => return decide(format!("guard file /{FILE} cannot be read: {e}")),
    };
    let guard: Guard = match toml::from_str(&text) {
        Ok(guard) => guard,
        Err(e) => {
            return decide(format!("guard file /{FILE}: {}", e.message()));
        }
    };
    let owner = guard.owner?;
    let name = owner.name.unwrap_or_else(|| match owner.kind {
        OwnerKind::Migdeck => "migdeck".into(),
        _ => "".into(),
    });
    Some(OwnerSign {
        kind: owner.kind,
        name,
        evidence: format!("guard file /{FILE} says so").into(),
        running: false,
        layout: owner.layout,
        decisive: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn with(text: &str, mode: u32) -> Option<OwnerSign> {
        let dir = tempfile::tempdir().unwrap();
        let root = HostRoot::new(dir.path());
        let file = root.path(FILE);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        sign(&root)
    }

    const OURS: &str =
        "[owner]\nkind = \"migdeck\"\nlayout = \"0-7: 2x3g.20gb\"\n\n[limits]\ngpus = [7]\n";

    #[test]
    fn it_names_the_owner_and_the_layout() {
        let sign = with(OURS, 0o644).unwrap();
        assert_eq!((sign.kind, &*sign.name), (OwnerKind::Migdeck, "migdeck"));
        assert_eq!(sign.layout.as_deref(), Some("0-7: 2x3g.20gb"));
        assert!(sign.decisive);
        let sign = with(
            "[owner]\nkind = \"daemon_set\"\nname = \"kube-system/mig-init\"\n",
            0o600,
        );
        assert_eq!(&*sign.unwrap().name, "kube-system/mig-init");
    }

    #[test]
    fn a_file_that_others_can_write_does_not_count() {
        let sign = with(OURS, 0o666).unwrap();
        assert_eq!(sign.kind, OwnerKind::Unknown);
        assert!(sign.decisive);
        assert!(sign.evidence.contains("writable by nobody else"));
    }

    #[test]
    fn a_word_that_is_not_known_leaves_the_owner_open() {
        for text in [
            "[owner]\nkind = \"myself\"\n",
            "[owner]\nkind = \"nobody\"\nlayuot = \"x\"\n",
            "[owner",
        ] {
            let sign = with(text, 0o644).unwrap();
            assert_eq!(sign.kind, OwnerKind::Unknown, "{text}");
            assert!(sign.decisive, "{text}");
        }
    }

    #[test]
    fn without_it_or_without_an_owner_in_it_nothing_is_said() {
        assert_eq!(with("[limits]\ngpus = [7]\n", 0o644), None);
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(sign(&HostRoot::new(dir.path())), None);
    }
}
