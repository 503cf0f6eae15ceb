//! The thread on which a cluster is read: it has the one asynchronous runtime, and nobody else waits for it.

mod followers;
mod hub;
mod remote;
mod telemetry;

use std::io;
use std::sync::Arc;
use std::thread;

use tokio::sync::{Notify, mpsc, oneshot};

use crate::domain::ids::StreamId;
use crate::sources::kube::asked;
use crate::sources::kube::{self, Credentials};
use crate::sources::stream::Listener;

use hub::{Hub, Out, Seen};

pub use crate::sources::kube::{Options, Service};
pub use telemetry::{Telemetry, Wanted};

/// A cluster that is read. Dropping it ends the reading, and waits for nothing.
#[derive(Debug)]
pub struct Reader {
    // its end is told when this is dropped
    _end: oneshot::Sender<()>,
    wanted: mpsc::UnboundedSender<asked::Wanted>,
    again: Arc<Notify>,
}

impl Reader {
    /// Starts reading; what is seen is told under `id`.
    ///
    /// # Errors
    /// No thread or no runtime can be had.
    pub fn start(
        id: StreamId,
        options: Options,
        telemetry: Telemetry,
        to: impl Listener,
    ) -> io::Result<Self> {
        let (end, ended) = oneshot::channel();
        let (wanted, questions) = mpsc::unbounded_channel();
        let credentials = options.credentials.clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            // programs that give out credentials
            .max_blocking_threads(2)
            .thread_name("credential")
            .build()?;
        let again = Arc::new(Notify::new());
        let notify = Arc::clone(&again);
        thread::Builder::new()
            .name("cluster".to_owned())
            .spawn(move || {
                let local = tokio::task::LocalSet::new();
                local.block_on(&runtime, async {
                    tokio::select! {
                        () = read(id, options, telemetry, to, notify) => {}
                        () = asked::answer(credentials, questions) => {}
                        _ = ended => {}
                    }
                });
                drop(local);
                // a program that does not come back is not waited for
                runtime.shutdown_background();
            })?;
        Ok(Self {
            _end: end,
            wanted,
            again,
        })
    }

    /// Asks something about a pod, or forgets it. Never waits.
    pub fn want(&self, wanted: asked::Wanted) {
        // what nobody answers any more is not wanted any more either
        let _ = self.wanted.send(wanted);
    }

    /// Asks exporters again now; watches follow by themselves.
    pub fn refresh(&self) {
        self.again.notify_waiters();
    }
}

async fn read(
    id: StreamId,
    options: Options,
    telemetry: Telemetry,
    to: impl Listener,
    again: Arc<Notify>,
) {
    let out = Out::new(id, to);
    let mut hub = Hub {
        out: out.clone(),
        notices: None,
        seen: Seen::default(),
    };
    if telemetry == Telemetry::OFF {
        return kube::run(options, hub).await;
    }
    let (notices, inbox) = mpsc::unbounded_channel();
    hub.notices = Some(notices);
    tokio::select! {
        () = kube::run(options, hub) => {}
        () = remote::run(inbox, out, telemetry, again) => {}
    }
}

/// What the flags say about a cluster.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wish {
    /// Which credential.
    pub credentials: Credentials,
    /// The namespace to read where not all may be.
    pub namespace: Option<String>,
}

impl Wish {
    /// How to read it; `None`: nobody asked for it, and there is no credential.
    pub fn options(self) -> Option<Options> {
        self.credentials.exist().then(|| Options {
            credentials: self.credentials,
            namespace: self.namespace,
            ..Options::default()
        })
    }
}
