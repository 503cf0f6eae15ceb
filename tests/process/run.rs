//! Running `migdeck` in an environment of its own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// What a run ended with.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ended {
    /// Standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|e| panic!("{e}\nstdout: {}\nstderr: {}", self.out, self.err))
    }
}

/// A run to be made. No variable of the test's own environment reaches it but `PATH`.
pub struct Run {
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    home: tempfile::TempDir,
}

/// `migdeck ARGS..` with arguments separated by blanks.
pub fn migdeck(args: &str) -> Run {
    Run {
        args: args.split_whitespace().map(OsString::from).collect(),
        env: vec![("LC_ALL".into(), "C.UTF-8".into())],
        home: tempfile::tempdir().unwrap(),
    }
}

impl Run {
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// The user's configuration file.
    pub fn config(self, text: &str) -> Self {
        let folder = self.home.path().join("migdeck");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config.toml"), text).unwrap();
        self
    }

    pub fn config_path(&self) -> PathBuf {
        self.home.path().join("migdeck/config.toml")
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_migdeck"));
        command
            .args(&self.args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home.path())
            .env("XDG_CONFIG_HOME", self.home.path())
            .envs(self.env.iter().map(|(k, v)| (k, v)));
        command
    }

    pub fn go(self) -> Ended {
        ended(self.command().output().unwrap())
    }

    /// Runs it and expects exit code 0.
    pub fn ok(self) -> Ended {
        let shown = format!("{:?}", self.args);
        let ended = self.go();
        assert_eq!(
            ended.code, 0,
            "{shown}\nstdout: {}\nstderr: {}",
            ended.out, ended.err
        );
        ended
    }
}

fn ended(output: Output) -> Ended {
    Ended {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The status of simulated hosts, without a deadline that a busy test machine could miss.
pub fn simulated(scenario: &str) -> Value {
    migdeck(&format!(
        "demo --scenario {scenario} status --json --wait 120"
    ))
    .ok()
    .json()
}

/// The host of that name.
pub fn node<'a>(status: &'a Value, name: &str) -> &'a Value {
    status["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|n| n["name"] == name)
        .unwrap_or_else(|| panic!("no node {name} in {status:#}"))
}

/// A file of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
