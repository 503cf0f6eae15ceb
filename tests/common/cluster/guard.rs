//! The process that stands between a test and the servers it needs: it starts them, and ends them when the test ends,
//! however that ends. The test holds the guard's standard input; a killed test lets go of it as well.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

use super::addresses::{Block, Claim};

/// Set in the process that is a guard, to the folder that goes when it ends.
const FOLDER: &str = "MIGDECK_TEST_GUARD";
/// Held by the guard of the folder that it lies in. What else is in there is the cluster's.
const LOCK: &str = ".cluster";
/// Before every answer; the test harness writes lines of its own.
const ANSWER: &str = "answer ";
/// How long a server that was asked to end has for it.
const GRACE: Duration = Duration::from_secs(10);

#[derive(Serialize, Deserialize)]
enum Order {
    /// Start a server; its output goes to `NAME.log` in the folder.
    Start {
        name: String,
        program: PathBuf,
        arguments: Vec<String>,
    },
    /// End a server at once, as a crash would.
    Kill { name: String },
    /// Tell whether a server runs.
    Runs { name: String },
    /// Take a block of addresses.
    Addresses { loopback: bool },
    /// Make a folder for many small files.
    Scratch,
}

type Answer = Result<String, String>;

/// A guard as the test holds it.
pub struct Guard {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Guard {
    /// Starts this very program again with `entry`, the arguments that lead it to [`serve`].
    ///
    /// # Errors
    /// The folder is another cluster's, or somebody else's.
    pub fn start(folder: &Path, entry: &[&str]) -> Result<Self, String> {
        let mut child = std::env::current_exe()
            .and_then(|this| {
                Command::new(this)
                    .args(entry)
                    .env(FOLDER, folder)
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    // an interrupt at the terminal ends the test; the guard sees that, and ends what it started
                    .process_group(0)
                    .spawn()
            })
            .map_err(|e| format!("the guard of the cluster does not start: {e}"))?;
        let mut guard = Self {
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        };
        guard.answer()?;
        Ok(guard)
    }

    /// The guard's process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Starts a server, and gives its process.
    pub fn run(
        &mut self,
        name: &str,
        program: PathBuf,
        arguments: Vec<String>,
    ) -> Result<u32, String> {
        let id = self.order(&Order::Start {
            name: name.to_owned(),
            program,
            arguments,
        });
        let id = id.map_err(|why| format!("{name} does not start: {why}"))?;
        id.parse()
            .map_err(|_| format!("{name} has no process: {id}"))
    }

    /// Ends a server at once.
    pub fn kill(&mut self, name: &str) {
        let _ = self.order(&Order::Kill {
            name: name.to_owned(),
        });
    }

    /// Whether a server runs.
    pub fn runs(&mut self, name: &str) -> bool {
        let name = name.to_owned();
        self.order(&Order::Runs { name }).is_ok_and(|a| a == "true")
    }

    /// A block of addresses until the guard ends.
    pub fn addresses(&mut self, loopback: bool) -> Result<Block, String> {
        let block = self.order(&Order::Addresses { loopback })?;
        serde_json::from_str(&block).map_err(|e| e.to_string())
    }

    /// A folder for many small files until the guard ends.
    pub fn scratch(&mut self) -> Result<PathBuf, String> {
        self.order(&Order::Scratch).map(PathBuf::from)
    }

    fn order(&mut self, order: &Order) -> Answer {
        let line = serde_json::to_string(order).unwrap();
        let told = self.input.as_mut().map(|input| writeln!(input, "{line}"));
        if !matches!(told, Some(Ok(()))) {
            return Err("the guard has ended".to_owned());
        }
        self.answer()
    }

    fn answer(&mut self) -> Answer {
        loop {
            let mut line = String::new();
            if !self.output.read_line(&mut line).is_ok_and(|n| n > 0) {
                return Err("the guard has ended".to_owned());
            }
            // the harness may have begun a line without ending it
            if let Some((_, answer)) = line.split_once(ANSWER) {
                return serde_json::from_str(answer).map_err(|e| e.to_string())?;
            }
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

/// A guard's life, in the process that is one; in any other this does nothing.
pub fn serve() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let lock = match lock(&folder) {
        Ok(lock) => lock,
        Err(why) => {
            say(&Err(why));
            std::process::exit(1);
        }
    };
    let mut watched = Watched::default();
    let mut listened = say(&Ok(String::new()));
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        if !listened {
            break;
        }
        listened = say(&watched.obey(&folder, serde_json::from_str(&line).unwrap()));
    }
    // the last one started first: what stores goes after those who still write
    for (_, child) in watched.servers.iter_mut().rev() {
        end(child);
    }
    drop(watched.claim);
    drop(watched.scratch);
    let _ = std::fs::remove_dir_all(&folder);
    drop(lock);
    // the harness would tell of a test that passed, to nobody
    std::process::exit(0);
}

/// Takes a folder that is empty, not there yet, or was left behind by a cluster.
fn lock(folder: &Path) -> Result<File, String> {
    let at = folder.display();
    let failed = |e: std::io::Error| format!("{at} cannot be used: {e}");
    std::fs::create_dir_all(folder).map_err(failed)?;
    let place = folder.join(LOCK);
    let empty = std::fs::read_dir(folder).map_err(failed)?.next().is_none();
    if !empty && !place.exists() {
        return Err(format!(
            "{at} holds files that are not a cluster's; name a folder that is empty or not there yet"
        ));
    }
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    let file = options.open(&place).map_err(failed)?;
    if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        return Err(format!("{at} is in use by another cluster"));
    }
    for entry in std::fs::read_dir(folder).map_err(failed)?.flatten() {
        let path = entry.path();
        if path.is_dir() {
            std::fs::remove_dir_all(&path).map_err(failed)?;
        } else if path != place {
            std::fs::remove_file(&path).map_err(failed)?;
        }
    }
    // keys will lie in it
    std::fs::set_permissions(folder, PermissionsExt::from_mode(0o700)).map_err(failed)?;
    Ok(file)
}

/// Answers; whether anybody listens.
fn say(answer: &Answer) -> bool {
    let text = serde_json::to_string(answer).unwrap();
    let mut out = std::io::stdout();
    writeln!(out, "{ANSWER}{text}")
        .and_then(|()| out.flush())
        .is_ok()
}

/// What ends with the guard.
#[derive(Default)]
struct Watched {
    servers: Vec<(String, Child)>,
    claim: Option<Claim>,
    scratch: Option<tempfile::TempDir>,
}

impl Watched {
    fn obey(&mut self, folder: &Path, order: Order) -> Answer {
        match order {
            Order::Start {
                name,
                program,
                arguments,
            } => {
                let child = spawn(folder, &name, &program, &arguments);
                let child = child.map_err(|why| why.to_string())?;
                let id = child.id();
                // one that was killed from outside is started again
                self.end(&name);
                self.servers.push((name, child));
                Ok(id.to_string())
            }
            Order::Kill { name } => {
                self.end(&name);
                Ok("done".to_owned())
            }
            Order::Runs { name } => Ok(self
                .servers
                .iter_mut()
                .any(|(n, child)| *n == name && matches!(child.try_wait(), Ok(None)))
                .to_string()),
            Order::Addresses { loopback } => {
                let claim = self.claim.insert(Claim::take(loopback)?);
                serde_json::to_string(claim.block()).map_err(|e| e.to_string())
            }
            Order::Scratch => {
                let made = tempfile::Builder::new()
                    .prefix("migdeck-cluster-")
                    .tempdir_in(nvml_sim::hostroot::place());
                let made = made.map_err(|e| format!("no folder for the hosts' files: {e}"))?;
                let made = self.scratch.insert(made);
                Ok(made.path().display().to_string())
            }
        }
    }

    fn end(&mut self, name: &str) {
        for (_, child) in self.servers.iter_mut().filter(|(n, _)| n == name) {
            let _ = child.kill();
            let _ = child.wait();
        }
        self.servers.retain(|(n, _)| n != name);
    }
}

fn spawn(
    folder: &Path,
    name: &str,
    program: &Path,
    arguments: &[String],
) -> std::io::Result<Child> {
    let log = File::options()
        .append(true)
        .create(true)
        .open(folder.join(format!("{name}.log")))?;
    Command::new(program)
        .args(arguments)
        .current_dir(folder)
        // nothing of the user's own clusters
        .env_remove("KUBECONFIG")
        .env("HOME", folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
}

/// Asks, waits, and insists.
fn end(child: &mut Child) {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::TERM);
    }
    let asked = Instant::now();
    while asked.elapsed() < GRACE {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = child.kill();
    let _ = child.wait();
}
