use super::*;

#[test]
fn without_privilege_the_documented_functions_refuse_and_the_others_answer() {
    let gpu = "mig = true\ninstances = ['9@0']";
    let driver = driver("a100-40", "580.65.06", gpu, "privileged = false");
    let denied = Ret::NO_PERMISSION;
    assert_eq!(driver.set_mig_mode(0, false), Err(denied));
    assert_eq!(driver.gi_placements(0, 9), Err(denied));
    assert_eq!(driver.gi_remaining(0, 9), Err(denied));
    assert_eq!(driver.create_gi(0, 9, None), Err(denied));
    assert_eq!(driver.create_gi(0, 9, Some((4, 4))), Err(denied));
    assert_eq!(driver.destroy_gi(0, 1), Err(denied));
    assert_eq!(driver.gis(0, 9), Err(denied));
    assert_eq!(driver.gi_by_id(0, 1), Err(denied));
    assert_eq!(driver.ci_placements(0, 1, 2), Err(denied));
    assert_eq!(driver.ci_remaining(0, 1, 2), Err(denied));
    assert_eq!(driver.create_ci(0, 1, 2, None), Err(denied));
    assert_eq!(driver.destroy_ci(0, 1, 0), Err(denied));
    assert_eq!(driver.cis(0, 1, 2), Err(denied));
    assert_eq!(driver.ci_by_id(0, 1, 0), Err(denied));
    let symbol = "nvmlDeviceGetComputeRunningProcesses_v3";
    let whole = DeviceRef::Gpu(0);
    assert_eq!(driver.memory(whole), Err(denied));
    assert_eq!(driver.bar1(whole), Err(denied));
    assert_eq!(
        driver.processes(whole, ProcKind::Compute, symbol),
        Err(denied)
    );

    let device = mig(0, 1, 0);
    assert!(driver.mig_mode(0).is_ok());
    assert!(driver.gi_profile(0, 2).is_ok());
    assert!(driver.gi_profile_by_id(0, 9).is_ok());
    assert!(driver.gi_info(0, 1).is_ok());
    assert!(driver.ci_profile(0, 1, 2, 0).is_ok());
    assert!(driver.ci_info(0, 1, 0).is_ok());
    assert_eq!(driver.mig_by_index(0, 0), Ok((1, 0)));
    assert!(driver.memory(device).is_ok());
    assert!(driver.attributes(device).is_ok());
    assert!(driver.processes(device, ProcKind::Compute, symbol).is_ok());
    // the GPU without MIG is nobody's secret
    assert!(driver.memory(DeviceRef::Gpu(1)).is_ok());
}

#[test]
fn nothing_answers_before_init_or_after_shutdown() {
    let scenario = scenario("a100-40", "535.161.08", "", "privileged = true");
    let driver = Driver::open(&scenario, "one", None).unwrap();
    assert_eq!(driver.count(), Err(Ret::UNINITIALIZED));
    assert_eq!(driver.shutdown(), Err(Ret::UNINITIALIZED));
    driver.init().unwrap();
    driver.init().unwrap();
    driver.shutdown().unwrap();
    assert_eq!(driver.count(), Ok(2));
    driver.shutdown().unwrap();
    assert_eq!(driver.by_index(0), Err(Ret::UNINITIALIZED));
    assert_eq!(driver.counters()["nvmlInit_v2"], 2);
    driver.reset_counters();
    assert!(driver.counters().is_empty());
}

#[test]
fn indexes_out_of_range_and_devices_that_are_not_there() {
    let driver = a100("serial = '1320000000001'\npci = '0000:07:00.0'");
    assert_eq!(driver.by_index(2), Err(Ret::INVALID_ARGUMENT));
    assert_eq!(driver.temperature(2), Err(Ret::INVALID_ARGUMENT));
    assert_eq!(driver.by_pci("00000000:07:00.0"), Ok(0));
    assert_eq!(driver.by_pci("0000:08:00.0"), Err(Ret::NOT_FOUND));
    assert_eq!(driver.by_pci("seven"), Err(Ret::INVALID_ARGUMENT));
    assert_eq!(driver.by_serial("1320000000001"), Ok(0));
    assert_eq!(driver.by_serial("1"), Err(Ret::NOT_FOUND));
    assert_eq!(driver.by_uuid("GPU-none"), Err(Ret::NOT_FOUND));
    assert_eq!(driver.gi_id(DeviceRef::Gpu(0)), Err(Ret::NOT_SUPPORTED));
    assert_eq!(
        driver.attributes(DeviceRef::Gpu(0)),
        Err(Ret::NOT_SUPPORTED)
    );
    assert_eq!(driver.parent(DeviceRef::Gpu(0)), Err(Ret::INVALID_ARGUMENT));
    assert_eq!(driver.cuda_version(), Ok(12_020));
    assert_eq!(driver.nvml_version().unwrap(), "12.535.161.08");
}

#[test]
fn a_host_without_the_library_cannot_be_initialised() {
    let scenario = scenario("a100-40", "535.161.08", "", "library = false");
    let driver = Driver::open(&scenario, "one", None).unwrap();
    assert_eq!(driver.init(), Err(Ret(12)));
}
