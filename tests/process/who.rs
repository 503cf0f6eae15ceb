//! Who uses what: nothing is shown busy, idle or without work that nobody can tell.

use serde_json::{Value, json};

use super::run::{migdeck, node, simulated};

fn page(scenario: &str) -> String {
    migdeck(&format!("demo --scenario {scenario} status --wait 20"))
        .env("COLUMNS", "140")
        .ok()
        .out
}

fn compute_instances(gpu: &Value) -> impl Iterator<Item = &Value> {
    gpu["instances"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|i| i["compute_instances"].as_array().unwrap())
}

#[test]
fn of_several_compute_instances_only_the_one_that_works_is_busy() {
    let status = simulated("bank#dgx-mix-01");
    let gpu = &node(&status, "dgx-mix-01")["gpus"][4];
    let second = &gpu["instances"][1];
    assert_eq!(second["state"], "busy");
    let states: Vec<(bool, &str)> = second["compute_instances"]
        .as_array()
        .unwrap()
        .iter()
        .map(|ci| (ci["processes"] == json!([]), ci["state"].as_str().unwrap()))
        .collect();
    assert_eq!(states, [(true, "free"), (true, "free"), (false, "busy")]);
    let page = page("bank#dgx-mix-01");
    let row = |numbers: &str| {
        page.lines()
            .filter(|l| l.contains("1c.3g.20gb"))
            .find(|l| l.contains(numbers))
            .unwrap_or_else(|| panic!("{numbers}\n{page}"))
    };
    assert!(row(" 2/0 ").contains(" free "), "{}", row(" 2/0 "));
    assert!(row(" 2/2 ").contains(" busy "), "{}", row(" 2/2 "));
}

#[test]
fn a_driver_that_names_no_instance_still_tells_who_works() {
    let status = simulated("r450");
    let gpu = &node(&status, "dgx-old-01")["gpus"][1];
    assert_eq!(gpu["processes"][0]["pid"], 90640);
    for ci in compute_instances(gpu) {
        assert_eq!(ci["processes"], Value::Null, "{ci:#}");
        let why = ci["absent"]["processes"]["text"].as_str().unwrap();
        assert!(why.contains("on which instance"), "{why}");
    }
    let page = page("r450");
    let row = page.lines().find(|l| l.contains("?/?")).unwrap();
    assert!(
        row.contains("90640") && row.contains("tritonserver"),
        "{row}"
    );
}

#[test]
fn nobody_is_called_idle_on_a_gpu_that_tells_no_processes() {
    for (scenario, pid) in [("faults#no-permission", "30100"), ("faults#hang", "30405")] {
        let page = page(scenario);
        let head = |word: &str| page.lines().position(|l| l.starts_with(word));
        let at = page
            .lines()
            .enumerate()
            .filter(|(n, _)| head("HOLDERS").is_some_and(|h| *n > h))
            .find(|(_, l)| l.trim_start().starts_with(pid))
            .unwrap_or_else(|| panic!("{pid}\n{page}"))
            .0;
        let unknown = head("HOLDERS that may work").unwrap_or_else(|| panic!("{page}"));
        assert!(at > unknown, "{scenario}\n{page}");
        let status = migdeck(&format!(
            "demo --scenario {scenario} status --json --wait 20"
        ))
        .ok()
        .json();
        let gpus = status["nodes"][0]["gpus"].as_array().unwrap();
        for gpu in gpus.iter().filter(|g| g["processes"].is_null()) {
            if gpu["instances"].is_null() {
                continue;
            }
            for ci in compute_instances(gpu) {
                assert_eq!(ci["processes"], Value::Null, "{ci:#}");
                assert_eq!(ci["absent"]["processes"], gpu["absent"]["processes"]);
            }
        }
    }
}

#[test]
fn the_room_on_a_gpu_is_told_with_how_much_more_there_is() {
    let page = page("bank#dgx-mix-01");
    assert!(page.contains("room 1g.10gb@6 +1"), "{page}");
}
