//! The probe: what one host's sources see, as one stream of JSON lines.
//!
//! ```text
//!   rounds ---beat---> lane 0 .. lane n (a thread each: Sampler)   --+
//!          ---beat---> host threads: procfs, kernlog, the rest      --+--> outlet --> writer --> stdout
//!   watcher: calls that do not come back, the quiesce file          --+
//!   session: opens NVML, makes the lanes, lets go of all of it      --+
//!   control: lines on stdin --> rounds, lanes
//! ```
//!
//! Any thread that reads may get stuck for ever (state D), so none is ever waited for: a round ends at its deadline, a
//! full outlet replaces, and the process ends without joining.

mod breaker;
mod complaints;
mod control;
mod ground;
mod host;
mod lane;
mod outlet;
mod quiesce;
mod rounds;
mod session;
mod watcher;

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::domain::observation::{Fact, Hello, SCHEMA};
use crate::domain::text::Text;
use crate::sources::procfs;

use ground::Ground;
use outlet::Outlet;
use rounds::Rounds;
use session::Session;

/// Time between beats that is taken where nothing else is asked for.
pub const BEAT: Duration = Duration::from_secs(1);
/// A call that has not come back after this is called hung.
pub const CALL_DEADLINE: Duration = Duration::from_secs(1);
/// How long NVML's start waits for the inventory from /proc, so that this is written first.
const PROC_FIRST: Duration = Duration::from_millis(300);

/// What a probe reads, and how often.
#[derive(Clone, PartialEq, Debug)]
pub struct Options {
    /// Scenario of the simulator, `name#host`; `None`: the real host.
    pub sim: Option<String>,
    /// The simulator's state, shared with other processes.
    pub sim_state: Option<PathBuf>,
    /// Where the host's files are; `None`: `/`, or with a scenario a folder made from it.
    pub host_root: Option<PathBuf>,
    /// The NVML library; `None`: searched for.
    pub nvml_lib: Option<PathBuf>,
    /// Time between beats.
    pub beat: Duration,
    /// End after so many beats.
    pub beats: Option<u64>,
    /// A call that has not come back after this is called hung.
    pub call_deadline: Duration,
}

impl Default for Options {
    /// The real host, a beat a second, without end.
    fn default() -> Self {
        Self {
            sim: None,
            sim_state: None,
            host_root: None,
            nvml_lib: None,
            beat: BEAT,
            beats: None,
            call_deadline: CALL_DEADLINE,
        }
    }
}

/// Where control lines come from.
pub struct Controls {
    /// The lines.
    pub lines: Box<dyn Read + Send>,
    /// Whether the probe ends with them, as it does where they come through a pipe from whoever started it.
    pub end_with_them: bool,
}

/// Why a probe could not do its work. A host without NVIDIA library is not among the reasons: the stream says so.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// No such scenario or host, or its state cannot be used.
    #[error("the simulated host could not be started: {0}")]
    Simulation(String),
    /// Writing failed for another reason than a reader that has gone.
    #[error("the stream could not be written: {0}")]
    Write(io::Error),
    /// No thread can be had.
    #[error("no thread could be started: {0}")]
    Thread(io::Error),
}

/// Writes the stream to `out` until its reader has gone, its controls have ended or its beats are done.
///
/// Leaves threads behind that may never end: the caller is to leave the process without waiting for them.
///
/// # Errors
/// See [`ProbeError`]. A reader that has gone is none.
pub fn run(options: Options, out: impl Write, controls: Controls) -> Result<(), ProbeError> {
    let ground = Arc::new(Ground::new(&options).map_err(ProbeError::Simulation)?);
    let outlet = Outlet::default();
    outlet.send(hello(&ground, options.beat));
    let rounds = Arc::new(Rounds::new(options.beat));
    let session = Arc::new(Session::new(
        &ground,
        &rounds,
        &outlet,
        options.call_deadline,
    ));
    let host = host::start(&ground, &session, PROC_FIRST).map_err(ProbeError::Thread)?;
    session::start(&session).map_err(ProbeError::Thread)?;
    control::start(controls, &session).map_err(ProbeError::Thread)?;
    watcher::start(&session, host).map_err(ProbeError::Thread)?;
    {
        let session = Arc::clone(&session);
        start("rounds", move || rounds::conduct(&session, options.beats))
            .map_err(ProbeError::Thread)?;
    }
    let result = outlet.write_to(out);
    rounds.end();
    ground.clear();
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(ProbeError::Write(error)),
        _ => Ok(()),
    }
}

fn hello(ground: &Ground, beat: Duration) -> Fact {
    let root = ground.root();
    Fact::Hello(Hello {
        schema: Text::new(SCHEMA),
        version: Text::new(env!("CARGO_PKG_VERSION")),
        host: procfs::host_name(root).unwrap_or_else(|| Text::new("unnamed host")),
        boot: procfs::boot_id(root),
        machine_id: procfs::machine_id(root),
        simulated: ground.is_simulated(),
        uid: ground.uid(),
        gaps: procfs::gaps(root),
        beat_seconds: beat.as_secs_f64(),
    })
}

fn start(name: impl Into<String>, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new()
        .name(name.into())
        .spawn(work)
        .map(drop)
}
