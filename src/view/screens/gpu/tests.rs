use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::draw;
use crate::app::at::GpuAt;
use crate::app::hits::Target;
use crate::app::texts::{LANGUAGES, Language};
use crate::app::{Hits, Message, Model, Screen, fixture, update};
use crate::domain::fleet::{Gpu, Node, SlotState};
use crate::domain::ids::{CiId, GiId};
use crate::domain::observation::CallState;
use crate::domain::reading::{Absence, AbsentCode, Reading};
use crate::domain::units::Bytes;
use crate::domain::xid::{XidEvent, XidFamily, XidSource};
use crate::view::Ctx;
use crate::view::fixture::{line, skin, text};

/// A console on a GPU of a node.
fn on(node: Node, gpu: usize) -> Model {
    on_in(Language::English, node, gpu)
}

fn on_in(language: Language, node: Node, gpu: usize) -> Model {
    let at = GpuAt::of(&node, &node.gpus[gpu]);
    let mut model = fixture::model_in(language, vec![node]);
    model.screens.push(Screen::Gpu(at));
    let news = model.shown.clone();
    update(&mut model, Message::Snapshot(news));
    model
}

/// The screen between title and footer.
fn picture(model: &Model, width: u16, height: u16, ascii: bool) -> (Vec<String>, Hits) {
    let area = Rect::new(0, 0, width, height - 2);
    let mut buf = Buffer::empty(area);
    let mut hits = Hits::default();
    let skin = skin(ascii);
    let Screen::Gpu(at) = model.screen() else {
        panic!("not on a GPU");
    };
    draw(&Ctx::new(model, &skin), &at, area, &mut buf, &mut hits);
    (text(&buf), hits)
}

fn seven() -> Node {
    let mut node = fixture::host("a");
    let slots = (0..7)
        .map(|n| {
            fixture::slot(
                fixture::instance(7 + n, "1g.5gb", n, 1),
                SlotState::Busy,
                vec![fixture::pod("ns", &format!("pod-{n}"))],
            )
        })
        .collect();
    node.gpus = vec![fixture::gpu(0, true, slots)];
    node.allocations = fixture::value(vec![]);
    node
}

fn xid(gpu: &Gpu, code: u32, gi: Option<u32>) -> XidEvent {
    XidEvent {
        family: XidFamily::Xid,
        code,
        pci: gpu.pci(),
        at: fixture::ago(240),
        boot_usec: Some(1),
        boot: None,
        gi: gi.map(GiId),
        ci: None,
        pid: None,
        name: None,
        message: "Ch 00000008".into(),
        severity_word: None,
        link: None,
        source: XidSource::Kmsg,
    }
}

#[test]
fn seven_instances_and_the_telemetry_fit_in_80_by_24() {
    let (lines, hits) = picture(&on(seven(), 0), 80, 24, false);
    for what in [
        "0000:07:00.0",
        "GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a70",
        "231/400 W",
        "recovery none needed",
        "pod-0",
        "pod-6",
        "gi 7  1g.5gb at 0:1",
        "more lines: Enter shows all",
    ] {
        line(&lines, what);
    }
    assert_eq!((hits.first, hits.height), (0, 7));
    let row = line(&lines, "ns/pod-6");
    assert!(
        row.contains("6:1") && row.contains("B busy") && row.contains("38"),
        "{row}"
    );
}

#[test]
fn the_reason_of_what_is_absent_is_told_where_there_is_room() {
    let (lines, _) = picture(&on(seven(), 0), 120, 40, false);
    assert!(line(&lines, "GR%").contains("GR%"));
    let mut node = seven();
    for slot in &mut node.gpus[0].slots {
        if let Some(sample) = &mut slot.sample {
            sample.metrics.truncate(1);
        }
    }
    let (lines, _) = picture(&on(node, 0), 120, 40, false);
    line(&lines, "n/a SM%: GPM needs Hopper or newer");
}

#[test]
fn a_hung_gpu_shows_the_call_who_is_stuck_and_no_value_as_current() {
    let mut node = seven();
    let gpu = &mut node.gpus[0];
    gpu.calls = CallState::Hung {
        since: fixture::ago(47),
        call: "nvmlDeviceGetTemperature".into(),
    };
    gpu.sampled = Some(fixture::ago(48));
    let mut stuck = fixture::host_process(41_877, "root", "[nvidia-smi]");
    stuck.uninterruptible = true;
    node.processes.push(stuck);
    for (width, height) in [(80, 24), (200, 60)] {
        let (lines, _) = picture(&on(node.clone(), 0), width, height, true);
        line(&lines, "CALL STUCK 47s: nvmlDeviceGetTemperature");
        line(&lines, "last answer 48s ago: values below are OLD");
        line(&lines, "41877 root [nvidia-smi]");
        line(&lines, "was busy");
        assert!(!lines.iter().any(|l| l.contains("B busy")), "{lines:#?}");
        assert!(line(&lines, "231").contains('~'), "{lines:#?}");
    }
}

#[test]
fn a_lost_gpu_says_what_to_do_first() {
    let mut node = seven();
    node.gpus[0].calls = CallState::Failing {
        since: fixture::ago(90),
        why: Absence::new(AbsentCode::GpuLost, "GPU is lost"),
    };
    let (lines, _) = picture(&on(node, 0), 120, 40, true);
    line(
        &lines,
        "FAILING 90s: GPU is lost".replace("90s", "1m").as_str(),
    );
    line(&lines, "nvidia-bug-report.sh");
}

#[test]
fn an_instance_with_an_error_says_whose_it_is_and_that_the_others_are_fine() {
    let mut node = seven();
    node.xids = vec![xid(&node.gpus[0], 31, Some(7))];
    if let Some(sample) = &mut node.gpus[0].slots[0].sample {
        sample.memory_used = fixture::value(Bytes((4864 << 20) / 100 * 99));
    }
    let (lines, _) = picture(&on(node.clone(), 0), 120, 40, false);
    let report = line(&lines, "Xid 31  4m ago");
    assert!(
        report.contains("application or driver, this instance only"),
        "{report}"
    );
    line(
        &lines,
        "the other 6 instances of this GPU have no error of their own",
    );
    line(&lines, "99 %  NEARLY FULL");
    let (lines, _) = picture(&on(node, 0), 80, 24, false);
    line(&lines, "Xid 31");
    line(
        &lines,
        "the other 6 instances of this GPU have no error of their own",
    );
}

#[test]
fn an_instance_without_compute_instance_has_a_row_and_a_way_out() {
    let mut model = on(fixture::node("a"), 0);
    model.screens.top_mut().list.at = 3;
    let (lines, _) = picture(&model, 120, 40, false);
    line(&lines, "e no CI");
    line(&lines, "nvidia-smi mig -dgi -gi 9 -i 0000:07:00.0");
    line(&lines, "5:2 room, fits 1g.5gb@5,6");
    line(&lines, "7:1 lost");
}

#[test]
fn compute_instances_stand_beneath_and_a_click_on_one_is_on_its_gpu_instance() {
    let mut node = fixture::host("a");
    let mut two = fixture::instance(1, "3g.20gb", 0, 2);
    for ci in &mut two.cis {
        ci.name = fixture::value("1c.3g.20gb".into());
    }
    let slots = vec![
        fixture::slot(two, SlotState::Busy, vec![]),
        fixture::slot(
            fixture::instance(2, "3g.20gb", 4, 1),
            SlotState::Free,
            vec![],
        ),
    ];
    let mut gpu = fixture::gpu(0, true, slots);
    let mut process = fixture::gpu_process(7, 1);
    process.ci = Some(CiId(1));
    gpu.processes = fixture::value(vec![process]);
    node.gpus = vec![gpu];
    let (lines, hits) = picture(&on(node, 0), 80, 24, false);
    line(&lines, "1/2 CI");
    assert!(line(&lines, "  /1 ").contains("1c@0"), "{lines:#?}");
    let rows: Vec<_> = hits.regions.iter().map(|r| r.target).collect();
    assert_eq!(
        rows,
        [
            Target::Row(0),
            Target::Row(0),
            Target::Row(0),
            Target::Row(1)
        ]
    );
    assert_eq!(hits.height, 2);
}

#[test]
fn a_whole_gpu_has_its_use_and_its_processes() {
    let mut node = fixture::node("a");
    let mut process = fixture::gpu_process(4242, 0);
    (process.gi, process.ci) = (None, None);
    node.gpus[1].processes = fixture::value(vec![process]);
    for (width, height) in [(80, 24), (200, 60)] {
        let (lines, _) = picture(&on(node.clone(), 1), width, height, false);
        line(&lines, "whole GPU");
        line(&lines, "a allocated  train/llm-0");
        line(&lines, "4242 kim python3");
        line(&lines, "37 %");
    }
}

#[test]
fn what_is_not_there_is_told_apart() {
    let node = fixture::node("a");
    let (lines, _) = picture(&on(node.clone(), 2), 80, 24, false);
    line(&lines, "CUDA unusable");
    let (lines, _) = picture(&on(node.clone(), 3), 80, 24, false);
    line(
        &lines,
        "instances n/a: nvmlDeviceGetHandleByIndex_v2 has not come back",
    );
    let mut model = on(node, 0);
    let list = &mut model.screens.top_mut().list;
    list.rows.places.clear();
    let (lines, _) = picture(&model, 80, 24, false);
    line(&lines, "No instance matches the filter");
    model.shown = fixture::snapshot(vec![fixture::host("a")]);
    let (lines, _) = picture(&model, 80, 24, false);
    line(&lines, "no longer listed on a");
}

#[test]
fn it_draws_in_every_size_and_language_and_in_ascii() {
    let mut failing = seven();
    failing.gpus[0].processes = Reading::absent(AbsentCode::NoPermission, "may not");
    failing.xids = vec![
        xid(&failing.gpus[0], 79, None),
        xid(&failing.gpus[0], 9999, Some(8)),
    ];
    for language in LANGUAGES {
        for (node, gpus) in [(fixture::node("a"), 4), (failing.clone(), 1)] {
            for gpu in 0..gpus {
                let model = on_in(language, node.clone(), gpu);
                for (width, height) in [
                    (60, 15),
                    (80, 24),
                    (100, 30),
                    (149, 20),
                    (150, 15),
                    (300, 90),
                ] {
                    let (lines, _) = picture(&model, width, height, true);
                    assert!(!lines[0].is_empty());
                    if language == Language::English {
                        for line in lines.iter().filter(|l| !l.contains("한글")) {
                            assert!(line.is_ascii(), "{line}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn everybody_who_has_a_gpu_open_is_named_where_there_is_room() {
    use crate::domain::holder::{HoldKind, Holder};
    use crate::domain::ids::Pid;
    let mut node = fixture::node("a");
    let uuid = node.gpus[1].uuid().cloned();
    node.holders = (0..9)
        .map(|n| Holder {
            kind: HoldKind::Device,
            pid: Some(Pid(500 + n)),
            module: None,
            gpu: uuid.clone(),
            gi: None,
            ci: None,
            path: None,
        })
        .collect();
    for (width, height) in [(120, 40), (200, 60)] {
        let (lines, _) = picture(&on(node.clone(), 1), width, height, false);
        line(&lines, "508 (not in /proc)");
    }
    let (lines, _) = picture(&on(node, 1), 80, 20, false);
    line(&lines, "and 5 more");
}

#[test]
fn curves_have_the_lines_that_nothing_else_needs() {
    let (lines, _) = picture(&on(fixture::node("a"), 1), 80, 30, false);
    line(&lines, " util ");
    let (lines, _) = picture(&on(fixture::node("a"), 1), 80, 28, false);
    line(&lines, " power ");
}

#[test]
fn a_reason_is_told_once() {
    let mut node = seven();
    for slot in &mut node.gpus[0].slots {
        slot.sample = None;
    }
    if let Some(fast) = &mut node.gpus[0].fast {
        fast.temperature_c = Reading::absent(AbsentCode::NotSupported, "no sensor at all");
    }
    let (lines, _) = picture(&on(node, 0), 200, 60, false);
    let told = lines.iter().filter(|l| l.contains("no sensor at all"));
    assert_eq!(told.count(), 1, "{lines:#?}");
}
