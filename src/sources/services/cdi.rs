//! Container Device Interface specs: which device names containers can be given (`nvidia.com/gpu=<name>`).

use std::io::ErrorKind;

use serde::Deserialize;

use super::super::root::{HostRoot, absence};
use crate::domain::reading::{Absence, AbsentCode};
use crate::domain::service::CdiSpec;
use crate::domain::text::Text;

/// Folders that runtimes read, with the one that `/var/run` leads to on today's systems.
const FOLDERS: [&str; 3] = ["etc/cdi", "var/run/cdi", "run/cdi"];

/// Specs of a host with 8 GPUs in 56 slices have some hundred kilobytes.
const MOST_BYTES: u64 = 16 << 20;

/// What is read of a spec (the CDI specification, `kind` and `devices[].name`).
#[derive(Deserialize)]
struct Spec {
    kind: String,
    // of a host without any, the list may be `null`
    devices: Option<Vec<Device>>,
}

#[derive(Deserialize)]
struct Device {
    name: String,
}

/// All specs of NVIDIA's kinds. One that cannot be read makes the whole unknown: a device it names would be missing.
pub(super) fn specs(root: &HostRoot) -> Result<Vec<CdiSpec>, Absence> {
    let mut specs = Vec::new();
    let mut seen = Vec::new();
    for folder in FOLDERS {
        let names = match root.names(folder) {
            Ok(names) => names,
            Err(e) if e.kind() == ErrorKind::NotFound => continue,
            Err(e) => {
                return Err(absence(
                    &e,
                    &format!("/{folder}"),
                    "run the probe with sudo",
                ));
            }
        };
        let place = root.path(folder).canonicalize().ok();
        if place.is_some() && seen.contains(&place) {
            continue;
        }
        seen.push(place);
        for name in names {
            let format = match name.rsplit_once('.') {
                Some((_, "json")) => Format::Json,
                Some((_, "yaml" | "yml")) => Format::Yaml,
                _ => continue,
            };
            let path = format!("{folder}/{name}");
            let spec = read(root, &path, format)?;
            if spec.kind.contains("nvidia.com/") {
                specs.push(CdiSpec {
                    path: Text::from(format!("/{path}")),
                    devices: spec
                        .devices
                        .iter()
                        .flatten()
                        .map(|d| Text::from(format!("{}={}", spec.kind, d.name)))
                        .collect(),
                });
            }
        }
    }
    Ok(specs)
}

#[derive(Clone, Copy)]
enum Format {
    Json,
    Yaml,
}

fn read(root: &HostRoot, path: &str, format: Format) -> Result<Spec, Absence> {
    let text = root
        .read_regular(path, MOST_BYTES)
        .map_err(|e| absence(&e, &format!("/{path}"), "run the probe with sudo"))?;
    let spec = match format {
        Format::Json => serde_json::from_str(&text).map_err(|e| e.to_string()),
        Format::Yaml => serde_saphyr::from_str(&text).map_err(|e| e.to_string()),
    };
    spec.map_err(|why| {
        let first = why.lines().next().unwrap_or_default();
        Absence::new(
            AbsentCode::Failed,
            format!("/{path} is no CDI spec: {first}; what devices it names is unknown"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn put(root: &HostRoot, path: &str, text: &str) {
        let file = root.path(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    const YAML: &str = "---\ncdiVersion: 0.5.0\nkind: nvidia.com/gpu\ncontainerEdits:\n  env:\n  - NVIDIA_VISIBLE_DEVICES=void\n  hooks:\n  - hookName: createContainer\n    path: /usr/bin/nvidia-cdi-hook\n    args: [nvidia-cdi-hook, chmod, --mode, \"755\"]\ndevices:\n- name: \"0:0\"\n  containerEdits:\n    deviceNodes:\n    - path: /dev/nvidia0\n- name: MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f\n  containerEdits:\n    deviceNodes:\n    - path: /dev/nvidia-caps/nvidia-cap66\n- name: all\n  containerEdits: {}\n";

    #[test]
    fn specs_in_both_forms_name_their_devices() {
        let dir = tempfile::tempdir().unwrap();
        let root = HostRoot::new(dir.path());
        put(&root, "etc/cdi/nvidia.yaml", YAML);
        put(
            &root,
            "run/cdi/management.nvidia.com-gpu.json",
            r#"{"cdiVersion":"0.5.0","kind":"management.nvidia.com/gpu","devices":[{"name":"all","containerEdits":{}}]}"#,
        );
        put(
            &root,
            "etc/cdi/other.json",
            r#"{"kind":"example.com/net","devices":[{"name":"a"}]}"#,
        );
        put(&root, "etc/cdi/readme.txt", "not a spec");
        std::os::unix::fs::symlink("../run", root.path("var").join("run")).unwrap_or_else(|_| {
            fs::create_dir_all(root.path("var")).unwrap();
            std::os::unix::fs::symlink("../run", root.path("var/run")).unwrap();
        });
        let specs = specs(&root).unwrap();
        let paths: Vec<&str> = specs.iter().map(|s| s.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "/etc/cdi/nvidia.yaml",
                "/var/run/cdi/management.nvidia.com-gpu.json"
            ],
            "/run is not read twice"
        );
        assert_eq!(
            specs[0].devices,
            [
                "nvidia.com/gpu=0:0",
                "nvidia.com/gpu=MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f",
                "nvidia.com/gpu=all"
            ]
        );
    }

    #[test]
    fn no_specs_is_an_answer_and_a_broken_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let root = HostRoot::new(dir.path());
        assert_eq!(specs(&root).unwrap(), []);
        put(&root, "etc/cdi/nvidia.yaml", YAML);
        put(&root, "etc/cdi/torn.yaml", "kind: [nvidia.com/gpu\n");
        let why = specs(&root).unwrap_err();
        assert_eq!(why.code, AbsentCode::Failed);
        assert!(why.text.contains("/etc/cdi/torn.yaml"), "{}", why.text);
    }
}
