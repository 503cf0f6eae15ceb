//! Each refusal shows as itself.

use std::sync::Arc;

use jiff::Timestamp;
use migdeck::domain::gpu::Listing;
use migdeck::domain::metric::Metric;
use migdeck::domain::observation::{CallState, Fact};
use migdeck::domain::reading::AbsentCode;
use migdeck::sources::nvml::driver_facts;
use migdeck::sources::nvml::sampler::Sampler;
use migdeck::sources::nvml::watch::CallWatch;
use migdeck::wiring::sim::{SimApi, SimHost};
use nvml_sim::driver::Driver;
use nvml_sim::scenario::model::{Fault, Scenario};

use super::bench::{Bench, SEVEN, call_state, instances, inventory, layout, sample, scenario};

#[test]
fn a_plain_user_gets_the_tree_of_devices_and_a_reason_for_the_rest() {
    let mut bench = Bench::builtin("faults#no-permission");
    let facts = bench.beat(1);
    let told = inventory(&facts).unwrap();
    let Listing::ByDevice { why } = &told.listing else {
        panic!("listed by instance without the right to")
    };
    assert_eq!(why.code, AbsentCode::NoPermission);
    assert!(
        why.text.contains("nvmlDeviceGetGpuInstances"),
        "{}",
        why.text
    );
    let list = told.instances.value().unwrap();
    let mut names: Vec<&str> = list
        .iter()
        .map(|i| i.profile.value().unwrap().as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["1g.5gb", "1g.5gb", "2g.10gb", "3g.20gb"]);
    for instance in list {
        assert_eq!(
            instance.placement.reason().unwrap().code,
            AbsentCode::NoPermission
        );
        assert!(
            instance.cis[0]
                .uuid
                .value()
                .unwrap()
                .as_str()
                .starts_with("MIG-")
        );
        assert!(instance.sm.value().is_some() && instance.engines.value().is_some());
    }
    let sample = sample(&facts).unwrap();
    assert_eq!(
        sample.fast.memory_used.reason().unwrap().code,
        AbsentCode::NoPermission
    );
    assert_eq!(
        sample.processes.reason().unwrap().code,
        AbsentCode::NoPermission
    );
    assert!(
        sample
            .instances
            .iter()
            .all(|i| i.memory_used.value().is_some())
    );
    assert_eq!(call_state(&facts), None);
}

#[test]
fn a_steady_beat_of_a_plain_user_tells_nothing_new() {
    let mut bench = Bench::builtin("faults#no-permission");
    bench.beat(1);
    assert!((0..12).all(|_| inventory(&bench.beat(1)).is_none()));
}

#[test]
fn what_the_board_does_not_offer_is_absent_by_name() {
    let mut bench = Bench::builtin("faults#not-supported");
    let facts = bench.beat(1);
    let fast = &sample(&facts).unwrap().fast;
    for (reading, function) in [
        (&fast.power_mw, "nvmlDeviceGetPowerUsage"),
        (&fast.temperature_c, "nvmlDeviceGetTemperature"),
        (&fast.sm_clock_mhz, "nvmlDeviceGetClockInfo"),
    ] {
        let why = reading.reason().unwrap();
        assert_eq!(why.code, AbsentCode::NotSupported);
        assert!(why.text.contains(function), "{}", why.text);
    }
    let slow = sample(&facts).unwrap().slow.as_ref().unwrap();
    assert_eq!(
        slow.memory.corrected.reason().unwrap().code,
        AbsentCode::NotSupported
    );
    assert!(fast.memory_used.value().is_some());
    assert_eq!(call_state(&facts), None);
}

#[test]
fn a_gpu_lost_from_the_start_fails_by_index() {
    let mut bench = Bench::builtin("faults#gpu-lost");
    let facts = bench.beat(3);
    let [Fact::GpuCall(call)] = &facts[..] else {
        panic!("{facts:?}")
    };
    assert_eq!((call.index, &call.gpu), (3, &None));
    let CallState::Failing { why, .. } = &call.state else {
        panic!("{call:?}")
    };
    assert_eq!(why.code, AbsentCode::GpuLost);
    assert!(why.text.contains("kernel log"), "{}", why.text);
    // Said once.
    assert!(bench.beat(3).is_empty());
    assert!(instances(&bench.beat(2)).is_some());
}

#[test]
fn a_process_list_with_a_gap_is_none() {
    let mut bench = Bench::of(scenario("a100-40", "535.161.08", &[&SEVEN]));
    bench.beat(0);
    bench.beat(0);
    bench.driver.inject(Fault {
        function: "nvmlDeviceGetGraphicsRunningProcesses*".into(),
        code: Some(999),
        ..Fault::default()
    });
    // each of the seldom lists is read every other beat
    bench.beat(0);
    let facts = bench.beat(0);
    let reason = sample(&facts).unwrap().processes.reason().unwrap().clone();
    assert_eq!(reason.code, AbsentCode::Failed);
    assert!(
        reason
            .text
            .contains("nvmlDeviceGetGraphicsRunningProcesses"),
        "{}",
        reason.text
    );
}

#[test]
fn a_gpu_lost_on_the_way_keeps_what_was_known_and_reads_nothing() {
    let mut bench = Bench::of(scenario(
        "a100-40",
        "535.161.08",
        &[&["9@0", "9@4"], &SEVEN],
    ));
    bench.beat(0);
    bench.beat(1);
    bench.driver.inject(Fault {
        function: "nvmlDevice*".into(),
        gpu: Some(0),
        code: Some(15),
        ..Fault::default()
    });
    let facts = bench.beat(0);
    let Some(CallState::Failing { since, why }) = call_state(&facts) else {
        panic!("{facts:?}")
    };
    assert_eq!(*since, bench.now());
    assert_eq!(why.code, AbsentCode::GpuLost);
    assert!(inventory(&facts).is_none());
    let lost = sample(&facts).unwrap();
    let codes = [
        lost.fast.memory_used.reason().map(|a| a.code),
        lost.fast.memory_clock_mhz.reason().map(|a| a.code),
        lost.fast.pstate.reason().map(|a| a.code),
        lost.processes.reason().map(|a| a.code),
        lost.instances[0].memory_used.reason().map(|a| a.code),
        lost.slow
            .as_ref()
            .unwrap()
            .power_limit_mw
            .reason()
            .map(|a| a.code),
    ];
    assert_eq!(codes, [Some(AbsentCode::GpuLost); 6]);
    // A call that would only say so again is not made.
    assert!(bench.samplers[0].calls() <= 2);
    assert_eq!(call_state(&bench.beat(1)), None);
    assert_eq!(call_state(&bench.beat(0)), None);
    bench.driver.clear_faults();
    let facts = bench.beat(0);
    assert_eq!(call_state(&facts), Some(&CallState::Answering));
    assert!(sample(&facts).unwrap().fast.memory_used.value().is_some());
}

#[test]
fn a_mismatch_of_versions_says_so_and_what_to_do() {
    let scenario = Scenario::load("faults#mismatch").unwrap();
    let driver = Driver::open(&scenario, "mismatch", None).unwrap();
    let failure = SimApi::open(Arc::new(driver)).err().unwrap();
    assert_eq!(failure.why.code, AbsentCode::DriverMismatch);
    assert!(
        failure.why.text.contains("error 18") && failure.why.text.contains("reboot"),
        "{}",
        failure.why.text
    );
}

#[test]
fn an_old_driver_is_read_with_what_it_has() {
    let mut bench = Bench::builtin("r450");
    let Fact::Driver(driver) = driver_facts(&*bench.api).unwrap() else {
        unreachable!()
    };
    assert!(driver.limits.unwrap().contains("older than R470"));
    let facts = bench.beat(4);
    let list = instances(&facts).unwrap();
    assert_eq!(
        layout(list),
        ["4g.20gb@0[1]", "2g.10gb@4[1]", "1g.5gb@6[1]"]
    );
    let ci = &list[0].cis[0];
    assert_eq!(ci.name.value().unwrap().as_str(), "4g.20gb");
    assert_eq!(
        ci.placement.reason().unwrap().code,
        AbsentCode::DriverTooOld
    );
    let activity = &sample(&facts).unwrap().instances[0].metrics[0];
    assert_eq!(activity.0, Metric::SmActive);
    assert!(
        activity
            .1
            .reason()
            .unwrap()
            .text
            .contains("DCGM_FI_PROF_GR_ENGINE_ACTIVE")
    );
    assert!(sample(&facts).unwrap().processes.value().is_some());
}

#[test]
fn ampere_names_what_would_tell_activity() {
    let mut bench = Bench::of(scenario("a100-40", "535.161.08", &[&["9@0"]]));
    let facts = bench.beat(0);
    let (metric, reading) = &sample(&facts).unwrap().instances[0].metrics[0];
    assert_eq!(*metric, Metric::SmActive);
    let why = reading.reason().unwrap();
    assert_eq!(why.code, AbsentCode::NotSupported);
    assert!(why.text.contains("DCGM_FI_PROF_SM_ACTIVE"), "{}", why.text);
}

#[test]
fn a_gpu_that_works_through_one_failing_call_is_not_failing() {
    let mut bench = Bench::of(scenario("a100-40", "535.161.08", &[&["9@0"]]));
    bench.beat(0);
    bench.driver.inject(Fault {
        function: "nvmlDeviceGetPowerUsage".into(),
        code: Some(999),
        ..Fault::default()
    });
    let facts = bench.beat(0);
    assert_eq!(call_state(&facts), None);
    assert_eq!(
        sample(&facts).unwrap().fast.power_mw.reason().unwrap().code,
        AbsentCode::Failed
    );
}

#[test]
fn a_simulated_host_has_nvml_files_and_cluster() {
    let host = SimHost::start("bank#dgx-dev-01", None).unwrap();
    assert_eq!(host.name(), "dgx-dev-01");
    assert_eq!(host.api().unwrap().count().unwrap(), 8);
    let version = std::fs::read_to_string(host.root().join("proc/driver/nvidia/version")).unwrap();
    assert!(version.contains("535.161.08"), "{version}");
    let objects = host.cluster_objects().unwrap();
    let (node, pods) = (objects.node, objects.pods);
    assert_eq!(node["metadata"]["name"], "dgx-dev-01");
    assert!(!pods.is_empty());
    let root = host.root().to_path_buf();
    drop(host);
    assert!(!root.exists());
}

#[test]
fn a_host_that_does_not_exist_is_named() {
    let error = SimHost::start("bank#dgx-dev-99", None)
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.contains("dgx-dev-99") && error.contains("dgx-dev-01"),
        "{error}"
    );
}

#[test]
fn a_call_that_does_not_come_back_shows_with_its_name_and_time() {
    let mut bench = Bench::builtin("faults#hang");
    let watch = CallWatch::default();
    let mut hung = Sampler::new(Arc::clone(&bench.api), 5, watch.clone());
    assert_eq!(watch.current(), None);
    let before = Timestamp::now();
    let now = bench.now();
    let thread = std::thread::spawn(move || hung.beat(now, false));
    let (since, function) = loop {
        match watch.current() {
            Some(call) => break call,
            None => std::thread::yield_now(),
        }
    };
    assert_eq!(function, "nvmlDeviceGetHandleByIndex_v2");
    assert!(since >= before && since <= Timestamp::now());
    // The others do not wait for it.
    assert!(instances(&bench.beat(4)).is_some());
    assert_eq!(watch.current(), Some((since, function)));
    bench.driver.clear_faults();
    assert!(inventory(&thread.join().unwrap()).is_some());
    assert_eq!(watch.current(), None);
}
