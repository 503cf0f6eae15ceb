//! What somebody wants to see of one pod: asked when it is wanted, over a connection of its own, which is made with the
//! first question.

mod details;
mod log;
mod secret;
mod yaml;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use super::Credentials;
use super::api::{Api, CallError};
use crate::domain::cluster::asked::{Answer, PodName, Question};
use crate::domain::reading::{Absence, AbsentCode};
use crate::domain::text::Text;

pub use details::{containers, details};
pub use yaml::lines as yaml;

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Takes answers; false: nobody wants any more of them.
pub type Reply = Box<dyn Fn(Answer) -> bool + Send + Sync>;

/// What is wanted.
pub enum Wanted {
    /// An answer.
    Ask {
        /// Its number.
        id: u64,
        /// About whom.
        pod: PodName,
        /// What.
        question: Question,
        /// Where it goes.
        reply: Reply,
    },
    /// No more of what is answered under this number.
    Forget(u64),
}

/// Answers until nobody can ask any more.
pub async fn answer(credentials: Credentials, mut wanted: mpsc::UnboundedReceiver<Wanted>) {
    let mut api: Option<Api> = None;
    let mut tasks = JoinSet::new();
    let mut running: BTreeMap<u64, AbortHandle> = BTreeMap::new();
    while let Some(next) = wanted.recv().await {
        while tasks.try_join_next().is_some() {}
        running.retain(|_, task| !task.is_finished());
        match next {
            Wanted::Forget(id) => {
                if let Some(task) = running.remove(&id) {
                    task.abort();
                }
            }
            Wanted::Ask {
                id,
                pod,
                question,
                reply,
            } => {
                // who asks after an hour may need other credentials: a connection that fails is made anew
                let connected = match api.take() {
                    Some(api) if api.get("/version", LIMIT).await.is_ok() => Ok(api),
                    _ => credentials
                        .client()
                        .await
                        .map(|(client, _)| Api::new(client)),
                };
                match connected {
                    Ok(connected) => {
                        api = Some(connected.clone());
                        let task = one(connected, pod, question, reply);
                        running.insert(id, tasks.spawn(task));
                    }
                    Err(error) => {
                        let why = Absence::new(AbsentCode::Failed, error.to_string());
                        reply(Answer::Refused(why));
                    }
                }
            }
        }
    }
}

async fn one(api: Api, pod: PodName, question: Question, reply: Reply) {
    let object = match get(&api, &pod).await {
        Ok(object) => object,
        Err(why) => {
            reply(Answer::Refused(why));
            return;
        }
    };
    match question {
        Question::Yaml => drop(reply(Answer::Yaml(yaml(object)))),
        Question::Details => {
            let events = events(&api, &pod).await;
            reply(Answer::Details(Box::new(details(&object, events))));
        }
        Question::Log {
            container,
            previous,
        } => {
            let containers = containers(&object);
            log::follow(&api, &pod, (container, containers), previous, &reply).await;
        }
    }
}

/// The object; not one of the same name that was made since.
async fn get(api: &Api, pod: &PodName) -> Result<Value, Absence> {
    let PodName {
        namespace, name, ..
    } = pod;
    let path = format!("/api/v1/namespaces/{namespace}/pods/{name}");
    let text = match api.get(&path, LIMIT).await {
        Ok(text) => text,
        Err(error) if error.code() == Some(404) => {
            let why = format!("pod {namespace}/{name} is not there any more");
            return Err(Absence::new(AbsentCode::NoSource, why));
        }
        Err(error) => {
            return Err(refused(
                &error,
                &format!("get pods in namespace {namespace}"),
            ));
        }
    };
    let object: Value = serde_json::from_str(&text)
        .map_err(|e| Absence::new(AbsentCode::Failed, CallError::garbled(e).to_string()))?;
    let uid = object["metadata"]["uid"].as_str();
    if pod
        .uid
        .as_ref()
        .is_some_and(|known| Some(known.as_str()) != uid)
    {
        let why = format!("pod {namespace}/{name} is gone; another has its name");
        return Err(Absence::new(AbsentCode::NoSource, why));
    }
    Ok(object)
}

/// Events about it; why they cannot be read.
async fn events(api: &Api, pod: &PodName) -> Result<Vec<Value>, Text> {
    let PodName {
        namespace, name, ..
    } = pod;
    let mut fields = format!("involvedObject.kind%3DPod%2CinvolvedObject.name%3D{name}");
    if let Some(uid) = &pod.uid {
        fields.push_str(&format!("%2CinvolvedObject.uid%3D{uid}"));
    }
    let path = format!("/api/v1/namespaces/{namespace}/events?limit=200&fieldSelector={fields}");
    match api.get(&path, LIMIT).await {
        Ok(text) => {
            let mut list: Value = serde_json::from_str(&text)
                .map_err(|e| Text::from(CallError::garbled(e).to_string()))?;
            Ok(match list["items"].take() {
                Value::Array(items) => items,
                _ => Vec::new(),
            })
        }
        Err(error) => Err(refused(&error, &format!("list events in namespace {namespace}")).text),
    }
}

/// A missing permission by its name; anything else in its own words.
fn refused(error: &CallError, permission: &str) -> Absence {
    match error.code() {
        Some(403) => Absence::new(
            AbsentCode::NoPermission,
            format!("not allowed: {permission}"),
        ),
        _ => Absence::new(AbsentCode::Failed, error.to_string()),
    }
}
