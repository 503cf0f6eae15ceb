//! The book of measurements beside what is free.

use serde_json::{Value, json};

use super::run::migdeck;
use super::schema::conforms;

fn slice<'a>(document: &'a Value, model: &str, name: &str) -> &'a Value {
    let models = document["models"].as_array().unwrap();
    let model = models.iter().find(|m| m["model"] == model).unwrap();
    let slices = model["slices"].as_array().unwrap();
    slices.iter().find(|s| s["slice"] == name).unwrap()
}

#[test]
fn the_demo_answers_from_its_book_what_status_counts() {
    let fits = migdeck("demo --scenario bank fits --json --wait 120")
        .ok()
        .json();
    conforms("fits", &fits);
    let models: Vec<(&Value, &Value)> = fits["models"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| (&m["model"], &m["smallest"]))
        .collect();
    assert_eq!(
        models,
        [
            (&json!("BERT"), &json!("7g.40gb")),
            (&json!("ResNet-50"), &json!("2g.10gb"))
        ]
    );
    // as a reader of status would count them
    let status = migdeck("demo --scenario bank status --json --wait 120")
        .ok()
        .json();
    let mut counted = (0, 0);
    for node in status["nodes"].as_array().unwrap() {
        for gpu in node["gpus"].as_array().unwrap() {
            for instance in gpu["instances"].as_array().unwrap() {
                if instance["profile"] == "2g.10gb" {
                    counted.0 += 1;
                    counted.1 += i32::from(instance["state"] == "free");
                }
            }
        }
    }
    let now = &slice(&fits, "ResNet-50", "2g.10gb")["now"];
    assert_eq!(
        (now["total"].as_i64(), now["free"].as_i64()),
        (Some(counted.0.into()), Some(counted.1.into()))
    );
    assert!(counted.0 > 0);
    let untried = slice(&fits, "BERT", "4g.20gb");
    assert_eq!(untried["measured"], false);
    assert_eq!(untried["seconds"], Value::Null);
}

#[test]
fn a_page_says_what_was_not_measured() {
    let page = migdeck("demo --scenario bank#dgx-mix-01 fits resnet --wait 120")
        .ok()
        .out;
    for line in [
        "SIMULATED",
        "smallest that ran it: 2g.10gb, 499 s,",
        "memory allocation error",
        "not measured: ",
        "4g.20gb (",
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
    assert!(!page.contains("BERT"), "{page}");
}

#[test]
fn what_the_book_does_not_have_is_refused_with_what_it_has() {
    let ended = migdeck("demo --scenario bank fits llama").go();
    assert_eq!(ended.code, 2);
    assert!(
        ended.err.contains("the book has BERT, ResNet-50"),
        "{}",
        ended.err
    );
    // without a book: where one would be
    let ended = migdeck("fits --no-cluster").go();
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("migdeck/fits.toml"), "{}", ended.err);
}

#[test]
fn a_users_book_is_read_from_beside_the_configuration_and_told_all_its_errors() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "[[hosts]]\nname = \"none\"\nprobe = [\"false\"]\n").unwrap();
    let book = folder.path().join("fits.toml");
    let row = "[[measured]]\nmodel = \"m\"\nslice = \"gpu\"\n";
    std::fs::write(&book, format!("{row}seconds = 3\n")).unwrap();
    let run = || migdeck("fits --no-cluster --json --wait 1 --config").arg(&config);
    // nobody tells what is free, and the book is read all the same
    let fits = run().ok().json();
    conforms("fits", &fits);
    let gpu = slice(&fits, "m", "gpu");
    assert_eq!((&gpu["seconds"], &gpu["now"]), (&json!(3.0), &Value::Null));
    assert!(gpu["absent"]["now"]["text"].is_string(), "{gpu}");

    std::fs::write(&book, format!("{row}{row}seconds = \"3\"\n")).unwrap();
    for ended in [
        run().go(),
        migdeck("config check --config").arg(&config).go(),
    ] {
        assert_eq!(ended.code, 2, "{}", ended.err);
        assert!(
            ended
                .err
                .contains("fits.toml:1:1: a measurement has either"),
            "{}",
            ended.err
        );
        assert!(
            ended.err.contains("fits.toml:7:11: `seconds` must be"),
            "{}",
            ended.err
        );
    }
}
