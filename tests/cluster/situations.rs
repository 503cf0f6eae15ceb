//! Situations that decide whether the console is of use, played on a cluster.

use nvml_sim::scenario::Scenario;

use super::bank::Bank;

/// The bank's scenario with these of its hosts.
fn bank(hosts: &[&str]) -> Bank {
    let mut scenario = Scenario::load("bank").unwrap();
    scenario.hosts.retain(|h| hosts.contains(&h.name.as_str()));
    Bank::start(scenario)
}

#[test]
fn situation_4_a_pod_waits_for_a_slice() {
    let bank = bank(&["dgx-dev-01", "dgx-mix-01"]);
    let session = bank.migdeck("").size(120, 50).go();
    session.until("the hosts", |s| s.has("dgx-dev-01"));
    session.keys("w");
    session.until("who waits", |s| {
        s.line("nlp-dev/rerank-ko-dev")
            .is_some_and(|l| l.contains("Pending"))
    });
    session.keys("/pending rerank<Enter>");
    // those that run are filtered away
    session.wait_gone("vision-dev/ocr-dev");
    let shown = session.until("asked, the scheduler's words, what there is", |s| {
        let text = s.text();
        text.contains("2x mig-2g.10gb")
            && text.contains("Insufficient nvidia.com/mig-2g.10gb")
            && text.contains("dgx-dev-01: 6x 2g.10gb, free on GPU 2")
    });
    assert!(!shown.has("vision-dev/ocr-dev"), "{}", shown.text());
    // who sits idle on one
    session.until("who has one and does nothing", |s| {
        s.line("nb-kang-minseo-0")
            .is_some_and(|l| l.contains("GPU 3") && l.contains("idle"))
    });
    // which GPU could make one with nobody disturbed, and in what way
    session.until("a layout", |s| {
        s.line("2g.10gb@")
            .is_some_and(|l| l.contains("fits beside") || l.contains("which nobody has"))
    });
    session.keys("q");
    session.ends_clean(0);
}
