//! Questions about pods of a simulated cluster, answered from the objects that its facts are made of: only HTTP is
//! replaced.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use nvml_sim::cluster;
use nvml_sim::driver::Driver;
use nvml_sim::scenario::Scenario;
use serde_json::Value;

use crate::domain::cluster::asked::{Answer, LogPart, PodName, Question};
use crate::domain::reading::{Absence, AbsentCode};
use crate::domain::text::Text;
use crate::sources::kube::asked::{Reply, Wanted, containers, details, yaml};

/// Hosts with what their probes have them in.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SimPods {
    hosts: Vec<(String, PathBuf)>,
}

impl SimPods {
    /// One more host: of which scenario, and where its state is.
    pub fn add(&mut self, scenario: String, state: PathBuf) {
        self.hosts.push((scenario, state));
    }

    /// Answers on a thread of its own: state files are read.
    pub fn want(&self, wanted: Wanted) {
        let Wanted::Ask {
            pod,
            question,
            reply,
            ..
        } = wanted
        else {
            return;
        };
        let hosts = self.hosts.clone();
        let work = move || {
            let found = hosts.iter().find_map(|host| Found::on(host, &pod));
            match found {
                Some(found) => found.answer(&question, &reply),
                None => {
                    let why = "the simulated cluster has no such pod";
                    let why = Absence::new(AbsentCode::NoSource, why);
                    reply(Answer::Refused(why));
                }
            }
        };
        // without a thread there is no answer, and the window goes on waiting
        let _ = thread::Builder::new().name("pods".to_owned()).spawn(work);
    }
}

/// A pod on a host, or one that waits.
struct Found {
    driver: Driver,
    object: Value,
    events: Vec<Value>,
}

impl Found {
    fn on((scenario, state): &(String, PathBuf), pod: &PodName) -> Option<Self> {
        let scenario = Scenario::load(scenario).ok()?;
        let host = &scenario.hosts.first()?.name;
        let driver = Driver::open(&scenario, host, Some(state)).ok()?;
        let is_it = |object: &Value| {
            let meta = &object["metadata"];
            match &pod.uid {
                Some(uid) => meta["uid"] == uid.as_str(),
                None => {
                    meta["namespace"] == pod.namespace.as_str() && meta["name"] == pod.name.as_str()
                }
            }
        };
        let all = cluster::pods_json(&driver);
        let all = all.into_iter().chain(cluster::pending_json(&driver));
        let object = all.into_iter().find(is_it)?;
        let about = |event: &Value| {
            let of = &event["involvedObject"];
            of["name"] == object["metadata"]["name"]
                && of["namespace"] == object["metadata"]["namespace"]
        };
        let mut events = cluster::events_json(&driver);
        events.retain(about);
        Some(Self {
            driver,
            object,
            events,
        })
    }

    fn answer(self, question: &Question, reply: &Reply) {
        match question {
            Question::Yaml => drop(reply(Answer::Yaml(yaml(self.object)))),
            Question::Details => {
                let told = details(&self.object, Ok(self.events));
                reply(Answer::Details(Box::new(told)));
            }
            Question::Log { container, .. } => self.log(container.as_ref(), reply),
        }
    }

    fn log(&self, wanted: Option<&Text>, reply: &Reply) {
        let all = containers(&self.object);
        let container = wanted.or(all.first()).cloned();
        let Some(container) = container else {
            reply(Answer::Log(LogPart::Ended));
            return;
        };
        let meta = &self.object["metadata"];
        let mut pods = self.driver.host().pods.iter();
        let pod = pods
            .find(|p| meta["namespace"] == p.namespace.as_str() && meta["name"] == p.name.as_str());
        if pod.is_none() {
            // as the API server says of a pod without a node
            let why = format!("container {container} has not started: the pod waits for a node");
            reply(Answer::Refused(Absence::new(AbsentCode::Failed, why)));
            return;
        }
        let own = pod.and_then(|p| p.containers.iter().find(|c| container == *c.name));
        let lines = own.map_or(&[][..], |c| &c.log);
        let mut lines: Vec<Text> = lines.iter().map(|line| Text::new(line)).collect();
        if lines.is_empty() {
            // as on a cluster with simulated nodes
            let host = &self.driver.host().name;
            lines.push(Text::from(format!("{container} starts on {host}")));
        }
        let begun = LogPart::Begun {
            container,
            containers: all,
        };
        for part in [begun, LogPart::Lines(Arc::new(lines)), LogPart::Ended] {
            reply(Answer::Log(part));
        }
    }
}
