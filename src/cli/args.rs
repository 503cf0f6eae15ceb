//! What may be typed.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::config::Colour;
use crate::sources::http::Address;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::White.on_default().bold())
    .usage(AnsiColor::White.on_default().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::White.on_default().dimmed());

/// See who uses your GPUs and MIG instances: live, per host, with the reason for every value that cannot be had.
#[derive(Parser, Debug)]
#[command(
    name = "migdeck",
    version,
    styles = STYLES,
    max_term_width = 100,
    after_help = "Exit codes: 0 done, 1 nothing could be read, 2 not understood, 3 refused or invalid,\n\
        10 `doctor` found something of severity caution or danger.\n\
        MIGDECK_CLIPBOARD=off: what is copied in the console goes to a file, not to the terminal or tmux."
)]
pub struct Cli {
    /// Sources and looks.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Flags of all subcommands.
#[derive(Args, Clone, Debug, Default)]
pub struct Global {
    /// Read this configuration file and no other
    #[arg(long, global = true, value_name = "FILE", help_heading = "Sources")]
    pub config: Option<PathBuf>,
    /// Read these hosts: names of configured hosts, or ssh destinations
    #[arg(
        long,
        global = true,
        value_name = "HOST,..",
        value_delimiter = ',',
        value_parser = destination,
        action = ArgAction::Append,
        help_heading = "Sources"
    )]
    pub ssh: Vec<String>,
    /// Read as this user, also where a sudo rule allows more
    #[arg(long, global = true, help_heading = "Sources")]
    pub no_sudo: bool,
    /// Read a saved `status --json` (the pages do) or a tape of `record` (the console too) instead of live hosts
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        conflicts_with_all = ["ssh", "nvml_lib", "kubeconfig", "context", "as_user"],
        help_heading = "Sources"
    )]
    pub fleet: Option<PathBuf>,
    /// Read the cluster of this kubeconfig; several with `:` between them (default: KUBECONFIG, ~/.kube/config, a pod's own)
    #[arg(long, global = true, value_name = "FILE", help_heading = "Cluster")]
    pub kubeconfig: Option<std::ffi::OsString>,
    /// Read the cluster of this context
    #[arg(long, global = true, value_name = "NAME", help_heading = "Cluster")]
    pub context: Option<String>,
    /// Act as this user towards the API server
    #[arg(
        long = "as",
        global = true,
        value_name = "USER",
        help_heading = "Cluster"
    )]
    pub as_user: Option<String>,
    /// Show pods of this namespace only; where not all may be read, read this one
    #[arg(
        short,
        long,
        global = true,
        value_name = "NS",
        conflicts_with = "all_namespaces",
        help_heading = "Cluster"
    )]
    pub namespace: Option<String>,
    /// Show pods of all namespaces (which is so unless -n is given)
    #[arg(short = 'A', long, global = true, help_heading = "Cluster")]
    pub all_namespaces: bool,
    /// Read no cluster, though there is a credential
    #[arg(
        long,
        global = true,
        conflicts_with_all = ["kubeconfig", "context", "as_user"],
        help_heading = "Cluster"
    )]
    pub no_cluster: bool,
    /// Load this NVML library (absolute path)
    #[arg(long, global = true, value_name = "PATH", help_heading = "Sources")]
    pub nvml_lib: Option<PathBuf>,
    /// Read this dcgm-exporter too; may be repeated
    #[arg(
        long,
        global = true,
        value_name = "URL",
        value_parser = exporter,
        action = ArgAction::Append,
        conflicts_with = "fleet",
        help_heading = "Sources"
    )]
    pub dcgm: Vec<String>,
    /// Read this Prometheus, which scrapes dcgm-exporters, too; may be repeated
    #[arg(
        long,
        global = true,
        value_name = "URL",
        value_parser = exporter,
        action = ArgAction::Append,
        conflicts_with = "fleet",
        help_heading = "Sources"
    )]
    pub prometheus: Vec<String>,
    /// When to use colours
    #[arg(
        long,
        global = true,
        visible_alias = "color",
        value_name = "WHEN",
        help_heading = "Look"
    )]
    pub colour: Option<When>,
    /// Write ASCII only
    #[arg(long, global = true, help_heading = "Look")]
    pub ascii: bool,
    /// The console's colours: default, light, high-contrast, mono, or a file themes/NAME.toml beside config.toml
    #[arg(long, global = true, value_name = "NAME", value_parser = plain_name, help_heading = "Console")]
    pub theme: Option<String>,
    /// The console's keys: default, vim, emacs, or a file keymaps/NAME.toml beside config.toml
    #[arg(long, global = true, value_name = "NAME", value_parser = plain_name, help_heading = "Console")]
    pub keymap: Option<String>,
    /// The console's language
    #[arg(long, global = true, value_name = "CODE", value_parser = crate::config::file::LANGUAGES, help_heading = "Console")]
    pub lang: Option<String>,
    /// The console takes the mouse: wheel, click, double click
    #[arg(long, global = true, help_heading = "Console")]
    pub mouse: bool,
    /// Look at the hosts every SEC seconds
    #[arg(long, global = true, value_name = "SEC", value_parser = seconds, help_heading = "Console")]
    pub refresh: Option<f64>,
    /// The console's first screen
    #[arg(long, global = true, value_name = "NAME", value_parser = VIEWS, help_heading = "Console")]
    pub view: Option<String>,
    /// The console rings on a new finding of severity danger
    #[arg(long, global = true, help_heading = "Console")]
    pub bell: bool,
    /// Keep the log of events and saved screens in this folder
    #[arg(long, global = true, value_name = "DIR", help_heading = "Console")]
    pub state_dir: Option<PathBuf>,
}

/// A URL that can be asked.
fn exporter(typed: &str) -> Result<String, String> {
    match Address::parse(typed, "/") {
        Ok(_) => Ok(typed.to_owned()),
        Err(e) => Err(e.to_string()),
    }
}

/// Screens that the console can begin with.
pub const VIEWS: [&str; 9] = [
    "fleet", "slices", "pods", "holders", "xids", "events", "findings", "about", "help",
];

/// When to use colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum When {
    /// On a terminal that can, unless NO_COLOR is set
    Auto,
    /// Also into a pipe
    Always,
    /// Never
    Never,
}

impl From<When> for Colour {
    fn from(when: When) -> Self {
        match when {
            When::Auto => Self::Auto,
            When::Always => Self::Always,
            When::Never => Self::Never,
        }
    }
}

/// All subcommands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Those that read.
    #[command(flatten)]
    Read(Read),
    /// Those that know the boards.
    #[command(flatten)]
    Table(Table),
    /// Print what a cluster's administrator has to permit: for reading, and for what is optional
    Rbac(super::rbac::Args),
    /// Do the same on simulated hosts: `migdeck demo status`
    Demo(Demo),
    /// Check the configuration, or show what holds and where each value comes from
    Config {
        /// What to do (default: check)
        #[command(subcommand)]
        action: Option<ConfigAction>,
    },
    /// Play a tape with its pauses: in the console, or its records into a pipe
    Replay(super::replay::Args),
    /// Write what this host's sources see as a stream of JSON lines (migdeck/stream/v1)
    #[command(hide = true)]
    Probe(super::probe::Args),
    /// Start a program without this terminal: in a session of its own, which ends with whoever started it
    #[command(hide = true)]
    Apart(super::apart::Args),
    /// Write a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the manual page, with those of all subcommands behind it
    Man {
        /// Only the page of this subcommand, such as `status` or `demo status`
        #[arg(value_name = "SUBCOMMAND")]
        of: Vec<String>,
    },
}

/// Subcommands that read hosts.
#[derive(Subcommand, Debug)]
pub enum Read {
    /// Show every GPU, instance, process and holder
    Status(Status),
    /// Show what keeps GPUs, instances and the driver in use
    Holders(Holders),
    /// Show which pods have which GPUs and slices, how that is known, and which wait for some
    Pods(Pods),
    /// Say what is wrong with hosts and cluster, on what evidence, and the next command; exit code 10 if anything is
    Doctor(super::doctor::Args),
    /// Show on which slices a model ran, from your own book of measurements, and how many such slices are free now
    Fits(super::fits::Args),
    /// Record a host's stream on a tape, which `replay` plays and `--fleet` reads
    Record(super::record::Args),
}

/// Subcommands about what boards can be divided into. They need no host where they are asked about a built-in board.
#[derive(Subcommand, Debug)]
pub enum Table {
    /// List the boards, or the profiles of one and how many more of each fit on a GPU
    Profiles(super::profiles::Args),
    /// List every legal layout of a board
    Layouts(super::layouts::Args),
    /// Say whether and where a layout fits on a board, or what collides
    Validate(super::validate::Args),
}

/// Subcommands of the demo.
#[derive(Subcommand, Debug)]
pub enum OnHosts {
    /// Those that read.
    #[command(flatten)]
    Read(Read),
    /// Those that know the boards.
    #[command(flatten)]
    Table(Table),
}

/// Patience with hosts.
#[derive(Args, Clone, Copy, PartialEq, Debug)]
#[group(skip)]
pub struct Wait {
    /// Wait at most SEC seconds for a host's first answer
    #[arg(id = "wait", long = "wait", value_name = "SEC", value_parser = seconds, default_value = "2")]
    pub seconds: f64,
}

/// `status`.
#[derive(Args, Debug)]
pub struct Status {
    /// Show it again every SEC seconds (default: beat_seconds of the configuration), until interrupted
    #[arg(long, value_name = "SEC", value_parser = seconds, num_args = 0..=1)]
    pub watch: Option<Option<f64>>,
    /// How long a host may take.
    #[command(flatten)]
    pub wait: Wait,
    /// Write JSON (migdeck/status/v1); with --watch one document a line
    #[arg(long)]
    pub json: bool,
}

/// `holders`.
#[derive(Args, Debug)]
pub struct Holders {
    /// How long a host may take.
    #[command(flatten)]
    pub wait: Wait,
    /// Write JSON (migdeck/holders/v1)
    #[arg(long)]
    pub json: bool,
}

/// `pods`.
#[derive(Args, Debug)]
pub struct Pods {
    /// How long a host may take.
    #[command(flatten)]
    pub wait: Wait,
    /// Write JSON (migdeck/pods/v1)
    #[arg(long)]
    pub json: bool,
}

/// `demo`.
#[derive(Args, Debug)]
pub struct Demo {
    /// Simulate these: bank, h100, a30, blackwell, r450, faults, dra, drift, or a file; SCENARIO#HOST for one host of it; can be
    /// repeated (default: bank,h100). Of faults, xid79 loses its GPU 5 seconds after the start, and in-use and
    /// sticky-destroy show only when somebody changes them
    #[arg(long, global = true, value_name = "SCENARIO,..", value_delimiter = ',', action = ArgAction::Append)]
    pub scenario: Vec<String>,
    /// Begin with the guided tour: a sentence on each screen
    #[arg(long)]
    pub tour: bool,
    /// What to do on the simulated hosts
    #[command(subcommand)]
    pub command: Option<OnHosts>,
}

/// `config`.
#[derive(Subcommand, Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConfigAction {
    /// Read the files and report everything that is wrong
    Check,
    /// Print every value with its origin
    Show,
}

/// Shells with completion scripts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Shell {
    /// GNU Bash
    Bash,
    /// Z shell
    Zsh,
    /// fish
    Fish,
}

/// A number of seconds that a beat can have.
fn seconds(typed: &str) -> Result<f64, String> {
    let range = crate::config::file::BEATS;
    match typed.parse::<f64>() {
        Ok(s) if range.contains(&s) => Ok(s),
        _ => Err(format!(
            "expected seconds from {} to {}",
            range.start(),
            range.end()
        )),
    }
}

/// A name that leads to no other folder.
fn plain_name(typed: &str) -> Result<String, String> {
    if crate::config::file::is_plain_name(typed) {
        return Ok(typed.to_owned());
    }
    Err("expected a name without its folder and ending".to_owned())
}

/// A destination that ssh cannot take for an option.
fn destination(typed: &str) -> Result<String, String> {
    if !crate::config::file::is_destination(typed) {
        return Err("expected `host` or `user@host`".to_owned());
    }
    Ok(typed.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn source_flags_may_stand_on_either_side() {
        let before = Cli::try_parse_from(["migdeck", "--ssh", "a,b", "status"]).unwrap();
        let after = Cli::try_parse_from(["migdeck", "status", "--ssh", "a", "--ssh", "b"]).unwrap();
        assert_eq!(before.global.ssh, ["a", "b"]);
        assert_eq!(after.global.ssh, ["a", "b"]);
        assert!(Cli::try_parse_from(["migdeck", "status", "--ssh=-oProxyCommand=x"]).is_err());
        assert!(Cli::try_parse_from(["migdeck", "status", "--ssh", "a b"]).is_err());
        assert!(Cli::try_parse_from(["migdeck", "status", "--watch", "0"]).is_err());
    }
}
