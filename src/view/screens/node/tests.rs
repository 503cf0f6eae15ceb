//! What a host's screen says.

use crate::app::fixture::sparse::finding;
use crate::app::fixture::{host, model, node};
use crate::app::session::Advice;
use crate::domain::finding::Severity;
use crate::domain::finding::said::Said;
use crate::view::fixture::{line, lines};

/// Selects the first GPU: the console opens on the worst.
fn to_first(model: &mut crate::app::Model) {
    let first = crate::app::Message::Key("g".parse().unwrap());
    crate::app::update(model, first);
}

#[test]
fn everything_is_on_eighty_by_twenty_four() {
    let mut model = model(vec![node("dgx-a")]);
    to_first(&mut model);
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

#[test]
fn what_is_hidden_is_named_with_the_key_that_shows_how_to_see_it() {
    let mut node = node("dgx-a");
    if let Some(hello) = &mut node.hello {
        hello.uid = 1042;
        hello.gaps = vec!["the kernel log is root's".into()];
    }
    let mut model = model(vec![node]);
    model.session.advice = Some(Advice {
        first: None,
        line: "kim ALL=(root) NOPASSWD: /usr/bin/migdeck probe".into(),
    });
    let page = lines(&model, 80, 24);
    let line = line(&page, "HIDDEN");
    assert!(
        line.contains("sudoers line") && line.contains("kernel log"),
        "{line}"
    );
}

#[test]
fn a_filter_leaves_only_the_letters_of_what_it_leaves_out() {
    let mut model = model(vec![node("dgx-a")]);
    to_first(&mut model);
    let strip = |model: &crate::app::Model| {
        let page = lines(model, 120, 40);
        line(&page, "▌0 ").to_owned()
    };
    let before = strip(&model);
    model.screens.top_mut().list.set_filter("free").unwrap();
    let after = strip(&model);
    assert_ne!(before, after);
    assert!(
        after.contains("▐f 2g") || after.contains("▐f 1g"),
        "{after}"
    );
}

#[test]
fn a_finding_is_told_in_the_language_of_the_console() {
    let model =
        crate::app::fixture::model_in(crate::app::texts::Language::Korean, vec![node("dgx-a")]);
    line(&lines(&model, 80, 24), "GPU 호출이 돌아오지 않음");
}

#[test]
fn a_wide_window_tells_what_has_happened_and_which_services_run() {
    let page = lines(&model(vec![node("dgx-a")]), 200, 60);
    line(&page, "XIDS AND EVENTS");
    line(&page, "SERVICES AND VERSIONS");
}

#[test]
fn a_finding_of_four_lines_is_told_whole_where_there_is_room() {
    let mut node = host("dgx-a");
    let mut long = finding(Severity::Danger, "long", "");
    let words: Vec<String> = (1..=38).map(|n| format!("word{n:02}")).collect();
    long.text = Said::foreign(words.join(" "));
    node.findings = vec![long];
    let page = lines(&model(vec![node]), 80, 24);
    assert!(line(&page, "word38").contains("word37"), "{page:#?}");
}

#[test]
fn no_row_has_a_free_line_where_no_name_stands() {
    let mut model = model(vec![node("dgx-a")]);
    to_first(&mut model);
    let page = lines(&model, 120, 40);
    let head = page.iter().position(|l| l.starts_with(" G ")).unwrap();
    let rule = page.iter().position(|l| l.contains("── GPU 0")).unwrap();
    let rows = &page[head..rule];
    assert!(rows.iter().all(|l| !l.is_empty()), "{rows:#?}");
    assert!(rows.len() > 5, "{rows:#?}");
}

#[test]
fn legend_and_next_command_are_there_on_eighty_by_twenty_four() {
    let page = lines(&model(vec![node("dgx-a")]), 80, 24);
    line(&page, "B busy");
    line(&page, "next: ");
}

#[test]
fn a_gpu_that_is_used_as_one_piece_tells_its_memory() {
    let mut model = model(vec![node("dgx-a")]);
    to_first(&mut model);
    crate::app::update(&mut model, crate::app::Message::Key("j".parse().unwrap()));
    let page = lines(&model, 80, 24);
    let row = page.iter().find(|l| l.starts_with(" all ")).unwrap();
    assert!(row.contains("11.2/40.0") && row.contains("37u"), "{row}");
}
