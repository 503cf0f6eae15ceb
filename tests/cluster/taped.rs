//! A bastion's recording: what the API server told is on the tape, and is shown from it without the API server.

use std::process::{Command, Stdio};
use std::time::Instant;

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::DeleteParams;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::shared::{self, cluster};
use crate::common::cluster::{PATIENCE, block_on};
use crate::common::pty;

#[test]
fn a_recording_shows_the_clusters_pods_without_the_cluster() {
    let cluster = cluster();
    let resource = "nvidia.com/mig-1g.9gb";
    let pods = || async {
        let pods: Api<Pod> = Api::namespaced(cluster.admin().await, "default");
        pods
    };
    block_on(async {
        shared::node(&cluster.admin().await, "on-tape", &[(resource, 2)]).await;
        let pods = pods().await;
        for name in ["stays-on-tape", "leaves-the-tape"] {
            shared::pod(&pods, name, "on-tape", resource).await;
            shared::until(&pods, name, |p: Option<&Pod>| {
                p.is_some_and(|p| shared::phase(p) == "Running")
            })
            .await;
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let tape = folder.path().join("bastion.tape");
    let migdeck = |args: &[&str]| {
        let mut command = Command::new(pty::program());
        command
            .args(args)
            .env("HOME", folder.path())
            .env("XDG_CONFIG_HOME", folder.path())
            .env_remove("KUBECONFIG");
        command
    };
    let mut recorder = migdeck(&["record"])
        .arg(&tape)
        .arg("--kubeconfig")
        .arg(cluster.kubeconfig())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let text = || std::fs::read_to_string(&tape).unwrap_or_default();
    let wait_for = |what: &str, met: &dyn Fn(&str) -> bool| {
        let begun = Instant::now();
        while !met(&text()) {
            assert!(begun.elapsed() < PATIENCE, "{what}");
            std::thread::yield_now();
        }
    };
    let is_live = |t: &str| t.contains(r#""of":"health","health":"live""#);
    wait_for("the pods and that all is told", &|t| {
        t.contains("leaves-the-tape") && t.contains("stays-on-tape") && is_live(t)
    });
    let gone = block_on(async {
        let pods = pods().await;
        let pod = pods.get("leaves-the-tape").await.unwrap();
        pods.delete("leaves-the-tape", &DeleteParams::default().grace_period(0))
            .await
            .unwrap();
        pod.metadata.uid.unwrap()
    });
    wait_for("that it went", &|t| {
        let mut lines = t.lines();
        lines.any(|l| l.contains(r#""gone":["#) && l.contains(&gone))
    });
    kill_process(Pid::from_child(&recorder), Signal::INT).unwrap();
    assert!(recorder.wait().unwrap().success());

    let output = migdeck(&["pods", "--json", "--fleet"])
        .arg(&tape)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["cluster"]["state"], "live");
    assert_eq!(document["cluster"]["context"], "test");
    let named = |name: &str| {
        let mut all = document["pods"].as_array().unwrap().iter();
        all.find(|pod| pod["name"] == name)
    };
    assert_eq!(named("stays-on-tape").unwrap()["node"], "on-tape");
    assert!(named("leaves-the-tape").is_none());

    // and in the console, without this machine, which is beside all that
    let session = pty::migdeck("--view pods --fleet")
        .arg(&tape)
        .size(120, 120)
        .go();
    session.until("the pod from the tape", |s| {
        s.line("default/stays-on-tape")
            .is_some_and(|l| l.contains("on-tape"))
    });
    session.keys("q");
    session.ends_clean(0);
}
