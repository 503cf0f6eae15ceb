//! What a host's screen says.

use crate::app::fixture::{host, model, node};
use crate::view::fixture::{line, lines};

#[test]
fn everything_is_on_eighty_by_twenty_four() {
    let model = model(vec![node("dgx-a")]);
    let page = lines(&model, 80, 24);
    let text = page.join("\n");
    assert!(line(&page, "OWNER").contains("kube-system/mig-init"));
    assert!(line(&page, "SOURCES").contains("nvml"));
    assert!(line(&page, "CALL STUCK 47s").contains('3'));
    assert!(line(&page, "CUDA unusable").contains('2'));
    assert!(line(&page, "nlp/bert-0").contains("1g.5gb"), "{text}");
    assert!(line(&page, "5:2").contains("1g.5gb@5"), "{text}");
    assert!(line(&page, "7:1").contains("lost"), "{text}");
}

#[test]
fn a_host_without_gpus_says_so_and_one_that_has_not_spoken_too() {
    let page = lines(&model(vec![host("dgx-a")]), 80, 24);
    line(&page, "no GPU");
    let silent = crate::domain::fleet::Node::new("dgx-a".into(), crate::app::fixture::now());
    let page = lines(&model(vec![silent]), 80, 24);
    line(&page, "waiting for the first answer");
}

#[test]
fn nothing_is_drawn_outside_at_any_size() {
    let model = model(vec![node("dgx-a")]);
    for (width, height) in [
        (60, 15),
        (61, 16),
        (80, 24),
        (120, 40),
        (200, 60),
        (300, 15),
    ] {
        let page = lines(&model, width, height);
        for line in page {
            assert!(crate::view::fit::width(&line) <= usize::from(width));
        }
    }
}
