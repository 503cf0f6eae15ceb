//! One watch as a state machine: what to ask next, and what follows from what came. No I/O, no clock.
//!
//! ```text
//!   stream with initial events --refused--> pages --last--> watch from the list's version <--broken, ended--+
//!        |                                    ^                    |                                        |
//!        +--bookmark: all told----------------|--------------------+--events, bookmarks: version moves -----+
//!                                             +------ 410: history is gone ------+
//! ```

use serde::Deserialize;
use serde_json::value::RawValue;

use super::api::{CallError, Status};
use super::objects::{Kind, Names};
use crate::domain::cluster::news::Change;
use crate::domain::ids::ObjectUid;

/// Objects on a page of a list.
const PAGE: u32 = 500;
/// A watch ends after so many seconds and is begun again from where it was: servers do the same, at a time of theirs.
const LONGEST: u32 = 290;

/// What to ask next: the path with its query.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Ask {
    /// A page of a list.
    Page(String),
    /// Events, beginning with all objects that there are.
    Initial(String),
    /// Events from a version on.
    Events(String),
}

/// How all objects are told at the beginning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Beginning {
    /// As events of the watch itself (WatchList): nothing has to be held as a whole.
    Streamed,
    /// In pages of a list, as every server can.
    Paged,
}

/// A watch of objects of one kind.
#[derive(Debug)]
pub(super) struct Watch<K: Kind> {
    /// Path of the collection, such as `/api/v1/pods`.
    path: String,
    /// Field selector; empty: none.
    fields: String,
    beginning: Beginning,
    /// Where events go on; `None`: from the beginning.
    version: Option<String>,
    /// What was told of a beginning that is not complete.
    begun: Vec<K::Facts>,
    /// Where the next page begins.
    go_on: Option<String>,
    names: Names,
    /// Changes that were not told on yet.
    set: Vec<K::Facts>,
    gone: Vec<ObjectUid>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    object: &'a RawValue,
}

impl<K: Kind> Watch<K> {
    /// A watch that has not begun. `streamed`: ask for the initial events first.
    pub(super) fn new(path: String, fields: String, streamed: bool) -> Self {
        Self {
            path,
            fields,
            beginning: if streamed {
                Beginning::Streamed
            } else {
                Beginning::Paged
            },
            version: None,
            begun: Vec::new(),
            go_on: None,
            names: Names::default(),
            set: Vec::new(),
            gone: Vec::new(),
        }
    }

    /// What to ask now.
    pub(super) fn ask(&mut self) -> Ask {
        let mut query = String::new();
        let mut add = |name: &str, value: &str| {
            query.push(if query.is_empty() { '?' } else { '&' });
            query.push_str(name);
            query.push('=');
            query.push_str(&escaped(value));
        };
        if !self.fields.is_empty() {
            add("fieldSelector", &self.fields);
        }
        if let Some(version) = &self.version {
            add("watch", "1");
            add("allowWatchBookmarks", "true");
            add("timeoutSeconds", &LONGEST.to_string());
            add("resourceVersion", version);
            return Ask::Events(self.path.clone() + &query);
        }
        if self.beginning == Beginning::Streamed {
            self.begun.clear();
            add("watch", "1");
            add("sendInitialEvents", "true");
            add("resourceVersionMatch", "NotOlderThan");
            add("allowWatchBookmarks", "true");
            add("timeoutSeconds", &LONGEST.to_string());
            return Ask::Initial(self.path.clone() + &query);
        }
        add("limit", &PAGE.to_string());
        match &self.go_on {
            Some(token) => add("continue", token),
            None => self.begun.clear(),
        }
        Ask::Page(self.path.clone() + &query)
    }

    /// Takes a page in; all objects, once it was the last.
    pub(super) fn page(&mut self, json: &str) -> Result<Option<Change<K::Facts>>, CallError> {
        let list = K::parse_list(json, &mut self.names).map_err(CallError::garbled)?;
        self.begun.extend(list.items);
        if !list.go_on.is_empty() {
            self.go_on = Some(list.go_on);
            return Ok(None);
        }
        self.go_on = None;
        self.version = Some(list.version);
        Ok(Some(Change::All(std::mem::take(&mut self.begun))))
    }

    /// Takes a line of a watch in; all objects, if it completes the beginning. Changes are kept for [`Self::changes`].
    pub(super) fn line(&mut self, line: &str) -> Result<Option<Change<K::Facts>>, CallError> {
        let event: Event<'_> = serde_json::from_str(line).map_err(CallError::garbled)?;
        let object = event.object.get();
        if event.kind == "ERROR" {
            let status: Status = serde_json::from_str(object).map_err(CallError::garbled)?;
            return Err(status.into());
        }
        let object = K::parse(object, &mut self.names).map_err(CallError::garbled)?;
        let complete = match (&self.version, event.kind) {
            (None, "BOOKMARK") if object.initial_events_end => {
                Some(Change::All(std::mem::take(&mut self.begun)))
            }
            (None, "ADDED") => {
                self.begun.extend(object.facts);
                return Ok(None);
            }
            // the beginning is one state of the server's: what changes after it comes after its end
            (None, _) => return Ok(None),
            (Some(_), "ADDED" | "MODIFIED") => {
                match object.facts {
                    Some(facts) => self.set.push(facts),
                    None => self.gone.push(object.uid),
                }
                None
            }
            (Some(_), "DELETED") => {
                self.gone.push(object.uid);
                None
            }
            (Some(_), "BOOKMARK") => None,
            (Some(_), other) => {
                return Err(CallError::garbled(format!("an event of type {other}")));
            }
        };
        if !object.version.is_empty() {
            self.version = Some(object.version);
        }
        Ok(complete)
    }

    /// Whether there are changes that were not told on.
    pub(super) fn has_changes(&self) -> bool {
        !self.set.is_empty() || !self.gone.is_empty()
    }

    /// Changes since the last time.
    pub(super) fn changes(&mut self) -> Change<K::Facts> {
        Change::Some {
            set: std::mem::take(&mut self.set),
            gone: std::mem::take(&mut self.gone),
        }
    }

    /// Whether all that there was has been told once, and nothing since was missed.
    pub(super) fn is_complete(&self) -> bool {
        self.version.is_some()
    }

    /// What was asked came to nothing; true: it was answered by a way that there is, and is to be asked at once.
    pub(super) fn failed(&mut self, error: &CallError) -> bool {
        let had = self.version.is_some();
        match error {
            // history is gone: from the beginning. Nobody has missed anything that the next list would not tell
            CallError::Refused { code: 410, .. } => {
                let had = had || self.go_on.is_some();
                self.version = None;
                self.go_on = None;
                had
            }
            // a server that has no WatchList, or whose operator has turned it off
            CallError::Refused {
                code: 400 | 405 | 422 | 501,
                ..
            } if !had && self.beginning == Beginning::Streamed => {
                self.beginning = Beginning::Paged;
                true
            }
            // one that took the question for an older one answers without ever coming to an end
            CallError::Late(_) if !had && self.beginning == Beginning::Streamed => {
                self.beginning = Beginning::Paged;
                false
            }
            // what is not understood may have changed something: a list will tell
            CallError::Garbled(_) => {
                self.version = None;
                self.go_on = None;
                false
            }
            CallError::Refused { .. } | CallError::Lost(_) | CallError::Late(_) => false,
        }
    }
}

/// `text` as a value in a query.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cluster::PodFacts;
    use crate::domain::text::Text;
    use crate::sources::kube::objects::Pods;
    use serde_json::{Value, json};

    fn watch(streamed: bool) -> Watch<Pods> {
        Watch::new(
            "/api/v1/pods".into(),
            "spec.nodeName=dgx-1,status.phase!=Succeeded".into(),
            streamed,
        )
    }

    fn pod(name: &str, version: u32) -> Value {
        json!({
            "metadata": {"uid": name, "namespace": "svc", "name": name, "resourceVersion": version.to_string()},
            "spec": {"containers": [{"name": "a", "resources": {"limits": {"nvidia.com/gpu": "1"}}}]}})
    }

    fn event(kind: &str, object: &Value) -> String {
        json!({"type": kind, "object": object}).to_string()
    }

    fn end(version: u32) -> String {
        let object = json!({"metadata": {"resourceVersion": version.to_string(),
            "annotations": {"k8s.io/initial-events-end": "true"}}, "spec": {"containers": null}});
        event("BOOKMARK", &object)
    }

    fn names(change: Option<Change<PodFacts>>) -> Vec<String> {
        match change {
            Some(Change::All(all)) => all.iter().map(|p| p.name.to_string()).collect(),
            other => panic!("{other:?}"),
        }
    }

    fn refused(code: u16) -> CallError {
        CallError::Refused {
            code,
            reason: Text::new(""),
            message: Text::new(""),
        }
    }

    #[test]
    fn a_streamed_beginning_is_told_when_it_is_whole_and_then_events_go_on_from_there() {
        let mut watch = watch(true);
        let Ask::Initial(path) = watch.ask() else {
            panic!()
        };
        assert!(path.starts_with(
            "/api/v1/pods?fieldSelector=spec.nodeName%3Ddgx-1%2Cstatus.phase%21%3DSucceeded&watch=1"
        ));
        assert!(path.contains("sendInitialEvents=true"));
        assert_eq!(watch.line(&event("ADDED", &pod("a", 1))), Ok(None));
        assert_eq!(watch.line(&event("ADDED", &pod("b", 2))), Ok(None));
        assert!(!watch.has_changes() && !watch.is_complete());
        assert_eq!(names(watch.line(&end(5)).unwrap()), ["a", "b"]);
        // broken: it goes on from there, and says nothing twice
        assert!(!watch.failed(&CallError::Lost(Text::new("reset"))));
        let Ask::Events(path) = watch.ask() else {
            panic!()
        };
        assert!(path.ends_with("resourceVersion=5"), "{path}");
        watch.line(&event("MODIFIED", &pod("b", 6))).unwrap();
        watch.line(&event("DELETED", &pod("a", 7))).unwrap();
        let Change::Some { set, gone } = watch.changes() else {
            panic!()
        };
        assert_eq!((set[0].name.as_str(), gone[0].as_str()), ("b", "a"));
        assert!(!watch.has_changes());
        let bookmark = json!({"metadata": {"resourceVersion": "90"}, "spec": {"containers": null}});
        watch.line(&event("BOOKMARK", &bookmark)).unwrap();
        assert!(matches!(watch.ask(), Ask::Events(path) if path.ends_with("=90")));
    }

    #[test]
    fn a_server_without_initial_events_is_asked_for_pages() {
        for error in [refused(400), refused(422)] {
            let mut watch = watch(true);
            watch.ask();
            assert!(watch.failed(&error), "asked again at once");
            assert!(matches!(watch.ask(), Ask::Page(_)));
        }
        // one that never comes to an end is given up, after a while
        let mut watch = watch(true);
        watch.ask();
        watch.line(&event("ADDED", &pod("a", 1))).unwrap();
        assert!(!watch.failed(&CallError::Late(std::time::Duration::from_secs(30))));
        assert!(matches!(watch.ask(), Ask::Page(_)));
        // a refusal that has another reason is no reason to ask otherwise
        let mut watch = self::watch(true);
        watch.ask();
        assert!(!watch.failed(&refused(403)));
        assert!(matches!(watch.ask(), Ask::Initial(_)));
    }

    #[test]
    fn pages_are_told_together_and_an_expired_token_begins_anew() {
        let page = |items: Value, go_on: &str, version: &str| {
            json!({"metadata": {"resourceVersion": version, "continue": go_on}, "items": items})
                .to_string()
        };
        let mut watch = watch(false);
        assert!(matches!(watch.ask(), Ask::Page(path) if path.ends_with("&limit=500")));
        assert_eq!(
            watch.page(&page(json!([pod("a", 1)]), "t/1", "9")),
            Ok(None)
        );
        assert!(matches!(watch.ask(), Ask::Page(path) if path.ends_with("&continue=t%2F1")));
        assert!(watch.failed(&refused(410)), "at once, from the first page");
        assert!(matches!(watch.ask(), Ask::Page(path) if !path.contains("continue")));
        assert_eq!(
            watch.page(&page(json!([pod("a", 1)]), "t2", "10")),
            Ok(None)
        );
        watch.ask();
        // a page that is lost is asked for again, not the whole list
        assert!(!watch.failed(&CallError::Lost(Text::new("reset"))));
        assert!(matches!(watch.ask(), Ask::Page(path) if path.ends_with("continue=t2")));
        let all = watch.page(&page(json!([pod("b", 2)]), "", "10")).unwrap();
        assert_eq!(names(all), ["a", "b"]);
        assert!(matches!(watch.ask(), Ask::Events(path) if path.ends_with("=10")));
    }

    #[test]
    fn history_that_is_gone_begins_anew_and_changes_nothing_until_it_is_whole() {
        let mut watch = watch(true);
        watch.ask();
        watch.line(&event("ADDED", &pod("a", 1))).unwrap();
        watch.line(&end(5)).unwrap();
        let expired = json!({"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"});
        let error = watch.line(&event("ERROR", &expired)).unwrap_err();
        assert_eq!(error.code(), Some(410));
        assert!(watch.failed(&error));
        assert!(matches!(watch.ask(), Ask::Initial(_)));
        assert!(!watch.has_changes());
        // the beginning fails too: not at once again
        assert!(!watch.failed(&refused(410)));
        assert_eq!(names(watch.line(&end(8)).unwrap()), [""; 0]);
    }

    #[test]
    fn a_beginning_that_breaks_is_forgotten() {
        let mut watch = watch(true);
        watch.ask();
        watch.line(&event("ADDED", &pod("a", 1))).unwrap();
        watch.failed(&CallError::Lost(Text::new("reset")));
        watch.ask();
        watch.line(&event("ADDED", &pod("b", 1))).unwrap();
        assert_eq!(names(watch.line(&end(2)).unwrap()), ["b"]);
    }

    #[test]
    fn an_object_that_concerns_gpus_no_more_is_gone() {
        let mut watch = watch(true);
        watch.ask();
        watch.line(&end(5)).unwrap();
        let plain = json!({"metadata": {"uid": "a", "resourceVersion": "6"}, "spec": {}});
        watch.line(&event("MODIFIED", &plain)).unwrap();
        assert_eq!(
            watch.changes(),
            Change::Some {
                set: Vec::new(),
                gone: vec![ObjectUid::new("a")]
            }
        );
        assert!(matches!(
            watch.line("{\"type\":\"WHAT\",\"object\":{\"metadata\":{}}}"),
            Err(CallError::Garbled(_))
        ));
        assert!(watch.line("half a li").is_err());
    }
}
