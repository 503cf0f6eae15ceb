//! One configuration file: TOML, every problem found in one go.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::Problem;
use super::suggest::nearest;
use super::{Colour, DEFAULT_REMOTE_PATH, Host, Reach};

/// Keys of the top level, in the order of the documentation.
pub const KEYS: [&str; 13] = [
    "nvml_lib",
    "sudo",
    "beat_seconds",
    "colour",
    "ascii",
    "theme",
    "keymap",
    "language",
    "mouse",
    "bell",
    "dcgm",
    "prometheus",
    "hosts",
];
/// Keys of a `[[hosts]]` table.
pub const HOST_KEYS: [&str; 7] = [
    "name",
    "ssh",
    "ssh_options",
    "probe",
    "sudo",
    "remote_path",
    "dcgm",
];
/// Languages of the console, as they are written.
pub const LANGUAGES: [&str; 2] = ["en", "ko"];
/// Shortest and longest time between beats, seconds.
pub const BEATS: std::ops::RangeInclusive<f64> = 0.1..=3600.0;

/// A value and its line.
pub(super) type Lined<T> = Option<(T, usize)>;

/// What a file says; `None`: nothing.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct File {
    pub nvml_lib: Lined<PathBuf>,
    pub sudo: Lined<bool>,
    pub beat_seconds: Lined<f64>,
    pub colour: Lined<Colour>,
    pub ascii: Lined<bool>,
    pub theme: Lined<String>,
    pub keymap: Lined<String>,
    pub language: Lined<String>,
    pub mouse: Lined<bool>,
    pub bell: Lined<bool>,
    pub dcgm: Lined<Vec<String>>,
    pub prometheus: Lined<Vec<String>>,
    pub hosts: Lined<Vec<Host>>,
}

/// Reads `text`, which came from `path`. What is right is kept even where something else is wrong.
pub(super) fn parse(path: &Path, text: &str) -> (File, Vec<Problem>) {
    let mut reader = Reader {
        path,
        text,
        problems: Vec::new(),
    };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let start = error.span().map_or(0, |s| s.start);
        let line = reader.place(start).0;
        // one slip makes several errors; the first of a line is the slip
        if reader
            .problems
            .iter()
            .all(|p| p.at.map(|at| at.0) != Some(line))
        {
            reader.problem(start, format!("not TOML: {}", error.message()), None);
        }
    }
    let mut file = File::default();
    // what the parser made of broken lines is a guess: judging it would only mislead
    let sound = reader.problems.is_empty();
    for (key, value) in table.get_ref().iter().filter(|_| sound) {
        reader.top(key, value, &mut file);
    }
    let mut problems = reader.problems;
    problems.sort_by_key(|p| p.at);
    (file, problems)
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    problems: Vec<Problem>,
}

type Key<'a> = Spanned<std::borrow::Cow<'a, str>>;
type Value<'a> = Spanned<DeValue<'a>>;

impl Reader<'_> {
    fn top(&mut self, key: &Key<'_>, value: &Value<'_>, file: &mut File) {
        let line = self.place(key.span().start).0;

        match key.get_ref().as_ref() {
            "nvml_lib" => {
                file.nvml_lib = self
                    .string("nvml_lib", value)
                    .and_then(|s| self.absolute(value, s))
                    .map(lined(line));
            }
            "sudo" => file.sudo = self.boolean("sudo", value).map(lined(line)),
            "ascii" => file.ascii = self.boolean("ascii", value).map(lined(line)),
            "theme" => file.theme = self.name("theme", value).map(lined(line)),
            "keymap" => file.keymap = self.name("keymap", value).map(lined(line)),
            "language" => file.language = self.language(value).map(lined(line)),
            "mouse" => file.mouse = self.boolean("mouse", value).map(lined(line)),
            "bell" => file.bell = self.boolean("bell", value).map(lined(line)),
            "dcgm" => file.dcgm = self.urls("dcgm", value).map(lined(line)),
            "prometheus" => file.prometheus = self.urls("prometheus", value).map(lined(line)),
            "beat_seconds" => {
                file.beat_seconds = self.beat(value).map(lined(line));
            }
            "colour" => file.colour = self.colour(value).map(lined(line)),
            "hosts" => file.hosts = self.hosts(value).map(lined(line)),
            other => self.unknown(key.span().start, other, &KEYS, ""),
        }
    }

    fn hosts(&mut self, value: &Value<'_>) -> Option<Vec<Host>> {
        let DeValue::Array(array) = value.get_ref() else {
            self.mismatch("hosts", value, "tables, each under its own `[[hosts]]`");
            return None;
        };
        let mut hosts: Vec<Host> = Vec::new();
        for entry in array.iter() {
            let DeValue::Table(table) = entry.get_ref() else {
                self.mismatch("hosts", entry, "tables, each under its own `[[hosts]]`");
                continue;
            };
            if let Some(host) = self.host(entry.span().start, table) {
                if hosts.iter().any(|h| h.name == host.name) {
                    self.problem(
                        entry.span().start,
                        format!("a second host is called `{}`", host.name),
                        Some("give each host its own name".into()),
                    );
                }
                hosts.push(host);
            }
        }
        Some(hosts)
    }

    fn host(&mut self, start: usize, table: &DeTable<'_>) -> Option<Host> {
        let mut name = None;
        let (mut ssh, mut probe, mut options) = (None, None, None);
        let mut host = Host::local();
        let before = self.problems.len();
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "name" => {
                    name = self.string("name", value);
                    if name.as_ref().is_some_and(|n| n.trim().is_empty()) {
                        self.problem(
                            value.span().start,
                            "the name of this host is empty".into(),
                            Some("give it the name that pages are to show".into()),
                        );
                    }
                }
                "ssh" => {
                    ssh = self
                        .string("ssh", value)
                        .and_then(|s| self.destination(value, s))
                }
                "ssh_options" => {
                    options = Some(value.span().start);
                    host.ssh_options = self.ssh_options(value).unwrap_or_default();
                }
                "probe" => probe = self.argv(value),
                "sudo" => host.sudo = self.boolean("sudo", value).unwrap_or_default(),
                "remote_path" => {
                    host.remote_path = self
                        .string("remote_path", value)
                        .unwrap_or_else(|| DEFAULT_REMOTE_PATH.to_owned());
                }
                "dcgm" => {
                    host.dcgm = self
                        .string("dcgm", value)
                        .and_then(|url| self.url(value, url));
                }
                other => self.unknown(key.span().start, other, &HOST_KEYS, " of a host"),
            }
        }
        match name {
            Some(name) => host.name = name,
            None if self.problems.len() == before => self.problem(
                start,
                "this host has no name".into(),
                Some("add `name = \"...\"`".into()),
            ),
            None => {}
        }
        if let (Some(at), None, true) = (options, &ssh, self.problems.len() == before) {
            self.problem(
                at,
                format!("host `{}` has `ssh_options` and no `ssh`", host.name),
                Some("add its `ssh` destination, or leave them out".into()),
            );
        }
        host.reach = match (ssh, probe) {
            (Some(_), Some(_)) => {
                self.problem(
                    start,
                    format!("host `{}` has both `ssh` and `probe`", host.name),
                    Some("keep the one that reaches it".into()),
                );
                return None;
            }
            (Some(ssh), None) => Reach::Ssh(ssh),
            (None, Some(argv)) => Reach::Probe(argv),
            (None, None) => Reach::Local,
        };
        (self.problems.len() == before).then_some(host)
    }

    fn argv(&mut self, value: &Value<'_>) -> Option<Vec<String>> {
        let expected = "a list of strings: a program and its arguments";
        match words(value) {
            Some(words) if !words.is_empty() => Some(words),
            _ => {
                self.mismatch("probe", value, expected);
                None
            }
        }
    }

    /// Each becomes `-o OPTION`, and so is nothing else than an option of ssh's configuration.
    fn ssh_options(&mut self, value: &Value<'_>) -> Option<Vec<String>> {
        let expected = "a list of ssh's options, such as [\"Port=2222\"]";
        let Some(words) = words(value) else {
            self.mismatch("ssh_options", value, expected);
            return None;
        };
        let mut sound = true;
        for word in &words {
            let name = word.split(['=', ' ']).next().unwrap_or_default();
            let named = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
            if !named || name.len() == word.len() || word.chars().any(char::is_control) {
                self.problem(
                    value.span().start,
                    format!("`{word}` is no option of ssh's configuration"),
                    Some("write it as `Name=value`, as in ssh_config(5), without `-o`".into()),
                );
                sound = false;
            }
        }
        sound.then_some(words)
    }

    /// A name of a file beside this one, or of one that comes with migdeck.
    fn name(&mut self, key: &str, value: &Value<'_>) -> Option<String> {
        let name = self.string(key, value)?;
        if is_plain_name(&name) {
            return Some(name);
        }
        self.problem(
            value.span().start,
            format!("`{key}` is `{name}`"),
            Some(format!(
                "give a name without its folder and ending: `mine` is {key}s/mine.toml beside config.toml"
            )),
        );
        None
    }

    fn language(&mut self, value: &Value<'_>) -> Option<String> {
        let typed = self.string("language", value)?;
        if LANGUAGES.contains(&typed.as_str()) {
            return Some(typed);
        }
        self.problem(
            value.span().start,
            format!("`language` is `en` or `ko`, not `{typed}`"),
            None,
        );
        None
    }

    /// A destination that ssh could take for an option could run a command here.
    fn destination(&mut self, value: &Value<'_>, ssh: String) -> Option<String> {
        if !is_destination(&ssh) {
            self.problem(
                value.span().start,
                format!("`{ssh}` is no ssh destination"),
                Some("write it as `host` or `user@host`".into()),
            );
            return None;
        }
        Some(ssh)
    }

    fn urls(&mut self, key: &str, value: &Value<'_>) -> Option<Vec<String>> {
        let Some(words) = words(value) else {
            self.mismatch(key, value, "a list of URLs");
            return None;
        };
        let urls = words.into_iter().map(|url| self.url(value, url));
        urls.collect()
    }

    fn url(&mut self, value: &Value<'_>, url: String) -> Option<String> {
        if is_url(&url) {
            return Some(url);
        }
        self.problem(
            value.span().start,
            format!("`{url}` is no URL to ask"),
            Some("write it as `http://host:9400/metrics`".into()),
        );
        None
    }

    fn absolute(&mut self, value: &Value<'_>, path: String) -> Option<PathBuf> {
        let path = PathBuf::from(path);
        if path.is_absolute() {
            return Some(path);
        }
        self.problem(
            value.span().start,
            format!("`nvml_lib` is `{}`", path.display()),
            Some("give the library's path from the root".into()),
        );
        None
    }

    fn beat(&mut self, value: &Value<'_>) -> Option<f64> {
        let number = match value.get_ref() {
            DeValue::Integer(n) => n.to_string().parse::<f64>().ok(),
            DeValue::Float(n) => n.to_string().parse::<f64>().ok(),
            _ => None,
        };
        match number {
            Some(n) if BEATS.contains(&n) => Some(n),
            _ => {
                self.mismatch("beat_seconds", value, "a number from 0.1 to 3600");
                None
            }
        }
    }

    fn colour(&mut self, value: &Value<'_>) -> Option<Colour> {
        let words = ["auto", "always", "never"];
        let typed = self.string("colour", value)?;
        match typed.as_str() {
            "auto" => Some(Colour::Auto),
            "always" => Some(Colour::Always),
            "never" => Some(Colour::Never),
            _ => {
                let meant = nearest(&typed, &words).map(|w| format!("did you mean `{w}`?"));
                self.problem(
                    value.span().start,
                    format!("`colour` is `auto`, `always` or `never`, not `{typed}`"),
                    meant,
                );
                None
            }
        }
    }

    fn string(&mut self, key: &str, value: &Value<'_>) -> Option<String> {
        match value.get_ref() {
            DeValue::String(s) => Some(s.to_string()),
            _ => {
                self.mismatch(key, value, "text in quotes");
                None
            }
        }
    }

    fn boolean(&mut self, key: &str, value: &Value<'_>) -> Option<bool> {
        match value.get_ref() {
            DeValue::Boolean(b) => Some(*b),
            _ => {
                self.mismatch(key, value, "`true` or `false`");
                None
            }
        }
    }

    fn mismatch(&mut self, key: &str, value: &Value<'_>, expected: &str) {
        self.problem(
            value.span().start,
            format!("`{key}` must be {expected}"),
            None,
        );
    }

    fn unknown(&mut self, start: usize, key: &str, known: &[&str], of: &str) {
        let suggestion = match nearest(key, known) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("the keys{of} are {}", known.join(", ")),
        };
        self.problem(
            start,
            format!("there is no key `{key}`{of}"),
            Some(suggestion),
        );
    }

    fn problem(&mut self, start: usize, message: String, suggestion: Option<String>) {
        let at = self.place(start);
        self.problems.push(Problem {
            file: self.path.to_owned(),
            at: Some(at),
            message,
            suggestion,
        });
    }

    /// Line and column of a byte, from 1.
    fn place(&self, byte: usize) -> (usize, usize) {
        let before = self.text.get(..byte).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
        (line, column)
    }
}

/// The strings of a list of nothing else.
fn words(value: &Value<'_>) -> Option<Vec<String>> {
    let DeValue::Array(array) = value.get_ref() else {
        return None;
    };
    array
        .iter()
        .map(|word| match word.get_ref() {
            DeValue::String(s) => Some(s.to_string()),
            _ => None,
        })
        .collect()
}

/// Whether ssh takes it for a destination: no option, and no blanks or control characters, which no host has in its name.
pub fn is_destination(typed: &str) -> bool {
    let blank = |c: char| c.is_whitespace() || c.is_control();
    !typed.is_empty() && !typed.starts_with('-') && !typed.contains(blank)
}

/// Whether it is a URL that can be asked: http or https, also unsaid, and a host. What exactly is asked is decided where it
/// is.
pub fn is_url(typed: &str) -> bool {
    let rest = match typed.split_once("://") {
        Some(("http" | "https", rest)) => rest,
        Some(_) => return false,
        None => typed,
    };
    let blank = |c: char| c.is_whitespace() || c.is_control();
    !rest.is_empty() && !rest.starts_with(['/', ':', '-', '?', '#', '@']) && !rest.contains(blank)
}

/// Whether a name is a file's name, and not a path that leads somewhere else.
pub fn is_plain_name(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && !name.starts_with('.') && name.chars().all(plain)
}

fn lined<T>(line: usize) -> impl FnOnce(T) -> (T, usize) {
    move |value| (value, line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        parse(Path::new("c.toml"), text)
            .1
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let told = problems(
            "sudoo = true\nbeat_seconds = 0\ncolour = \"alway\"\n\n[[hosts]]\nname = \"a\"\nssh = \"-oProxyCommand=x\"\nremotepath = \"/x\"\n",
        );
        assert_eq!(
            told,
            [
                "c.toml:1:1: there is no key `sudoo`; did you mean `sudo`?",
                "c.toml:2:16: `beat_seconds` must be a number from 0.1 to 3600",
                "c.toml:3:10: `colour` is `auto`, `always` or `never`, not `alway`; did you mean `always`?",
                "c.toml:7:7: `-oProxyCommand=x` is no ssh destination; write it as `host` or `user@host`",
                "c.toml:8:1: there is no key `remotepath` of a host; did you mean `remote_path`?",
            ]
        );
    }

    #[test]
    fn a_destination_with_blanks_is_none() {
        for ssh in ["a b", " a", "a\\t", "a\\u001bb"] {
            let told = problems(&format!("[[hosts]]\nname = \"a\"\nssh = \"{ssh}\"\n"));
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told[0].contains("is no ssh destination"), "{told:?}");
        }
        for ssh in ["a", "kim@a.b", "ssh://kim@[::1]:22"] {
            assert!(is_destination(ssh), "{ssh}");
        }
    }

    #[test]
    fn a_url_is_http_and_names_a_host() {
        let told = problems(
            "dcgm = [\"http://a:9400\", \"ftp://b\"]\nprometheus = \"http://p\"\n[[hosts]]\nname = \"a\"\ndcgm = \"http:// a\"\n",
        );
        assert_eq!(
            told,
            [
                "c.toml:1:8: `ftp://b` is no URL to ask; write it as `http://host:9400/metrics`",
                "c.toml:2:14: `prometheus` must be a list of URLs",
                "c.toml:5:8: `http:// a` is no URL to ask; write it as `http://host:9400/metrics`",
            ]
        );
        for url in ["a:9400", "http://kim:pw@a/x", "https://[::1]:9090"] {
            assert!(is_url(url), "{url}");
        }
    }

    #[test]
    fn what_is_no_toml_is_told_with_its_place() {
        let told = problems("sudo = true\nascii = = 1\n");
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("c.toml:2:"), "{told:?}");
    }

    #[test]
    fn two_hosts_of_one_name_or_one_without_are_refused() {
        let told =
            problems("[[hosts]]\nname = \"a\"\n[[hosts]]\nname = \"a\"\n[[hosts]]\nssh = \"b\"\n");
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("a second host is called `a`"));
        assert!(told[1].contains("has no name"));
        for name in ["", "  "] {
            let told = problems(&format!("[[hosts]]\nname = \"{name}\"\nssh = \"b\"\n"));
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told[0].contains("name of this host is empty"), "{told:?}");
        }
    }

    #[test]
    fn what_is_right_is_kept() {
        let (file, problems) = parse(
            Path::new("c.toml"),
            "ascii = true\n[[hosts]]\nname = \"a\"\nssh = \"kim@a\"\nsudo = true\n[[hosts]]\nname = \"b\"\nprobe = [\"x\", \"y\"]\n",
        );
        assert_eq!(problems, []);
        assert_eq!(file.ascii, Some((true, 1)));
        let hosts = file.hosts.unwrap().0;
        assert_eq!(hosts[0].reach, Reach::Ssh("kim@a".into()));
        assert!(hosts[0].sudo);
        assert_eq!(hosts[1].reach, Reach::Probe(vec!["x".into(), "y".into()]));
    }
}
