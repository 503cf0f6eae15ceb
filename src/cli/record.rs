//! `migdeck record FILE`: a probe's stream into a file, which `replay`, `--fleet` and the tests read. What exporters and
//! the API server tell meanwhile is put beside it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::domain::cluster::news::ClusterNews;
use crate::domain::ids::{ExporterId, StreamId};
use crate::domain::observation::{Fact, Health, Observation, SourceState};
use crate::sources::stream::record::{Beside, Recording};
use crate::sources::stream::{Listener, StreamMsg};
use crate::wiring::cluster::{Options, Reader, Telemetry};
use crate::wiring::exporters::{Exporter, Exporters, Told, Way};
use crate::wiring::headless::{Argv, Spec};

use super::read::Sources;
use super::{CliError, signals};

/// `record`.
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    /// The tape to write
    file: PathBuf,
    /// Stop after SEC seconds (default: at Ctrl-C)
    #[arg(long, value_name = "SEC", value_parser = seconds)]
    seconds: Option<f64>,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
}

/// Records one host's stream.
///
/// # Errors
/// There is not exactly one host, the file exists or cannot be written, the probe does not start or ends early.
pub fn run(args: &Args, sources: &Sources) -> Result<u8, CliError> {
    let (argv, exporters, cluster) = match sources {
        Sources::Streams(specs) => match split(specs) {
            Parts {
                hosts,
                exporters,
                cluster,
            } if hosts.len() == 1 => (hosts[0].settled(), exporters, cluster),
            Parts { hosts, .. } => {
                return Err(CliError::usage(format!(
                    "a tape holds one host, and {} are configured",
                    hosts.len()
                ))
                .hint("name one: `migdeck record FILE --ssh HOST`"));
            }
        },
        Sources::Tape(_) | Sources::Saved(_) => {
            return Err(CliError::usage("a file cannot be recorded"));
        }
    };
    let stop = signals::interruption()?;
    let mut tape = create(args)?;
    let mut recording = Recording::start(&argv)
        .map_err(|e| CliError::failed(format!("the probe could not be started: {e}")))?;
    // dropped at the end, and with it its readers
    let _reading = record_exporters(exporters, &recording)
        .map_err(|e| CliError::failed(format!("exporters cannot be read: {e}")))?;
    let _watching = record_cluster(cluster, &recording)
        .map_err(|e| CliError::failed(format!("the cluster cannot be read: {e}")))?;
    let until = args
        .seconds
        .and_then(|seconds| Instant::now().checked_add(Duration::from_secs_f64(seconds)));
    let ended = recording
        .write_to(&mut tape, || {
            stop.load(Ordering::Relaxed) || until.is_some_and(|until| Instant::now() >= until)
        })
        .and_then(|ended| tape.sync_all().map(|()| ended))
        .map_err(|e| CliError::failed(format!("{}: {e}", args.file.display())))?;
    let said = format!("{} records in {}", recording.lines(), args.file.display());
    if ended && !stop.load(Ordering::Relaxed) {
        return Err(CliError::failed(format!("the probe ended early; {said}")));
    }
    // standard error may be closed: there is nobody left to tell
    let _ = writeln!(io::stderr(), "{said}");
    Ok(0)
}

/// What there is to record.
struct Parts<'a> {
    hosts: Vec<&'a Argv>,
    /// Exporters of one host: a Prometheus tells of all, and a tape holds one.
    exporters: Vec<Exporter>,
    cluster: Option<(&'a Options, &'a Telemetry)>,
}

fn split(specs: &[Spec]) -> Parts<'_> {
    let mut parts = Parts {
        hosts: Vec::new(),
        exporters: Vec::new(),
        cluster: None,
    };
    for spec in specs {
        match spec {
            Spec::Probe { argv, .. } => parts.hosts.push(argv),
            Spec::Exporter(e) if !matches!(e.way, Way::Prometheus(_)) => {
                parts.exporters.push(e.clone());
            }
            Spec::Cluster {
                options, telemetry, ..
            } => parts.cluster = Some((options, telemetry)),
            Spec::Exporter(_) | Spec::Tape(_) => {}
        }
    }
    parts
}

/// Puts a cluster's news beside what the probe tells.
#[derive(Clone, Debug)]
struct ClusterBeside(Beside);

impl Listener for ClusterBeside {
    fn tell(&self, _: StreamId, message: StreamMsg) -> bool {
        let StreamMsg::Observation(observation) = message else {
            return true;
        };
        let news = match observation.fact {
            Fact::ClusterNews(news) => news,
            // the sources of a tape are its host's
            Fact::Source(SourceState { health, .. }) => Box::new(ClusterNews::Health { health }),
            _ => return true,
        };
        let fact = Fact::ClusterNews(news);
        let at = observation.at;
        let line = serde_json::to_vec(&Observation { at, fact });
        line.is_ok_and(|line| self.0.tell(line))
    }
}

fn record_cluster(
    cluster: Option<(&Options, &Telemetry)>,
    recording: &Recording,
) -> io::Result<Option<Reader>> {
    let Some((options, telemetry)) = cluster else {
        return Ok(None);
    };
    let beside = ClusterBeside(recording.beside());
    // nothing else of this process is told under a number
    Reader::start(StreamId(0), options.clone(), telemetry.clone(), beside).map(Some)
}

/// Puts what exporters tell beside what the probe tells, as records of their own.
fn record_exporters(
    exporters: Vec<Exporter>,
    recording: &Recording,
) -> io::Result<Option<Exporters>> {
    if exporters.is_empty() {
        return Ok(None);
    }
    let source = exporters[0].source();
    let beside = recording.beside();
    let tell = move |_, told| {
        let (facts, health) = match told {
            Told::Collected(hosts) => (hosts, Health::Live),
            Told::Health(health) => (Vec::new(), health),
        };
        let state = Fact::Source(SourceState { source, health });
        let facts = facts.into_iter().map(|c| Fact::Exporter(Box::new(c)));
        facts.chain([state]).all(|fact| {
            let at = Timestamp::now();
            let line = serde_json::to_vec(&Observation { at, fact });
            line.is_ok_and(|line| beside.tell(line))
        })
    };
    let numbered = (0..).map(ExporterId).zip(exporters).collect();
    Exporters::start(numbered, tell).map(Some)
}

/// Process arguments and pod names are nobody else's business: the file is its owner's.
fn create(args: &Args) -> Result<File, CliError> {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    if args.force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    options.open(&args.file).map_err(|error| {
        let path = args.file.display();
        if error.kind() == io::ErrorKind::AlreadyExists {
            CliError::refused(format!("{path} exists already")).hint("--force replaces it")
        } else {
            CliError::failed(format!("{path}: {error}"))
        }
    })
}

fn seconds(typed: &str) -> Result<f64, String> {
    match typed.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() && seconds > 0.0 => Ok(seconds),
        _ => Err("expected a number of seconds above 0".to_owned()),
    }
}
