//! Nothing to show: because there is nothing, because nobody has looked, because it cannot be read.

use super::*;

#[test]
fn before_any_host_has_spoken_every_list_waits() {
    for screen in [
        Screen::Slices(all()),
        Screen::Xids(all()),
        Screen::Events(all()),
        Screen::Holders(all()),
        Screen::Findings(all()),
    ] {
        let page = drawn(&shows(screen, vec![]), 80, 20);
        page.line("waiting for the first answer");
    }
}

#[test]
fn a_host_that_nobody_has_looked_at_is_not_called_healthy() {
    let page = drawn(
        &shows(Screen::Findings(all()), vec![Node::new("b".into(), now())]),
        80,
        20,
    );
    page.line("Not read yet: b");
    assert!(!page.lines().concat().contains("Nothing is wrong"));
    let page = drawn(&shows(Screen::Findings(all()), vec![host("b")]), 80, 20);
    page.line("Nothing is wrong as far as can be seen.");
}

#[test]
fn without_the_kernel_log_no_report_is_no_proof() {
    let page = drawn(&shows(Screen::Xids(all()), vec![host("a")]), 80, 20);
    page.line("No Xid and no SXid since boot.");

    let mut blind = host("a");
    down(SourceName::Kernlog, &mut blind);
    let page = drawn(&shows(Screen::Xids(all()), vec![blind]), 80, 20);
    let note = "The kernel log is not read: it needs root";
    assert_eq!(page.look(note), page.role(Role::Caution));
    page.line("not everything could be read: this is no proof");
    assert!(!page.lines().concat().contains("No Xid and no SXid"));

    let mut behind = host("a");
    behind.xids_lost = 7;
    let page = drawn(&shows(Screen::Xids(all()), vec![behind]), 80, 20);
    page.line("7 records of the kernel log were overwritten");
    assert!(!page.lines().concat().contains("No Xid and no SXid"));
}

#[test]
fn holders_that_cannot_be_seen_are_told_of() {
    let mut hidden = host("a");
    hidden.holders_hidden = Some(Absence::new(
        AbsentCode::NoPermission,
        "handles of others cannot be seen",
    ));
    let page = drawn(&shows(Screen::Holders(all()), vec![hidden]), 80, 20);
    let note = "There may be more: handles of others cannot be seen";
    assert_eq!(page.look(note), page.role(Role::Caution));
    page.line("Nothing that can be seen holds a GPU.");
}

#[test]
fn what_a_filter_hides_is_counted() {
    let mut model = shows(Screen::Slices(all()), vec![node("a")]);
    let list = &mut model.screens.top_mut().list;
    list.set_filter("nobody-has-this").unwrap();
    let unfiltered = list.rows.unfiltered;
    list.rows = Rows {
        places: Vec::new(),
        unfiltered,
    };
    let page = drawn(&model, 80, 20);
    page.line("No row matches `nobody-has-this`. Without the filter: 5.");
    assert_eq!(
        page.look("nobody-has-this"),
        page.role(Role::Matched),
        "what is filtered by, above the list"
    );
    assert!(page.hits.regions.is_empty(), "no row to click on");
}

#[test]
fn a_gpu_whose_instances_are_not_known_is_missed_above_the_list() {
    let page = drawn(&shows(Screen::Slices(all()), vec![node("a")]), 80, 20);
    let note = "GPU 3: instances not listed: nvml";
    assert_eq!(page.look(note), page.role(Role::Caution));
}
