//! What the kernel modules show: `/proc/driver/nvidia*`, device nodes, `/sys/module`.

use std::fmt::Write;
use std::sync::LazyLock;

use super::tree::Tree;
use crate::rules::ids::capability_minor;
use crate::scenario::derive;
use crate::view::View;

/// GPUs, GPU instances and compute instances for which the module reserves minors.
const MINORS: (u32, u32, u32) = (32, 15, 8);

/// Everything, if the host has the driver at all.
pub(super) fn write(tree: &mut Tree, view: &View<'_>) {
    modules(tree, view);
    if !view.host.library {
        return;
    }
    tree.file("proc/driver/nvidia/version", version(&view.host.driver));
    tree.file(
        "sys/module/nvidia/version",
        format!("{}\n", view.host.driver),
    );
    tree.file("proc/driver/nvidia-caps/mig-minors", MIG_MINORS.as_str());
    for node in [
        "nvidiactl",
        "nvidia-uvm",
        "nvidia-uvm-tools",
        "nvidia-modeset",
    ] {
        tree.file(format!("dev/{node}"), "");
    }
    capability(tree, "mig/config", capability_config(), 0o400);
    capability(tree, "mig/monitor", capability_config() + 1, 0o444);
    for (i, gpu) in view.layout.gpus.iter().enumerate() {
        tree.file(format!("dev/nvidia{}", gpu.minor), "");
        let pci = derive::pci(view.host, i);
        tree.file(
            format!("proc/driver/nvidia/gpus/{pci}/information"),
            information(view, i, &pci),
        );
        if !gpu.mig {
            continue;
        }
        let root = format!("gpu{}/mig", gpu.minor);
        tree.folder(format!("proc/driver/nvidia/capabilities/{root}"));
        for gi in &gpu.instances {
            capability(
                tree,
                &format!("{root}/gi{}/access", gi.gi),
                gi.capability_minor,
                0o444,
            );
            for ci in &gi.cis {
                capability(
                    tree,
                    &format!("{root}/gi{}/ci{}/access", gi.gi, ci.ci),
                    ci.capability_minor,
                    0o444,
                );
            }
        }
    }
}

/// Minor of `mig/config`; `mig/monitor` has the next one, the first instance the one after.
const fn capability_config() -> u32 {
    capability_minor(0, 0, None) - 2
}

/// A capability file and its device node. The module prints the mode in decimal.
fn capability(tree: &mut Tree, path: &str, minor: u32, mode: u32) {
    let text = format!("DeviceFileMinor: {minor}\nDeviceFileMode: {mode}\nDeviceFileModify: 1\n");
    tree.file_with_mode(
        format!("proc/driver/nvidia/capabilities/{path}"),
        text,
        mode,
    );
    tree.file_with_mode(format!("dev/nvidia-caps/nvidia-cap{minor}"), "", mode);
}

/// `/proc/driver/nvidia-caps/mig-minors`: every minor there can be. The same on each host, and long.
static MIG_MINORS: LazyLock<String> = LazyLock::new(mig_minors);

fn mig_minors() -> String {
    let mut text = format!(
        "config {}\nmonitor {}\n",
        capability_config(),
        capability_config() + 1
    );
    let (gpus, gis, cis) = MINORS;
    for gpu in 0..gpus {
        for gi in 0..gis {
            let _ = writeln!(
                text,
                "gpu{gpu}/gi{gi}/access {}",
                capability_minor(gpu, gi, None)
            );
            for ci in 0..cis {
                let _ = writeln!(
                    text,
                    "gpu{gpu}/gi{gi}/ci{ci}/access {}",
                    capability_minor(gpu, gi, Some(ci))
                );
            }
        }
    }
    text
}

/// `NVRM version:` line as the module prints it; from R560 on the open modules are the default.
pub(super) fn module_name(driver: &str) -> &'static str {
    let major: u32 = driver
        .split('.')
        .next()
        .and_then(|m| m.parse().ok())
        .unwrap_or(0);
    if major >= 560 {
        "NVIDIA UNIX Open Kernel Module for x86_64"
    } else {
        "NVIDIA UNIX x86_64 Kernel Module"
    }
}

fn version(driver: &str) -> String {
    format!(
        "NVRM version: {}  {driver}  Release Build  (dvs-builder@U22-I3)\nGCC version:  gcc version 11.4.0 (Ubuntu 11.4.0-1ubuntu1~22.04)\n",
        module_name(driver)
    )
}

fn information(view: &View<'_>, i: usize, pci: &str) -> String {
    let host = view.host;
    let product = if host.product.is_empty() {
        view.board.product
    } else {
        &host.product
    };
    format!(
        "Model: \t\t {product}\nIRQ:   \t\t {}\nGPU UUID: \t {}\nVideo BIOS: \t ??.??.??.??.??\nBus Type: \t PCIe\nDMA Size: \t 47 bits\nDMA Mask: \t 0x7fffffffffff\nBus Location: \t {pci}\nDevice Minor: \t {}\nGPU Firmware: \t {}\nGPU Excluded:\t No\n",
        300 + i,
        derive::gpu_uuid(host, i),
        derive::minor(host, i),
        host.driver,
    )
}

/// `/proc/modules` and `/sys/module/*/holders`. `nvidia_drm` sits on `nvidia_modeset`, the others on `nvidia`.
fn modules(tree: &mut Tree, view: &View<'_>) {
    let mut lines = String::from(
        "mlx5_core 2097152 1 mlx5_ib, Live 0x0000000000000000\nmlx5_ib 458752 0 - Live 0x0000000000000000\n",
    );
    if view.host.library {
        let has = |name: &str| view.host.modules.iter().any(|m| m == name);
        let below = |name: &str| {
            if name == "nvidia_drm" && has("nvidia_modeset") {
                "nvidia_modeset"
            } else {
                "nvidia"
            }
        };
        tree.folder("sys/module/nvidia/holders");
        for module in &view.host.modules {
            tree.folder(format!("sys/module/{}/holders/{module}", below(module)));
        }
        for module in view
            .host
            .modules
            .iter()
            .map(String::as_str)
            .chain(["nvidia"])
        {
            let users: Vec<&str> = view
                .host
                .modules
                .iter()
                .map(String::as_str)
                .filter(|m| *m != module && below(m) == module)
                .collect();
            let users_text = if users.is_empty() {
                "-".to_owned()
            } else {
                format!("{},", users.join(","))
            };
            let _ = writeln!(
                lines,
                "{module} 4194304 {} {users_text} Live 0x0000000000000000 (POE)",
                users.len()
            );
        }
    }
    tree.file("proc/modules", lines);
}
