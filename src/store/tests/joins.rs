//! Slots: states, samples, pods, and facts that are void.

use super::*;
use crate::domain::fleet::SlotState;
use crate::domain::holder::{HoldKind, Holder};
use crate::domain::observation::{CallState, GpuCall};
use crate::domain::reading::AbsentCode;

const CHECKPOINT: AllocationSource = AllocationSource::Checkpoint;
const POD_RESOURCES: AllocationSource = AllocationSource::PodResources;

/// States of gi 7 (`1g.5gb@0`) and gi 1 (`3g.20gb@4`).
fn states(store: &mut Store) -> [SlotState; 2] {
    let gpu = gpu(store);
    let state = |gi| {
        let slot = gpu.slots.iter().find(|s| s.instance.gi == GiId(gi));
        slot.unwrap().state
    };
    [state(7), state(1)]
}

fn pods(store: &mut Store, gi: u32) -> Vec<(String, Vec<String>)> {
    let gpu = gpu(store);
    let slot = gpu.slots.iter().find(|s| s.instance.gi == GiId(gi));
    slot.unwrap()
        .pods
        .iter()
        .map(|pod| {
            let name = pod.name.as_ref().map_or("?", |n| n.as_str());
            let evidence = pod.evidence.iter().map(ToString::to_string);
            (name.to_owned(), evidence.collect())
        })
        .collect()
}

#[test]
fn allocated_and_busy_are_different_things() {
    let mut store = told(0, beginning());
    assert_eq!(states(&mut store), [SlotState::Free, SlotState::Free]);
    tell(
        &mut store,
        1,
        vec![
            allocations(vec![allocation(
                CHECKPOINT,
                "ocr",
                "nvidia.com/mig-1g.5gb",
                "MIG-7",
            )]),
            Fact::Sample(Box::new(sample(vec![process(4711, Some(1))]))),
        ],
    );
    assert_eq!(states(&mut store), [SlotState::Allocated, SlotState::Busy]);
    assert_eq!(
        pods(&mut store, 7),
        [("ocr".to_owned(), vec!["checkpoint".to_owned()])]
    );
}

#[test]
fn an_open_capability_node_makes_busy() {
    let mut store = told(0, beginning());
    let holder = Holder {
        kind: HoldKind::Capability,
        pid: Some(Pid(9)),
        module: None,
        gpu: Some(uuid()),
        gi: Some(GiId(7)),
        ci: None,
        path: None,
    };
    tell(
        &mut store,
        1,
        vec![Fact::Holders {
            holders: vec![holder],
            hidden: None,
        }],
    );
    assert_eq!(states(&mut store), [SlotState::Busy, SlotState::Free]);
}

#[test]
fn what_could_not_be_read_is_never_free() {
    let mut store = told(0, beginning());
    let unreadable = Fact::Allocations {
        allocations: Reading::absent(AbsentCode::NoPermission, "the checkpoint is root's"),
        pods: Vec::new(),
    };
    tell(&mut store, 1, vec![unreadable]);
    assert_eq!(states(&mut store), [SlotState::Unknown, SlotState::Unknown]);
    assert!(finding(&mut store, "kubelet-unreadable").is_some());
    // no kubelet: nobody allocates
    let none = Fact::Allocations {
        allocations: Reading::absent(AbsentCode::NoSource, "no kubelet"),
        pods: Vec::new(),
    };
    tell(&mut store, 2, vec![none]);
    assert_eq!(states(&mut store), [SlotState::Free, SlotState::Free]);
    // before R460 no process has an instance
    let old = Fact::Sample(Box::new(sample(vec![process(1, None)])));
    tell(&mut store, 3, vec![old]);
    assert_eq!(states(&mut store), [SlotState::Unknown, SlotState::Unknown]);
}

#[test]
fn an_instance_without_a_compute_instance_is_seen() {
    let mut inventory = inventory();
    if let Reading::Value(list) = &mut inventory.instances {
        list[0].cis.clear();
    }
    let mut store = told(0, beginning());
    tell(&mut store, 1, vec![Fact::Gpu(Box::new(inventory))]);
    assert_eq!(states(&mut store), [SlotState::NoCi, SlotState::Free]);
    let found = finding(&mut store, "gi-without-ci").unwrap();
    assert_eq!(found.subject, "dgx-test-01 GPU 0 gi 7");
    assert_eq!(
        found.next.unwrap(),
        "sudo nvidia-smi mig -i 0000:4e:00.0 -gi 7 -cci"
    );
}

#[test]
fn facts_older_than_the_instance_are_void() {
    let mut store = told(0, beginning());
    tell(
        &mut store,
        1,
        vec![
            Fact::Sample(Box::new(sample(vec![process(4711, Some(7))]))),
            xids(vec![xid(95, None, at(1))]),
        ],
    );
    assert_eq!(states(&mut store), [SlotState::Sick, SlotState::Sick]);
    // gi 7 is made again: neither the process, the sample nor the error is about this one
    let mut again = inventory();
    if let Reading::Value(list) = &mut again.instances {
        list[0].appeared = Some(at(5));
    }
    tell(&mut store, 5, vec![Fact::Gpu(Box::new(again))]);
    let gpu = gpu(&mut store);
    let slot = gpu.slots.iter().find(|s| s.instance.gi == GiId(7)).unwrap();
    assert_eq!(slot.state, SlotState::Free);
    assert_eq!(slot.sample, None);
    let other = gpu.slots.iter().find(|s| s.instance.gi == GiId(1)).unwrap();
    assert_eq!(other.state, SlotState::Sick);
    assert!(other.sample.is_some());
}

#[test]
fn a_uuid_that_came_back_on_another_profile_carries_no_pod() {
    let old = allocation(POD_RESOURCES, "ocr", "nvidia.com/mig-4g.20gb", "MIG-1");
    let mut store = told(0, beginning());
    tell(&mut store, 1, vec![allocations(vec![old])]);
    assert_eq!(states(&mut store), [SlotState::Free, SlotState::Free]);
    let found = finding(&mut store, "uuid-on-other-profile").unwrap();
    assert!(found.text.contains("pod svc/ocr"), "{found:?}");
    assert!(found.text.contains("it is a 3g.20gb now"), "{found:?}");
}

#[test]
fn evidence_of_one_pod_becomes_one_link() {
    let mut store = told(0, beginning());
    tell(
        &mut store,
        1,
        vec![
            Fact::Processes {
                processes: vec![host_process(4711, Some("uid-ocr"), at(-60))],
            },
            Fact::Sample(Box::new(sample(vec![process(4711, Some(7))]))),
            allocations(vec![
                allocation(CHECKPOINT, "ocr", "nvidia.com/mig-1g.5gb", "MIG-7"),
                allocation(POD_RESOURCES, "ocr", "nvidia.com/mig-1g.5gb", "MIG-7"),
            ]),
        ],
    );
    let evidence = ["pod-resources", "checkpoint", "cgroup"];
    assert_eq!(
        pods(&mut store, 7),
        [("ocr".to_owned(), evidence.map(str::to_owned).to_vec())]
    );
    assert_eq!(finding(&mut store, "pod-without-allocation"), None);
}

#[test]
fn a_contained_error_is_over_when_its_process_has_been_started_again() {
    let mut store = told(0, beginning());
    let work = |pid, started| {
        vec![
            Fact::Processes {
                processes: vec![host_process(pid, None, started)],
            },
            Fact::Sample(Box::new(sample(vec![process(pid, Some(7))]))),
        ]
    };
    tell(&mut store, 1, work(10, at(-60)));
    tell(&mut store, 2, vec![xids(vec![xid(94, Some(7), at(2))])]);
    assert_eq!(states(&mut store), [SlotState::Sick, SlotState::Free]);
    tell(&mut store, 9, work(11, at(8)));
    assert_eq!(states(&mut store), [SlotState::Busy, SlotState::Free]);
}

#[test]
fn an_error_of_the_application_makes_no_slot_sick() {
    let mut store = told(0, beginning());
    tell(&mut store, 1, vec![xids(vec![xid(31, Some(7), at(1))])]);
    assert_eq!(states(&mut store), [SlotState::Free, SlotState::Free]);
}

#[test]
fn a_driver_that_says_usable_again_is_believed() {
    let mut store = told(0, beginning());
    tell(&mut store, 1, vec![xids(vec![xid(95, None, at(1))])]);
    assert_eq!(states(&mut store), [SlotState::Sick, SlotState::Sick]);
    let mut after_reset = sample(Vec::new());
    after_reset.slow = Some(SlowTelemetry {
        recovery: Reading::Value(RecoveryAction::None),
        ..slow()
    });
    tell(&mut store, 2, vec![Fact::Sample(Box::new(after_reset))]);
    assert_eq!(states(&mut store), [SlotState::Free, SlotState::Free]);
}

#[test]
fn a_gpu_that_hangs_says_nothing_of_now() {
    let mut store = told(0, beginning());
    let call = |state| {
        Fact::GpuCall(GpuCall {
            pci: None,
            gpu: Some(uuid()),
            index: 0,
            state,
        })
    };
    let hung = CallState::Hung {
        since: at(1),
        call: Text::new("nvmlDeviceGetMemoryInfo"),
    };
    tell(&mut store, 2, vec![call(hung)]);
    let gpu = gpu(&mut store);
    assert_eq!(gpu.fast, None);
    assert_eq!(gpu.sampled, Some(at(0)));
    assert_eq!(gpu.processes.reason().unwrap().code, AbsentCode::Hung);
    assert_eq!(states(&mut store), [SlotState::Unknown, SlotState::Unknown]);
    assert!(finding(&mut store, "gpu-call-hung").is_some());
    tell(&mut store, 3, vec![call(CallState::Answering)]);
    assert_eq!(finding(&mut store, "gpu-call-hung"), None);
}

#[test]
fn a_gpu_without_mig_is_used_as_a_whole() {
    let mut off = inventory();
    off.mig = Reading::Value(MigMode {
        current: false,
        pending: false,
    });
    off.instances = Reading::Value(Vec::new());
    let mut store = told(0, beginning());
    let given = allocation(CHECKPOINT, "fraud", "nvidia.com/gpu", uuid().as_str());
    tell(
        &mut store,
        1,
        vec![Fact::Gpu(Box::new(off)), allocations(vec![given])],
    );
    let whole = gpu(&mut store).whole.unwrap();
    assert_eq!(whole.state, SlotState::Allocated);
    assert_eq!(whole.pods[0].name.as_ref().unwrap(), "fraud");
    assert_eq!(finding(&mut store, "mig-on-empty"), None);
}

#[test]
fn a_gpu_that_is_counted_and_has_told_nothing_has_its_place() {
    let counted = |gpus| {
        let Fact::Driver(driver) = driver() else {
            unreachable!()
        };
        Fact::Driver(Driver { gpus, ..driver })
    };
    // no /proc; GPU 1 hangs in its first call, and that is not known yet
    let mut second = inventory();
    second.identity.uuid = GpuUuid::new("GPU-2");
    second.identity.index = GpuIndex(2);
    let facts = vec![
        hello("dgx-test-01", "boot-1"),
        counted(3),
        Fact::Gpu(Box::new(inventory())),
        Fact::Gpu(Box::new(second)),
    ];
    let mut store = told(0, facts);
    let seen = |store: &mut Store| -> Vec<(u32, bool)> {
        let node = node(store);
        let gpus = node.gpus.iter();
        gpus.map(|g| (g.index, g.inventory.value().is_some()))
            .collect()
    };
    assert_eq!(seen(&mut store), [(0, true), (1, false), (2, true)]);
    let why = node(&mut store).gpus[1].inventory.reason().cloned();
    assert_eq!(why.unwrap().code, AbsentCode::NotYet);
    // then its call is told, under its place
    let stuck = GpuCall {
        pci: None,
        gpu: None,
        index: 1,
        state: CallState::Hung {
            call: Text::new("nvmlDeviceGetHandleByIndex_v2"),
            since: at(1),
        },
    };
    tell(&mut store, 5, vec![Fact::GpuCall(stuck)]);
    assert_eq!(seen(&mut store), [(0, true), (1, false), (2, true)]);
    let why = node(&mut store).gpus[1].inventory.reason().cloned();
    assert_eq!(why.unwrap().code, AbsentCode::Hung);
    // and no number that is told makes more rows than a host has GPUs
    tell(&mut store, 6, vec![counted(u32::MAX)]);
    assert!(node(&mut store).gpus.len() < 100);
}

#[test]
fn processes_of_nvml_are_holders_too() {
    let mut store = told(0, beginning());
    let work = sample(vec![process(4711, Some(7))]);
    tell(&mut store, 1, vec![Fact::Sample(Box::new(work))]);
    let node = node(&mut store);
    let held = &node.holders[0];
    assert_eq!(
        (held.kind, held.pid, held.gi),
        (HoldKind::Process, Some(Pid(4711)), Some(GiId(7)))
    );
}

#[test]
fn an_open_device_node_is_of_the_gpu_that_has_its_minor_in_nvml() {
    let open = |kind, path: &str| Holder {
        kind,
        pid: Some(Pid(9)),
        module: None,
        gpu: None,
        gi: None,
        ci: None,
        path: Some(Text::new(path)),
    };
    let mut board = inventory();
    board.identity.minor = Reading::Value(3);
    let mut store = told(0, beginning());
    let holders = vec![
        open(HoldKind::Device, "/dev/nvidia3"),
        open(HoldKind::Device, "/dev/nvidia0"),
        open(HoldKind::Control, "/dev/nvidiactl"),
        open(HoldKind::Capability, "/dev/nvidia-caps/nvidia-cap3"),
    ];
    let hidden = None;
    tell(
        &mut store,
        1,
        vec![
            Fact::Gpu(Box::new(board)),
            Fact::Holders { holders, hidden },
        ],
    );
    let named: Vec<_> = node(&mut store)
        .holders
        .iter()
        .map(|h| h.gpu.clone())
        .collect();
    assert_eq!(named, [Some(uuid()), None, None, None]);
}

#[test]
fn a_beat_that_only_measures_gives_the_node_that_joining_all_would() {
    let beat = |n| Fact::Beat { n, dropped: 0 };
    let works = |used: u64| {
        let mut sample = sample(vec![process(10, Some(7))]);
        sample.instances[1].memory_used = Reading::Value(Bytes::mib(used));
        sample.fast.temperature_c = Reading::Value(40 + used as u32);
        Fact::Sample(Box::new(sample))
    };
    let mut store = told(0, beginning());
    tell(&mut store, 1, vec![works(1), beat(2)]);
    let first = node(&mut store);
    tell(&mut store, 2, vec![works(2)]);
    tell(&mut store, 2, vec![beat(3)]);
    let stream = &store.streams[&STREAM];
    assert_eq!(stream.measured, 1, "all was joined for a number");
    let measured = node(&mut store);
    assert_ne!(first.gpus[0].fast, measured.gpus[0].fast);
    // a record that says nothing new has all joined
    tell(&mut store, 2, vec![Fact::Paused { why: None }]);
    let all = node(&mut store);
    assert_eq!(store.streams[&STREAM].measured, 0);
    assert_eq!(*measured, *all);
    // a process that has gone is more than a number
    tell(
        &mut store,
        3,
        vec![Fact::Sample(Box::new(sample(Vec::new()))), beat(4)],
    );
    assert_eq!(store.streams[&STREAM].measured, 0);
    let gone = node(&mut store);
    assert_eq!(gone.gpus[0].slots[0].state, SlotState::Free);
}
