//! What exporters tell, joined to what probes tell.

use super::*;
use crate::domain::cluster::NodeFacts;
use crate::domain::cluster::news::{Change, ClusterNews};
use crate::domain::exporter::{Collected, ExporterNews, ExporterTold, LabelledPod, Part};
use crate::domain::fleet::Slot;
use crate::domain::ids::{ExporterId, PciAddress};
use crate::domain::metric::{Denominator, Measured, Metric};
use crate::domain::observation::{CallState, GpuCall, Health, SourceName, SourceState};
use crate::domain::reading::{Absence, AbsentCode};
use crate::store::Of;

const EXPORTER: ExporterId = ExporterId(0);

/// What is told of `gi` of the test's GPU, read at `seconds` and not measured before a minute earlier.
fn part(gi: Option<u32>, seconds: i64, metrics: &[(Metric, f64)]) -> Part {
    Part {
        gpu: uuid(),
        gi: gi.map(GiId),
        at: at(seconds),
        since: at(seconds - 60),
        metrics: metrics.to_vec(),
        memory_used: None,
        memory_free: None,
        memory_reserved: None,
        temperature_c: None,
        power_mw: None,
        sm_clock_mhz: None,
        index: Some(0),
        model: None,
        pci: None::<PciAddress>,
        driver: None,
        profile: None,
        container: None,
    }
}

fn host(name: &str, parts: Vec<Part>) -> Collected {
    Collected {
        source: SourceName::Dcgm,
        address: Text::new("http://dgx:9400/metrics"),
        host: Some(Text::new(name)),
        interval_seconds: 30.0,
        parts,
    }
}

/// A healthy host beside which an exporter has told `parts`.
fn with(parts: Vec<Part>) -> Store {
    let mut store = told(0, beginning());
    expect(&mut store, Of::Some);
    store.collected(EXPORTER, vec![host("dgx-test-01", parts)]);
    store
}

fn expect(store: &mut Store, of: Of) {
    let address = Text::new("http://dgx:9400/metrics");
    store.expect_exporter(EXPORTER, SourceName::Dcgm, address, of, at(0));
}

fn slot(store: &mut Store, gi: u32) -> Slot {
    let gpu = gpu(store);
    let slot = gpu.slots.iter().find(|s| s.instance.gi == GiId(gi));
    slot.unwrap().clone()
}

fn reading(store: &mut Store, gi: u32, metric: Metric) -> Option<Reading<Measured>> {
    let metrics = slot(store, gi).sample?.metrics;
    let found = metrics.into_iter().find(|(m, _)| *m == metric);
    found.map(|(_, reading)| reading)
}

fn why(store: &mut Store, gi: u32, metric: Metric) -> String {
    match reading(store, gi, metric) {
        Some(Reading::Absent(why)) => why.text.to_string(),
        other => panic!("{other:?}"),
    }
}

fn health(store: &mut Store) -> Option<Health> {
    let node = node(store);
    let found = node.sources.iter().find(|s| s.source == SourceName::Dcgm);
    found.map(|s| s.health.clone())
}

#[test]
fn an_instance_has_what_the_exporter_tells_of_its_id() {
    let mut store = with(vec![
        part(Some(1), 10, &[(Metric::GrActive, 66.0)]),
        part(
            Some(7),
            10,
            &[(Metric::GrActive, 3.0), (Metric::TensorActive, 1.0)],
        ),
    ]);
    let measured = Measured {
        percent: 66.0,
        of: Denominator::Instance,
        source: Text::new("dcgm-exporter"),
        at: at(10),
    };
    assert_eq!(
        reading(&mut store, 1, Metric::GrActive),
        Some(Reading::Value(measured))
    );
    assert!(reading(&mut store, 7, Metric::TensorActive).is_some());
    assert_eq!(reading(&mut store, 1, Metric::TensorActive), None);
    // NVML's own memory stays beside it
    let sample = slot(&mut store, 1).sample.unwrap();
    assert_eq!(sample.memory_used, Reading::Value(Bytes::mib(1)));
    assert_eq!(
        why(&mut store, 1, Metric::SmActive),
        "dcgm-exporter at http://dgx:9400/metrics does not tell DCGM_FI_PROF_SM_ACTIVE: its counters file leaves it out"
    );
    let shown = node(&mut store).exporters[0].clone();
    assert_eq!(
        (shown.at, shown.activity),
        (Some(at(10)), Some(Metric::GrActive))
    );
    assert_eq!(health(&mut store), Some(Health::Live));
}

#[test]
fn the_exporter_may_answer_before_the_host_does() {
    let mut store = Store::new();
    store.expect(STREAM, "dgx".into(), at(0));
    expect(&mut store, Of::Some);
    let parts = vec![part(Some(1), 10, &[(Metric::GrActive, 66.0)])];
    store.collected(EXPORTER, vec![host("other-name", parts)]);
    tell(&mut store, 11, beginning());
    assert!(reading(&mut store, 1, Metric::GrActive).is_some());
    // a probe that begins again does not lose it
    tell(&mut store, 12, beginning());
    assert!(reading(&mut store, 1, Metric::GrActive).is_some());
}

#[test]
fn what_nvml_tells_itself_comes_first() {
    let mut told_by_nvml = sample(Vec::new());
    let measured = Measured {
        percent: 12.0,
        of: Denominator::Instance,
        source: Text::new("nvml gpm"),
        at: at(11),
    };
    let soon = || Reading::absent(AbsentCode::NotYet, "the next beat has it");
    told_by_nvml.instances[0].metrics = vec![
        (Metric::SmActive, Reading::Value(measured)),
        (Metric::GrActive, soon()),
    ];
    let both = [(Metric::SmActive, 99.0), (Metric::GrActive, 99.0)];
    let mut store = with(vec![part(Some(1), 10, &both)]);
    tell(&mut store, 11, vec![Fact::Sample(Box::new(told_by_nvml))]);
    let Some(Reading::Value(sm)) = reading(&mut store, 1, Metric::SmActive) else {
        panic!("no value");
    };
    assert_eq!((sm.percent, sm.source.as_str()), (12.0, "nvml gpm"));
    // what will come by itself is waited for
    assert_eq!(reading(&mut store, 1, Metric::GrActive), Some(soon()));
}

#[test]
fn what_was_measured_before_the_instance_was_made_is_void() {
    let mut store = with(vec![part(Some(7), 100, &[(Metric::GrActive, 66.0)])]);
    let remade = |appeared: i64| {
        let mut again = inventory();
        if let Reading::Value(list) = &mut again.instances {
            list[0].appeared = Some(at(appeared));
        }
        vec![
            Fact::Gpu(Box::new(again)),
            Fact::Sample(Box::new(sample(Vec::new()))),
        ]
    };
    // read at 100 s, and so measured from 40 s on at the earliest
    for (appeared, valid) in [(40, true), (41, false), (99, false)] {
        tell(&mut store, 101, remade(appeared));
        let value = reading(&mut store, 7, Metric::GrActive);
        assert_eq!(value.unwrap().value().is_some(), valid, "{appeared}");
    }
    assert_eq!(
        why(&mut store, 7, Metric::GrActive),
        "what dcgm-exporter tells may have been measured before this instance was made"
    );
}

#[test]
fn a_series_of_another_profile_is_void_and_a_rounded_name_is_not() {
    let named = |profile: &str| Part {
        profile: Some(Text::new(profile)),
        ..part(Some(1), 10, &[(Metric::GrActive, 66.0)])
    };
    let mut store = with(vec![named("3g.19gb")]);
    assert!(
        reading(&mut store, 1, Metric::GrActive)
            .unwrap()
            .value()
            .is_some()
    );
    store.collected(EXPORTER, vec![host("dgx-test-01", vec![named("1g.5gb")])]);
    assert_eq!(
        why(&mut store, 1, Metric::GrActive),
        "dcgm-exporter tells of this instance as 1g.5gb, and it is a 3g.20gb: an exporter lists instances when it starts"
    );
}

#[test]
fn an_exporter_that_stays_away_takes_its_values_with_it_and_says_why() {
    let mut store = with(vec![part(Some(1), 10, &[(Metric::GrActive, 66.0)])]);
    let late = Health::Late {
        since: at(10),
        why: Text::new("no whole answer within 10 s"),
    };
    store.exporter_health(EXPORTER, late.clone());
    assert_eq!(health(&mut store), Some(late));
    assert_eq!(
        why(&mut store, 1, Metric::GrActive),
        "dcgm-exporter at http://dgx:9400/metrics tells nothing of now since 2026-01-02T03:00:10Z: no whole answer \
         within 10 s"
    );
    let found = finding(&mut store, "source-late").unwrap();
    assert!(
        found.text.starts_with("dcgm has not answered in time"),
        "{found:?}"
    );
    store.collected(
        EXPORTER,
        vec![host(
            "dgx-test-01",
            vec![part(Some(1), 40, &[(Metric::GrActive, 5.0)])],
        )],
    );
    assert!(
        reading(&mut store, 1, Metric::GrActive)
            .unwrap()
            .value()
            .is_some()
    );
    assert_eq!(health(&mut store), Some(Health::Live));
}

#[test]
fn one_that_never_answered_is_shown_where_it_can_only_be_meant_for() {
    let mut store = told(0, beginning());
    expect(&mut store, Of::Some);
    assert_eq!(
        why(&mut store, 1, Metric::GrActive),
        "dcgm-exporter at http://dgx:9400/metrics has not answered yet"
    );
    let why_down = Absence::new(AbsentCode::Failed, "Connection refused");
    let down = Health::Down {
        since: at(0),
        why: why_down,
    };
    store.exporter_health(EXPORTER, down.clone());
    assert_eq!(health(&mut store), Some(down.clone()));
    assert_eq!(
        why(&mut store, 1, Metric::GrActive),
        "dcgm-exporter at http://dgx:9400/metrics: Connection refused"
    );
    // with a second host it may be either's, unless somebody has said whose it is
    store.expect(StreamId(2), "other".into(), at(1));
    let has_it = |store: &mut Store| -> Vec<bool> {
        let fleet = store.fleet();
        let has = |n: &Arc<Node>| n.sources.iter().any(|s| s.source == SourceName::Dcgm);
        fleet.nodes.iter().map(has).collect()
    };
    assert_eq!(has_it(&mut store), [false, false]);
    expect(&mut store, Of::Stream(StreamId(2)));
    store.exporter_health(EXPORTER, down.clone());
    assert_eq!(has_it(&mut store), [false, true]);
    // a Prometheus is everybody's
    expect(&mut store, Of::Many);
    store.exporter_health(EXPORTER, down);
    assert_eq!(has_it(&mut store), [true, true]);
}

#[test]
fn what_is_missing_has_its_reason() {
    let mut store = with(vec![part(Some(1), 10, &[(Metric::DramActive, 1.0)])]);
    assert!(
        why(&mut store, 1, Metric::GrActive).contains("tells neither DCGM_FI_PROF_SM_ACTIVE nor")
    );
    assert!(why(&mut store, 7, Metric::SmActive).contains("has no series of this instance"));
}

#[test]
fn a_gpu_as_a_whole_has_its_own_activity() {
    let mut off = inventory();
    off.mig = Reading::Value(MigMode {
        current: false,
        pending: false,
    });
    off.instances = Reading::Value(Vec::new());
    let metrics = [(Metric::GrActive, 40.0), (Metric::GpuUtilization, 80.0)];
    let mut store = with(vec![part(None, 10, &metrics)]);
    tell(&mut store, 1, vec![Fact::Gpu(Box::new(off))]);
    let metrics = gpu(&mut store).metrics;
    assert_eq!(metrics.len(), 1, "{metrics:?}");
    assert_eq!(metrics[0].0, Metric::GrActive);
    assert_eq!(
        (metrics[0].1.percent, metrics[0].1.of),
        (40.0, Denominator::Gpu)
    );
}

#[test]
fn a_gpu_whose_calls_hang_still_has_what_the_exporter_tells() {
    let mut store = with(vec![part(Some(1), 10, &[(Metric::GrActive, 66.0)])]);
    let call = GpuCall {
        pci: None,
        gpu: Some(uuid()),
        index: 0,
        state: CallState::Hung {
            since: at(3),
            call: Text::new("nvmlDeviceGetMemoryInfo"),
        },
    };
    tell(&mut store, 4, vec![Fact::GpuCall(call)]);
    assert!(
        reading(&mut store, 1, Metric::GrActive)
            .unwrap()
            .value()
            .is_some()
    );
    let sample = slot(&mut store, 1).sample.unwrap();
    assert_eq!(sample.memory_used.reason().unwrap().code, AbsentCode::Hung);
    // of the other instance nothing is known at all
    assert_eq!(slot(&mut store, 7).sample, None);
}

fn labelled(gi: u32, pod: &str, device: Option<&str>) -> Part {
    Part {
        container: Some(LabelledPod {
            namespace: Some(Text::new("svc")),
            pod: Text::new(pod),
            container: Some(Text::new("main")),
            device: device.map(MigUuid::new),
        }),
        ..part(Some(gi), 10, &[(Metric::GrActive, 66.0)])
    }
}

fn evidence(store: &mut Store, gi: u32) -> Vec<(String, Vec<String>)> {
    let link = |l: crate::domain::fleet::PodLink| {
        let evidence = l.evidence.iter().map(ToString::to_string).collect();
        (l.name.map(|n| n.to_string()).unwrap_or_default(), evidence)
    };
    slot(store, gi).pods.into_iter().map(link).collect()
}

#[test]
fn labels_confirm_the_kubelet_and_count_alone_only_where_it_cannot_be_read() {
    let given = allocation(
        AllocationSource::PodResources,
        "ocr",
        "nvidia.com/mig-3g.20gb",
        "MIG-1",
    );
    let mut store = with(vec![labelled(1, "ocr", None), labelled(7, "gone", None)]);
    tell(&mut store, 11, vec![allocations(vec![given])]);
    assert_eq!(
        evidence(&mut store, 1),
        [(
            "ocr".to_owned(),
            vec!["pod-resources".to_owned(), "dcgm".to_owned()]
        )]
    );
    // the kubelet says that nobody has it: the label is of a moment ago
    assert_eq!(evidence(&mut store, 7), []);
    let unread = Fact::Allocations {
        allocations: Reading::absent(AbsentCode::NoPermission, "only root may"),
        pods: Vec::new(),
    };
    tell(&mut store, 12, vec![unread]);
    assert_eq!(
        evidence(&mut store, 7),
        [("gone".to_owned(), vec!["dcgm".to_owned()])]
    );
}

#[test]
fn a_claims_label_on_another_instance_is_not_believed() {
    let mut store = with(vec![
        labelled(1, "train", Some("MIG-1")),
        labelled(7, "train", Some("MIG-1")),
    ]);
    let unread = Fact::Allocations {
        allocations: Reading::absent(AbsentCode::NoPermission, "only root may"),
        pods: Vec::new(),
    };
    tell(&mut store, 12, vec![unread]);
    assert_eq!(evidence(&mut store, 1).len(), 1);
    assert_eq!(evidence(&mut store, 7), []);
}

#[test]
fn a_tape_has_what_the_exporter_told_while_it_was_recorded() {
    let mut store = told(0, beginning());
    let collected = host("x", vec![part(Some(1), 10, &[(Metric::SmActive, 66.0)])]);
    tell(
        &mut store,
        10,
        vec![
            Fact::Exporter(Box::new(collected)),
            Fact::Source(SourceState {
                source: SourceName::Dcgm,
                health: Health::Live,
            }),
        ],
    );
    assert!(
        reading(&mut store, 1, Metric::SmActive)
            .unwrap()
            .value()
            .is_some()
    );
    assert_eq!(
        node(&mut store).exporters[0].activity,
        Some(Metric::SmActive)
    );
}

#[test]
fn two_hosts_with_gpus_of_one_name_are_told_apart_by_their_own() {
    let mut store = told(0, beginning());
    let mut twin = beginning();
    twin[0] = hello("dgx-test-02", "boot-2");
    for fact in twin {
        let observation = Observation { at: at(1), fact };
        store.apply(StreamId(2), observation);
    }
    expect(&mut store, Of::Many);
    let of = |name: &str, percent| {
        host(
            name,
            vec![part(Some(1), 10, &[(Metric::GrActive, percent)])],
        )
    };
    store.collected(
        EXPORTER,
        vec![of("dgx-test-01", 10.0), of("dgx-test-02", 20.0)],
    );
    let fleet = store.fleet();
    let percents: Vec<f64> = fleet
        .nodes
        .iter()
        .map(|node| {
            let slot = node.gpus[0].slots.iter().find(|s| s.instance.gi == GiId(1));
            let sample = slot.unwrap().sample.clone().unwrap();
            let gr = sample.metrics.iter().find(|(m, _)| *m == Metric::GrActive);
            gr.unwrap().1.value().unwrap().percent
        })
        .collect();
    assert_eq!(percents, [10.0, 20.0]);
}

#[test]
fn a_host_that_no_probe_reads_is_shown_with_what_its_exporter_tells() {
    let mut store = told(0, beginning());
    expect(&mut store, Of::Many);
    let elsewhere = |gi: u32| Part {
        gpu: GpuUuid::new("GPU-elsewhere"),
        memory_used: Some(Bytes::mib(1000)),
        memory_free: Some(Bytes::mib(3864)),
        temperature_c: Some(44),
        model: Some(Text::new("NVIDIA A100-SXM4-40GB")),
        driver: Some(Text::new("535.161.08")),
        profile: Some(Text::new("1g.5gb")),
        ..labelled(gi, "train", None)
    };
    let parts = vec![elsewhere(7), elsewhere(8)];
    store.collected(EXPORTER, vec![host("dgx-far-01", parts)]);
    let fleet = store.fleet();
    let names: Vec<&str> = fleet.nodes.iter().map(|n| n.name.as_str()).collect();
    assert_eq!(names, ["dgx-far-01", "dgx-test-01"]);
    let node = &fleet.nodes[0];
    let gpu = &node.gpus[0];
    assert_eq!(gpu.fast.as_ref().unwrap().temperature_c, Reading::Value(44));
    assert_eq!(gpu.slots.len(), 2);
    let slot = &gpu.slots[0];
    let sample = slot.sample.as_ref().unwrap();
    assert_eq!(sample.memory_used, Reading::Value(Bytes::mib(1000)));
    assert_eq!(sample.memory_total, Reading::Value(Bytes::mib(4864)));
    let gr = sample.metrics.iter().find(|(m, _)| *m == Metric::GrActive);
    assert_eq!(gr.unwrap().1.value().unwrap().percent, 66.0);
    assert_eq!(slot.pods[0].name, Some(Text::new("train")));
    assert_eq!(slot.state, crate::domain::fleet::SlotState::Allocated);
    // what nobody can tell is not made up
    assert_eq!(
        slot.instance.placement.reason().unwrap().code,
        AbsentCode::NoSource
    );
    assert!(gpu.processes.value().is_none());
    assert_eq!(node.findings, []);
}

#[test]
fn a_host_that_may_still_tell_its_gpus_is_not_shown_twice() {
    let mut store = Store::new();
    store.expect(STREAM, "asked".into(), at(0));
    expect(&mut store, Of::Some);
    let parts = || vec![part(Some(1), 10, &[(Metric::GrActive, 66.0)])];
    store.collected(EXPORTER, vec![host("own-name", parts())]);
    assert_eq!(store.fleet().nodes.len(), 1);
    // nobody will tell: then it is another host
    let why = Absence::new(AbsentCode::Failed, "no route to host");
    store.lost(STREAM, why);
    let fleet = store.fleet();
    let names: Vec<&str> = fleet.nodes.iter().map(|n| n.name.as_str()).collect();
    assert_eq!(names, ["asked", "own-name"]);
    // it has come back, and has these GPUs
    tell(&mut store, 11, beginning());
    let fleet = store.fleet();
    let names: Vec<&str> = fleet.nodes.iter().map(|n| n.name.as_str()).collect();
    assert_eq!(names, ["dgx-test-01"]);
}

/// What is told through the API server.
fn through_api(store: &mut Store, id: u32, told: ExporterTold) {
    let news = ExporterNews {
        id: ExporterId(id),
        told,
    };
    let news = ClusterNews::Exporter(Box::new(news));
    let fact = Fact::ClusterNews(Box::new(news));
    store.apply(StreamId(9), Observation { at: at(2), fact });
}

#[test]
fn exporters_of_nodes_that_no_probe_reads_tell_each_of_their_own_node() {
    let mut store = Store::new();
    store.expect_cluster(StreamId(9));
    let nodes = ["near", "far"].map(|name| NodeFacts {
        name: Some(Text::new(name)),
        ..NodeFacts::default()
    });
    let nodes = ClusterNews::Nodes(Change::All(nodes.to_vec()));
    let fact = Fact::ClusterNews(Box::new(nodes));
    store.apply(StreamId(9), Observation { at: at(1), fact });
    for (id, name, percent) in [(70_000, "near", 11.0), (70_001, "far", 22.0)] {
        through_api(
            &mut store,
            id,
            ExporterTold::Awaited {
                source: SourceName::Dcgm,
                address: Text::from(format!("pod gpu-operator/{name}:9400")),
                node: Some(Text::new(name)),
            },
        );
        // copies of one machine: the same GPU, and an exporter that has its pod's name for its host's
        let parts = vec![part(Some(3), 2, &[(Metric::GrActive, percent)])];
        let hosts = vec![host("dcgm-exporter-x", parts)];
        through_api(&mut store, id, ExporterTold::Collected(hosts));
    }
    let activity = |store: &mut Store, name: &str| {
        let fleet = store.fleet();
        assert_eq!(fleet.nodes.len(), 2, "{fleet:#?}");
        let node = fleet.nodes.iter().find(|n| n.name == name).unwrap().clone();
        let slot = node.gpus.first()?.slots.first()?.clone();
        let metrics = slot.sample?.metrics;
        let gr = metrics
            .iter()
            .find(|(m, _)| *m == Metric::GrActive)?
            .1
            .clone();
        gr.value().map(|measured| measured.percent)
    };
    assert_eq!(activity(&mut store, "near"), Some(11.0));
    assert_eq!(activity(&mut store, "far"), Some(22.0));

    // one that stays away is late, and its values are not shown as of now
    let late = Health::Late {
        since: at(2),
        why: Text::new("none of its pods runs on this node now"),
    };
    through_api(&mut store, 70_001, ExporterTold::Health(late.clone()));
    assert_eq!(activity(&mut store, "far"), None);
    let fleet = store.fleet();
    let far = fleet.nodes.iter().find(|n| n.name == "far").unwrap();
    assert_eq!(far.gpus.len(), 1, "late is not empty");
    let dcgm = far.sources.iter().find(|s| s.source == SourceName::Dcgm);
    assert_eq!(dcgm.unwrap().health, late);
    through_api(&mut store, 70_001, ExporterTold::Gone);
    let fleet = store.fleet();
    let far = fleet.nodes.iter().find(|n| n.name == "far").unwrap();
    assert!(far.gpus.is_empty() && far.exporters.is_empty());
}
