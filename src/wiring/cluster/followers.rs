//! Asking one exporter, or one Prometheus, again and again.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc::Sender;
use tokio::sync::{Notify, Semaphore, watch};

use crate::domain::ids::ExporterId;
use crate::domain::observation::SourceName;
use crate::domain::text::Text;
use crate::sources::kube::{Proxy, Service};
use crate::sources::prometheus;
use crate::wiring::exporters::{ANSWER, PAGE, Pace, Told};

use super::hub::Place;
use super::remote::Word;

/// The series that every exporter of GPUs has.
const COMMON: &str = "DCGM_FI_DEV_FB_USED";

/// What is the same whoever is asked.
pub(super) struct Task {
    pub(super) id: ExporterId,
    pub(super) source: SourceName,
    /// How long to wait before the first question.
    pub(super) first: Duration,
    /// Its interval is to be found out.
    pub(super) learns: bool,
    pub(super) to: Sender<Word>,
    pub(super) again: Arc<Notify>,
}

/// Somebody who can be asked.
pub(super) trait Asked {
    /// How it is shown.
    fn address(&self) -> Text;
    /// Asks once.
    async fn ask(&mut self, pace: &mut Pace) -> Result<Told, String>;
    /// Why there is nobody to ask now; `None`: there is somebody.
    fn away(&mut self) -> Option<&'static str>;
    /// Comes back when it is to be asked where it was not before.
    async fn moved(&mut self);
}

impl Task {
    /// Asks until nobody listens any more.
    pub(super) async fn run(self, mut asked: impl Asked) {
        let mut pace = Pace::new(self.source, asked.address(), self.learns);
        let mut wait = Some(self.first);
        loop {
            tokio::select! {
                () = sleep(wait) => {}
                () = self.again.notified() => {}
                () = asked.moved() => pace.moved(asked.address()),
            }
            let at = Timestamp::now();
            let told = match asked.away() {
                Some(why) => {
                    // until it moves
                    wait = None;
                    Some(pace.away(why))
                }
                None => {
                    let answer = asked.ask(&mut pace).await;
                    let (told, next) = pace.took(answer, at);
                    wait = Some(next);
                    told
                }
            };
            if let Some(told) = told
                && self.to.send((self.id, told)).await.is_err()
            {
                return;
            }
        }
    }
}

async fn sleep(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}

/// An exporter in its pod.
pub(super) struct Scraped {
    pub(super) proxy: Proxy,
    pub(super) gate: Arc<Semaphore>,
    pub(super) places: watch::Receiver<Option<Place>>,
}

impl Place {
    /// How it is shown.
    pub(super) fn address(&self) -> Text {
        let Self {
            namespace,
            pod,
            port,
        } = self;
        Text::from(format!("pod {namespace}/{pod}:{port}"))
    }

    fn path(&self) -> String {
        let Self {
            namespace,
            pod,
            port,
        } = self;
        format!("/api/v1/namespaces/{namespace}/pods/{pod}:{port}/proxy/metrics")
    }
}

impl Asked for Scraped {
    fn address(&self) -> Text {
        let place = self.places.borrow();
        place
            .as_ref()
            .map_or_else(|| Text::new("no pod"), Place::address)
    }

    async fn ask(&mut self, pace: &mut Pace) -> Result<Told, String> {
        let Some(path) = self.places.borrow().as_ref().map(Place::path) else {
            return Err("it has no pod".to_owned());
        };
        let turn = self.gate.acquire().await.map_err(|e| e.to_string())?;
        let page = self.proxy.get(&path, PAGE.deadline, PAGE.bytes).await;
        drop(turn);
        pace.page(&page.map_err(|e| e.to_string())?)
    }

    fn away(&mut self) -> Option<&'static str> {
        let gone = self.places.borrow_and_update().is_none();
        gone.then_some("none of its pods runs on this node now")
    }

    async fn moved(&mut self) {
        if self.places.changed().await.is_err() {
            std::future::pending().await
        }
    }
}

/// A Prometheus behind its service.
pub(super) struct Prometheus {
    pub(super) proxy: Proxy,
    pub(super) service: Service,
}

impl Prometheus {
    async fn question(&self, path: &str) -> Result<Vec<u8>, String> {
        let path = self.service.path(path);
        let answer = self.proxy.get(&path, ANSWER.deadline, ANSWER.bytes).await;
        answer.map_err(|e| e.to_string())
    }

    /// Whether it scrapes dcgm-exporters.
    pub(super) async fn has_series(&self) -> bool {
        let Ok(answer) = self.question(&prometheus::values(COMMON)).await else {
            return false;
        };
        prometheus::samples(&answer, COMMON).is_ok_and(|samples| !samples.is_empty())
    }
}

impl Asked for Prometheus {
    fn address(&self) -> Text {
        Text::from(self.service.to_string())
    }

    async fn ask(&mut self, pace: &mut Pace) -> Result<Told, String> {
        let this = &*self;
        pace.prometheus(async |path: String| this.question(&path).await)
            .await
    }

    fn away(&mut self) -> Option<&'static str> {
        None
    }

    async fn moved(&mut self) {
        std::future::pending().await
    }
}
