use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::*;

fn fault(function: &str) -> Fault {
    Fault {
        function: function.into(),
        ..Fault::default()
    }
}

#[test]
fn codes_hit_their_function_and_gpu() {
    let driver = a100("");
    driver.inject(Fault {
        gpu: Some(1),
        code: Some(15),
        ..fault("*")
    });
    assert_eq!(driver.by_index(1), Err(Ret::GPU_IS_LOST));
    assert_eq!(driver.temperature(1), Err(Ret::GPU_IS_LOST));
    assert!(driver.temperature(0).is_ok());
    assert_eq!(driver.count(), Ok(2));
    driver.clear_faults();
    assert!(driver.temperature(1).is_ok());
}

#[test]
fn only_the_nth_call_fails() {
    let driver = a100("");
    driver.inject(Fault {
        call: Some(2),
        code: Some(999),
        ..fault("nvmlDeviceGetTemperature")
    });
    let answers: Vec<bool> = (0..4).map(|_| driver.temperature(0).is_ok()).collect();
    assert_eq!(answers, [true, false, true, true]);
}

#[test]
fn a_mismatch_refuses_initialisation() {
    let rest = "privileged = true\n[[hosts.faults]]\nfunction = 'nvmlInit'\ncode = 18\n";
    let scenario = scenario("a100-40", "535.161.08", "", rest);
    let driver = Driver::open(&scenario, "one", None).unwrap();
    assert_eq!(driver.init(), Err(Ret::LIB_RM_VERSION_MISMATCH));
    assert_eq!(driver.count(), Err(Ret::UNINITIALIZED));
    driver.clear_faults();
    driver.init().unwrap();
}

#[test]
fn faults_begin_and_end_with_time() {
    let driver = a100("");
    driver.inject(Fault {
        after_seconds: 3600.0,
        code: Some(999),
        ..fault("nvmlDeviceGetTemperature")
    });
    assert!(driver.temperature(0).is_ok());
    driver.inject(Fault {
        for_seconds: Some(0.05),
        code: Some(999),
        ..fault("nvmlDeviceGetPowerUsage")
    });
    let end = Instant::now() + Duration::from_secs(10);
    while driver.power_mw(0).is_err() {
        assert!(Instant::now() < end, "it never ends");
        std::thread::yield_now();
    }
}

#[test]
fn latency_is_waited_for() {
    let driver = a100("");
    driver.inject(Fault {
        latency_ms: 60,
        ..fault("nvmlDeviceGetTemperature")
    });
    let start = Instant::now();
    assert!(driver.temperature(0).is_ok());
    assert!(start.elapsed() >= Duration::from_millis(60));
}

#[test]
fn a_hanging_call_comes_back_when_the_fault_is_cleared_and_holds_up_no_other() {
    let driver = a100("");
    driver.inject(Fault {
        hang: true,
        gpu: Some(0),
        ..fault("nvmlDeviceGetTemperature")
    });
    let cleared = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let hanging = scope.spawn(|| {
            let answer = driver.temperature(0);
            (answer, cleared.load(Ordering::SeqCst))
        });
        while !driver.counters().contains_key("nvmlDeviceGetTemperature") {
            std::thread::yield_now();
        }
        for _ in 0..100 {
            assert!(driver.temperature(1).is_ok());
            assert!(driver.power_mw(0).is_ok());
        }
        assert!(!hanging.is_finished());
        cleared.store(true, Ordering::SeqCst);
        driver.clear_faults();
        let (answer, was_cleared) = hanging.join().unwrap();
        assert!(answer.is_ok() && was_cleared);
    });
}

#[test]
fn a_sticky_gpu_instance_is_in_use_for_a_while_after_its_last_compute_instance() {
    let rest = "privileged = true\n[[hosts.faults]]\ngpu = 0\nsticky_destroy = 2\n";
    let driver = driver(
        "a100-40",
        "535.161.08",
        "mig = true\ninstances = ['9@0[0,0]']",
        rest,
    );
    driver.destroy_ci(0, 1, 0).unwrap();
    driver.destroy_ci(0, 1, 1).unwrap();
    assert_eq!(driver.destroy_gi(0, 1), Err(Ret::IN_USE));
    assert_eq!(driver.destroy_gi(0, 1), Err(Ret::IN_USE));
    assert_eq!(driver.destroy_gi(0, 1), Ok(()));
}
