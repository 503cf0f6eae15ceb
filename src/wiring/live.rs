//! Streams that run for as long as somebody looks, on a thread of their own: the newest snapshot comes out.
//!
//! Nothing here waits for a probe: whatever a driver does, dropping a [`Live`] returns at once.

mod paper;
mod scribe;
mod streams;

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use jiff::Timestamp;

use crate::domain::cluster::asked::{PodName, Question};
use crate::domain::fleet::Fleet;
use crate::domain::history::History;
use crate::domain::observation::Control;
use crate::domain::text::Text;
use crate::sources::kube::asked::{Reply, Wanted};
use crate::sources::stream::{Deck, Speed, deck::TapeState};

use super::headless::Spec;
use super::hosts::SudoAdvice;
use super::links::Item;
use super::sim::SimPods;
use super::state_dir::StateDir;
use streams::Streams;

/// Records that may wait for the store.
const BACKLOG: usize = 256;

/// Up to this speed a tape's clock goes on between two snapshots.
const SLOW: f64 = 2.0;

/// What is to hold for all streams.
#[derive(Clone, PartialEq, Debug)]
pub struct Ways {
    /// Seconds between beats; `None`: as the probes are made.
    pub beat: Option<f64>,
    /// How fast tapes are played.
    pub speed: Speed,
    /// Where events are written down; `None`: nowhere.
    pub state: Option<StateDir>,
    /// A simulated cluster that can be asked about its pods; `None`: there is none.
    pub simulated: Option<SimPods>,
    /// This program, by which what might ask on a terminal is started without one; `None`: all keeps its terminal.
    pub apart: Option<PathBuf>,
}

impl Default for Ways {
    fn default() -> Self {
        Self {
            beat: None,
            speed: Speed::AtOnce,
            state: None,
            simulated: None,
            apart: None,
        }
    }
}

/// What is known now.
#[derive(Clone, Debug)]
pub struct News {
    /// The fleet.
    pub fleet: Arc<Fleet>,
    /// What was measured lately.
    pub history: Arc<History>,
    /// How the tape does, if one is played.
    pub tape: Option<TapeState>,
    /// Why what happens is not written down, if it is not; told once.
    pub notice: Option<Text>,
    /// How to see what this user's rights hide, if that has just turned out; lines to copy.
    pub advice: Option<SudoAdvice>,
}

/// What a tape can be told.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Play {
    /// Stop.
    Pause,
    /// Go on.
    Resume,
    /// So many times as fast as recorded.
    Speed(f64),
}

/// Streams that run. Dropping it ends or abandons them all, and waits for nothing.
pub struct Live {
    desk: Arc<Desk>,
    deck: Option<Deck>,
    /// The tape's time in the newest snapshot.
    told: Arc<Mutex<Option<Timestamp>>>,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live")
            .field("deck", &self.deck)
            .finish_non_exhaustive()
    }
}

/// What the thread of the streams is told. Never waited for: the thread looks here whenever it wakes.
struct Desk {
    wake: SyncSender<Item>,
    papers: Mutex<Papers>,
}

#[derive(Default)]
struct Papers {
    orders: Vec<Order>,
    /// Old snapshots, to be dropped where it disturbs nobody.
    old: Vec<(Arc<Fleet>, Arc<History>)>,
    closed: bool,
}

enum Order {
    Control(Option<Text>, Control),
    Refresh(Option<Text>),
    Open(Option<Text>),
    Want(Wanted),
    /// Which contexts there are.
    Contexts(Box<dyn FnOnce(Result<Vec<Text>, Text>) + Send>),
    /// Read another context.
    Context(Text),
    /// Read this namespace where not all may be.
    Namespace(Option<Text>),
    /// The tape was told something.
    Played,
}

impl Desk {
    fn put(&self, change: impl FnOnce(&mut Papers)) {
        change(&mut self.papers.lock().unwrap_or_else(PoisonError::into_inner));
        // no room: it is awake, and looks here before it sleeps
        let _ = self.wake.try_send(Item::Wake);
    }

    fn take(&self) -> Papers {
        let mut papers = self.papers.lock().unwrap_or_else(PoisonError::into_inner);
        let closed = papers.closed;
        let taken = std::mem::take(&mut *papers);
        papers.closed = closed;
        taken
    }
}

impl Live {
    /// Starts all streams; `news` is called with each new snapshot, on the thread of the streams.
    ///
    /// While three earlier snapshots are still held by whoever was told, newer ones wait: the next one told is the newest
    /// then.
    ///
    /// # Errors
    /// A tape cannot be read, or no thread can be had.
    pub fn start(
        specs: Vec<Spec>,
        ways: Ways,
        news: impl Fn(News) + Send + 'static,
    ) -> io::Result<Self> {
        let (wake, inbox) = sync_channel(BACKLOG);
        let desk = Arc::new(Desk {
            wake: wake.clone(),
            papers: Mutex::default(),
        });
        let streams = Streams::new(&specs, &ways, wake)?;
        let deck = streams.deck().cloned();
        let shared = Arc::clone(&desk);
        let told = Arc::new(Mutex::default());
        let last = Arc::clone(&told);
        let news = move |newest: News| {
            *last.lock().unwrap_or_else(PoisonError::into_inner) =
                newest.tape.and_then(|tape| tape.at);
            news(newest);
        };
        thread::Builder::new()
            .name("streams".to_owned())
            .spawn(move || streams.run(&inbox, &shared, news))?;
        Ok(Self { desk, deck, told })
    }

    /// Tells the probe of a node, or all. One that waits to be tried again, and is told to retry, is tried now.
    pub fn control(&self, node: Option<&Text>, control: Control) {
        let order = Order::Control(node.cloned(), control);
        self.desk.put(|papers| papers.orders.push(order));
    }

    /// Tries links now that wait to be tried again, of a node or all.
    pub fn refresh(&self, node: Option<&Text>) {
        let order = Order::Refresh(node.cloned());
        self.desk.put(|papers| papers.orders.push(order));
    }

    /// Which node is looked at: more history is kept of it.
    pub fn open(&self, node: Option<&Text>) {
        let order = Order::Open(node.cloned());
        self.desk.put(|papers| papers.orders.push(order));
    }

    /// Asks something about a pod: of the API server that is read, or of the simulated cluster.
    pub fn ask(&self, id: u64, pod: PodName, question: Question, reply: Reply) {
        let wanted = Wanted::Ask {
            id,
            pod,
            question,
            reply,
        };
        self.desk
            .put(|papers| papers.orders.push(Order::Want(wanted)));
    }

    /// No more of what was asked under this number.
    pub fn forget(&self, id: u64) {
        let order = Order::Want(Wanted::Forget(id));
        self.desk.put(|papers| papers.orders.push(order));
    }

    /// Tells which contexts the kubeconfig has.
    pub fn contexts(&self, tell: impl FnOnce(Result<Vec<Text>, Text>) + Send + 'static) {
        let order = Order::Contexts(Box::new(tell));
        self.desk.put(|papers| papers.orders.push(order));
    }

    /// Reads the cluster of another context in place of the one that is read.
    pub fn read_context(&self, name: Text) {
        let order = Order::Context(name);
        self.desk.put(|papers| papers.orders.push(order));
    }

    /// Reads this namespace where not all may be.
    pub fn read_namespace(&self, name: Option<Text>) {
        let order = Order::Namespace(name);
        self.desk.put(|papers| papers.orders.push(order));
    }

    /// Tells the tape.
    pub fn play(&self, play: Play) {
        let Some(deck) = &self.deck else {
            return;
        };
        match play {
            Play::Pause => deck.pause(true),
            Play::Resume => deck.pause(false),
            Play::Speed(times) => deck.set_speed(times),
        }
        self.desk.put(|papers| papers.orders.push(Order::Played));
    }

    /// The time that ages count to: the tape's where one is played, else this machine's.
    pub fn now(&self) -> Timestamp {
        let Some(deck) = &self.deck else {
            return Timestamp::now();
        };
        let tape = if deck.state().speed.is_none_or(|times| times > SLOW) {
            // what is on its way to the screen is many seconds of the tape: they have not passed for whoever looks
            *self.told.lock().unwrap_or_else(PoisonError::into_inner)
        } else {
            deck.now()
        };
        tape.unwrap_or_else(Timestamp::now)
    }

    /// Takes back a snapshot that is shown no more, so that it is dropped on another thread.
    pub fn give_back(&self, fleet: Arc<Fleet>, history: Arc<History>) {
        // not worth waking anybody
        let mut papers = self
            .desk
            .papers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        papers.old.push((fleet, history));
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.desk.put(|papers| papers.closed = true);
    }
}

#[cfg(test)]
mod tests;
