//! Where the control plane's programs are: in the folder that `KUBEBUILDER_ASSETS` names, else built from source once.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a cluster is made of.
pub const SERVERS: [&str; 5] = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok",
];

/// Folder of this repository's own part of the control plane.
pub fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/controlplane")
}

/// The folder with the programs, or a sentence that says why there is none.
pub fn folder() -> Result<PathBuf, String> {
    match std::env::var_os("KUBEBUILDER_ASSETS") {
        Some(named) => complete(PathBuf::from(named)),
        None => built(&mut Command::new(source().join("build"))),
    }
}

/// Checks that a folder named by the user has all of them.
pub fn complete(folder: PathBuf) -> Result<PathBuf, String> {
    let lacks: Vec<&str> = SERVERS
        .into_iter()
        .filter(|s| !folder.join(s).is_file())
        .collect();
    if lacks.is_empty() {
        return Ok(folder);
    }
    Err(format!(
        "KUBEBUILDER_ASSETS names {}, which lacks {}",
        folder.display(),
        lacks.join(", ")
    ))
}

/// Runs the build, which prints its folder. What it does meanwhile goes to standard error.
pub fn built(build: &mut Command) -> Result<PathBuf, String> {
    let output = build
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("tests/controlplane/build does not start: {e}"))?;
    if output.status.success() {
        Ok(PathBuf::from(
            String::from_utf8_lossy(&output.stdout).trim_end(),
        ))
    } else {
        Err(
            "the cluster tests have no control plane; tests/controlplane/build says why above"
                .to_owned(),
        )
    }
}
