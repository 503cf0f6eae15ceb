//! `profiles`, `layouts` and `validate` of a GPU that is there: `--gpu`.

use nvml_sim::driver::Driver;
use nvml_sim::library;
use nvml_sim::scenario::Scenario;
use serde_json::{Value, json};

use super::run::{Ended, Run, migdeck, node, simulated};
use super::schema::conforms;

fn on(scenario: &str, command: &str) -> Run {
    migdeck(&format!(
        "demo --scenario {scenario} {command} --wait 120 --json"
    ))
}

fn profiles(scenario: &str, gpu: &str) -> Value {
    let document = on(scenario, &format!("profiles --gpu {gpu}")).ok().json();
    conforms("profiles", &document);
    document
}

/// Profiles by name with what more of them fits now.
fn fits(document: &Value) -> Vec<(&str, &Value)> {
    let all = document["profiles"].as_array().unwrap();
    all.iter()
        .map(|p| (p["name"].as_str().unwrap(), &p["fits_now"]))
        .collect()
}

#[test]
fn profiles_come_from_the_driver_with_what_fits_now() {
    let document = profiles("bank", "dgx-dev-01/2");
    assert_eq!(document["model"], "NVIDIA A100-SXM4-40GB");
    let gpu = &document["gpu"];
    assert_eq!(gpu["node"], "dgx-dev-01");
    assert_eq!(gpu["index"], 2);
    assert_eq!(gpu["simulated"], true);
    assert_eq!(gpu["layout"], "2g.10gb@0 2g.10gb@2 2g.10gb@4");
    let expected = [
        ("1g.5gb", 1),
        ("2g.10gb", 0),
        ("3g.20gb", 0),
        ("4g.20gb", 0),
        ("7g.40gb", 0),
        ("1g.5gb+me", 1),
        ("1g.10gb", 1),
    ];
    let expected = expected.map(|(name, n)| (name, json!(n)));
    let expected: Vec<_> = expected.iter().map(|(name, n)| (*name, n)).collect();
    assert_eq!(fits(&document), expected);
    for profile in document["profiles"].as_array().unwrap() {
        assert_eq!(profile["source"], "driver");
        assert!(profile.get("absent").is_none(), "{profile:#}");
    }
    let page = migdeck("demo profiles --gpu dgx-dev-01/2 --wait 120")
        .ok()
        .out;
    for part in [
        "NVIDIA A100-SXM4-40GB  from its driver",
        "dgx-dev-01 GPU 2  GPU-",
        "SIMULATED",
        "2g.10gb@0 2g.10gb@2 2g.10gb@4",
        "PROFILE   ID MAX FREE",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(page.lines().all(|line| line.len() <= 100), "{page}");
}

#[test]
fn what_fits_is_what_status_says_is_free() {
    for (scenario, host) in [("bank#dgx-mix-01", "dgx-mix-01"), ("a30", "a30-infer-01")] {
        let status = simulated(scenario);
        for gpu in node(&status, host)["gpus"].as_array().unwrap() {
            let document = profiles(scenario, gpu["uuid"].as_str().unwrap());
            assert_eq!(document["gpu"]["index"], gpu["index"]);
            let fitting: Vec<&str> = fits(&document)
                .into_iter()
                .filter(|(_, n)| n.as_u64().unwrap() > 0)
                .map(|(name, _)| name)
                .collect();
            let free: Vec<&str> = gpu["free"]
                .as_array()
                .unwrap()
                .iter()
                .map(|f| f["profile"].as_str().unwrap())
                .collect();
            assert_eq!(fitting, free, "{host} {}", gpu["index"]);
        }
    }
}

#[test]
fn a_gpu_is_found_by_index_uuid_and_tail() {
    // a GPU instance without a compute instance shows as such
    let layout = "4g.20gb@0 1g.5gb@4[]";
    for gpu in [
        "5",
        "dgx-mix-01/5",
        "GPU-3301e6dd-d38f-0eb5-4665-6c9659f320ff",
        "..59F320FF",
        "dgx-mix-01/59f320ff",
    ] {
        let document = profiles("bank#dgx-mix-01", gpu);
        assert_eq!(document["gpu"]["layout"], layout, "{gpu}");
    }
}

#[test]
fn the_library_tells_the_same_as_the_demo() {
    let spec = "bank#dgx-mix-01";
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let scenario = Scenario::load(spec).unwrap();
    let driver = Driver::open(&scenario, &scenario.hosts[0].name, Some(&state)).unwrap();
    let built = std::env::current_exe()
        .unwrap()
        .with_file_name("libnvidia_ml_sim.so");
    library::install(&built, &driver, folder.path()).unwrap();
    let by_library = migdeck("profiles --gpu 5 --no-sudo --wait 120 --json")
        .env("LD_LIBRARY_PATH", folder.path())
        .env("NVML_SIM_SCENARIO", spec)
        .env("NVML_SIM_STATE", &state)
        .ok()
        .json();
    conforms("profiles", &by_library);
    let in_demo = profiles(spec, "5");
    assert_eq!(by_library["profiles"], in_demo["profiles"]);
    for key in ["index", "uuid", "layout"] {
        assert_eq!(by_library["gpu"][key], in_demo["gpu"][key], "{key}");
    }
}

#[test]
fn without_mig_nothing_fits_and_without_the_right_nobody_knows() {
    let off = profiles("faults#hang", "7");
    assert_eq!(off["gpu"]["layout"], "off");
    assert!(fits(&off).iter().all(|(_, n)| **n == json!(0)), "{off:#}");
    let hidden = profiles("faults#no-permission", "0");
    assert_eq!(hidden["gpu"]["layout"], Value::Null);
    for profile in hidden["profiles"].as_array().unwrap() {
        assert_eq!(profile["fits_now"], Value::Null);
        assert_eq!(profile["absent"]["fits_now"]["code"], "no_permission");
    }
}

#[test]
fn room_is_not_counted_where_instances_may_be_unseen() {
    // a plain user sees MIG devices, and a GPU instance without a compute instance is none
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plain.toml");
    let scenario = "name = \"plain\"\nabout = \"a plain user\"\n[[hosts]]\nname = \"plain\"\nboard = \"a100-40\"\n\
        driver = \"535.161.08\"\ncuda = \"12.2\"\nprivileged = false\n\
        gpus = [{ mig = true, instances = [\"0@0[]\"] }]\n";
    std::fs::write(&file, scenario).unwrap();
    let file = file.to_str().unwrap();
    let gpu = &simulated(file)["nodes"][0]["gpus"][0];
    assert_eq!(gpu["free"], Value::Null, "{gpu:#}");
    assert_eq!(gpu["absent"]["free"]["code"], "no_permission");
    let document = profiles(file, "0");
    assert!(fits(&document).iter().all(|(_, n)| n.is_null()));
}

#[test]
fn profiles_that_cannot_be_read_are_an_error_with_their_reason() {
    let fails = |ended: Ended, why: &str| {
        assert_eq!(ended.code, 1, "{}{}", ended.out, ended.err);
        assert_eq!(ended.out, "");
        assert!(ended.err.contains(why), "{}", ended.err);
    };
    let hung = migdeck("demo --scenario faults#hang profiles --gpu 5 --wait 20").go();
    fails(hung, "has not come back");
    let none = on("faults#no-library", "layouts --gpu 0").go();
    fails(none, "library not found");
    let down = migdeck("profiles --gpu far/0 --wait 60")
        .config("[[hosts]]\nname = \"far\"\nprobe = [\"/bin/sh\", \"-c\", \"echo no route to far >&2; exit 255\"]\n")
        .go();
    fails(down, "no route to far");
}

#[test]
fn layouts_and_validate_take_the_board_of_a_gpu() {
    let live = on("bank#dgx-mix-01", "layouts --no-media --gpu 0")
        .ok()
        .json();
    conforms("layouts", &live);
    assert_eq!(live["gpu"]["node"], "dgx-mix-01");
    let built_in = migdeck("layouts --no-media --model a100-40 --json")
        .ok()
        .json();
    assert_eq!(live["layouts"], built_in["layouts"]);
    assert!(built_in.get("gpu").is_none());

    // what is on the GPU does not matter
    let fits = on("bank#dgx-prod-01", "validate --gpu 0")
        .arg("3g.20gb 4g.20gb@0")
        .ok()
        .json();
    conforms("validate", &fits);
    assert_eq!(fits["layout"], "4g.20gb@0 3g.20gb@4");
    assert_eq!(fits["gpu"]["layout"], "3g.20gb@0 3g.20gb@4");
    let collides = on("bank#dgx-prod-01", "validate --gpu 0")
        .arg("2x3g.20gb 1g.5gb")
        .go();
    assert_eq!(collides.code, 3, "{}", collides.err);
    conforms("validate", &collides.json());
    let page = migdeck("demo --scenario bank#dgx-prod-01 validate off --gpu 0 --wait 120").ok();
    assert!(page.out.starts_with("dgx-prod-01 GPU 0"), "{}", page.out);
}

#[test]
fn a_name_that_means_no_gpu_or_several_is_answered_with_those_there_are() {
    let refused = |args: &str| {
        let ended = migdeck(&format!("demo {args} --wait 120")).go();
        assert_eq!(ended.code, 2, "{args}: {}{}", ended.out, ended.err);
        ended.err
    };
    let several = refused("profiles --gpu 2");
    for host in ["dgx-dev-01", "dgx-prod-01", "dgx-mix-01", "dgx-h100-01"] {
        assert!(several.contains(&format!("--gpu {host}/2")), "{several}");
    }
    let none = refused("--scenario bank#dgx-mix-01 profiles --gpu dgx-mix-01/9");
    assert!(none.contains("no GPU dgx-mix-01/9"), "{none}");
    assert!(none.contains("7 (..bf106feb)"), "{none}");
    let host = refused("--scenario bank#dgx-mix-01 profiles --gpu dgx-dev-01/0");
    assert!(host.contains("no host is called dgx-dev-01"), "{host}");
    assert!(host.contains("dgx-mix-01: 0 (.."), "{host}");
}

#[test]
fn a_tape_has_profiles_and_a_saved_status_says_that_it_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let tape = folder.path().join("tape.jsonl");
    let written = std::fs::File::create(&tape).unwrap();
    let probe = migdeck("probe --sim bank#dgx-prod-01 --beats 1");
    assert!(probe.command().stdout(written).status().unwrap().success());
    let taped = migdeck("profiles --gpu dgx-prod-01/3 --json --fleet")
        .arg(&tape)
        .ok()
        .json();
    conforms("profiles", &taped);
    assert_eq!(taped["gpu"]["layout"], "3g.20gb@0 3g.20gb@4");

    let saved = folder.path().join("saved.json");
    std::fs::write(&saved, simulated("bank#dgx-prod-01").to_string()).unwrap();
    let ended = migdeck("profiles --gpu 3 --fleet").arg(&saved).go();
    assert_eq!(ended.code, 2, "{}", ended.out);
    assert!(ended.err.contains("holds no profiles"), "{}", ended.err);
    assert!(ended.err.contains("migdeck record"), "{}", ended.err);
}

#[test]
fn a_host_that_is_named_as_it_is_configured_is_the_only_one_asked() {
    let folder = tempfile::tempdir().unwrap();
    let asked = folder.path().join("asked");
    let document = migdeck("profiles --gpu lab/0 --wait 120 --json")
        .config(&format!(
            "[[hosts]]\nname = \"lab\"\nprobe = [{:?}, \"probe\", \"--sim\", \"a30\"]\n\
             [[hosts]]\nname = \"other\"\nprobe = [\"/bin/sh\", \"-c\", \"touch {}\"]\n",
            env!("CARGO_BIN_EXE_migdeck"),
            asked.display()
        ))
        .ok()
        .json();
    assert_eq!(document["gpu"]["index"], 0);
    assert!(!asked.exists());
}
