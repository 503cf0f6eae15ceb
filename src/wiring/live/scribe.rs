//! Reads and writes the state directory on a thread of its own: a home on a file server that hangs holds up nobody.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use crate::domain::ids::{BootId, StreamId};
use crate::domain::text::Text;
use crate::store::memory::{Chapter, Memory, Work};
use crate::wiring::links::Item;
use crate::wiring::state_dir::StateDir;

/// Things to write that may wait. Beyond that they are left out, and that is told.
const WAITING: usize = 64;

/// The thread that writes.
#[derive(Debug)]
pub(super) struct Scribe {
    state: StateDir,
    tasks: SyncSender<Task>,
}

#[derive(Debug)]
enum Task {
    Load(StreamId, Text, Option<BootId>),
    Append(Box<Chapter>),
    Work(Text, Option<BootId>, Vec<Work>),
}

impl Scribe {
    pub(super) fn start(state: StateDir, to: SyncSender<Item>) -> io::Result<Self> {
        let (tasks, told) = sync_channel(WAITING);
        let place = state.clone();
        thread::Builder::new()
            .name("state".to_owned())
            .spawn(move || write(&place, &told, &to))?;
        Ok(Self { state, tasks })
    }

    /// Whether something of this host may be kept.
    pub(super) fn takes(&self, simulated: bool) -> bool {
        self.state.takes(simulated)
    }

    pub(super) fn load(&self, id: StreamId, host: Text, boot: Option<BootId>) {
        let _ = self.tasks.try_send(Task::Load(id, host, boot));
    }

    /// False: it waits for too much already.
    pub(super) fn append(&self, chapter: Chapter) -> bool {
        self.tasks.try_send(Task::Append(Box::new(chapter))).is_ok()
    }

    pub(super) fn work(&self, host: Text, boot: Option<BootId>, work: Vec<Work>) {
        // the next one says the same and more
        let _ = self.tasks.try_send(Task::Work(host, boot, work));
    }
}

fn write(state: &StateDir, tasks: &Receiver<Task>, to: &SyncSender<Item>) {
    let mut told = false;
    for task in tasks {
        let done = match task {
            Task::Load(id, host, boot) => {
                let memory: Box<Memory> = Box::new(state.load(&host, boot.as_ref()));
                if to.send(Item::Remembered { id, memory }).is_err() {
                    return;
                }
                Ok(())
            }
            Task::Append(chapter) => state.append(&chapter),
            Task::Work(host, boot, work) => state.write_work(&host, boot.as_ref(), work),
        };
        if let (Err(error), false) = (done, told) {
            told = true;
            let why = Text::from(state.refusal(&error));
            if to.send(Item::Notice(why)).is_err() {
                return;
            }
        }
    }
}
