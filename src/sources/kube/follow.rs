//! Follows one watch: asks, waits, takes in, begins again.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use super::api::{Api, CallError};
use super::backoff::Backoff;
use super::health::State;
use super::objects::Kind;
use super::session::{Note, WatchId};
use super::watch::{Ask, Watch};
use crate::domain::cluster::news::{Change, ClusterNews};

/// How long a page of a list may take.
const PAGE: Duration = Duration::from_secs(30);
/// How long the server may take to begin with a watch.
const BEGIN: Duration = Duration::from_secs(15);
/// How long the initial events may take in all: that long one waits for an end that an old server never sends.
const INITIAL: Duration = Duration::from_secs(45);
/// A watch that is silent for so long is begun again from where it was. Servers send a bookmark a minute; nobody promises
/// that, and so silence alone is not called late.
const SILENT: Duration = Duration::from_secs(100);
/// What is forbidden is asked for again after this: somebody may have given the right.
const FORBIDDEN: Duration = Duration::from_secs(60);
/// Changes that are told on together at most.
const BATCH: usize = 256;

/// What a watch needs of its session.
#[derive(Clone)]
pub(super) struct Bench {
    pub(super) api: Api,
    pub(super) notes: mpsc::Sender<Note>,
    /// The server answers again: nobody waits on.
    pub(super) up: Arc<Notify>,
}

/// Follows a watch until the session ends.
pub(super) async fn follow<K: Kind>(
    id: WatchId,
    bench: Bench,
    mut watch: Watch<K>,
    news: impl Fn(Change<K::Facts>) -> ClusterNews,
) {
    let mut backoff = Backoff::default();
    loop {
        let round = round(&id, &bench, &mut watch, &news, &mut backoff).await;
        if watch.has_changes() {
            let changes = watch.changes();
            if bench.notes.send(Note::News(news(changes))).await.is_err() {
                return;
            }
        }
        let error = match round {
            // ended as agreed, or a page has come
            Ok(()) => continue,
            Err(Stop::Failed(error)) => error,
            Err(Stop::Nobody) => return,
        };
        if watch.failed(&error) {
            continue;
        }
        let (state, wait) = match error.code() {
            Some(403) => (State::Forbidden(error.to_string().into()), FORBIDDEN),
            Some(404) => (State::Unserved, FORBIDDEN),
            Some(401) => (
                State::Unauthorised(error.to_string().into()),
                backoff.next(),
            ),
            _ => (State::Late(error.to_string().into()), backoff.next()),
        };
        if !bench.tell(&id, state).await {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = bench.up.notified() => {}
        }
    }
}

enum Stop {
    Failed(CallError),
    /// Nobody listens any more.
    Nobody,
}

impl From<CallError> for Stop {
    fn from(error: CallError) -> Self {
        Self::Failed(error)
    }
}

impl Bench {
    async fn tell(&self, id: &WatchId, state: State) -> bool {
        let note = Note::State(id.clone(), state);
        self.notes.send(note).await.is_ok()
    }
}

/// Asks once, and takes in all that comes of it.
async fn round<K: Kind>(
    id: &WatchId,
    bench: &Bench,
    watch: &mut Watch<K>,
    news: &impl Fn(Change<K::Facts>) -> ClusterNews,
    backoff: &mut Backoff,
) -> Result<(), Stop> {
    let told = async |change| {
        let sent = bench.notes.send(Note::News(news(change))).await;
        sent.map_err(|_| Stop::Nobody)
    };
    let live = async || match bench.tell(id, State::Live).await {
        true => Ok(()),
        false => Err(Stop::Nobody),
    };
    let (mut lines, until) = match watch.ask() {
        Ask::Page(path) => {
            let page = bench.api.get(&path, PAGE).await?;
            if let Some(all) = watch.page(&page)? {
                told(all).await?;
                live().await?;
            }
            backoff.reset();
            return Ok(());
        }
        Ask::Initial(path) => {
            let until = Instant::now() + INITIAL;
            (bench.api.lines(&path, BEGIN).await?, Some(until))
        }
        Ask::Events(path) => {
            let lines = bench.api.lines(&path, BEGIN).await?;
            live().await?;
            (lines, None)
        }
    };
    loop {
        let idle = match until.filter(|_| !watch.is_complete()) {
            Some(until) => until.saturating_duration_since(Instant::now()),
            None => SILENT,
        };
        let mut next = match lines.next(idle).await {
            // begun again from where it was, which is no news
            Err(CallError::Late(_)) if watch.is_complete() => return Ok(()),
            Err(CallError::Late(_)) => return Err(CallError::Late(INITIAL).into()),
            other => other?,
        };
        let mut taken = 0;
        while let Some(line) = next {
            if let Some(all) = watch.line(line)? {
                told(all).await?;
                live().await?;
            }
            backoff.reset();
            taken += 1;
            next = if taken < BATCH { lines.ready()? } else { None };
        }
        if watch.has_changes() {
            let changes = watch.changes();
            told(changes).await?;
        }
        if taken == 0 {
            return Ok(());
        }
    }
}
