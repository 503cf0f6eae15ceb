//! Files in order, flags above them.

use std::path::{Path, PathBuf};

use super::file::{self, File};
use super::problem::{Problem, Problems};
use super::{Cluster, Colour, Config, DEFAULT_REMOTE_PATH, Host, Origin, Reach, Sourced};

/// Where the files are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Files {
    /// This one, which must exist.
    Only(PathBuf),
    /// Those that exist, the later above the earlier.
    Layers(Vec<PathBuf>),
}

impl Files {
    /// `/etc/migdeck/config.toml`, then the user's.
    pub fn usual() -> Self {
        let mut layers = vec![PathBuf::from("/etc/migdeck/config.toml")];
        let home = std::env::var_os("XDG_CONFIG_HOME")
            .map(PathBuf::from)
            // the XDG base directory specification: relative paths are to be ignored
            .filter(|p| p.is_absolute())
            .or_else(|| std::env::var_os("HOME").map(|h| PathBuf::from(h).join(".config")));
        layers.extend(home.map(|h| h.join("migdeck/config.toml")));
        Self::Layers(layers)
    }
}

/// What flags say; `None`: nothing.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Overrides {
    /// `--nvml-lib`.
    pub nvml_lib: Option<PathBuf>,
    /// `--no-sudo`.
    pub no_sudo: bool,
    /// `--colour`.
    pub colour: Option<Colour>,
    /// `--ascii`.
    pub ascii: bool,
    /// `--refresh`.
    pub refresh: Option<f64>,
    /// `--theme`.
    pub theme: Option<String>,
    /// `--keymap`.
    pub keymap: Option<String>,
    /// `--lang`.
    pub language: Option<String>,
    /// `--mouse`.
    pub mouse: bool,
    /// `--bell`.
    pub bell: bool,
    /// `--dcgm`.
    pub dcgm: Vec<String>,
    /// `--prometheus`.
    pub prometheus: Vec<String>,
    /// `--no-cluster`.
    pub no_cluster: bool,
    /// `--kubeconfig`.
    pub kubeconfig: Vec<PathBuf>,
    /// `--context`.
    pub context: Option<String>,
    /// `-n`; `Some(None)`: `-A`.
    pub namespace: Option<Option<String>>,
    /// `--no-exporters`.
    pub no_exporters: bool,
    /// `--ssh`: names of configured hosts, or ssh destinations.
    pub ssh: Vec<String>,
}

/// Reads the files and puts the flags above them.
///
/// # Errors
/// All problems of all files, in order.
pub fn resolve(files: &Files, flags: Overrides) -> Result<Config, Problems> {
    let (config, problems) = resolve_as_far_as_possible(files, flags);
    if problems.0.is_empty() {
        Ok(config)
    } else {
        Err(problems)
    }
}

/// What [`resolve`] makes of files that may be wrong: what is right in them holds, and all that is wrong is told.
pub fn resolve_as_far_as_possible(files: &Files, flags: Overrides) -> (Config, Problems) {
    let mut config = Config {
        nvml_lib: Sourced::default(None),
        sudo: Sourced::default(true),
        beat_seconds: Sourced::default(1.0),
        colour: Sourced::default(Colour::Auto),
        ascii: Sourced::default(None),
        theme: Sourced::default("default".to_owned()),
        keymap: Sourced::default("default".to_owned()),
        language: Sourced::default("en".to_owned()),
        mouse: Sourced::default(false),
        bell: Sourced::default(false),
        dcgm: Sourced::default(Vec::new()),
        prometheus: Sourced::default(Vec::new()),
        cluster: Cluster::default(),
        hosts: Sourced::default(Vec::new()),
        files: Vec::new(),
    };
    let (paths, required) = match files {
        Files::Only(path) => (std::slice::from_ref(path), true),
        Files::Layers(paths) => (paths.as_slice(), false),
    };
    let mut problems = Vec::new();
    for path in paths {
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let (file, wrong) = file::parse(path, &text);
                problems.extend(wrong);
                layer(&mut config, path, file);
                config.files.push(path.clone());
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && !required => {}
            Err(e) => problems.push(Problem {
                file: path.clone(),
                at: None,
                message: format!("cannot be read: {e}"),
                suggestion: None,
            }),
        }
    }
    override_by(&mut config, flags);
    if config.hosts.value.is_empty() {
        config.hosts.value.push(Host::local());
    }
    (config, Problems(problems))
}

fn layer(config: &mut Config, path: &Path, file: File) {
    fn set<T>(at: &mut Sourced<T>, path: &Path, value: file::Lined<T>) {
        if let Some((value, line)) = value {
            *at = Sourced {
                value,
                origin: Origin::File {
                    path: path.to_owned(),
                    line,
                },
            };
        }
    }
    set(
        &mut config.nvml_lib,
        path,
        file.nvml_lib.map(|(v, l)| (Some(v), l)),
    );
    set(&mut config.sudo, path, file.sudo);
    set(&mut config.beat_seconds, path, file.beat_seconds);
    set(&mut config.colour, path, file.colour);
    set(
        &mut config.ascii,
        path,
        file.ascii.map(|(v, l)| (Some(v), l)),
    );
    set(&mut config.theme, path, file.theme);
    set(&mut config.keymap, path, file.keymap);
    set(&mut config.language, path, file.language);
    set(&mut config.mouse, path, file.mouse);
    set(&mut config.bell, path, file.bell);
    set(&mut config.dcgm, path, file.dcgm);
    set(&mut config.prometheus, path, file.prometheus);
    let (of, cluster) = (&mut config.cluster, file.cluster);
    set(&mut of.off, path, cluster.off);
    set(&mut of.kubeconfig, path, cluster.kubeconfig);
    let context = cluster.context.map(|(v, l)| (Some(v), l));
    set(&mut of.context, path, context);
    let namespace = cluster.namespace.map(|(v, l)| (Some(v), l));
    set(&mut of.namespace, path, namespace);
    set(&mut of.exporters, path, cluster.exporters);
    set(&mut of.prometheus, path, cluster.prometheus);
    set(&mut config.hosts, path, file.hosts);
}

fn override_by(config: &mut Config, flags: Overrides) {
    fn set<T>(at: &mut Sourced<T>, flag: &'static str, value: Option<T>) {
        if let Some(value) = value {
            *at = Sourced {
                value,
                origin: Origin::Flag(flag),
            };
        }
    }
    set(&mut config.nvml_lib, "--nvml-lib", flags.nvml_lib.map(Some));
    set(
        &mut config.sudo,
        "--no-sudo",
        flags.no_sudo.then_some(false),
    );
    set(&mut config.colour, "--colour", flags.colour);
    set(
        &mut config.ascii,
        "--ascii",
        flags.ascii.then_some(Some(true)),
    );
    set(&mut config.beat_seconds, "--refresh", flags.refresh);
    set(&mut config.theme, "--theme", flags.theme);
    set(&mut config.keymap, "--keymap", flags.keymap);
    set(&mut config.language, "--lang", flags.language);
    set(&mut config.mouse, "--mouse", flags.mouse.then_some(true));
    set(&mut config.bell, "--bell", flags.bell.then_some(true));
    let some = |urls: Vec<String>| (!urls.is_empty()).then_some(urls);
    set(&mut config.dcgm, "--dcgm", some(flags.dcgm));
    set(
        &mut config.prometheus,
        "--prometheus",
        some(flags.prometheus),
    );
    let of = &mut config.cluster;
    // who names a cluster wants one, whatever the file says
    let named = !flags.kubeconfig.is_empty() || flags.context.is_some();
    let off = flags.no_cluster.then_some(true);
    set(&mut of.off, "--no-cluster", off);
    set(
        &mut of.off,
        "--kubeconfig or --context",
        named.then_some(false),
    );
    let some = (!flags.kubeconfig.is_empty()).then_some(flags.kubeconfig);
    if some.is_some() && flags.context.is_none() {
        // the file's context is one of the file's kubeconfig
        of.context = Sourced::default(None);
    }
    set(&mut of.kubeconfig, "--kubeconfig", some);
    set(&mut of.context, "--context", flags.context.map(Some));
    let flag = match flags.namespace {
        Some(None) => "--all-namespaces",
        _ => "--namespace",
    };
    set(&mut of.namespace, flag, flags.namespace);
    let exporters = flags.no_exporters.then_some(false);
    set(&mut of.exporters, "--no-exporters", exporters);
    if !flags.ssh.is_empty() {
        let known = &config.hosts.value;
        let hosts = flags
            .ssh
            .iter()
            .map(|name| match known.iter().find(|h| h.name == *name) {
                Some(host) if host.reach != Reach::Local => host.clone(),
                _ => Host {
                    name: name.clone(),
                    reach: Reach::Ssh(name.clone()),
                    ssh_options: Vec::new(),
                    sudo: false,
                    remote_path: DEFAULT_REMOTE_PATH.to_owned(),
                    dcgm: None,
                },
            })
            .collect();
        set(&mut config.hosts, "--ssh", Some(hosts));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(dir: &Path, name: &str, text: &str) -> PathBuf {
        let path = dir.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn the_user_stands_above_the_host_and_flags_above_both() {
        let dir = tempfile::tempdir().unwrap();
        let etc = write(dir.path(), "etc.toml", "sudo = false\nascii = true\n");
        let user = write(
            dir.path(),
            "user.toml",
            "# mine\nascii = false\nbeat_seconds = 2\n",
        );
        let absent = dir.path().join("absent.toml");
        let files = Files::Layers(vec![etc.clone(), absent, user.clone()]);
        let config = resolve(
            &files,
            Overrides {
                colour: Some(Colour::Never),
                ..Overrides::default()
            },
        )
        .unwrap();
        assert_eq!(
            config.sudo.origin.to_string(),
            format!("{}:1", etc.display())
        );
        assert_eq!(config.ascii.value, Some(false));
        assert_eq!(
            config.ascii.origin.to_string(),
            format!("{}:2", user.display())
        );
        assert_eq!(config.beat_seconds.value, 2.0);
        assert_eq!(config.colour.origin, Origin::Flag("--colour"));
        assert_eq!(config.hosts.value, [Host::local()]);
        assert_eq!(config.files, [etc, user]);
    }

    #[test]
    fn flags_name_another_cluster_than_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let text =
            "[cluster]\noff = true\nkubeconfig = \"/a\"\ncontext = \"a\"\nnamespace = \"team\"\n";
        let file = Files::Only(write(dir.path(), "c.toml", text));
        let of = |flags| resolve(&file, flags).unwrap().cluster;
        let plain = of(Overrides::default());
        assert!(plain.off.value && plain.exporters.value);
        assert_eq!(plain.context.value.as_deref(), Some("a"));
        let other = of(Overrides {
            kubeconfig: vec!["/b".into()],
            namespace: Some(None),
            no_exporters: true,
            ..Overrides::default()
        });
        // who names one wants one, and the file's context is one of the file's kubeconfig
        assert!(!other.off.value && !other.exporters.value);
        assert_eq!((other.context.value, other.namespace.value), (None, None));
        assert_eq!(other.kubeconfig.value, [PathBuf::from("/b")]);
    }

    #[test]
    fn a_named_host_keeps_what_the_file_says_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = write(
            dir.path(),
            "c.toml",
            "[[hosts]]\nname = \"dev\"\nssh = \"kim@10.0.0.1\"\nremote_path = \"/opt/migdeck\"\n",
        );
        let config = resolve(
            &Files::Only(file),
            Overrides {
                ssh: vec!["dev".into(), "other".into()],
                ..Overrides::default()
            },
        )
        .unwrap();
        let reach: Vec<&Reach> = config.hosts.value.iter().map(|h| &h.reach).collect();
        assert_eq!(
            reach,
            [
                &Reach::Ssh("kim@10.0.0.1".into()),
                &Reach::Ssh("other".into())
            ]
        );
        assert_eq!(config.hosts.value[0].remote_path, "/opt/migdeck");
    }

    #[test]
    fn a_file_that_was_named_must_exist_and_all_files_are_judged() {
        let dir = tempfile::tempdir().unwrap();
        let missing = Files::Only(dir.path().join("nope.toml"));
        assert_eq!(
            resolve(&missing, Overrides::default()).unwrap_err().0.len(),
            1
        );
        let a = write(dir.path(), "a.toml", "x = 1\n");
        let b = write(dir.path(), "b.toml", "y = 1\n");
        let both = resolve(&Files::Layers(vec![a, b]), Overrides::default());
        assert_eq!(both.unwrap_err().0.len(), 2);
    }
}
