use super::*;

/// Metrics over a window that is long enough.
fn metrics(driver: &Driver, sample: impl Fn() -> GpmSample) -> [f64; 4] {
    let first = sample();
    loop {
        let second = sample();
        match driver.gpm_metric(2, &first, &second) {
            Ok(_) => {
                return [2, 3, 5, 10].map(|id| driver.gpm_metric(id, &first, &second).unwrap());
            }
            Err(code) => assert_eq!(code, Ret::INVALID_ARGUMENT),
        }
        std::thread::yield_now();
    }
}

#[test]
fn memory_and_processes_of_an_instance_and_of_its_gpu() {
    let gpu = "mig = true\ninstances = ['9@4', '9@0']";
    let driver = driver("a100-40", "535.161.08", gpu, &worker("at = 4", ""));
    let of = |d| driver.memory(d).unwrap();
    let busy = of(mig(0, 2, 0));
    assert_eq!(busy.total, 19_968 << 20);
    assert_eq!(busy.total, busy.used + busy.free + busy.reserved);
    let mib = busy.used >> 20;
    assert!((980..=1035).contains(&mib), "{mib}");
    let idle = of(mig(0, 1, 0)).used >> 20;
    assert_eq!(idle, 11);
    let whole = of(DeviceRef::Gpu(0));
    assert_eq!(whole.total, whole.used + whole.free + whole.reserved);
    assert!(whole.used >> 20 >= 980 + 22);

    let list = |d| {
        let symbol = "nvmlDeviceGetComputeRunningProcesses_v3";
        let list = driver.processes(d, ProcKind::Compute, symbol).unwrap();
        list.iter().map(|p| (p.pid, p.gi, p.ci)).collect::<Vec<_>>()
    };
    assert_eq!(list(DeviceRef::Gpu(0)), [(4242, Some(2), Some(0))]);
    assert_eq!(list(mig(0, 2, 0)), [(4242, Some(2), Some(0))]);
    assert_eq!(list(mig(0, 1, 0)), []);
    assert_eq!(driver.process_name(4242).unwrap(), "python");
    assert_eq!(driver.process_name(4243), Err(Ret::NOT_FOUND));
}

#[test]
fn under_mig_some_questions_have_no_answer() {
    let driver = a100("mig = true\ninstances = ['9@0']\nremapped = [1, 2]");
    let (gpu, device) = (DeviceRef::Gpu(0), mig(0, 1, 0));
    assert_eq!(driver.utilization(gpu), Err(Ret::NOT_SUPPORTED));
    assert_eq!(driver.utilization(device), Err(Ret::NOT_SUPPORTED));
    assert!(driver.utilization(DeviceRef::Gpu(1)).is_ok());
    assert_eq!(driver.remapped_rows(0), Err(Ret::NOT_SUPPORTED));
    assert_eq!(driver.field(gpu, 142, 0), Err(Ret::NOT_SUPPORTED));
    assert_eq!(driver.remap_histogram(0), Ok([637, 3, 0, 0, 0]));
    // errors: (uncorrected, aggregate)
    assert_eq!(driver.ecc_total(gpu, true, false), Err(Ret::NOT_SUPPORTED));
    assert_eq!(driver.ecc_total(gpu, true, true), Ok(2));
    assert_eq!(driver.ecc_total(device, true, false), Ok(0));
    assert_eq!(
        driver.ecc_total(device, true, true),
        Err(Ret::NOT_SUPPORTED)
    );
    assert_eq!(
        driver.ecc_total(device, false, false),
        Err(Ret::NOT_SUPPORTED)
    );
    // links are trained off on this generation
    assert_eq!(driver.nvlink_state(0, 0), Ok(false));
    assert_eq!(driver.nvlink_state(1, 11), Ok(true));
    assert_eq!(driver.nvlink_state(1, 12), Err(Ret::INVALID_ARGUMENT));

    driver.destroy_ci(0, 1, 0).unwrap();
    driver.destroy_gi(0, 1).unwrap();
    assert_eq!(driver.remapped_rows(0), Ok((1, 2, false, false)));
    assert_eq!(
        driver.field(gpu, 143, 0).unwrap().value,
        FieldNumber::U32(2)
    );
    assert_eq!(
        driver.field(gpu, 184, 0).unwrap().value,
        FieldNumber::U32(0)
    );
    assert_eq!(driver.field(gpu, 230, 0), Err(Ret::NOT_SUPPORTED));
}

#[test]
fn sensors_follow_the_load() {
    let driver = driver("a100-40", "570.86.15", "load = 90.0", "privileged = true");
    assert!(driver.temperature(0).unwrap() > driver.temperature(1).unwrap() + 10);
    assert_eq!(driver.power_mw(1), Ok(44_000));
    let (power, limit) = (
        driver.power_mw(0).unwrap(),
        driver.power_limit_mw(0).unwrap(),
    );
    assert!(power > 200_000 && power < limit, "{power}");
    assert_eq!(
        (driver.clock_mhz(0, 1), driver.clock_mhz(1, 1)),
        (Ok(1410), Ok(210))
    );
    assert_eq!(driver.max_clock_mhz(1, 1), Ok(1410));
    assert_eq!(driver.clock_mhz(0, 9), Err(Ret::INVALID_ARGUMENT));
    assert_eq!(driver.throttle_reasons(1), Ok(1));
    let (busy, _) = driver.utilization(DeviceRef::Gpu(0)).unwrap();
    assert!((60..=100).contains(&busy), "{busy}");
    assert_eq!(driver.recovery_action(0), Ok(0));
}

#[test]
fn gpm_measures_an_instance_as_a_share_of_itself() {
    // a 1c in a 3g of 60 SMs: 16 of them at about half
    let gpu = "mig = true\nuuid = 'GPU-5'\ninstances = ['9@4[0,0]', '9@0']";
    let driver = driver("h100-80", "550.54.15", gpu, &worker("at = 4", ""));
    let snapshot = driver.peek();
    let at = |start| {
        snapshot.gpus[0]
            .instances
            .iter()
            .find(|gi| gi.start == start)
            .unwrap()
            .gi
    };
    let (busy, idle) = (at(4), at(0));
    let [sm, occupancy, tensor, dram] =
        metrics(&driver, || driver.gpm_mig_sample(0, busy).unwrap());
    let full = 16.0 / 60.0;
    assert!((35.0 * full..=65.0 * full).contains(&sm), "{sm}");
    for part in [occupancy, tensor, dram] {
        assert!(part > 0.0 && part <= sm, "{part} of {sm}");
    }
    let none = metrics(&driver, || driver.gpm_mig_sample(0, idle).unwrap());
    assert_eq!(none, [0.0; 4]);
    let by_handle = metrics(&driver, || driver.gpm_sample(mig(0, busy, 0)).unwrap());
    assert!((by_handle[0] - sm).abs() < 10.0, "{by_handle:?} {sm}");
    let [gpu, ..] = metrics(&driver, || driver.gpm_sample(DeviceRef::Gpu(0)).unwrap());
    assert!(gpu > 0.0 && gpu < sm, "{gpu} {sm}");
}

#[test]
fn gpm_refuses_what_makes_no_window() {
    let driver = h100("mig = true\nuuid = 'GPU-5'\ninstances = ['19@0[]']");
    let gi = driver.gis(0, 19).unwrap()[0];
    let first = driver.gpm_mig_sample(0, gi).unwrap();
    assert_eq!(
        driver.gpm_metric(2, &first, &first),
        Err(Ret::INVALID_ARGUMENT)
    );
    driver.destroy_gi(0, gi).unwrap();
    assert_eq!(driver.gpm_mig_sample(0, gi), Err(Ret::INVALID_ARGUMENT));
    // the same id again is another instance
    assert_eq!(driver.create_gi(0, 19, Some((0, 1))), Ok(gi));
    metrics(&driver, || driver.gpm_mig_sample(0, gi).unwrap());
    let second = driver.gpm_mig_sample(0, gi).unwrap();
    assert_eq!(
        driver.gpm_metric(2, &first, &second),
        Err(Ret::INVALID_ARGUMENT)
    );
    assert_eq!(driver.gpm_supported(0), Ok(true));

    let ampere = a100("mig = true\ninstances = ['19@0[]']");
    assert_eq!(ampere.gpm_supported(0), Ok(false));
    assert_eq!(ampere.gpm_mig_sample(0, 7), Err(Ret::NOT_SUPPORTED));
}
