//! What is typed, and the exit codes that answer.

use super::run::{migdeck, repository};

#[test]
fn without_a_terminal_the_console_names_what_does_without_one() {
    let ended = migdeck("").go();
    assert_eq!(ended.code, 2);
    assert_eq!(ended.out, "");
    assert!(ended.err.contains("migdeck status"), "{}", ended.err);
}

#[test]
fn what_is_not_understood_ends_with_two() {
    for args in [
        "statsu",
        "status --jsonn",
        "status --watch 0",
        "status --wait -1",
        "status --ssh=-oProxyCommand=x",
        "demo",
        "demo --scenario nosuch status",
        "demo --scenario bank#nosuch status",
        "demo status --ssh somewhere",
        "layouts",
        "validate x",
        "layouts --model a100-40 --gpu 0",
        "profiles --gpu 0-3",
        "profiles --gpu /0",
        "demo profiles --gpu 0 --ssh somewhere",
        "completions tcsh",
        "status --fleet a --ssh b",
    ] {
        let ended = migdeck(args).go();
        assert_eq!(ended.code, 2, "{args}: {} {}", ended.out, ended.err);
        assert!(!ended.err.is_empty(), "{args}");
    }
}

#[test]
fn an_unknown_scenario_is_answered_with_those_that_exist() {
    let ended = migdeck("demo --scenario nosuch status").go();
    for name in ["bank", "h100", "faults"] {
        assert!(ended.err.contains(name), "{}", ended.err);
    }
}

#[test]
fn the_help_of_the_demo_lists_what_it_does() {
    let help = migdeck("demo --help").ok().out;
    for command in [
        "status", "holders", "pods", "fits", "record", "profiles", "layouts", "validate",
    ] {
        assert!(
            help.contains(&format!("\n  {command} ")),
            "{command}\n{help}"
        );
    }
}

#[test]
fn the_version_is_the_packages() {
    let ended = migdeck("--version").ok();
    assert_eq!(
        ended.out,
        format!("migdeck {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn every_shell_and_man_get_their_page() {
    for (shell, word) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef migdeck"),
        ("fish", "complete -c migdeck"),
    ] {
        let ended = migdeck(&format!("completions {shell}")).ok();
        assert!(ended.out.contains(word), "{shell}");
        assert!(ended.out.contains("holders"), "{shell}");
        // hidden is hidden
        assert!(!ended.out.contains("sim-state"), "{shell}");
    }
    let man = migdeck("man").ok().out;
    assert!(man.contains(".TH migdeck 1"), "{man}");
    assert!(man.contains(".TH migdeck-status 1"));
}

#[test]
fn without_a_library_it_says_what_it_looked_for_and_ends_with_one() {
    let ended =
        migdeck("status --no-sudo --wait 60 --nvml-lib /nonexistent/libnvidia-ml.so.1").go();
    assert_eq!(ended.code, 1, "{}{}", ended.out, ended.err);
    let path = "/nonexistent/libnvidia-ml.so.1";
    assert!(ended.out.contains(path), "{}", ended.out);
    assert!(ended.out.contains("--nvml-lib"), "{}", ended.out);
    assert!(ended.err.contains("no NVIDIA driver"), "{}", ended.err);
    let json = migdeck(&format!(
        "status --json --no-sudo --wait 60 --nvml-lib {path}"
    ))
    .go();
    assert_eq!(json.code, 1);
    assert!(json.err.contains(path), "{}", json.err);
}

#[test]
fn a_host_that_cannot_be_reached_is_down_with_its_reason() {
    let ended = migdeck("status --wait 60")
        .config("[[hosts]]\nname = \"far\"\nprobe = [\"/bin/sh\", \"-c\", \"echo no route to far >&2; exit 255\"]\n")
        .go();
    assert_eq!(ended.code, 1);
    assert!(ended.out.contains("far"), "{}", ended.out);
    assert!(ended.out.contains("no route to far"), "{}", ended.out);
}

#[test]
fn a_probe_that_says_nothing_is_given_up_on() {
    let ended = migdeck("status --json --wait 0.2")
        .config("[[hosts]]\nname = \"mute\"\nprobe = [\"/bin/sh\", \"-c\", \"exec sleep 1000\"]\n")
        .go();
    assert_eq!(ended.code, 1);
    let source = &ended.json()["sources"][0];
    assert_eq!(source["node"], "mute");
    assert_eq!(source["state"], "down");
    assert!(ended.err.contains("has told nothing"), "{}", ended.err);
}

#[test]
fn what_is_no_tape_and_no_document_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("empty", ""),
        ("text", "hello\n"),
        ("other", r#"{"schema":"migdeck/status/v9"}"#),
        ("half", r#"{"schema":"migdeck/status/v1","simulated":true}"#),
    ] {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        let ended = migdeck("status --fleet").arg(&file).go();
        assert_eq!(ended.code, 2, "{name}: {}", ended.err);
        assert!(ended.err.contains(name), "{}", ended.err);
    }
    let missing = migdeck("status --fleet /nonexistent/x").go();
    assert_eq!(missing.code, 1, "{}", missing.err);
}

#[test]
fn the_readme_shows_commands_that_exist() {
    let readme = std::fs::read_to_string(repository("README.md")).unwrap();
    let commands: Vec<&str> = readme
        .lines()
        .filter_map(|l| l.strip_prefix("migdeck "))
        // in a table of commands each stands before what it does, apart from it
        .filter_map(|l| l.split_once("   "))
        .filter_map(|(command, _)| command.split_whitespace().next())
        .filter(|word| !word.starts_with('-'))
        .collect();
    assert!(!commands.is_empty());
    let help = migdeck("--help").ok().out;
    for command in commands {
        assert!(help.contains(&format!("  {command} ")), "{command}");
    }
}

#[test]
fn a_wrong_scenario_file_is_refused_before_any_host_starts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.toml");
    std::fs::write(
        &file,
        "name = 'own'\n[[hosts]]\nname = 'h'\nboard = 'a100-40'\ndriver = '535.1'\ncuda = '12.2'\ngpus = [{ mig = true, instances = ['9@1'] }]\n",
    )
    .unwrap();
    for (before, after) in [("demo --scenario", "status"), ("probe --sim", "")] {
        let mut run = migdeck(before).arg(&file);
        if !after.is_empty() {
            run = run.arg(after);
        }
        let ended = run.go();
        assert_eq!(ended.code, 2, "{before}: {}", ended.err);
        assert_eq!(ended.out, "", "{before}");
        for word in ["host 'h'", "gpus[0].instances[0]", "no placement at 1"] {
            assert!(ended.err.contains(word), "{before}: {}", ended.err);
        }
    }
}

#[test]
fn every_page_that_the_manual_refers_to_is_there() {
    let man = migdeck("man").ok().out;
    let mut referred = 0;
    for line in man
        .lines()
        .filter(|l| l.starts_with("migdeck\\-") && l.ends_with("(1)"))
    {
        let page = line.trim_end_matches("(1)").replace("\\-", "-");
        assert!(man.contains(&format!(".TH {page} 1")), "no page {page}");
        let path = page.trim_start_matches("migdeck-").replace('-', " ");
        let alone = migdeck(&format!("man {path}")).ok().out;
        assert_eq!(alone.matches(".TH ").count(), 1, "{path}");
        assert!(alone.contains(&format!(".TH {page} 1")), "{alone}");
        referred += 1;
    }
    assert!(referred > 10, "{referred}");
    assert_eq!(migdeck("man statsu").go().code, 2);
}

#[test]
fn a_host_that_cannot_be_reached_is_not_one_without_gpus() {
    let unreached = || {
        migdeck("status --wait 60").config(
            "[[hosts]]\nname = \"far\"\nprobe = [\"/bin/sh\", \"-c\", \"echo no route to far >&2; exit 255\"]\n",
        )
    };
    let ended = unreached().go();
    assert_eq!(ended.code, 1);
    assert!(ended.out.contains("not reached"), "{}", ended.out);
    assert!(!ended.out.contains("no GPU seen"), "{}", ended.out);
    assert!(
        ended.err.contains("not reached") && ended.err.contains("no route to far"),
        "{}",
        ended.err
    );
    assert!(!ended.err.contains("nvml-lib"), "{}", ended.err);

    let mut saved = unreached().arg("--json").go().json();
    saved["nodes"] = serde_json::json!([]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("empty.json");
    std::fs::write(&file, saved.to_string()).unwrap();
    let ended = migdeck("status --fleet").arg(&file).go();
    assert_eq!(ended.code, 1);
    assert!(
        ended.err.contains("there is no host in what was read"),
        "{}",
        ended.err
    );
}

#[test]
fn scenarios_may_be_given_as_a_list() {
    let list =
        migdeck("demo --scenario faults#mismatch,faults#no-library status --json --wait 60").go();
    let names: Vec<_> = list.json()["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["mismatch", "no-library"]);
}
