use super::*;

const ON: &str = "mig = true";

#[test]
fn instances_are_made_found_and_unmade() {
    let driver = a100(ON);
    let gi = driver.create_gi(0, 9, Some((0, 4))).unwrap();
    assert_eq!(gi, 1);
    let other = driver.create_gi(0, 19, None).unwrap();
    assert_eq!(driver.gi_info(0, other).unwrap().start, 6);
    assert_eq!(driver.gis(0, 9), Ok(vec![1]));
    assert_eq!(driver.gi_by_id(0, 1), Ok(1));
    assert_eq!(driver.gi_by_id(0, 2), Err(Ret::NOT_FOUND));
    assert_eq!(driver.mig_by_index(0, 0), Err(Ret::NOT_FOUND));

    assert_eq!(driver.create_ci(0, gi, 0, None), Ok(0));
    assert_eq!(driver.create_ci(0, gi, 0, None), Ok(1));
    assert_eq!(
        driver.create_ci(0, gi, 2, None),
        Err(Ret::INSUFFICIENT_RESOURCES)
    );
    assert_eq!(driver.cis(0, gi, 0), Ok(vec![0, 1]));
    assert_eq!(driver.ci_remaining(0, gi, 0), Ok(1));
    assert_eq!(
        driver.name(mig(0, 1, 0)).unwrap(),
        "NVIDIA A100-SXM4-40GB MIG 1c.3g.20gb"
    );
    assert_eq!(driver.attributes(mig(0, 1, 1)).unwrap().sm, 14);
    assert_eq!(driver.attributes(mig(0, 1, 1)).unwrap().memory_mib, 19_968);

    assert_eq!(driver.destroy_gi(0, gi), Err(Ret::IN_USE));
    assert_eq!(driver.destroy_ci(0, gi, 0), Ok(()));
    assert_eq!(driver.destroy_ci(0, gi, 0), Err(Ret::INVALID_ARGUMENT));
    assert_eq!(driver.uuid(mig(0, 1, 0)), Err(Ret::INVALID_ARGUMENT));
    // the lowest free id comes back
    assert_eq!(driver.create_ci(0, gi, 0, None), Ok(0));
    assert_eq!(driver.destroy_ci(0, gi, 0), Ok(()));
    assert_eq!(driver.destroy_ci(0, gi, 1), Ok(()));
    assert_eq!(driver.destroy_gi(0, gi), Ok(()));
    assert_eq!(driver.destroy_gi(0, gi), Err(Ret::INVALID_ARGUMENT));
    assert_eq!(driver.gi_info(0, gi), Err(Ret::INVALID_ARGUMENT));
    // the other GPU has seen nothing of it
    assert_eq!(driver.peek().gpus[1].change, 0);
}

#[test]
fn creation_is_refused_for_the_documented_reasons() {
    let off = a100("");
    assert_eq!(off.create_gi(0, 19, None), Err(Ret::NOT_SUPPORTED));
    assert_eq!(off.destroy_gi(0, 7), Err(Ret::NOT_SUPPORTED));
    assert_eq!(off.gis(0, 19), Err(Ret::NOT_SUPPORTED));
    assert_eq!(off.gi_by_id(0, 7), Err(Ret::NOT_SUPPORTED));
    assert_eq!(off.gi_remaining(0, 19), Err(Ret::NOT_SUPPORTED));
    assert_eq!(off.mig_by_index(0, 0), Err(Ret::NOT_SUPPORTED));
    assert_eq!(off.max_mig_devices(0), Ok(0));
    // static, whatever the mode
    assert_eq!(off.gi_placements(0, 9), Ok(vec![(0, 4), (4, 4)]));
    assert_eq!(off.gi_profile(0, 2).unwrap().id, 9);

    let driver = a100(ON);
    assert_eq!(driver.max_mig_devices(0), Ok(7));
    let refused = [
        (1, None, Ret::INVALID_ARGUMENT),
        (9, Some((2, 4)), Ret::INVALID_ARGUMENT),
        (9, Some((4, 3)), Ret::INVALID_ARGUMENT),
    ];
    for (id, placement, code) in refused {
        assert_eq!(
            driver.create_gi(0, id, placement),
            Err(code),
            "{id} {placement:?}"
        );
    }
    driver.create_gi(0, 9, Some((4, 4))).unwrap();
    assert_eq!(
        driver.create_gi(0, 19, Some((5, 1))),
        Err(Ret::INSUFFICIENT_RESOURCES)
    );
    assert_eq!(
        driver.create_gi(0, 0, None),
        Err(Ret::INSUFFICIENT_RESOURCES)
    );
    assert_eq!(driver.gi_remaining(0, 5), Ok(1));
    assert_eq!(driver.gi_remaining(0, 0), Ok(0));
    assert_eq!(driver.gi_placements(0, 1), Err(Ret::NOT_SUPPORTED));
    assert_eq!(driver.create_gi(2, 9, None), Err(Ret::INVALID_ARGUMENT));
    // compute instances of it: id 2 here, at start 4
    assert_eq!(driver.create_ci(0, 2, 3, None), Err(Ret::NOT_SUPPORTED));
    assert_eq!(driver.create_ci(0, 1, 2, None), Err(Ret::INVALID_ARGUMENT));
    assert_eq!(
        driver.create_ci(0, 2, 0, Some((3, 1))),
        Err(Ret::INVALID_ARGUMENT)
    );
    assert_eq!(
        driver.create_ci(0, 2, 0, Some((1, 2))),
        Err(Ret::INVALID_ARGUMENT)
    );
    assert_eq!(driver.create_ci(0, 2, 0, Some((1, 1))), Ok(0));
    assert_eq!(
        driver.create_ci(0, 2, 0, Some((1, 1))),
        Err(Ret::INSUFFICIENT_RESOURCES)
    );
    assert_eq!(driver.ci_by_id(0, 2, 3), Err(Ret::NOT_FOUND));
    assert_eq!(driver.ci_profile(0, 2, 4, 0), Err(Ret::NOT_SUPPORTED));
    assert_eq!(driver.ci_profile(0, 2, 0, 1), Err(Ret::INVALID_ARGUMENT));
    assert_eq!(driver.ci_profile(0, 2, 99, 0), Err(Ret::INVALID_ARGUMENT));
}

#[test]
fn profiles_are_enumerated_until_invalid_argument_with_holes() {
    let driver = a100(ON);
    let mut ids = Vec::new();
    for kind in 0.. {
        match driver.gi_profile(0, kind) {
            Ok(profile) => ids.push(profile.id),
            Err(Ret::NOT_SUPPORTED) => {}
            Err(code) => {
                assert_eq!(code, Ret::INVALID_ARGUMENT);
                break;
            }
        }
    }
    assert_eq!(ids, [19, 14, 9, 5, 0, 20, 15]);
    let profile = driver.gi_profile(0, 7).unwrap();
    assert_eq!(
        (profile.name.as_str(), profile.max, profile.ofa),
        ("MIG 1g.5gb+me", 1, 1)
    );
}

#[test]
fn a_process_keeps_its_compute_instance_and_no_other_takes_its_place() {
    let driver = driver(
        "a100-40",
        "535.161.08",
        "mig = true\ninstances = ['9@4', '19@0']",
        &worker("at = 4", ""),
    );
    assert_eq!(driver.destroy_ci(0, 2, 0), Err(Ret::IN_USE));
    assert_eq!(driver.destroy_gi(0, 2), Err(Ret::IN_USE));
    assert_eq!(driver.destroy_ci(0, 7, 0), Ok(()));
    driver.restart();
    let gi = driver.create_gi(0, 9, Some((4, 4))).unwrap();
    driver.create_ci(0, gi, 2, None).unwrap();
    let on = |d| {
        driver
            .processes(
                d,
                ProcKind::Compute,
                "nvmlDeviceGetComputeRunningProcesses_v3",
            )
            .unwrap()
    };
    assert_eq!(on(mig(0, gi, 0)), []);
    assert_eq!(driver.destroy_ci(0, gi, 0), Ok(()));
}

#[test]
fn the_first_instance_waits_for_work_on_the_undivided_gpu() {
    // Hopper: the mode changes at once, then an X server blocks the first create
    let driver = driver("h100-80", "550.54.15", "", &worker("", "graphics = true"));
    assert_eq!(driver.set_mig_mode(0, true), Ok(Ret::SUCCESS));
    assert_eq!(driver.create_gi(0, 19, None), Err(Ret::IN_USE));
    // a wrong argument is still told first
    assert_eq!(driver.create_gi(0, 1, None), Err(Ret::INVALID_ARGUMENT));
    driver.restart();
    driver.set_mig_mode(0, true).unwrap();
    assert!(driver.create_gi(0, 19, None).is_ok());
}

#[test]
fn uuids_return_with_the_instance_id_whatever_the_profile() {
    let driver = a100(ON);
    let make = |id, ci| {
        let gi = driver.create_gi(0, id, Some((0, 4))).unwrap();
        driver.create_ci(0, gi, ci, None).unwrap();
        let uuid = driver.uuid(mig(0, gi, 0)).unwrap();
        assert_eq!(driver.by_uuid(&uuid), Ok(mig(0, gi, 0)));
        driver.destroy_ci(0, gi, 0).unwrap();
        driver.destroy_gi(0, gi).unwrap();
        assert_eq!(driver.by_uuid(&uuid), Err(Ret::NOT_FOUND));
        uuid
    };
    assert_eq!(make(9, 2), make(5, 3));
}

#[test]
fn listed_uuids_hold_for_the_first_layout_and_come_back() {
    let driver =
        a100("mig = true\ninstances = ['14@0', '14@2', '19@6']\nmig_uuids = ['aaaa', 'bbbb']");
    let uuid = |gi| driver.uuid(mig(0, gi, 0)).unwrap();
    assert_eq!(
        (uuid(3).as_str(), uuid(4).as_str()),
        ("MIG-aaaa", "MIG-bbbb")
    );
    assert_eq!(uuid(13).len(), 40);
    driver.destroy_ci(0, 4, 0).unwrap();
    driver.create_ci(0, 4, 1, None).unwrap();
    assert_eq!(uuid(4), "MIG-bbbb");
}

#[test]
fn device_indexes_follow_instance_ids_and_are_renumbered() {
    // A30 transcript: Dev 0 was GI 3 until GI 2 came
    let driver = driver("a30-24", "535.183.01", ON, "privileged = true");
    let quarter = driver.create_gi(0, 14, Some((0, 1))).unwrap();
    driver.create_ci(0, quarter, 0, None).unwrap();
    assert_eq!(driver.mig_by_index(0, 0), Ok((3, 0)));
    let half = driver.create_gi(0, 5, Some((2, 2))).unwrap();
    driver.create_ci(0, half, 1, None).unwrap();
    assert_eq!((half, driver.mig_by_index(0, 0)), (2, Ok((2, 0))));
    assert_eq!(driver.index(mig(0, 3, 0)), Ok(1));
    assert_eq!(driver.mig_by_index(0, 2), Err(Ret::NOT_FOUND));
}

#[test]
fn old_drivers_have_their_own_names_uuids_and_functions() {
    let driver = driver(
        "a100-40",
        "450.80.02",
        "mig = true\nuuid = 'GPU-1'\ninstances = ['9@0', '9@4']",
        "privileged = true",
    );
    assert_eq!(driver.name(DeviceRef::Gpu(0)).unwrap(), "A100-SXM4-40GB");
    assert_eq!(driver.uuid(mig(0, 2, 0)).unwrap(), "MIG-GPU-1/2/0");
    assert_eq!(driver.by_uuid("MIG-GPU-1/1/0"), Ok(mig(0, 1, 0)));
    assert_eq!(driver.memory(mig(0, 1, 0)).unwrap().total >> 20, 20_224);
    assert_eq!(driver.memory(mig(0, 2, 0)).unwrap().total >> 20, 20_096);
    assert_eq!(driver.counters()["nvmlDeviceGetMemoryInfo"], 2);
    assert_eq!(
        driver.create_gi(1, 9, Some((0, 4))),
        Err(Ret::FUNCTION_NOT_FOUND)
    );
    assert_eq!(driver.gi_profile(0, 7), Err(Ret::INVALID_ARGUMENT));
    for symbol in [
        "nvmlDeviceCreateGpuInstanceWithPlacement",
        "nvmlGpuInstanceCreateComputeInstanceWithPlacement",
        "nvmlDeviceGetComputeRunningProcesses_v2",
        "nvmlDeviceGetMemoryInfo_v2",
        "nvmlGpmSampleGet",
    ] {
        assert!(!driver.offers(symbol), "{symbol}");
    }
    assert!(driver.offers("nvmlDeviceGetComputeRunningProcesses"));
}

#[test]
fn a_snapshot_tells_all_of_it() {
    let driver = a100("mig = true\nminor = 5\ninstances = ['9@4[0,1]', '19@0[]']");
    let snapshot = driver.peek();
    let gpu = &snapshot.gpus[0];
    assert_eq!((gpu.mig, gpu.pending, gpu.minor), (true, true, 5));
    let names: Vec<_> = gpu
        .instances
        .iter()
        .map(|gi| (gi.gi, gi.name.as_str()))
        .collect();
    assert_eq!(names, [(2, "3g.20gb"), (7, "1g.5gb")]);
    let half = &gpu.instances[0];
    assert_eq!(half.capability_minor, 3 + 5 * 135 + 2 * 9);
    let cis: Vec<_> = half
        .cis
        .iter()
        .map(|ci| (ci.index, ci.name.as_str(), ci.start, ci.size))
        .collect();
    assert_eq!(cis, [(0, "1c.3g.20gb", 2, 1), (1, "2c.3g.20gb", 0, 2)]);
    assert!(gpu.instances[1].cis.is_empty());
    assert_eq!(
        driver.counters().len(),
        1,
        "only nvmlInit_v2: {:?}",
        driver.counters()
    );
}

#[test]
fn scenarios_that_no_driver_would_allow_are_refused() {
    let open = |board: &str, version: &str, instances: &str| {
        let gpu = format!("mig = true\ninstances = [{instances}]");
        let scenario = scenario(board, version, &gpu, "privileged = true");
        Driver::open(&scenario, "one", None)
            .err()
            .map(|why| why.to_string())
    };
    for (board, version, instances, word) in [
        ("a100-40", "535.161.08", "'9@0', '5@0'", "taken"),
        ("a100-40", "535.161.08", "'9@1'", "no placement at 1"),
        ("a100-40", "450.80.02", "'20@0'", "offers no profile 20"),
        (
            "a100-40",
            "535.161.08",
            "'9@0[2,0]'",
            "no room for compute instance 1",
        ),
        ("a100-41", "535.161.08", "", "known are"),
        ("a100-40", "new", "", "driver version 'new'"),
    ] {
        let why = open(board, version, instances).unwrap();
        assert!(why.contains(word), "{instances}: {why}");
    }
    let scenario = scenario("a100-40", "535.161.08", "", "privileged = true");
    let why = Driver::open(&scenario, "two", None)
        .err()
        .unwrap()
        .to_string();
    assert!(why.contains("'two'") && why.contains("one"), "{why}");
}
