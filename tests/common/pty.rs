//! The real program in a terminal: started, watched, typed at, resized, hung up.
//!
//! Nothing here sleeps: every wait is for a condition and ends with what was on the screen when it was not met in time.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

pub use super::proc::Process;
pub use super::shown::Shown;
pub use super::terminal::Answers;
use super::terminal::Terminal;

/// How long a condition may take to come true on a machine that builds something beside the tests. Who writes a test
/// sets `MIGDECK_TEST_PATIENCE`, in seconds, to see it fail sooner.
pub static PATIENCE: LazyLock<Duration> = LazyLock::new(|| {
    let wished = std::env::var("MIGDECK_TEST_PATIENCE").ok();
    Duration::from_secs(wished.and_then(|s| s.parse().ok()).unwrap_or(60))
});

/// How long a person takes at least from Esc to the next key.
const AFTER_ESC: Duration = Duration::from_millis(200);

/// A program to be started in a terminal. No variable of the test's own environment reaches it but `PATH`.
pub struct Start {
    program: PathBuf,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    size: (u16, u16),
    answers: Answers,
    shell: Option<&'static str>,
    home: Arc<tempfile::TempDir>,
}

/// `migdeck ARGS..` with arguments separated by blanks, in 80 by 24.
pub fn migdeck(args: &str) -> Start {
    Start::new(program(), args)
}

/// The program of this build.
pub fn program() -> PathBuf {
    match option_env!("CARGO_BIN_EXE_migdeck") {
        Some(path) => path.into(),
        // an example lies in a folder beside the program
        None => std::env::current_exe()
            .unwrap()
            .parent()
            .unwrap()
            .join("../migdeck"),
    }
}

impl Start {
    pub fn new(program: impl Into<PathBuf>, args: &str) -> Self {
        Self {
            program: program.into(),
            args: args.split_whitespace().map(OsString::from).collect(),
            env: [
                ("TERM", "xterm-256color"),
                ("LC_ALL", "C.UTF-8"),
                ("TZ", "UTC"),
                ("USER", "kim"),
            ]
            .map(|(k, v)| (k.into(), v.into()))
            .to_vec(),
            size: (80, 24),
            answers: Answers::Usual,
            shell: None,
            home: Arc::new(tempfile::tempdir().unwrap()),
        }
    }

    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Sets a variable.
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.env.retain(|(n, _)| n != name);
        self.env.push((name.into(), value.into()));
        self
    }

    /// Columns and lines.
    pub fn size(mut self, width: u16, height: u16) -> Self {
        self.size = (width, height);
        self
    }

    pub fn answers(mut self, answers: Answers) -> Self {
        self.answers = answers;
        self
    }

    /// Starts it from this line of bash, in which `"$0" "$@"` is the program with its arguments.
    pub fn through(mut self, line: &'static str) -> Self {
        self.shell = Some(line);
        self
    }

    /// A file below the user's configuration folder, as `themes/mine.toml`.
    pub fn file(self, path: &str, text: &str) -> Self {
        let path = self.home().join("migdeck").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// The user's home, which is also the folder of configuration, state and cache.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Programs of this folder are found before others.
    pub fn path_first(self, folder: &Path) -> Self {
        let mut path = OsString::from(folder);
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        self.env("PATH", path)
    }

    pub fn go(self) -> Session {
        let mut command = match self.shell {
            Some(line) => {
                let mut command = CommandBuilder::new("bash");
                command.args(["--norc", "--noprofile", "-c", line]);
                command.arg(&self.program);
                command
            }
            None => CommandBuilder::new(&self.program),
        };
        command.args(&self.args);
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        for name in [
            "HOME",
            "XDG_CONFIG_HOME",
            "XDG_STATE_HOME",
            "XDG_CACHE_HOME",
        ] {
            command.env(name, self.home.path());
        }
        for (name, value) in &self.env {
            command.env(name, value);
        }
        command.cwd(self.home.path());
        Session::start(command, self.size, self.answers, self.home)
    }
}

struct Inside {
    terminal: Terminal,
    /// All that was written.
    bytes: Vec<u8>,
    /// When the last of it came.
    last: Instant,
    /// The reader reads no more, as a link that stalls.
    stalled: bool,
    /// The terminal is to be gone.
    closing: bool,
    reader_gone: bool,
    ended: Option<(ExitStatus, Instant)>,
}

struct Shared {
    inside: Mutex<Inside>,
    changed: Condvar,
    /// To the program: keys, and answers to its queries. None once the terminal is gone.
    writer: Mutex<Option<Box<dyn Write + Send>>>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn write(&self, bytes: &[u8]) {
        let mut writer = self.writer.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(writer) = writer.as_mut() {
            // a program that has ended takes nothing
            let _ = writer.write_all(bytes).and_then(|()| writer.flush());
        }
    }
}

/// A program that runs in a terminal. Dropping it kills the program and what it started.
pub struct Session {
    shared: Arc<Shared>,
    master: Option<Box<dyn MasterPty + Send>>,
    tty: PathBuf,
    process: Process,
    begun: Instant,
    size: (u16, u16),
    home: Arc<tempfile::TempDir>,
}

impl Session {
    fn start(
        command: CommandBuilder,
        size: (u16, u16),
        answers: Answers,
        home: Arc<tempfile::TempDir>,
    ) -> Self {
        let pair = native_pty_system().openpty(room(size)).unwrap();
        let tty = pair.master.tty_name().unwrap();
        let reader = pair.master.try_clone_reader().unwrap();
        let begun = Instant::now();
        let mut child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let process = Process::of(child.process_id().unwrap()).unwrap();
        let shared = Arc::new(Shared {
            inside: Mutex::new(Inside {
                terminal: Terminal::new(size, answers),
                bytes: Vec::new(),
                last: begun,
                stalled: false,
                closing: false,
                reader_gone: false,
                ended: None,
            }),
            changed: Condvar::new(),
            writer: Mutex::new(Some(pair.master.take_writer().unwrap())),
        });
        let to = Arc::clone(&shared);
        std::thread::spawn(move || read(&to, reader));
        let to = Arc::clone(&shared);
        std::thread::spawn(move || {
            let status = child.wait().unwrap();
            to.lock().ended = Some((status, Instant::now()));
            to.changed.notify_all();
        });
        Self {
            shared,
            master: Some(pair.master),
            tty,
            process,
            begun,
            size,
            home,
        }
    }

    /// The process that was started: the program, or the shell that it was started from.
    pub fn process(&self) -> Process {
        self.process
    }

    /// The user's home.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// When it was started.
    pub fn begun(&self) -> Instant {
        self.begun
    }

    /// What is to be seen now.
    pub fn shown(&self) -> Shown {
        self.shared.lock().terminal.shown()
    }

    /// The text that is to be seen now.
    pub fn text(&self) -> String {
        self.shown().text()
    }

    /// All bytes so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.shared.lock().bytes.clone()
    }

    /// How many bytes have come.
    pub fn mark(&self) -> usize {
        self.shared.lock().bytes.len()
    }

    /// Bytes that came after [`Self::mark`].
    pub fn since(&self, mark: usize) -> Vec<u8> {
        self.shared.lock().bytes[mark..].to_vec()
    }

    /// Modes of the terminal that are not as they were found.
    pub fn left(&self) -> Vec<String> {
        self.shared.lock().terminal.modes().left()
    }

    /// Whether a mode is on.
    pub fn mode(&self, mode: u16) -> bool {
        self.shared.lock().terminal.modes().is_on(mode)
    }

    /// Asks again and again, at least after each piece of output, without holding anything meanwhile.
    fn wait<T>(&self, patience: Duration, mut met: impl FnMut() -> Option<T>) -> Result<T, Shown> {
        let until = Instant::now() + patience;
        loop {
            let seen = self.mark();
            if let Some(found) = met() {
                return Ok(found);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.shown());
            }
            // other things than bytes come true as well: a process ends, a file appears
            let turn = left.min(Duration::from_millis(50));
            let inside = self.shared.lock();
            if inside.bytes.len() == seen {
                drop(self.shared.changed.wait_timeout(inside, turn));
            }
        }
    }

    /// Waits until the screen is as `met` wants it.
    #[track_caller]
    pub fn until(&self, what: &str, mut met: impl FnMut(&Shown) -> bool) -> Shown {
        let found = self.wait(*PATIENCE, || {
            let over = {
                let inside = self.shared.lock();
                inside.ended.is_some() && inside.reader_gone
            };
            let shown = self.shown();
            if met(&shown) {
                return Some(Ok(shown));
            }
            over.then_some(Err(shown))
        });
        match found {
            Ok(Ok(shown)) => shown,
            Ok(Err(shown)) => panic!("the program ended before {what}:\n{}", framed(&shown)),
            Err(shown) => panic!("not in {:?}: {what}\n{}", *PATIENCE, framed(&shown)),
        }
    }

    /// Waits for a text on one line of the screen.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> Shown {
        self.until(&format!("{text:?} on the screen"), |s| s.has(text))
    }

    /// Waits until a text is on no line of the screen.
    #[track_caller]
    pub fn wait_gone(&self, text: &str) -> Shown {
        self.until(&format!("no {text:?} on the screen"), |s| !s.has(text))
    }

    /// Waits for something that is not on the screen.
    #[track_caller]
    pub fn wait_that(&self, what: &str, mut met: impl FnMut() -> bool) {
        if let Err(shown) = self.wait(*PATIENCE, || met().then_some(())) {
            panic!("not in {:?}: {what}\n{}", *PATIENCE, framed(&shown));
        }
    }

    /// Waits until nothing has been written for so long.
    #[track_caller]
    pub fn wait_quiet(&self, quiet: Duration) {
        if let Err(shown) = self.wait(*PATIENCE, || {
            (self.shared.lock().last.elapsed() >= quiet).then_some(())
        }) {
            panic!("it never stopped writing\n{}", framed(&shown));
        }
    }

    /// What is written while this time passes.
    pub fn written_in(&self, span: Duration) -> Vec<u8> {
        let mark = self.mark();
        let until = Instant::now() + span;
        let _ = self.wait(span, || (Instant::now() >= until).then_some(()));
        self.since(mark)
    }

    /// Types: characters, and names in angle brackets as `<Enter>`, `<Esc>`, `<Up>`, `<C-c>`, `<lt>`.
    pub fn keys(&self, keys: &str) {
        let mut rest = keys;
        // Esc and the beginning of another key's sequence are told apart by time alone: nobody types on at once
        while let Some(end) = rest.find("<Esc>").map(|at| at + "<Esc>".len()) {
            self.write(&typed(&rest[..end]));
            self.written_in(AFTER_ESC);
            rest = &rest[end..];
        }
        self.write(&typed(rest));
    }

    /// Sends bytes as a terminal would.
    pub fn write(&self, bytes: &[u8]) {
        self.shared.write(bytes);
    }

    /// Another size.
    pub fn resize(&mut self, width: u16, height: u16) {
        self.size = (width, height);
        self.shared.lock().terminal.resize(self.size);
        if let Some(master) = &self.master {
            master.resize(room(self.size)).unwrap();
        }
    }

    /// The terminal says that it has another size than it has.
    pub fn tell_size(&self, width: u16, height: u16) {
        if let Some(master) = &self.master {
            master.resize(room((width, height))).unwrap();
        }
    }

    /// Takes nothing more from the program.
    pub fn stall(&self) {
        self.shared.lock().stalled = true;
    }

    /// Takes again.
    pub fn unstall(&self) {
        self.shared.lock().stalled = false;
        self.shared.changed.notify_all();
    }

    /// Whether the terminal is in the mode that shells want: lines, echo, signals.
    pub fn is_cooked(&self) -> bool {
        use rustix::termios::LocalModes;
        let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY;
        let tty = rustix::fs::open(&self.tty, flags, rustix::fs::Mode::empty()).unwrap();
        let modes = rustix::termios::tcgetattr(&tty).unwrap().local_modes;
        modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }

    /// The terminal goes away, as when a connection is lost. The instant at which it was gone.
    pub fn hang_up(&mut self) -> Instant {
        // the writer's end would otherwise type an end of file first
        if let Ok(tty) = self.open_tty()
            && let Ok(mut now) = rustix::termios::tcgetattr(&tty)
        {
            now.special_codes[rustix::termios::SpecialCodeIndex::VEOF] = 0;
            let _ = rustix::termios::tcsetattr(&tty, rustix::termios::OptionalActions::Now, &now);
        }
        {
            let mut inside = self.shared.lock();
            inside.closing = true;
            self.shared.changed.notify_all();
            // a reader that waits for bytes gets one
            if !inside.reader_gone
                && let Ok(tty) = self.open_tty()
            {
                let _ = rustix::io::write(&tty, b"\0");
            }
        }
        *self.shared.writer.lock().unwrap_or_else(|e| e.into_inner()) = None;
        self.wait(*PATIENCE, || self.shared.lock().reader_gone.then_some(()))
            .unwrap_or_else(|_| panic!("the terminal cannot be closed"));
        self.master = None;
        Instant::now()
    }

    fn open_tty(&self) -> rustix::io::Result<rustix::fd::OwnedFd> {
        use rustix::fs::{Mode, OFlags};
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK;
        rustix::fs::open(&self.tty, flags, Mode::empty())
    }

    /// Waits for its end and for all that it wrote. Its exit status, and when it ended.
    #[track_caller]
    pub fn ended(&self) -> (Exit, Instant) {
        let over = || {
            let inside = self.shared.lock();
            let read = inside.reader_gone || inside.stalled;
            inside.ended.clone().filter(|_| read)
        };
        match self.wait(*PATIENCE, over) {
            Ok((status, at)) => (
                match status.signal() {
                    Some(signal) => Exit::Signal(signal.to_owned()),
                    None => Exit::Code(status.exit_code()),
                },
                at,
            ),
            Err(shown) => panic!(
                "it did not end in {:?}; state {:?}\n{}",
                *PATIENCE,
                self.process.state(),
                framed(&shown)
            ),
        }
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.shared.lock().ended.is_some()
    }

    /// Waits for its end, which has to be by itself, with this code, and with the terminal as it was found.
    #[track_caller]
    pub fn ends_clean(&self, code: u32) -> Instant {
        let (exit, at) = self.ended();
        assert_eq!(exit, Exit::Code(code), "{}", framed(&self.shown()));
        assert_eq!(self.left(), [""; 0], "{}", framed(&self.shown()));
        assert!(self.is_cooked(), "the terminal was left in raw mode");
        at
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let mut all = self.process.descendants();
        all.push(self.process);
        for process in all {
            process.signal(rustix::process::Signal::KILL);
        }
    }
}

/// How a program ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Exit {
    Code(u32),
    Signal(String),
}

fn read(shared: &Shared, mut reader: Box<dyn Read + Send>) {
    let mut buffer = [0; 1 << 16];
    loop {
        let mut inside = shared.lock();
        while inside.stalled && !inside.closing {
            inside = shared
                .changed
                .wait(inside)
                .unwrap_or_else(|e| e.into_inner());
        }
        if inside.closing {
            break;
        }
        drop(inside);
        let Ok(n @ 1..) = reader.read(&mut buffer) else {
            break;
        };
        let mut inside = shared.lock();
        if inside.closing {
            break;
        }
        inside.bytes.extend(&buffer[..n]);
        inside.last = Instant::now();
        let answer = inside.terminal.take(&buffer[..n]);
        drop(inside);
        if !answer.is_empty() {
            shared.write(&answer);
        }
        shared.changed.notify_all();
    }
    drop(reader);
    shared.lock().reader_gone = true;
    shared.changed.notify_all();
}

fn room((cols, rows): (u16, u16)) -> PtySize {
    PtySize {
        rows,
        cols,
        pixel_width: 0,
        pixel_height: 0,
    }
}

/// The screen with a frame, for messages.
pub fn framed(shown: &Shown) -> String {
    let width = shown.rows.first().map_or(0, Vec::len);
    let edge = format!("+{}+\n", "-".repeat(width));
    let lines: String = shown.lines().iter().map(|l| format!("|{l}\n")).collect();
    format!("{edge}{lines}{edge}")
}

/// Bytes of keys.
fn typed(keys: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = keys;
    while let Some(c) = rest.chars().next() {
        if c == '<'
            && let Some(end) = rest.find('>')
        {
            bytes.extend(named(&rest[1..end]));
            rest = &rest[end + 1..];
        } else {
            let mut buffer = [0; 4];
            bytes.extend(c.encode_utf8(&mut buffer).bytes());
            rest = &rest[c.len_utf8()..];
        }
    }
    bytes
}

fn named(name: &str) -> Vec<u8> {
    let text = match name {
        "Enter" => "\r",
        "Esc" => "\x1b",
        "Tab" => "\t",
        "S-Tab" => "\x1b[Z",
        "Space" => " ",
        "BS" => "\x7f",
        "Del" => "\x1b[3~",
        "Up" => "\x1b[A",
        "Down" => "\x1b[B",
        "Right" => "\x1b[C",
        "Left" => "\x1b[D",
        "Home" => "\x1b[H",
        "End" => "\x1b[F",
        "PageUp" => "\x1b[5~",
        "PageDown" => "\x1b[6~",
        "lt" => "<",
        _ => match name.strip_prefix("C-").map(str::as_bytes) {
            Some([c]) => return vec![c & 0x1f],
            _ => panic!("no key is called {name}"),
        },
    };
    text.bytes().collect()
}
