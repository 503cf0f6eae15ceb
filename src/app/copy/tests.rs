use super::page::{WIDTH, width};
use super::{clock, file_name, text};
use crate::app::Model;
use crate::app::at::{GpuAt, RowId, SlotAt};
use crate::app::fixture::{self, ago, now, value};
use crate::app::screen::Screen;
use crate::domain::fleet::{Node, SlotState};
use crate::domain::ids::{GiId, Pid};
use crate::domain::observation::CallState;
use crate::domain::units::Bytes;
use crate::domain::xid::{XidEvent, XidFamily, XidSource};

fn page_fault(node: &Node) -> XidEvent {
    XidEvent {
        family: XidFamily::Xid,
        code: 31,
        pci: node.gpus[0].pci(),
        at: ago(240),
        boot_usec: Some(17),
        boot: None,
        gi: None,
        ci: None,
        pid: Some(Pid(4242)),
        name: Some("python3".into()),
        message: "Ch 00000008, intr 00000000. MMU Fault: ENGINE GRAPHICS".into(),
        severity_word: None,
        link: None,
        source: XidSource::Kmsg,
    }
}

fn select(node: Node, id: impl FnOnce(&Node) -> RowId) -> Model {
    let id = id(&node);
    let screen = match &id {
        RowId::Slot(at) => Screen::Gpu(at.gpu.clone()),
        _ => Screen::Node(node.name.clone()),
    };
    let mut model = fixture::model(vec![node]);
    model.screens.push(screen);
    model.screens.top_mut().list.selected = Some(id);
    model
}

fn slot_id(node: &Node, gpu: usize, gi: u32) -> RowId {
    RowId::Slot(SlotAt {
        gpu: GpuAt::of(node, &node.gpus[gpu]),
        gi: GiId(gi),
    })
}

/// The page, after what holds for every page.
fn page(model: &Model) -> String {
    let copied = text(model).unwrap();
    for line in copied.text.lines() {
        assert!(width(line) <= WIDTH, "{line}");
        assert!(!line.ends_with(' '), "{line:?}");
    }
    assert!(copied.text.contains("SIMULATED"), "{}", copied.text);
    assert!(copied.text.contains("2026-01-02 03:04:05 UTC"));
    copied.text
}

fn has(page: &str, what: &str) {
    assert!(page.contains(what), "no `{what}` in\n{page}");
}

#[test]
fn a_full_slice_with_a_page_fault_reads_as_an_applications_error() {
    let mut node = fixture::node("dgx-dev-01");
    node.xids = vec![page_fault(&node)];
    let total = 4864 << 20;
    if let Some(sample) = &mut node.gpus[0].slots[0].sample {
        sample.memory_used = value(Bytes(total / 100 * 99));
    }
    let page = page(&select(node, |n| slot_id(n, 0, 7)));
    has(&page, "GPU 0 gi 7: 1g.5gb at memory slices 0:1");
    has(&page, "99 %");
    has(&page, "nlp/bert-0");
    has(&page, "4242 kim python3 \\u{1b}[31mtrain.py");
    has(&page, "Xid 31  2026-01-02 03:00:05 UTC (4m ago)");
    has(
        &page,
        "fault: application or driver; concerns: this instance only",
    );
    has(
        &page,
        "the other 3 instances of this GPU have no error of their own: fine",
    );
    has(&page, "MIG-c6d4f1ef");
}

#[test]
fn an_error_of_a_process_that_took_the_number_later_is_not_told_of_it() {
    let mut node = fixture::node("a");
    node.xids = vec![page_fault(&node)];
    node.processes[0].started = value(ago(10));
    has(
        &page(&select(node, |n| slot_id(n, 0, 7))),
        "XIDS SINCE BOOT\n  none seen",
    );
}

#[test]
fn a_gpus_page_has_what_a_ticket_asks() {
    let mut node = fixture::node("dgx-dev-01");
    node.xids = vec![page_fault(&node)];
    let model = select(node, |n| RowId::Gpu(GpuAt::of(n, &n.gpus[0])));
    let page = page(&model);
    for what in [
        "bus id         0000:07:00.0",
        "serial         1565020013640",
        "UUID           GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a70",
        "driver         535.161.08, NVML 12.535.161.08, CUDA 12.2",
        "throttle       none",
        "PCIe           gen 4 x16, can do gen 4 x16",
        "NVLink         12 up",
        "remap          rows: 0 for corrected, 0 for uncorrected errors",
        "recovery       none needed",
        "Xid 31",
        "[1g B ",
    ] {
        has(&page, what);
    }
    assert_eq!(
        text(&model).unwrap().name,
        "migdeck-dgx-dev-01-gpu0-20260102T030405Z"
    );
}

#[test]
fn a_gpu_that_hangs_is_told_as_such_and_its_values_as_old() {
    let mut node = fixture::node("a");
    node.gpus[0].calls = CallState::Hung {
        since: ago(47),
        call: "nvmlDeviceGetTemperature".into(),
    };
    node.gpus[0].sampled = Some(ago(48));
    let gpu = page(&select(node.clone(), |n| {
        RowId::Gpu(GpuAt::of(n, &n.gpus[0]))
    }));
    has(&gpu, "HUNG: nvmlDeviceGetTemperature");
    has(
        &gpu,
        "what follows is OLD: of 2026-01-02 03:03:17 UTC (48s ago)",
    );
    assert!(
        !gpu.contains("[1g.5gb B"),
        "an old state is no state\n{gpu}"
    );
    let slot = page(&select(node.clone(), |n| slot_id(n, 0, 7)));
    has(&slot, "the other 3 instances: not known");
    let untold = page(&select(node, |n| RowId::Gpu(GpuAt::of(n, &n.gpus[3]))));
    has(
        &untold,
        "serial         n/a: nvmlDeviceGetHandleByIndex_v2 has not come back",
    );
}

#[test]
fn a_hosts_page_has_owner_findings_and_a_strip_a_gpu() {
    let model = select(fixture::node("a"), |n| RowId::Node(n.name.clone()));
    let page = page(&model);
    has(&page, "daemonset kube-system/mig-init, re-applies dev-v3");
    has(&page, " 0 [B  ][a  ][2g f    ][e  ]__________xxxxx");
    has(&page, "whole GPU allocated");
    has(&page, "MIG on, no instance");
    has(&page, "CALL STUCK 47s");
    has(&page, "!! a GPU 3");
}

#[test]
fn marked_rows_are_copied_in_their_order_under_one_head() {
    let node = fixture::node("a");
    let marks = [slot_id(&node, 0, 3), slot_id(&node, 0, 7)];
    let mut model = select(node, |n| slot_id(n, 0, 9));
    crate::app::update(&mut model, crate::app::Message::Tick(now()));
    let news = model.shown.clone();
    crate::app::update(&mut model, crate::app::Message::Snapshot(news));
    model.screens.top_mut().list.marks.extend(marks);
    let page = page(&model);
    assert_eq!(page.matches("host a").count(), 1, "{page}");
    let at = |what: &str| page.find(what).unwrap_or_else(|| panic!("{what}: {page}"));
    assert!(at("GPU 0 gi 7") < at("GPU 0 gi 3"));
    assert!(!page.contains("gi 9:"));
    assert_eq!(
        text(&model).unwrap().name,
        "migdeck-a-gpu0-gi7-and-1-more-20260102T030405Z"
    );
}

#[test]
fn nothing_is_copied_where_there_is_nothing() {
    let mut model = fixture::model(vec![]);
    assert_eq!(text(&model), None);
    model.screens.push(Screen::Help);
    assert_eq!(text(&model), None);
}

#[test]
fn a_gpu_instance_without_compute_instance_says_so() {
    let node = fixture::node("a");
    assert_eq!(node.gpus[0].slots[3].state, SlotState::NoCi);
    has(
        &page(&select(node, |n| slot_id(n, 0, 9))),
        "GPU instance without compute instance: nobody can use it",
    );
}

#[test]
fn time_is_told_here_and_in_utc() {
    assert_eq!(
        clock(now(), 9 * 3600),
        "2026-01-02 03:04:05 UTC = 2026-01-02 12:04:05 +09:00"
    );
    assert_eq!(
        clock(now(), -12_600),
        "2026-01-02 03:04:05 UTC = 2026-01-01 23:34:05 -03:30"
    );
    assert_eq!(clock(now(), 0), "2026-01-02 03:04:05 UTC");
}

#[test]
fn a_file_is_never_named_for_a_folder() {
    assert_eq!(file_name("../../etc/한글 x"), "-..-etc----x");
    assert_eq!(file_name(".hidden"), "hidden");
}

#[test]
fn who_looks_for_a_pod_is_led_to_its_slice_and_can_copy_it() {
    use crate::app::{Command, Effect, Message, update};

    let mut node = fixture::node("a");
    node.xids = vec![page_fault(&node)];
    node.gpus[0].processes = value(vec![fixture::gpu_process(4242, 8)]);
    let mut model = fixture::model(vec![fixture::node("b"), node]);
    let run = |model: &mut Model, command: Command| {
        let keys = model.keys.map.keys_of(&model.layers(), command);
        let mut effects = Vec::new();
        for key in keys.first().cloned().unwrap_or_default() {
            effects.extend(update(model, Message::Key(key)));
        }
        effects
    };
    model.screens.top_mut().list.set_filter("노트북").unwrap();
    let news = model.shown.clone();
    update(&mut model, Message::Snapshot(news));
    model.screens.top_mut().list.selected = Some(RowId::Node("a".into()));
    run(&mut model, Command::Open);
    assert_eq!(model.screen(), Screen::Node("a".into()));
    assert_eq!(model.screens.top().list.rows.places.len(), 1);
    run(&mut model, Command::Open);
    let Some(RowId::Slot(at)) = model.selected() else {
        panic!("{:?}", model.selected());
    };
    assert_eq!(at.gi, GiId(8));
    let effects = run(&mut model, Command::Copy);
    let [Effect::Copy { text, .. }] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    has(text, "Xid 31");
    has(
        text,
        "the other 3 instances of this GPU have no error of their own: fine",
    );
}
