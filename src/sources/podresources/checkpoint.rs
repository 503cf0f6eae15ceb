//! The kubelet's checkpoint of its device manager (pkg/kubelet/cm/devicemanager/checkpoint).
//!
//! An internal format: device ids come by NUMA node or, from kubelets before 1.20, as a plain list; the checksum is a
//! number, in some versions written as text. It is a hash over Go's printed structs and is not verified: a file that is
//! torn does not parse, which is the case that matters.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::root::HostRoot;
use super::{is_gpu, refused, without_replicas};
use crate::domain::cluster::{Allocation, AllocationSource};
use crate::domain::ids::ObjectUid;
use crate::domain::reading::{Absence, AbsentCode};
use crate::domain::text::Text;

const FILE: &str = "var/lib/kubelet/device-plugins/kubelet_internal_checkpoint";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Checkpoint {
    data: Content,
    #[serde(rename = "BootID", default)]
    boot_id: Option<String>,
    // only that it is there: a file without it is no checkpoint
    #[serde(rename = "Checksum")]
    _checksum: Checksum,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Checksum {
    Number(#[allow(dead_code)] u64),
    Text(#[allow(dead_code)] String),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content {
    #[serde(default)]
    pod_device_entries: Option<Vec<Entry>>,
    #[serde(rename = "BootID", default)]
    boot_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    #[serde(rename = "PodUID")]
    pod_uid: String,
    container_name: String,
    resource_name: String,
    #[serde(rename = "DeviceIDs")]
    device_ids: DeviceIds,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum DeviceIds {
    ByNumaNode(BTreeMap<String, Vec<String>>),
    Plain(Vec<String>),
    Nothing(()),
}

impl DeviceIds {
    fn iter(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match self {
            Self::ByNumaNode(nodes) => Box::new(nodes.values().flatten().map(String::as_str)),
            Self::Plain(ids) => Box::new(ids.iter().map(String::as_str)),
            Self::Nothing(()) => Box::new(std::iter::empty()),
        }
    }
}

pub(super) fn read(root: &HostRoot) -> Result<Vec<Allocation>, Absence> {
    let text = root
        .read(FILE)
        .map_err(|e| refused(&e, &format!("/{FILE}")))?;
    let failed = |why: String| Absence::new(AbsentCode::Failed, format!("/{FILE}: {why}"));
    let checkpoint: Checkpoint = serde_json::from_str(&text)
        .map_err(|e| failed(format!("not a checkpoint that is known ({e})")))?;
    let then = checkpoint.boot_id.or(checkpoint.data.boot_id);
    if let (Some(then), Ok(now)) = (then, root.boot_id())
        && !then.is_empty()
        && then != now
    {
        return Err(failed(
            "written before the host's last boot, the kubelet has not renewed it".to_owned(),
        ));
    }
    Ok(checkpoint
        .data
        .pod_device_entries
        .unwrap_or_default()
        .iter()
        .filter(|entry| is_gpu(&entry.resource_name))
        .map(|entry| Allocation {
            source: AllocationSource::Checkpoint,
            pod_uid: Some(ObjectUid::new(&entry.pod_uid)),
            namespace: None,
            pod: None,
            container: Text::new(&entry.container_name),
            resource: Text::new(&entry.resource_name),
            devices: without_replicas(entry.device_ids.iter()),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Vec<Allocation>, Absence> {
        let dir = tempfile::tempdir().unwrap();
        let root = HostRoot::new(dir.path());
        for (path, text) in [
            (FILE, text),
            ("proc/sys/kernel/random/boot_id", "b00t-now\n"),
        ] {
            let file = root.path(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        read(&root)
    }

    fn entry(ids: &str, resource: &str) -> String {
        format!(
            r#"{{"PodUID":"u1","ContainerName":"main","ResourceName":"{resource}","DeviceIDs":{ids},"AllocResp":"CgA="}}"#
        )
    }

    #[test]
    fn ids_come_by_numa_node_or_as_a_list() {
        for ids in [r#"{"0":["MIG-a"],"1":["MIG-b"]}"#, r#"["MIG-a","MIG-b"]"#] {
            for checksum in ["3216832175", r#""3216832175""#] {
                let text = format!(
                    r#"{{"Data":{{"PodDeviceEntries":[{}],"RegisteredDevices":{{}}}},"Checksum":{checksum}}}"#,
                    entry(ids, "nvidia.com/gpu")
                );
                assert_eq!(of(&text).unwrap()[0].devices, ["MIG-a", "MIG-b"], "{text}");
            }
        }
    }

    #[test]
    fn other_vendors_devices_are_left_out_and_nothing_is_a_value() {
        let text = format!(
            r#"{{"Data":{{"PodDeviceEntries":[{}]}},"Checksum":1}}"#,
            entry(r#"{"-1":["x"]}"#, "rdma/hca")
        );
        assert_eq!(of(&text).unwrap(), []);
        assert_eq!(
            of(r#"{"Data":{"PodDeviceEntries":null},"Checksum":1}"#).unwrap(),
            []
        );
    }

    #[test]
    fn a_checkpoint_of_an_earlier_boot_does_not_count() {
        for (boot, fine) in [("b00t-now", true), ("b00t-then", false), ("", true)] {
            for text in [
                format!(r#"{{"Data":{{"PodDeviceEntries":[],"BootID":"{boot}"}},"Checksum":1}}"#),
                format!(r#"{{"Data":{{"PodDeviceEntries":[]}},"BootID":"{boot}","Checksum":1}}"#),
            ] {
                assert_eq!(of(&text).is_ok(), fine, "{text}");
            }
        }
    }

    #[test]
    fn a_torn_file_is_a_reason() {
        for text in ["", "{", r#"{"Data":{}}"#, "[]"] {
            assert_eq!(of(text).unwrap_err().code, AbsentCode::Failed, "{text}");
        }
    }
}
