//! Configuration files, right and wrong.

use super::run::migdeck;

#[test]
fn all_that_is_wrong_is_told_with_its_place_and_a_suggestion() {
    let run = migdeck("config check")
        .config("sudoo = false\nbeat_seconds = \"fast\"\n[[hosts]]\nname = \"a\"\nsssh = \"a\"\n");
    let path = run.config_path().display().to_string();
    let ended = run.go();
    assert_eq!(ended.code, 2);
    for told in [
        format!("{path}:1:1: there is no key `sudoo`; did you mean `sudo`?"),
        format!("{path}:2:16: `beat_seconds` must be a number"),
        format!("{path}:5:1: there is no key `sssh` of a host; did you mean `ssh`?"),
    ] {
        assert!(ended.err.contains(&told), "{told}\n{}", ended.err);
    }
    assert!(ended.err.contains("3 problems"), "{}", ended.err);
}

#[test]
fn a_broken_file_stops_reading_commands_before_they_read() {
    for text in [
        "sudo = maybe\n",
        "[hosts]\n",
        "hosts = 3\n",
        "nvml_lib = \"rel/x.so\"\n",
    ] {
        let ended = migdeck("status").config(text).go();
        assert_eq!(ended.code, 2, "{text}: {}", ended.err);
        assert_eq!(ended.out, "", "{text}");
        assert!(ended.err.contains("config.toml:1:"), "{}", ended.err);
    }
}

#[test]
fn show_prints_every_value_with_its_origin_and_can_be_read_again() {
    let run = migdeck("config show --colour never")
        .config("ascii = true\n\n[[hosts]]\nname = \"a \\\"b\\\"\"\nssh = \"kim@a\"\n");
    let path = run.config_path().display().to_string();
    let shown = run.ok().out;
    assert!(shown.contains(&format!("# {path}:1")), "{shown}");
    assert!(shown.contains("# --colour"), "{shown}");
    assert!(shown.contains("# default"), "{shown}");
    let again = migdeck("config show").config(&shown).ok().out;
    assert!(
        again.contains(r#"name = 'a "b"'"#) || again.contains(r#"name = "a \"b\"""#),
        "{again}"
    );
    assert!(again.contains("ssh = \"kim@a\""), "{again}");
}

#[test]
fn a_file_that_was_named_must_exist() {
    let ended = migdeck("status --config /nonexistent/c.toml").go();
    assert_eq!(ended.code, 2);
    assert!(
        ended.err.contains("/nonexistent/c.toml: cannot be read"),
        "{}",
        ended.err
    );
}

#[test]
fn a_kubeconfig_that_cannot_be_used_is_told_by_check_with_its_line() {
    let run = migdeck("config check")
        .config("beat_seconds = 2\n[cluster]\nkubeconfig = \"/nonexistent/kube\"\n");
    let ended = run.go();
    assert_eq!(ended.code, 2);
    for part in [":3: /nonexistent/kube: ", "1 problem in the cluster"] {
        assert!(ended.err.contains(part), "{}", ended.err);
    }
}

#[test]
fn without_files_the_defaults_hold() {
    assert!(migdeck("config").ok().out.contains("the defaults hold"));
}

#[test]
fn what_is_wrong_beside_the_configuration_is_told_with_it() {
    let run =
        migdeck("config check").config("language = \"fr\"\ntheme = \"nope\"\nkeymap = \"bin\"\n");
    let folder = run.config_path().parent().unwrap().to_owned();
    for kind in ["themes", "keymaps"] {
        std::fs::create_dir_all(folder.join(kind)).unwrap();
        std::fs::write(folder.join(kind).join("bin.toml"), [0xff; 100]).unwrap();
    }
    let ended = run.go();
    assert_eq!(ended.code, 2);
    for told in [
        "1 problem in the configuration",
        "`fr`",
        "3 problems in keymaps and themes",
        "there is no theme `nope`",
        "themes/bin.toml: stream did not contain valid UTF-8",
        "keymaps/bin.toml: stream did not contain valid UTF-8",
    ] {
        assert!(ended.err.contains(told), "{told}\n{}", ended.err);
    }
}
