//! The `[[hosts]]` tables: how each host is reached.

use toml::de::{DeTable, DeValue};

use super::{HOST_KEYS, Reader, Value};
use crate::config::{DEFAULT_REMOTE_PATH, Host, Reach};

impl Reader<'_> {
    pub(super) fn hosts(&mut self, value: &Value<'_>) -> Option<Vec<Host>> {
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
}

/// The strings of a list of nothing else.
pub(super) fn words(value: &Value<'_>) -> Option<Vec<String>> {
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
