use super::*;
use crate::config::Reach;

fn problems(text: &str) -> Vec<String> {
    parse(Path::new("c.toml"), text)
        .1
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let told = problems(
        "sudoo = true\nbeat_seconds = 0\ncolour = \"alway\"\n\n[[hosts]]\nname = \"a\"\nssh = \"-oProxyCommand=x\"\nremotepath = \"/x\"\n",
    );
    assert_eq!(
        told,
        [
            "c.toml:1:1: there is no key `sudoo`; did you mean `sudo`?",
            "c.toml:2:16: `beat_seconds` must be a number from 0.1 to 3600",
            "c.toml:3:10: `colour` is `auto`, `always` or `never`, not `alway`; did you mean `always`?",
            "c.toml:7:7: `-oProxyCommand=x` is no ssh destination; write it as `host` or `user@host`",
            "c.toml:8:1: there is no key `remotepath` of a host; did you mean `remote_path`?",
        ]
    );
}

#[test]
fn a_destination_with_blanks_is_none() {
    for ssh in ["a b", " a", "a\\t", "a\\u001bb"] {
        let told = problems(&format!("[[hosts]]\nname = \"a\"\nssh = \"{ssh}\"\n"));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("is no ssh destination"), "{told:?}");
    }
    for ssh in ["a", "kim@a.b", "ssh://kim@[::1]:22"] {
        assert!(is_destination(ssh), "{ssh}");
    }
}

#[test]
fn a_url_is_http_and_names_a_host() {
    let told = problems(
        "dcgm = [\"http://a:9400\", \"ftp://b\"]\nprometheus = \"http://p\"\n[[hosts]]\nname = \"a\"\ndcgm = \"http:// a\"\n",
    );
    assert_eq!(
        told,
        [
            "c.toml:1:8: `ftp://b` is no URL to ask; write it as `http://host:9400/metrics`",
            "c.toml:2:14: `prometheus` must be a list of URLs",
            "c.toml:5:8: `http:// a` is no URL to ask; write it as `http://host:9400/metrics`",
        ]
    );
    for url in ["a:9400", "http://kim:pw@a/x", "https://[::1]:9090"] {
        assert!(super::values::is_url(url), "{url}");
    }
}

#[test]
fn what_is_no_toml_is_told_with_its_place() {
    let told = problems("sudo = true\nascii = = 1\n");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("c.toml:2:"), "{told:?}");
}

#[test]
fn two_hosts_of_one_name_or_one_without_are_refused() {
    let told =
        problems("[[hosts]]\nname = \"a\"\n[[hosts]]\nname = \"a\"\n[[hosts]]\nssh = \"b\"\n");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("a second host is called `a`"));
    assert!(told[1].contains("has no name"));
    for name in ["", "  "] {
        let told = problems(&format!("[[hosts]]\nname = \"{name}\"\nssh = \"b\"\n"));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("name of this host is empty"), "{told:?}");
    }
}

#[test]
fn what_is_right_is_kept() {
    let (file, problems) = parse(
        Path::new("c.toml"),
        "ascii = true\n[[hosts]]\nname = \"a\"\nssh = \"kim@a\"\nsudo = true\n[[hosts]]\nname = \"b\"\nprobe = [\"x\", \"y\"]\n",
    );
    assert_eq!(problems, []);
    assert_eq!(file.ascii, Some((true, 1)));
    let hosts = file.hosts.unwrap().0;
    assert_eq!(hosts[0].reach, Reach::Ssh("kim@a".into()));
    assert!(hosts[0].sudo);
    assert_eq!(hosts[1].reach, Reach::Probe(vec!["x".into(), "y".into()]));
}

#[test]
fn everything_that_is_wrong_of_a_cluster_is_told() {
    let told = problems(
        "[cluster]\noff = 1\nkubeconfig = [\"kube\", \"conf\"]\ncontext = \" \"\nnamespace = \"Team\"\nexporter = true\nprometheus = \"prom\"\n",
    );
    assert_eq!(
        told,
        [
            "c.toml:2:7: `off` must be `true` or `false`",
            "c.toml:3:14: `kubeconfig` is `kube`; give the file's path from the root, or from `~/`",
            "c.toml:3:14: `kubeconfig` is `conf`; give the file's path from the root, or from `~/`",
            "c.toml:4:11: `context` is empty; leave the key out instead",
            "c.toml:5:13: `Team` is no name of a namespace",
            "c.toml:6:1: there is no key `exporter` of the cluster; did you mean `exporters`?",
            "c.toml:7:14: `prometheus` of the cluster is `prom`; write `auto`, `off` or a service as `monitoring/prometheus-k8s:web`",
        ]
    );
    assert_eq!(problems("cluster = 7\n").len(), 1);
}
