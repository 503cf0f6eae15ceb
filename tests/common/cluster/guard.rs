//! The process that stands between a test and the servers it needs: it starts them, and ends them when the test ends,
//! however that ends. The test holds the guard's standard input; a killed test lets go of it as well.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

/// Set in the process that is a guard, to the folder that goes when it ends.
const FOLDER: &str = "MIGDECK_TEST_GUARD";
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
}

/// A guard as the test holds it.
pub struct Guard {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Guard {
    /// Starts this very program again with `entry`, the arguments that lead it to [`serve`].
    pub fn start(folder: &Path, entry: &[&str]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(entry)
            .env(FOLDER, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // an interrupt at the terminal ends the test; the guard sees that, and ends what it started
            .process_group(0)
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    /// The guard's process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Starts a server, and gives its process.
    pub fn run(&mut self, name: &str, program: PathBuf, arguments: Vec<String>) -> u32 {
        let answer = self.order(&Order::Start {
            name: name.to_owned(),
            program,
            arguments,
        });
        answer
            .parse()
            .unwrap_or_else(|_| panic!("{name} does not start: {answer}"))
    }

    /// Ends a server at once.
    pub fn kill(&mut self, name: &str) {
        self.order(&Order::Kill {
            name: name.to_owned(),
        });
    }

    /// Whether a server runs.
    pub fn runs(&mut self, name: &str) -> bool {
        self.order(&Order::Runs {
            name: name.to_owned(),
        }) == "true"
    }

    fn order(&mut self, order: &Order) -> String {
        let line = serde_json::to_string(order).unwrap();
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
        loop {
            let mut line = String::new();
            assert_ne!(
                self.output.read_line(&mut line).unwrap(),
                0,
                "the guard has ended"
            );
            // the harness may have begun a line without ending it
            if let Some((_, answer)) = line.split_once(ANSWER) {
                return answer.trim_end().to_owned();
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
    let mut servers: Vec<(String, Child)> = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let answer = obey(&folder, &mut servers, serde_json::from_str(&line).unwrap());
        let mut out = std::io::stdout();
        if writeln!(out, "{ANSWER}{answer}")
            .and_then(|()| out.flush())
            .is_err()
        {
            break;
        }
    }
    // the last one started first: what stores goes after those who still write
    for (_, child) in servers.iter_mut().rev() {
        end(child);
    }
    let _ = std::fs::remove_dir_all(&folder);
    // the harness would tell of a test that passed, to nobody
    std::process::exit(0);
}

fn obey(folder: &Path, servers: &mut Vec<(String, Child)>, order: Order) -> String {
    match order {
        Order::Start {
            name,
            program,
            arguments,
        } => match spawn(folder, &name, &program, &arguments) {
            Ok(child) => {
                let id = child.id();
                servers.push((name, child));
                id.to_string()
            }
            Err(why) => why.to_string(),
        },
        Order::Kill { name } => {
            for (_, child) in servers.iter_mut().filter(|(n, _)| *n == name) {
                let _ = child.kill();
                let _ = child.wait();
            }
            servers.retain(|(n, _)| *n != name);
            "done".to_owned()
        }
        Order::Runs { name } => servers
            .iter_mut()
            .any(|(n, child)| *n == name && matches!(child.try_wait(), Ok(None)))
            .to_string(),
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
