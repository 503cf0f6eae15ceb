//! `migdeck config check` and `migdeck config show`.

use crate::config::{Cluster, Config, Host, Origin, Reach, book, resolve_as_far_as_possible};
use crate::console::theme_problems;

use super::args::{ConfigAction, Global};
use super::console::own_themes;
use super::own_files::{Kind, OwnFiles};
use super::read::credentials;
use super::{CliError, files, look, overrides};

/// Checks, or shows.
///
/// # Errors
/// A file is wrong (exit code 2), or standard output cannot be written.
pub fn run(action: Option<ConfigAction>, global: &Global) -> Result<u8, CliError> {
    let action = action.unwrap_or(ConfigAction::Check);
    let (config, problems) = resolve_as_far_as_possible(&files(global), overrides(global));
    let mut wrong = Vec::new();
    if !problems.0.is_empty() {
        wrong.push(told("in the configuration", problems.0));
    }
    if action == ConfigAction::Check {
        let own = own_files(&OwnFiles::beside(&files(global)), &config);
        if !own.is_empty() {
            wrong.push(told("in keymaps and themes", own));
        }
        wrong.extend(cluster_problem(global, &config).map(|why| told("in the cluster", vec![why])));
        let measured = book(&files(global)).1.0;
        if !measured.is_empty() {
            wrong.push(told("in the book of measurements", measured));
        }
    }
    if !wrong.is_empty() {
        return Err(CliError::usage(wrong.join("\n")));
    }
    let text = match action {
        ConfigAction::Check => check(&config),
        ConfigAction::Show => show(&config),
    };
    look::print(&text)?;
    Ok(0)
}

/// `2 problems in keymaps and themes`, and each on its line.
fn told<T: std::fmt::Display>(place: &str, problems: Vec<T>) -> String {
    let n = problems.len();
    let word = if n == 1 { "problem" } else { "problems" };
    let mut text = format!("{n} {word} {place}");
    for problem in problems {
        text.push_str(&format!("\n{problem}"));
    }
    text
}

/// What is wrong with the keymaps beside the configuration, and with the names of those that are chosen.
fn own_files(own: &OwnFiles, config: &Config) -> Vec<String> {
    let mut names = own.names(Kind::Keymap);
    if !names.contains(&config.keymap.value) {
        names.push(config.keymap.value.clone());
    }
    names
        .iter()
        .flat_map(|name| own.keymap(name).1)
        .chain(theme_problems_of(own, config))
        .collect()
}

/// What is wrong with the credential that somebody has named: nothing is asked for it.
fn cluster_problem(global: &Global, config: &Config) -> Option<String> {
    let of = &config.cluster;
    let named = !of.kubeconfig.value.is_empty() || of.context.value.is_some();
    let checked = named && !of.off.value;
    let error = checked
        .then(|| credentials(global, config).check())?
        .err()?;
    let origin = match of.kubeconfig.origin {
        Origin::Default => &of.context.origin,
        _ => &of.kubeconfig.origin,
    };
    Some(format!("{origin}: {error}"))
}

fn theme_problems_of(own: &OwnFiles, config: &Config) -> Vec<String> {
    let (themes, unread) = own_themes(own);
    let mut names: Vec<&str> = themes.iter().map(|file| file.name.as_str()).collect();
    let chosen = config.theme.value.as_str();
    if !names.contains(&chosen) && unread.iter().all(|(name, _)| name != chosen) {
        names.push(chosen);
    }
    let wrong = names.iter().flat_map(|name| theme_problems(&themes, name));
    let mut all: Vec<String> = wrong.collect();
    all.extend(unread.into_iter().map(|(_, why)| why));
    all
}

fn check(config: &Config) -> String {
    if config.files.is_empty() {
        return "no configuration file exists; the defaults hold\n".to_owned();
    }
    config
        .files
        .iter()
        .map(|file| format!("{}: ok\n", file.display()))
        .collect()
}

/// TOML that could be a configuration file, with the origin of each value as a comment.
fn show(config: &Config) -> String {
    let mut out = String::new();
    let mut line = |key: &str, value: Option<String>, unset: &str, origin: &Origin| {
        let text = match value {
            Some(value) => format!("{key} = {value}"),
            None => format!("# {key} is not set: {unset}"),
        };
        out.push_str(&format!("{text:<40} # {origin}\n"));
    };
    line(
        "nvml_lib",
        config
            .nvml_lib
            .value
            .as_ref()
            .map(|p| quoted(&p.display().to_string())),
        "searched",
        &config.nvml_lib.origin,
    );
    line(
        "sudo",
        Some(config.sudo.value.to_string()),
        "",
        &config.sudo.origin,
    );
    line(
        "beat_seconds",
        Some(format!("{:?}", config.beat_seconds.value)),
        "",
        &config.beat_seconds.origin,
    );
    line(
        "colour",
        Some(quoted(config.colour.value.as_str())),
        "",
        &config.colour.origin,
    );
    line(
        "ascii",
        config.ascii.value.map(|a| a.to_string()),
        "as the locale says",
        &config.ascii.origin,
    );
    let named = |value: &str| Some(quoted(value));
    line(
        "theme",
        named(&config.theme.value),
        "",
        &config.theme.origin,
    );
    line(
        "keymap",
        named(&config.keymap.value),
        "",
        &config.keymap.origin,
    );
    line(
        "language",
        named(&config.language.value),
        "",
        &config.language.origin,
    );
    let mouse = config.mouse.value.to_string();
    line("mouse", Some(mouse), "", &config.mouse.origin);
    let bell = config.bell.value.to_string();
    line("bell", Some(bell), "", &config.bell.origin);
    let urls = |urls: &[String]| Some(list(&urls.iter().map(|u| shown_url(u)).collect::<Vec<_>>()));
    line("dcgm", urls(&config.dcgm.value), "", &config.dcgm.origin);
    line(
        "prometheus",
        urls(&config.prometheus.value),
        "",
        &config.prometheus.origin,
    );
    out.push_str(&shown_cluster(&config.cluster));
    out.push_str(&format!("\n# hosts: {}\n", config.hosts.origin));
    for host in &config.hosts.value {
        out.push_str(&shown(host));
    }
    out
}

fn shown_cluster(cluster: &Cluster) -> String {
    let mut out = "\n[cluster]\n".to_owned();
    let mut line = |key: &str, value: Option<String>, unset: &str, origin: &Origin| {
        let text = match value {
            Some(value) => format!("{key} = {value}"),
            None => format!("# {key} is not set: {unset}"),
        };
        out.push_str(&format!("{text:<40} # {origin}\n"));
    };
    let Cluster {
        off,
        kubeconfig,
        context,
        namespace,
        exporters,
        prometheus,
    } = cluster;
    line("off", Some(off.value.to_string()), "", &off.origin);
    let files = kubeconfig.value.iter().map(|f| f.display().to_string());
    let files: Vec<String> = files.collect();
    let files = (!files.is_empty()).then(|| list(&files));
    let usual = "KUBECONFIG, ~/.kube/config, a pod's own";
    line("kubeconfig", files, usual, &kubeconfig.origin);
    let named = |value: &Option<String>| value.as_deref().map(quoted);
    let current = "the current one";
    line("context", named(&context.value), current, &context.origin);
    let all = "all, else the context's";
    line("namespace", named(&namespace.value), all, &namespace.origin);
    let read = exporters.value.to_string();
    line("exporters", Some(read), "", &exporters.origin);
    let asked = quoted(&prometheus.value.to_string());
    line("prometheus", Some(asked), "", &prometheus.origin);
    out
}

fn shown(host: &Host) -> String {
    let mut out = format!("[[hosts]]\nname = {}\n", quoted(&host.name));
    match &host.reach {
        Reach::Local => {}
        Reach::Ssh(destination) => {
            let options = list(&host.ssh_options);
            out.push_str(&format!(
                "ssh = {}\nssh_options = {options}\nsudo = {}\nremote_path = {}\n",
                quoted(destination),
                host.sudo,
                quoted(&host.remote_path)
            ));
        }
        Reach::Probe(argv) => {
            out.push_str(&format!("probe = {}\n", list(argv)));
        }
    }
    if let Some(url) = &host.dcgm {
        out.push_str(&format!("dcgm = {}\n", quoted(&shown_url(url))));
    }
    out
}

/// A URL without what is nobody else's business.
fn shown_url(url: &str) -> String {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find('/').map_or(url.len(), |at| host + at);
    match url[host..end].rfind('@') {
        Some(at) => format!("{}***@{}", &url[..host], &url[host + at + 1..]),
        None => url.to_owned(),
    }
}

fn list(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|w| quoted(w)).collect();
    format!("[{}]", words.join(", "))
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
