use std::fs;

use super::*;
use crate::scenario::model::Process;

struct Place {
    _folder: tempfile::TempDir,
    file: PathBuf,
    scenario: Scenario,
}

fn place(rest: &str) -> Place {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let gpu = "mig = true\ninstances = ['19@0']";
    Place {
        _folder: folder,
        file,
        scenario: scenario("a100-40", "535.161.08", gpu, rest),
    }
}

impl Place {
    fn open(&self) -> Driver {
        let driver = Driver::open(&self.scenario, "one", Some(&self.file)).unwrap();
        driver.init().unwrap();
        driver
    }

    fn refused(&self) -> String {
        Driver::open(&self.scenario, "one", Some(&self.file))
            .err()
            .unwrap()
            .to_string()
    }
}

#[test]
fn what_one_process_does_the_other_sees() {
    let place = place("privileged = true");
    let (one, two) = (place.open(), place.open());
    assert_eq!(one.epoch(), two.epoch());
    let mut cursor = two.event_cursor();
    let gi = one.create_gi(0, 9, Some((4, 4))).unwrap();
    assert_eq!(two.gi_info(0, gi).unwrap().start, 4);
    two.create_ci(0, gi, 2, None).unwrap();
    assert_eq!(one.mig_by_index(0, 0), Ok((gi, 0)));

    let registered = [(0, event::MIG_CONFIG_CHANGE)];
    let next = |cursor: &mut EventCursor| two.next_event(cursor, &registered, Duration::ZERO);
    assert_eq!(next(&mut cursor).unwrap().kind, event::MIG_CONFIG_CHANGE);
    assert_eq!(next(&mut cursor).unwrap().gpu, 0);
    assert_eq!(next(&mut cursor), Err(Ret::TIMEOUT));

    one.inject(Fault {
        function: "nvmlDeviceGetTemperature".into(),
        code: Some(999),
        ..Fault::default()
    });
    assert_eq!(two.temperature(0), Err(Ret::UNKNOWN));
    two.clear_faults();
    assert!(one.temperature(0).is_ok());
    one.restart();
    assert!(two.peek().gpus[0].instances.is_empty());
}

#[test]
fn another_client_keeps_an_ampere_gpu_from_changing_its_mode() {
    let place = place("privileged = true");
    let one = place.open();
    let two = place.open();
    assert_eq!(one.set_mig_mode(1, true), Ok(Ret::IN_USE));
    assert_eq!(one.mig_mode(1), Ok((false, true)));
    two.shutdown().unwrap();
    assert_eq!(one.set_mig_mode(1, true), Ok(Ret::SUCCESS));
    assert_eq!(one.mig_mode(1), Ok((true, true)));
    let three = place.open();
    assert_eq!(one.set_mig_mode(1, false), Ok(Ret::IN_USE));
    drop(three);
    assert_eq!(one.set_mig_mode(1, false), Ok(Ret::SUCCESS));
}

#[test]
fn a_killed_client_does_not_count() {
    let place = place("privileged = true");
    let one = place.open();
    let text = fs::read_to_string(&place.file).unwrap();
    let mut state: serde_json::Value = serde_json::from_str(&text).unwrap();
    // this pid, started at another time: what a killed process leaves behind
    let mut killed = state["clients"][0].clone();
    killed["serial"] = 99.into();
    killed["start"] = 1.into();
    state["clients"].as_array_mut().unwrap().push(killed);
    let next = place.file.with_extension("edited");
    fs::write(&next, state.to_string()).unwrap();
    fs::rename(&next, &place.file).unwrap();
    assert_eq!(one.set_mig_mode(1, true), Ok(Ret::SUCCESS));
}

#[test]
fn what_a_killed_writer_leaves_does_no_harm() {
    let place = place("privileged = true");
    place.open().create_gi(0, 9, Some((4, 4))).unwrap();
    let mut half = place.file.clone().into_os_string();
    half.push(".new");
    fs::write(&half, "{ \"format\": 1, \"scen").unwrap();
    let driver = place.open();
    assert_eq!(driver.gis(0, 9), Ok(vec![2]));
    driver.create_gi(0, 19, None).unwrap();
    assert_eq!(place.open().gis(0, 19).unwrap().len(), 2);
}

#[test]
fn a_file_that_is_no_state_is_left_alone() {
    let place = place("privileged = true");
    for text in ["", "not json", "{}", "{\"format\": 1}"] {
        fs::write(&place.file, text).unwrap();
        let why = place.refused();
        assert!(
            why.contains("state.json") && why.contains("left as it is"),
            "{why}"
        );
        assert_eq!(fs::read_to_string(&place.file).unwrap(), text);
    }
}

#[test]
fn a_state_of_another_host_or_format_is_refused() {
    let place = place("privileged = true");
    drop(place.open());
    let text = fs::read_to_string(&place.file).unwrap();
    for (from, to, word) in [
        ("\"host\": \"one\"", "\"host\": \"two\"", "test#two"),
        ("\"format\": 1", "\"format\": 7", "format 7"),
    ] {
        assert!(text.contains(from));
        fs::write(&place.file, text.replace(from, to)).unwrap();
        let why = place.refused();
        assert!(why.contains(word), "{why}");
    }
}

#[test]
fn a_state_that_becomes_unreadable_is_an_unknown_error() {
    let place = place("privileged = true");
    let driver = place.open();
    fs::remove_file(&place.file).unwrap();
    assert_eq!(driver.mig_mode(0), Err(Ret::UNKNOWN));
    assert_eq!(driver.create_gi(0, 19, None), Err(Ret::UNKNOWN));
    assert_eq!(driver.peek(), Snapshot::default());
}

#[test]
fn many_writers_lose_nothing_and_readers_see_whole_states() {
    let place = place("privileged = true");
    let reader = place.open();
    std::thread::scope(|scope| {
        let writers: Vec<_> = [1, 2, 3]
            .map(|start| {
                let place = &place;
                scope.spawn(move || {
                    let driver = place.open();
                    for _ in 0..50 {
                        let gi = driver.create_gi(0, 19, Some((start, 1))).unwrap();
                        driver.destroy_gi(0, gi).unwrap();
                    }
                })
            })
            .into();
        while !writers.iter().all(|writer| writer.is_finished()) {
            assert!(reader.gis(0, 19).is_ok_and(|gis| gis.contains(&7)));
        }
    });
    assert_eq!(reader.peek().gpus[0].change, 3 * 50 * 2);
}

#[test]
fn xids_are_events_of_the_time_after_registration() {
    let rest = "privileged = true\n\
        [[hosts.kernel_log]]\nat = -5.0\ntext = 'old'\nevent = { gpu = 0, code = 13 }\n\
        [[hosts.kernel_log]]\nat = 0.2\ntext = 'new'\nevent = { gpu = 0, code = 31, at = 0 }\n\
        [[hosts.kernel_log]]\nat = 0.1\ntext = 'other'\nevent = { gpu = 1, code = 79 }\n";
    let place = place(rest);
    let driver = place.open();
    let mut cursor = driver.event_cursor();
    let event = driver
        .next_event(&mut cursor, &[(0, event::XID)], Duration::from_secs(20))
        .unwrap();
    assert_eq!((event.data, event.gi, event.ci), (31, Some(7), Some(0)));
    let again = driver.next_event(&mut cursor, &[(0, event::XID)], Duration::ZERO);
    assert_eq!(again, Err(Ret::TIMEOUT));
}

#[test]
fn a_process_ends_for_all_who_share_the_state() {
    let place = place(
        "processes = [{ pid = 7, argv = ['seven'], gpu = 0, at = 0, memory_mib = 64, holds = [0] }, { pid = 8, argv = ['eight'], gpu = 0, at = 0, memory_mib = 64 }]",
    );
    let (one, other) = (place.open(), place.open());
    let list = |driver: &Driver| -> Vec<u32> {
        let gi = driver.peek().gpus[0].instances[0].gi;
        let device = DeviceRef::Mig { gpu: 0, gi, ci: 0 };
        let symbol = "nvmlDeviceGetComputeRunningProcesses_v3";
        let all = driver.processes(device, ProcKind::Compute, symbol);
        all.unwrap().iter().map(|p| p.pid).collect()
    };
    assert_eq!(list(&other), [7, 8]);
    one.end(&[7]);
    assert_eq!(list(&other), [8]);
    assert_eq!(other.process_name(7), Err(Ret::NOT_FOUND));
    assert_eq!(other.process_name(8).unwrap(), "eight");
    let root = tempfile::tempdir().unwrap();
    crate::hostroot::write(root.path(), &other).unwrap();
    assert!(!root.path().join("proc/7").exists() && root.path().join("proc/8").exists());

    // and another begins, on whatever is at its place
    other.begin(Process {
        pid: 9,
        argv: vec!["nine".into()],
        gpu: Some(0),
        at: Some(0),
        memory_mib: 64,
        load: 50.0,
        ..Process::default()
    });
    assert_eq!(list(&one), [8, 9]);
    assert_eq!(one.process_name(9).unwrap(), "nine");
    crate::hostroot::write(root.path(), &one).unwrap();
    assert!(root.path().join("proc/9").exists());
    one.end(&[8, 9]);
    assert_eq!(list(&other), [0; 0]);
    let gi = one.peek().gpus[0].instances[0].gi;
    one.destroy_ci(0, gi, 0).unwrap();
    one.destroy_gi(0, gi).unwrap();
    let gi = one.create_gi(0, 19, Some((0, 1))).unwrap();
    one.create_ci(0, gi, 0, None).unwrap();
    other.begin(Process {
        pid: 10,
        gpu: Some(0),
        at: Some(0),
        ..Process::default()
    });
    assert_eq!(list(&one), [10]);
}
