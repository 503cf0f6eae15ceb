//! What is asked about one pod when somebody wants to see it, and another context: through a real API server.

use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use kube::Api;
use kube::api::PostParams;
use migdeck::domain::cluster::asked::{Answer, LogPart, PodName, Question};
use migdeck::domain::reading::AbsentCode;
use migdeck::domain::text::Text;
use migdeck::sources::kube::asked::Wanted;
use migdeck::wiring::cluster::{Options, Reader, Telemetry};
use migdeck::wiring::headless::Spec;
use migdeck::wiring::live::{Live, Ways};
use serde_json::json;

use super::shared::{cluster, host};
use super::watched::{Kubeconfig, options};
use crate::common::cluster::{PATIENCE, block_on};

const HOST: &str = r#"
name = "asked"
[[hosts]]
name = "asked"
board = "a100-40"
driver = "535.161.08"
cuda = "12.2"
gpus = [{ mig = true, instances = ["19@0", "19@1"] }]
system = { kubelet = "v1.36.4" }
pods = [
  { namespace = "asked", name = "apply-q6z2n", owner = "Job/apply", age_seconds = 90, containers = [{ name = "main", image = "x", log = ["one", "두 번째", "three"], devices = { "nvidia.com/mig-1g.5gb" = [[0, 0]] } }] },
  { namespace = "asked", name = "writes-lr6vn", owner = "DaemonSet/writes", age_seconds = 90, containers = [{ name = "first", image = "x" }, { name = "second", image = "x" }] },
]
[hosts.node]
strategy = "mixed"
plugin = true
"#;

fn name(namespace: &str, name: &str) -> PodName {
    PodName {
        namespace: namespace.into(),
        name: name.into(),
        uid: None,
    }
}

/// Somebody who asks; what the watches tell is nobody's.
struct Asker {
    reader: Reader,
    _messages: Receiver<()>,
    next: u64,
}

impl Asker {
    fn start(options: Options) -> Self {
        let (to, messages) = channel();
        let deaf = Deaf(to);
        Self {
            reader: Reader::start(
                migdeck::domain::ids::StreamId(0),
                options,
                Telemetry::OFF,
                deaf,
            )
            .unwrap(),
            _messages: messages,
            next: 0,
        }
    }

    fn ask(&mut self, pod: PodName, question: Question) -> (u64, Receiver<Answer>) {
        let (to, answers) = channel();
        self.next += 1;
        self.reader.want(Wanted::Ask {
            id: self.next,
            pod,
            question,
            reply: Box::new(move |answer| to.send(answer).is_ok()),
        });
        (self.next, answers)
    }
}

#[derive(Clone)]
struct Deaf(#[allow(dead_code)] std::sync::mpsc::Sender<()>);

impl migdeck::sources::stream::Listener for Deaf {
    fn tell(
        &self,
        _: migdeck::domain::ids::StreamId,
        _: migdeck::sources::stream::StreamMsg,
    ) -> bool {
        true
    }
}

fn first(answers: &Receiver<Answer>) -> Answer {
    answers.recv_timeout(PATIENCE).expect("no answer")
}

/// Lines of a log until it is as wanted, and all that came.
fn lines(answers: &Receiver<Answer>, wanted: impl Fn(&[String]) -> bool) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    loop {
        match first(answers) {
            Answer::Log(LogPart::Lines(lines)) => {
                all.extend(lines.iter().map(ToString::to_string));
            }
            Answer::Log(LogPart::Begun { .. }) => {}
            other => panic!("{other:?} after {all:#?}"),
        }
        if wanted(&all) {
            return all;
        }
    }
}

#[test]
fn no_value_of_a_variable_is_in_the_yaml_of_a_pod() {
    let cluster = cluster();
    let pod: Pod = serde_json::from_value(json!({
        "metadata": {"name": "secrets", "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": "{\"env\":\"hunter2\"}", "team": "nlp"}},
        "spec": {"containers": [{
            "name": "main", "image": "harbor.bank.internal/test:1",
            "args": ["--token=hunter2", "--steps=30"],
            "env": [
                {"name": "DB_PASSWORD", "value": "hunter2"},
                {"name": "DB_HOST", "valueFrom": {"configMapKeyRef": {"name": "db", "key": "host"}}},
            ],
        }]},
    }))
    .unwrap();
    block_on(async {
        let pods: Api<Pod> = Api::namespaced(cluster.admin().await, "default");
        pods.create(&PostParams::default(), &pod).await.unwrap();
    });
    let mut asker = Asker::start(options(&cluster.kubeconfig()));
    let (_, answers) = asker.ask(name("default", "secrets"), Question::Yaml);
    let Answer::Yaml(yaml) = first(&answers) else {
        panic!()
    };
    let text = yaml
        .iter()
        .map(|l| l.as_str())
        .collect::<Vec<_>>()
        .join("\n");
    // the API server itself wrote these fields into the object
    assert!(!text.contains("managedFields"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    for stays in [
        "kind: Pod",
        "DB_PASSWORD",
        "configMapKeyRef",
        "team: nlp",
        "steps=30",
    ] {
        assert!(text.contains(stays), "{stays}: {text}");
    }

    let (_, answers) = asker.ask(name("default", "secrets"), Question::Details);
    let Answer::Details(details) = first(&answers) else {
        panic!()
    };
    assert_eq!(details.containers[0].variables, ["DB_PASSWORD", "DB_HOST"]);
    assert_eq!(details.events_unread, None);

    // one that took the name of another is not that one
    let mut old = name("default", "secrets");
    old.uid = Some(migdeck::domain::ids::ObjectUid::new("another"));
    let (_, answers) = asker.ask(old, Question::Yaml);
    let Answer::Refused(why) = first(&answers) else {
        panic!()
    };
    assert_eq!(
        why.text,
        "pod default/secrets is gone; another has its name"
    );
}

#[test]
fn a_log_is_read_from_its_end_and_followed_and_who_may_not_is_told_what_is_missing() {
    let cluster = cluster();
    // a kubelet that answers for as long as this test asks
    let (ready, is_ready) = channel();
    let (_goes_on, until) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        block_on(async {
            let agent = host(HOST).await;
            ready.send(()).unwrap();
            let _ = until.await;
            drop(agent);
        });
    });
    is_ready.recv_timeout(PATIENCE).unwrap();
    let mut asker = Asker::start(options(&cluster.kubeconfig()));
    let log = |container: Option<&str>| Question::Log {
        container: container.map(Text::new),
        previous: false,
    };
    let (_, answers) = asker.ask(name("asked", "apply-q6z2n"), log(None));
    let all = lines(&answers, |all| all.len() >= 3);
    assert_eq!(all, ["one", "두 번째", "three"]);

    // two containers; the one that is asked for goes on to write
    let (id, answers) = asker.ask(name("asked", "writes-lr6vn"), log(Some("second")));
    let Answer::Log(LogPart::Begun {
        container,
        containers,
    }) = first(&answers)
    else {
        panic!()
    };
    assert_eq!(container, "second");
    assert_eq!(containers, ["first", "second"]);
    lines(&answers, |all| {
        all.iter().any(|line| line.starts_with("second step"))
    });
    // and goes on
    let more = lines(&answers, |more| !more.is_empty());
    assert!(
        more.iter().all(|l| l.starts_with("second step")),
        "{more:?}"
    );
    // forgotten: nobody sends to it any more
    asker.reader.want(Wanted::Forget(id));
    let until = Instant::now() + PATIENCE;
    while let Ok(answer) = answers.recv_timeout(until - Instant::now()) {
        assert!(
            matches!(answer, Answer::Log(LogPart::Lines(_))),
            "{answer:?}"
        );
    }
    assert!(Instant::now() < until, "it goes on");

    // the container before it was started again: there was none
    let question = Question::Log {
        container: None,
        previous: true,
    };
    let (_, answers) = asker.ask(name("asked", "apply-q6z2n"), question);
    let Answer::Refused(why) = first(&answers) else {
        panic!()
    };
    assert!(why.text.contains("previous"), "{}", why.text);

    // who may read pods and not their logs
    permit_pods("asked-reader");
    let kubeconfig = Kubeconfig::write(&cluster.kubeconfig_of("asked-reader", None));
    let mut asker = Asker::start(options(&kubeconfig.path));
    let (_, answers) = asker.ask(name("asked", "apply-q6z2n"), log(None));
    let Answer::Refused(why) = first(&answers) else {
        panic!()
    };
    assert_eq!(why.code, AbsentCode::NoPermission);
    assert_eq!(why.text, "not allowed: get pods/log in namespace asked");
    let (_, answers) = asker.ask(name("asked", "apply-q6z2n"), Question::Details);
    let Answer::Details(details) = first(&answers) else {
        panic!()
    };
    assert_eq!(
        details.events_unread.as_deref(),
        Some("not allowed: list events in namespace asked")
    );
    // and who may not even read pods
    let kubeconfig = Kubeconfig::write(&cluster.kubeconfig_of("asked-nobody", None));
    let mut asker = Asker::start(options(&kubeconfig.path));
    let (_, answers) = asker.ask(name("asked", "apply-q6z2n"), Question::Yaml);
    let Answer::Refused(why) = first(&answers) else {
        panic!()
    };
    assert_eq!(why.text, "not allowed: get pods in namespace asked");
}

fn permit_pods(user: &str) {
    let role: ClusterRole = serde_json::from_value(json!({
        "metadata": {"name": user},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}],
    }))
    .unwrap();
    let binding: ClusterRoleBinding = serde_json::from_value(json!({
        "metadata": {"name": user},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": user},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    }))
    .unwrap();
    let made = PostParams::default();
    block_on(async {
        let client = cluster().admin().await;
        Api::all(client.clone()).create(&made, &role).await.unwrap();
        Api::all(client).create(&made, &binding).await.unwrap();
    });
}

#[test]
fn another_context_takes_the_place_of_the_one_that_is_read() {
    let cluster = cluster();
    // the first file's context is the current one
    let admin = Kubeconfig::write(&cluster.kubeconfig_of("admin", Some("system:masters")));
    let other = cluster
        .kubeconfig_of("asked-other", None)
        .replace("test", "other");
    let other = Kubeconfig::write(&other);
    let mut both = options(&admin.path);
    both.credentials.files.push(other.path.clone());
    let spec = Spec::Cluster {
        telemetry: Telemetry::OFF,
        options: Box::new(both),
        alone: true,
    };
    let (to, news) = channel();
    let live = Live::start(vec![spec], Ways::default(), move |news| {
        let _ = to.send(news.fleet);
    })
    .unwrap();
    let until = |what: &str, context: &str, limited: bool| {
        let begun = Instant::now();
        loop {
            let rest = PATIENCE.saturating_sub(begun.elapsed());
            let Ok(fleet) = news.recv_timeout(rest) else {
                panic!("never: {what}");
            };
            let Some(cluster) = &fleet.cluster else {
                continue;
            };
            let named = cluster.hello.as_ref().is_some_and(|h| h.context == context);
            if named && limited != cluster.gaps.is_empty() {
                return;
            }
        }
    };
    until("the first context", "test", false);
    let (to, contexts) = channel();
    live.contexts(move |contexts| to.send(contexts).unwrap());
    let contexts = contexts.recv_timeout(PATIENCE).unwrap().unwrap();
    assert_eq!(contexts, ["test", "other"]);
    live.read_context("other".into());
    // as another user, who may read nothing
    until("the other context", "other", true);
    live.read_context("test".into());
    until("the first context again", "test", false);
}
