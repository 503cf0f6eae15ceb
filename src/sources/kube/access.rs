//! From kubeconfig files, or from a pod's own credential, to a client.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kube::Client;
use kube::config::{
    AuthInfo, Config, ExecConfig, ExecInteractiveMode, KubeConfigOptions, Kubeconfig,
};

use crate::domain::cluster::news::ClusterHello;
use crate::domain::text::Text;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a program that gives out credentials may take: some ask a server far away.
const PLUGIN: Duration = Duration::from_secs(30);

/// Where the credential comes from, and as whom.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Credentials {
    /// These files, the earlier above the later; empty: those of `KUBECONFIG`, else `~/.kube/config`, else a pod's own.
    pub files: Vec<PathBuf>,
    /// The context; `None`: the current one.
    pub context: Option<String>,
    /// Act as this user (impersonation).
    pub as_user: Option<String>,
}

/// Why there is no client.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AccessError {
    /// Nobody gave one.
    #[error("no credential: no KUBECONFIG, no ~/.kube/config, and this is no pod")]
    None,
    /// A file cannot be used.
    #[error("{0}")]
    File(Text),
    /// The credential's program does not give one.
    #[error("{0}")]
    Plugin(Text),
    /// No client can be made of it.
    #[error("{0}")]
    Client(Text),
}

impl Credentials {
    /// Whether there is anything to try, without trying it.
    pub fn exist(&self) -> bool {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        !self.files.is_empty()
            || self.context.is_some()
            || set("KUBECONFIG")
            || set("KUBERNETES_SERVICE_HOST")
            || usual_file().is_some_and(|file| file.exists())
    }

    /// Whether the files can be used and have the context. No server and no program is asked.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn check(&self) -> Result<(), AccessError> {
        let Some(kubeconfig) = self.kubeconfig()? else {
            return Err(AccessError::None);
        };
        let wanted = self
            .context
            .as_ref()
            .or(kubeconfig.current_context.as_ref());
        let known = kubeconfig.contexts.iter().map(|context| &context.name);
        let names: Vec<&str> = known.map(String::as_str).collect();
        match wanted {
            None => Err(AccessError::File(Text::new("it has no current context"))),
            Some(name) if names.contains(&name.as_str()) => Ok(()),
            Some(name) => Err(AccessError::File(Text::from(format!(
                "there is no context `{name}`; there are: {}",
                names.join(", ")
            )))),
        }
    }

    fn kubeconfig(&self) -> Result<Option<Kubeconfig>, AccessError> {
        if !self.files.is_empty() {
            let mut merged: Option<Kubeconfig> = None;
            for path in &self.files {
                let file = read(path)?;
                merged = Some(match merged {
                    Some(above) => above.merge(file).map_err(|e| AccessError::File(told(&e)))?,
                    None => file,
                });
            }
            return Ok(merged);
        }
        let from_env = Kubeconfig::from_env().map_err(|e| AccessError::File(told(&e)))?;
        match from_env {
            Some(kubeconfig) => Ok(Some(kubeconfig)),
            None => usual_file()
                .filter(|path| path.exists())
                .map(|path| read(&path))
                .transpose(),
        }
    }

    /// Names of the contexts that the files have, in their order.
    ///
    /// # Errors
    /// A file cannot be read, or there is none.
    pub fn contexts(&self) -> Result<Vec<Text>, AccessError> {
        let kubeconfig = self.kubeconfig()?.ok_or(AccessError::None)?;
        let names = kubeconfig.contexts.iter();
        Ok(names.map(|context| Text::new(&context.name)).collect())
    }

    /// Reads the files, and says which cluster they lead to.
    async fn config(&self) -> Result<(Config, ClusterHello), AccessError> {
        let (mut config, context) = match self.kubeconfig()? {
            Some(mut kubeconfig) => {
                let context = self.context.clone().or(kubeconfig.current_context.clone());
                for user in &mut kubeconfig.auth_infos {
                    if let Some(plugin) = user.auth_info.as_mut().and_then(|a| a.exec.as_mut()) {
                        keep_from_terminal(plugin, which("setsid"));
                    }
                }
                let options = KubeConfigOptions {
                    context: self.context.clone(),
                    ..KubeConfigOptions::default()
                };
                let config = Config::from_custom_kubeconfig(kubeconfig, &options).await;
                let config = config.map_err(|e| AccessError::File(told(&e)))?;
                (config, context.unwrap_or_default())
            }
            None if std::env::var_os("KUBERNETES_SERVICE_HOST").is_some() => {
                let config = Config::incluster().map_err(|e| AccessError::File(told(&e)))?;
                (config, "in-cluster".to_owned())
            }
            None => return Err(AccessError::None),
        };
        if let Some(user) = &self.as_user {
            config.auth_info.impersonate = Some(user.clone());
        }
        config.connect_timeout = Some(CONNECT);
        // watches live long; whoever calls has a limit of its own, and a say in when to try again
        config.read_timeout = None;
        config.default_retry = false;
        let hello = ClusterHello {
            context: context.into(),
            server: config.cluster_url.to_string().into(),
            version: None,
            namespace: config.default_namespace.clone().into(),
        };
        Ok((config, hello))
    }

    /// A client, for the runtime that asks.
    pub(super) async fn client(&self) -> Result<(Client, ClusterHello), AccessError> {
        let (config, hello) = self.config().await?;
        let program = program(&config.auth_info);
        // a program that gives out credentials runs here, and may take its time
        let made = tokio::task::spawn_blocking(move || Client::try_from(config));
        match tokio::time::timeout(PLUGIN, made).await {
            Ok(Ok(Ok(client))) => Ok((client, hello)),
            Ok(Ok(Err(error))) => Err(match program {
                Some(program) => AccessError::Plugin(refused(&program, &error)),
                None => AccessError::Client(told(&error)),
            }),
            Ok(Err(panic)) => Err(AccessError::Client(told(&panic))),
            Err(_) => {
                let program = program.unwrap_or_default();
                let limit = PLUGIN.as_secs();
                Err(AccessError::Plugin(Text::from(format!(
                    "`{program}`, which gives out the credential, has not answered within {limit} s"
                ))))
            }
        }
    }
}

/// A program that gives out credentials gets no input, its complaints are caught, and where that can be done it gets no
/// terminal: it would write over the screen, or read the keys.
fn keep_from_terminal(plugin: &mut ExecConfig, setsid: Option<PathBuf>) {
    // input at its end, and standard error caught
    plugin.interactive_mode = Some(ExecInteractiveMode::Never);
    // in a session of its own there is no /dev/tty
    if let (Some(command), Some(setsid)) = (plugin.command.take(), setsid) {
        let mut args = vec!["--wait".to_owned(), command];
        args.extend(plugin.args.take().unwrap_or_default());
        plugin.command = Some(setsid.display().to_string());
        plugin.args = Some(args);
    }
}

/// What runs to get a credential.
fn program(user: &AuthInfo) -> Option<String> {
    let plugin = user.exec.as_ref()?;
    let command = plugin.command.as_ref()?;
    let wrapped = Path::new(command)
        .file_name()
        .is_some_and(|n| n == "setsid");
    let inner = plugin.args.as_ref().and_then(|args| args.get(1));
    Some(inner.filter(|_| wrapped).unwrap_or(command).clone())
}

fn refused(program: &str, error: &kube::Error) -> Text {
    if let kube::Error::Auth(kube::client::AuthError::AuthExecRun { out, .. }) = error {
        let said = String::from_utf8_lossy(&out.stderr);
        let said = said.lines().rfind(|line| !line.trim().is_empty());
        return Text::from(format!(
            "`{program}`, which gives out the credential, has failed ({}): {}",
            out.status,
            said.unwrap_or("it says nothing").trim()
        ));
    }
    Text::from(format!(
        "`{program}`, which gives out the credential: {}",
        told(error)
    ))
}

fn read(path: &Path) -> Result<Kubeconfig, AccessError> {
    Kubeconfig::read_from(path)
        .map_err(|e| AccessError::File(Text::from(format!("{}: {}", path.display(), told(&e)))))
}

fn usual_file() -> Option<PathBuf> {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty())?;
    Some(PathBuf::from(home).join(".kube/config"))
}

fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_absolute() && file.is_file())
}

/// An error with its causes, in one line.
fn told(error: &(dyn std::error::Error + 'static)) -> Text {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = inner.source();
    }
    let line: Vec<&str> = words.split_whitespace().collect();
    Text::from(line.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(future)
    }

    const ONE: &str = r#"
apiVersion: v1
kind: Config
current-context: prod
clusters: [{name: prod, cluster: {server: "https://prod:6443", proxy-url: "socks5://bastion:1080"}}]
contexts:
- {name: prod, context: {cluster: prod, user: kim, namespace: team-a}}
- {name: dev, context: {cluster: dev, user: kim}}
users: [{name: kim, user: {token: t}}]
"#;
    const TWO: &str = r#"
apiVersion: v1
kind: Config
current-context: dev
clusters: [{name: dev, cluster: {server: "https://dev:6443"}}]
contexts: []
users: []
"#;

    fn files(texts: &[&str]) -> (tempfile::TempDir, Credentials) {
        let folder = tempfile::tempdir().unwrap();
        let file = |(n, text): (usize, &&str)| {
            let path = folder.path().join(format!("{n}.yaml"));
            std::fs::write(&path, text).unwrap();
            path
        };
        let files = texts.iter().enumerate().map(file).collect();
        let credentials = Credentials {
            files,
            ..Credentials::default()
        };
        (folder, credentials)
    }

    #[test]
    fn several_files_are_one_and_the_first_says_which_context() {
        let (_folder, mut credentials) = files(&[ONE, TWO]);
        let (config, hello) = block_on(credentials.config()).unwrap();
        assert_eq!(
            (hello.context.as_str(), hello.namespace.as_str()),
            ("prod", "team-a")
        );
        assert_eq!(
            config.proxy_url.unwrap().to_string(),
            "socks5://bastion:1080/"
        );
        assert!(!config.default_retry);
        // the second file has the cluster of the first one's other context
        credentials.context = Some("dev".to_owned());
        credentials.as_user = Some("auditor".to_owned());
        let (config, hello) = block_on(credentials.config()).unwrap();
        assert_eq!(hello.server, "https://dev:6443/");
        assert_eq!(config.auth_info.impersonate.as_deref(), Some("auditor"));
    }

    #[test]
    fn what_cannot_be_used_is_said_with_the_file() {
        let (folder, credentials) = files(&["clusters: 7"]);
        let error = block_on(credentials.config()).unwrap_err();
        let file = folder.path().join("0.yaml").display().to_string();
        assert!(error.to_string().starts_with(&file), "{error}");
        let (_folder, mut credentials) = files(&[ONE]);
        credentials.context = Some("nowhere".to_owned());
        let error = block_on(credentials.config()).unwrap_err().to_string();
        assert!(error.contains("nowhere"), "{error}");
    }

    fn with_plugin(folder: &Path, script: &str) -> String {
        let path = folder.join("plugin");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        ONE.replace(
            "{token: t}",
            &format!(
                "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: \"{}\", args: [get, token], interactiveMode: IfAvailable}}}}",
                path.display()
            ),
        )
        .replace(", proxy-url: \"socks5://bastion:1080\"", "")
    }

    #[test]
    fn a_program_for_credentials_gets_no_input_and_no_terminal() {
        let folder = tempfile::tempdir().unwrap();
        let seen = folder.path().join("seen");
        let script = format!(
            "{{ read line && echo input; [ -t 2 ] && echo terminal; (: < /dev/tty) 2>/dev/null && echo tty; echo \"$@\"; }} > {}
             echo '{{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{{\"token\":\"t\"}}}}'",
            seen.display()
        );
        let text = with_plugin(folder.path(), &script);
        let (_files, credentials) = files(&[&text]);
        block_on(credentials.client()).unwrap();
        assert_eq!(std::fs::read_to_string(seen).unwrap(), "get token\n");
    }

    #[test]
    fn a_program_for_credentials_that_fails_is_told_in_its_own_words() {
        let folder = tempfile::tempdir().unwrap();
        let text = with_plugin(
            folder.path(),
            "echo 'token expired, log in again' >&2; exit 3",
        );
        let (_files, credentials) = files(&[&text]);
        let Err(error) = block_on(credentials.client()) else {
            panic!()
        };
        let error = error.to_string();
        assert!(error.contains("plugin`"), "{error}");
        assert!(error.ends_with("token expired, log in again"), "{error}");
    }

    #[test]
    fn without_setsid_it_still_gets_no_input() {
        let mut plugin: ExecConfig =
            serde_json::from_str(r#"{"command": "aws", "args": ["eks"]}"#).unwrap();
        keep_from_terminal(&mut plugin, None);
        assert_eq!(plugin.interactive_mode, Some(ExecInteractiveMode::Never));
    }
}
