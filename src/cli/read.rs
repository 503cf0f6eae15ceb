//! The subcommands that read: from live hosts, from the demo, or from a file.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::config::{Config, Files, Origin, book, demo_book};
use crate::domain::fits::Book;
use crate::domain::fleet::Fleet;
use crate::domain::text::Text;
use crate::formats::doctor::Doctor;
use crate::formats::holders::Holders as HoldersDocument;
use crate::formats::pods::Pods as PodsDocument;
use crate::formats::status::{SCHEMA, Source, Status as Document};
use crate::sources::kube::Credentials;
use crate::sources::stream::{Reel, TapeError};
use crate::wiring::cluster::Wish;
use crate::wiring::headless::{Argv, Running, Spec};
use crate::wiring::hosts::{SudoAdvice, runs_here_as_user, specs, sudo_advice, this_program};

use super::args::{Global, Holders, Pods, Read, Status};
use super::look::{Look, print, print_json};
use super::{CliError, doctor, fits, holders, pods, record, signals, status};

/// Where facts come from.
#[derive(Debug)]
pub enum Sources {
    /// Streams to start.
    Streams(Vec<Spec>),
    /// A tape: its facts are as old as they are.
    Tape(Spec),
    /// A saved document.
    Saved(Box<Document>),
}

impl Sources {
    /// What flags and configuration say.
    ///
    /// # Errors
    /// `--fleet` names a file that is neither a document nor a tape.
    pub fn live(global: &Global, config: &Config) -> Result<Self, CliError> {
        let mut sources = Self::unasked(global, config)?;
        if let Self::Streams(specs) = &mut sources {
            for spec in specs {
                if let Spec::Probe { argv, .. } = spec {
                    *argv = Argv::Known(argv.settled());
                }
            }
        }
        Ok(sources)
    }

    /// What flags and configuration say, before sudo was asked about the probe on this host.
    ///
    /// # Errors
    /// As [`Self::live`].
    pub fn unasked(global: &Global, config: &Config) -> Result<Self, CliError> {
        match &global.fleet {
            Some(path) => saved(path),
            None => {
                let program = this_program().map_err(|e| {
                    CliError::failed(format!("this program's own path is not known: {e}"))
                })?;
                let mut specs =
                    specs(config, &program).map_err(|e| CliError::usage(e.to_string()))?;
                specs.extend(cluster(global, config));
                Ok(Self::Streams(specs))
            }
        }
    }
}

/// The cluster that is asked for, or that there is a credential for.
fn cluster(global: &Global, config: &Config) -> Option<Spec> {
    if global.no_cluster {
        return None;
    }
    let files = global.kubeconfig.iter().flat_map(std::env::split_paths);
    let wish = Wish {
        credentials: Credentials {
            files: files.filter(|f| !f.as_os_str().is_empty()).collect(),
            context: global.context.clone(),
            as_user: global.as_user.clone(),
        },
        namespace: global.namespace.clone(),
    };
    let options = Box::new(wish.options()?);
    let alone = config.hosts.origin == Origin::Default;
    Some(Spec::Cluster { options, alone })
}

/// What holds for all subcommands that read.
#[derive(Clone, Debug)]
pub struct Ways {
    /// Seconds between documents, where the flag does not say.
    pub beat: f64,
    /// How this run writes.
    pub look: Look,
    /// Show pods of this namespace only.
    pub namespace: Option<Text>,
    /// The book of measurements.
    pub book: Books,
}

/// Which book of measurements is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Books {
    /// The demo's.
    Demo,
    /// Those beside the configuration.
    Beside(Files),
}

impl Books {
    /// What is right in the book, and all that is wrong with it.
    pub fn as_far_as_possible(&self) -> (Book, Vec<String>) {
        match self {
            Self::Demo => (demo_book(), Vec::new()),
            Self::Beside(files) => {
                let (book, problems) = book(files);
                (book, problems.0.iter().map(ToString::to_string).collect())
            }
        }
    }

    /// The book.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn read(&self) -> Result<Book, CliError> {
        match self {
            Self::Demo => Ok(demo_book()),
            Self::Beside(files) => match book(files) {
                (book, problems) if problems.0.is_empty() => Ok(book),
                (_, problems) => Err(CliError::usage(format!(
                    "the book of measurements has errors\n{problems}"
                ))
                .hint("`migdeck config check` reads it again")),
            },
        }
    }
}

impl Ways {
    /// What flags and configuration say.
    pub fn of(global: &Global, config: &Config) -> Self {
        Self {
            beat: config.beat_seconds.value,
            look: Look::of(config),
            namespace: global.namespace.as_deref().map(Text::new),
            book: Books::Beside(super::files(global)),
        }
    }
}

fn saved(path: &Path) -> Result<Sources, CliError> {
    match Reel::open(path) {
        Ok(reel) => return Ok(Sources::Tape(Spec::Tape(reel))),
        Err(error @ TapeError::Io { .. }) => return Err(CliError::failed(error.to_string())),
        Err(TapeError::NoTape { .. }) => {}
    }
    let bytes = fs::read(path).map_err(|e| CliError::failed(format!("{}: {e}", path.display())))?;
    document(&bytes)
        .map(|document| Sources::Saved(Box::new(document)))
        .map_err(|why| CliError::usage(format!("{} {why}", path.display())))
}

/// What is read of a document before anything else.
#[derive(serde::Deserialize)]
struct Named {
    schema: Text,
}

/// Whether a file is what `status --json` writes, of this version or another.
pub(super) fn is_status(path: &Path) -> bool {
    // a pipe cannot be read a second time
    if !fs::metadata(path).is_ok_and(|m| m.is_file()) {
        return false;
    }
    let named = |bytes: Vec<u8>| serde_json::from_slice::<Named>(&bytes).ok();
    let named = fs::read(path).ok().and_then(named);
    named.is_some_and(|named| named.schema.starts_with("migdeck/status/"))
}

/// The saved document in `bytes`, or what is wrong with it. The schema is read first: of another one nothing else can be
/// expected to fit.
fn document(bytes: &[u8]) -> Result<Document, String> {
    let neither = "is neither a tape nor a saved `migdeck status --json`";
    let text = std::str::from_utf8(bytes).map_err(|_| format!("{neither}: it is no text"))?;
    let named: Named = serde_json::from_str(text).map_err(|e| format!("{neither}: {e}"))?;
    if named.schema != SCHEMA {
        return Err(format!(
            "is of schema {}; this migdeck reads {SCHEMA}, which `migdeck status --json` writes",
            named.schema
        ));
    }
    let document: Document = serde_json::from_str(text)
        .map_err(|e| format!("is of schema {SCHEMA}, and damaged: {e}"))?;
    match document.check_bounds() {
        Ok(()) => Ok(document),
        Err(what) => Err(format!("cannot be true: {what}")),
    }
}

/// Runs a reading subcommand.
///
/// # Errors
/// Nothing could be read, or written.
pub fn run(command: Read, sources: &Sources, ways: &Ways) -> Result<u8, CliError> {
    let (beat, look) = (ways.beat, ways.look);
    match command {
        Read::Status(args) => match args.watch {
            Some(seconds) => watch(&args, seconds.unwrap_or(beat), sources, look),
            None => {
                let document = once(sources, args.wait.seconds)?;
                show(&document, args.json, false, look)?;
                if !args.json {
                    hint_at_rights(&document, sources);
                }
                verdict(&document, args.json)
            }
        },
        Read::Holders(Holders { wait, json }) => {
            let document = once(sources, wait.seconds)?;
            if json {
                print_json(&HoldersDocument::from(&document), false)?;
            } else {
                look.page(holders::render(&document, look.style))?;
            }
            verdict(&document, json)
        }
        Read::Pods(Pods { wait, json }) => {
            let (fleet, at) = fleet(sources, wait.seconds)?;
            let mut document = PodsDocument::from_fleet(&fleet, at);
            document.keep(ways.namespace.as_ref());
            if json {
                print_json(&document, false)?;
            } else {
                look.page(pods::render(&document, look.style))?;
            }
            verdict(&Document::from_fleet(&fleet, at), json)
        }
        Read::Doctor(args) => {
            let status = once(sources, args.wait.seconds)?;
            let read = verdict(&status, args.json)?;
            let mut document = Doctor::of(&status);
            args.narrow(&mut document)?;
            if args.json {
                print_json(&document, false)?;
            } else {
                look.page(doctor::render(&document, look.style))?;
            }
            Ok(if document.is_ill() { doctor::ILL } else { read })
        }
        Read::Fits(args) => {
            let book = ways.book.read()?;
            fits::known(&args, &book)?;
            let (fleet, at) = fleet(sources, args.wait.seconds)?;
            fits::show(&args, &book, &fleet, at, look)
        }
        Read::Record(args) => record::run(&args, sources),
    }
}

/// Where this user's rights hide something of this host: the line that would show it.
fn hint_at_rights(document: &Document, sources: &Sources) {
    let hidden = document
        .nodes
        .iter()
        .flat_map(|n| &n.findings)
        .any(|f| *f.id == *"rights");
    let (true, Sources::Streams(specs), Ok(program)) = (hidden, sources, this_program()) else {
        return;
    };
    let as_user = specs.iter().any(|s| runs_here_as_user(s, &program))
        && !rustix::process::geteuid().is_root();
    // simulated hosts are shown as to a plain user
    if as_user || document.simulated {
        eprintln!("migdeck: {}", rights_hint(&sudo_advice(&program)));
    }
}

fn rights_hint(advice: &SudoAdvice) -> String {
    match advice {
        SudoAdvice::Line(line) => {
            format!("what is HIDDEN shows with this line in a sudoers file:\n  {line}")
        }
        SudoAdvice::InstallFirst {
            weak,
            install,
            line,
        } => format!(
            "what is HIDDEN shows to a probe that sudo runs as root. Others than root can write {}, so no sudo rule may \
             name it: install migdeck owned by root, then use this line in a sudoers file:\n  {install}\n  {line}",
            Text::new(&weak.display().to_string())
        ),
    }
}

fn show(document: &Document, json: bool, one_line: bool, look: Look) -> Result<(), CliError> {
    if json {
        print_json(document, one_line)
    } else {
        look.page(status::render(document, look.style))
    }
}

/// The document of what is known after the hosts' first answers.
fn once(sources: &Sources, wait: f64) -> Result<Document, CliError> {
    if let Sources::Saved(document) = sources {
        return Ok(document.as_ref().clone());
    }
    let (fleet, at) = fleet(sources, wait)?;
    Ok(Document::from_fleet(&fleet, at))
}

/// What is known after the hosts' first answers, and the time that ages count to.
fn fleet(sources: &Sources, wait: f64) -> Result<(Arc<Fleet>, Timestamp), CliError> {
    let (specs, live) = match sources {
        Sources::Saved(_) => {
            return Err(CliError::usage(
                "a saved `status --json` does not hold what is known of pods",
            )
            .hint("a tape of `migdeck record` does: `migdeck pods --fleet TAPE`"));
        }
        Sources::Streams(specs) => (specs.as_slice(), true),
        Sources::Tape(spec) => (std::slice::from_ref(spec), false),
    };
    let fleet = collect(specs, wait)?;
    // what a tape tells is as old as it is: ages count from its end
    let told = fleet.nodes.iter().map(|n| n.at).max();
    let at = if live { None } else { told };
    Ok((fleet, at.unwrap_or_else(Timestamp::now)))
}

/// What is known after the hosts' first answers, for which `wait` seconds may pass.
pub(super) fn collect(specs: &[Spec], wait: f64) -> Result<Arc<Fleet>, CliError> {
    Ok(start(specs)?.collect(Duration::from_secs_f64(wait)))
}

fn start(specs: &[Spec]) -> Result<Running, CliError> {
    Running::start(specs, signals::interruption()?).map_err(|e| CliError::failed(e.to_string()))
}

/// A document a beat until the user interrupts or all hosts have ended.
fn watch(args: &Status, seconds: f64, sources: &Sources, look: Look) -> Result<u8, CliError> {
    let Sources::Streams(specs) = sources else {
        return Err(
            CliError::usage("--watch follows live hosts, and a file does not change")
                .hint("`migdeck replay FILE` plays a tape with its own pauses"),
        );
    };
    let beat = Duration::from_secs_f64(seconds);
    let mut running = start(specs)?;
    let mut fleet = running.collect(Duration::from_secs_f64(args.wait.seconds));
    running.set_beat(beat);
    loop {
        let document = Document::from_fleet(&fleet, Timestamp::now());
        if look.terminal && !args.json {
            // home and clear: the next page replaces the last
            print("\u{1b}[H\u{1b}[2J")?;
        }
        show(&document, args.json, true, look)?;
        if running.ended() || running.interrupted() {
            return verdict(&document, args.json);
        }
        if !look.terminal && !args.json {
            print("\n")?;
        }
        fleet = running.next(beat + beat / 2);
        if running.interrupted() {
            return Ok(0);
        }
    }
}

/// None of the hosts could be asked: in the words of what tried, such as ssh.
fn not_reached(streams: &[&Source]) -> CliError {
    let why = |stream: &Source| {
        let reason = stream
            .reason
            .as_ref()
            .map_or("no reason known", |r| r.as_str());
        format!("{}: {reason}", stream.node)
    };
    match streams {
        [one] => CliError::failed(format!("the host was not reached: {}", why(one))),
        several => several
            .iter()
            .fold(CliError::failed("no host was reached"), |error, stream| {
                error.hint(why(stream))
            }),
    }
}

/// 0 if any host told of a GPU or its driver; else why not. A page has the reasons already; a reader of JSON gets them
/// on standard error too.
pub(super) fn verdict(document: &Document, json: bool) -> Result<u8, CliError> {
    let read = document
        .nodes
        .iter()
        .any(|n| n.system.library.is_some() || !n.gpus.is_empty() || n.k8s.is_some());
    if read {
        return Ok(0);
    }
    if document.nodes.is_empty() {
        return Err(CliError::failed("there is no host in what was read"));
    }
    let unreached: Option<Vec<_>> = document
        .nodes
        .iter()
        .map(|node| document.unreached(node))
        .collect();
    if let Some(streams) = unreached {
        return Err(not_reached(&streams));
    }
    let mut error = CliError::failed(match &document.cluster {
        Some(_) => "no GPU, no NVIDIA driver and no cluster could be read",
        None => "no GPU and no NVIDIA driver could be read",
    });
    let telling = |name: &str| json && matches!(name, "nvml" | "stream" | "k8s");
    for source in document.sources.iter().filter(|s| telling(&s.name)) {
        if let Some(reason) = &source.reason {
            error = error.hint(format!("{}: {}: {reason}", source.node, source.name));
        }
    }
    Err(error)
}
