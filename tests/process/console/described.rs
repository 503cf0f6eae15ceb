//! A node as the cluster describes it, beside what its GPUs are.

use super::pty::migdeck;
use super::{DEV, live};

#[test]
fn a_node_is_described_from_its_screen_and_from_the_list_and_the_text_scrolls() {
    let session = migdeck(DEV).go();
    live(&session);
    session.keys("D");
    let shown = session.until("resources beside what NVML lists", |s| {
        s.has("ALLOCATABLE") && s.has("as here")
    });
    let row = shown
        .lines()
        .into_iter()
        .find(|l| l.contains("mig-3g.20gb"))
        .unwrap();
    let cells: Vec<&str> = row.split_whitespace().take(5).collect();
    assert_eq!(cells, ["mig-3g.20gb", "4", "4", "4", "4"], "{row}");
    assert!(!shown.has("mig-1g.5gb.slices.gi"), "{}", shown.text());
    session.keys("G");
    session.until("the last label", |s| s.has("mig.strategy"));
    session.keys("g<Esc>");
    live(&session);
    session.keys("q");
    session.ends_clean(0);
}

#[test]
fn hosts_stand_in_the_list_with_their_pods_and_how_the_cluster_has_them() {
    let session = migdeck("demo --scenario bank").go();
    let shown = session.until("three nodes that are ready", |s| {
        let ready = s.lines().iter().filter(|l| l.contains(" Ready ")).count();
        ready == 3 && s.has("20+2")
    });
    let head = shown
        .lines()
        .into_iter()
        .find(|l| l.contains("NODE"))
        .unwrap();
    for what in ["K8S", "PODS", "USED BY PROFILE"] {
        assert!(head.contains(what), "{head}");
    }
    session.keys("n:describe-node<Enter>");
    session.until("the selected node", |s| s.has("REQUESTED") && s.has("dgx-"));
    session.keys("q");
    session.ends_clean(0);
}
