//! Streams that run for as long as somebody looks, on a thread of their own: the newest snapshot comes out.

use std::io;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::domain::fleet::Fleet;
use crate::domain::ids::StreamId;
use crate::domain::observation::Control;
use crate::domain::reading::{Absence, AbsentCode};
use crate::sources::stream::{Feed, StreamMsg};
use crate::store::Store;

use super::headless::Spec;

/// Streams that run. Dropping it ends or abandons them all.
#[derive(Debug)]
pub struct Live {
    controls: Sender<Control>,
}

impl Live {
    /// Starts all streams; `news` is called with each new snapshot, on the thread of the streams.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn start(
        specs: Vec<Spec>,
        news: impl Fn(std::sync::Arc<Fleet>) + Send + 'static,
    ) -> io::Result<Self> {
        let (controls, told) = channel();
        thread::Builder::new()
            .name("streams".to_owned())
            .spawn(move || {
                let (to, messages) = sync_channel(256);
                let mut store = Store::new();
                let mut feeds = Vec::new();
                for (spec, n) in specs.iter().zip(0..) {
                    let id = StreamId(n);
                    if let Spec::Probe { name, argv, .. } = spec {
                        store.expect(id, name.as_str().into(), Timestamp::now());
                        match Feed::spawn(id, argv, to.clone()) {
                            Ok(feed) => feeds.push(feed),
                            Err(e) => {
                                let why = Absence::new(AbsentCode::NoSource, e.to_string());
                                store.ended(id, Some(why));
                            }
                        }
                    }
                }
                let mut generation = 0;
                let mut ticked = Instant::now();
                loop {
                    match messages.recv_timeout(Duration::from_millis(100)) {
                        Ok((id, StreamMsg::Observation(o))) => store.apply(id, *o),
                        Ok((id, StreamMsg::Ended { why })) => store.ended(id, why),
                        Err(RecvTimeoutError::Timeout) => {
                            let fleet = store.fleet();
                            if fleet.generation != generation {
                                generation = fleet.generation;
                                news(fleet);
                            }
                        }
                        Err(RecvTimeoutError::Disconnected) => return,
                    }
                    if ticked.elapsed() > Duration::from_secs(1) {
                        ticked = Instant::now();
                        store.tick(Timestamp::now());
                    }
                    match told.try_recv() {
                        Ok(control) => {
                            for feed in &feeds {
                                let _ = feed.write_control(&control);
                            }
                        }
                        Err(std::sync::mpsc::TryRecvError::Disconnected) => return,
                        Err(std::sync::mpsc::TryRecvError::Empty) => {}
                    }
                }
            })?;
        Ok(Self { controls })
    }

    /// Tells every probe.
    pub fn control(&self, control: Control) {
        let _ = self.controls.send(control);
    }
}
