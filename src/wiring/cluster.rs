//! The thread on which a cluster is read: it has the one asynchronous runtime, and nobody else waits for it.

use std::io;
use std::thread;

use tokio::sync::{mpsc, oneshot};

use crate::domain::ids::StreamId;
use crate::domain::observation::Observation;
use crate::sources::kube::asked::Wanted;
use crate::sources::kube::{self, Credentials};
use crate::sources::stream::{Listener, StreamMsg};

pub use crate::sources::kube::Options;

/// A cluster that is read. Dropping it ends the reading, and waits for nothing.
#[derive(Debug)]
pub struct Reader {
    // its end is told when this is dropped
    _end: oneshot::Sender<()>,
    wanted: mpsc::UnboundedSender<Wanted>,
}

impl Reader {
    /// Starts reading; what is seen is told under `id`.
    ///
    /// # Errors
    /// No thread or no runtime can be had.
    pub fn start(id: StreamId, options: Options, to: impl Listener) -> io::Result<Self> {
        let (end, ended) = oneshot::channel();
        let (wanted, asked) = mpsc::unbounded_channel();
        let credentials = options.credentials.clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            // programs that give out credentials
            .max_blocking_threads(2)
            .thread_name("credential")
            .build()?;
        let sink = move |observation: Observation| {
            to.tell(id, StreamMsg::Observation(Box::new(observation)))
        };
        thread::Builder::new()
            .name("cluster".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = kube::run(options, sink) => {}
                        () = kube::asked::answer(credentials, asked) => {}
                        _ = ended => {}
                    }
                });
                // a program that does not come back is not waited for
                runtime.shutdown_background();
            })?;
        Ok(Self { _end: end, wanted })
    }

    /// Asks something about a pod, or forgets it. Never waits.
    pub fn want(&self, wanted: Wanted) {
        // what nobody answers any more is not wanted any more either
        let _ = self.wanted.send(wanted);
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
