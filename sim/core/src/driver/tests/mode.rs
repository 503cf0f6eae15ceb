use super::*;

fn modes(driver: &Driver) -> (bool, bool) {
    driver.mig_mode(0).unwrap()
}

#[test]
fn an_idle_ampere_gpu_changes_at_once() {
    let driver = a100("");
    assert_eq!(driver.set_mig_mode(0, true), Ok(Ret::SUCCESS));
    assert_eq!(modes(&driver), (true, true));
    assert_eq!(driver.mig_mode(1), Ok((false, false)));
    assert_eq!(driver.set_mig_mode(0, false), Ok(Ret::SUCCESS));
    assert_eq!(modes(&driver), (false, false));
}

#[test]
fn a_held_ampere_gpu_waits_for_a_reset() {
    let holder =
        "privileged = true\n[[hosts.processes]]\npid = 77\nargv = ['nv-hostengine']\nholds = [0]\n";
    for rest in [holder.to_owned(), worker("", "")] {
        let driver = driver("a100-40", "535.161.08", "", &rest);
        assert_eq!(driver.set_mig_mode(0, true), Ok(Ret::IN_USE));
        assert_eq!(modes(&driver), (false, true));
        assert_eq!(driver.create_gi(0, 19, None), Err(Ret::NOT_SUPPORTED));
        // the other GPU is nobody's
        assert_eq!(driver.set_mig_mode(1, true), Ok(Ret::SUCCESS));
        // setting it back takes the change back
        assert_eq!(driver.set_mig_mode(0, false), Ok(Ret::SUCCESS));
        assert_eq!(modes(&driver), (false, false));
        driver.set_mig_mode(0, true).unwrap();
        driver.restart();
        assert_eq!(modes(&driver), (true, true));
    }
}

#[test]
fn hopper_changes_at_once_and_forgets_at_a_reload() {
    let driver = driver("h100-80", "550.54.15", "", &worker("", ""));
    assert_eq!(driver.set_mig_mode(0, true), Ok(Ret::SUCCESS));
    assert_eq!(modes(&driver), (true, true));
    driver.restart();
    assert_eq!(modes(&driver), (false, false));
}

#[test]
fn instances_vanish_at_a_reload_and_the_mode_stays_on_ampere() {
    let driver = a100("mig = true\ninstances = ['19@0']");
    driver.restart();
    assert_eq!(modes(&driver), (true, true));
    assert!(driver.peek().gpus[0].instances.is_empty());
}

#[test]
fn switching_off_with_instances_is_refused() {
    for driver in [
        a100("mig = true\ninstances = ['19@0[]']"),
        h100("mig = true\ninstances = ['19@0[]']"),
    ] {
        assert_eq!(driver.set_mig_mode(0, false), Err(Ret::IN_USE));
        assert_eq!(modes(&driver), (true, true));
        let gi = driver.gis(0, 19).unwrap()[0];
        driver.destroy_gi(0, gi).unwrap();
        assert_eq!(driver.set_mig_mode(0, false), Ok(Ret::SUCCESS));
    }
}
