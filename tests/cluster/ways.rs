//! Ways to an API server that are not straight: a proxy that comes and goes, a program that gives out the credential, and a
//! server that has forgotten where a watch was.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{DeleteParams, ListParams};
use migdeck::domain::observation::Health;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use serde_json::{Value, json};

use super::shared::{self, GUARD, cluster};
use super::watched::{Kubeconfig, Watched, health, options, pod};
use crate::common::cluster::{Cluster, block_on};

/// A proxy of HTTP, such as lies between a bastion and its cluster.
struct Proxy {
    url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    tunnels: AtomicUsize,
    /// `None`: it takes nobody in.
    open: Mutex<Option<Vec<TcpStream>>>,
}

impl Proxy {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&of_thread);
                std::thread::spawn(move || tunnel(stream, &shared));
            }
        });
        let this = Self { url, shared };
        this.open();
        this
    }

    fn open(&self) {
        *self.shared.open.lock().unwrap() = Some(Vec::new());
    }

    /// Breaks all tunnels, and makes no others.
    fn cut(&self) {
        let streams = self.shared.open.lock().unwrap().take();
        for stream in streams.into_iter().flatten() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn tunnels(&self) -> usize {
        self.shared.tunnels.load(Ordering::Relaxed)
    }

    /// A kubeconfig that names it.
    fn kubeconfig(&self, cluster: &Cluster) -> Kubeconfig {
        let text = std::fs::read_to_string(cluster.kubeconfig()).unwrap();
        let line = text.lines().find(|l| l.contains("server: ")).unwrap();
        let indent: String = line.chars().take_while(|c| *c == ' ').collect();
        let with = format!("{line}\n{indent}proxy-url: \"{}\"", self.url);
        Kubeconfig::write(&text.replace(line, &with))
    }
}

fn tunnel(client: TcpStream, shared: &Shared) -> Option<()> {
    let mut head = BufReader::new(client.try_clone().ok()?);
    let mut line = String::new();
    head.read_line(&mut line).ok()?;
    let target = line.strip_prefix("CONNECT ")?.split(' ').next()?.to_owned();
    while line.trim() != "" {
        line.clear();
        head.read_line(&mut line).ok()?;
    }
    let server = TcpStream::connect(target).ok()?;
    {
        let mut open = shared.open.lock().unwrap();
        let streams = open.as_mut()?;
        streams.push(client.try_clone().ok()?);
        streams.push(server.try_clone().ok()?);
    }
    shared.tunnels.fetch_add(1, Ordering::Relaxed);
    let mut back = client.try_clone().ok()?;
    back.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        .ok()?;
    let mut from_server = server.try_clone().ok()?;
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from_server, &mut back);
        let _ = back.shutdown(Shutdown::Both);
    });
    let mut to_server = server;
    let _ = std::io::copy(&mut head, &mut to_server);
    let _ = to_server.shutdown(Shutdown::Both);
    Some(())
}

fn make(cluster: &Cluster, name: &str, on: &str) {
    block_on(async {
        let pods: Api<Pod> = Api::namespaced(cluster.admin().await, "default");
        shared::pod(&pods, name, on, "nvidia.com/mig-1g.5gb").await;
    });
}

fn node(cluster: &Cluster, name: &str) {
    block_on(async {
        let client = cluster.admin().await;
        shared::node(&client, name, &[("nvidia.com/mig-1g.5gb", 4)]).await;
    });
}

#[test]
fn a_proxy_of_the_kubeconfig_is_used_and_one_that_breaks_leaves_what_was_told() {
    let cluster = cluster();
    node(cluster, "behind");
    make(cluster, "behind-a-proxy", "behind");
    let proxy = Proxy::start();
    let file = proxy.kubeconfig(cluster);
    let mut watched = Watched::start(options(&file.path));
    watched.settle();
    watched.until("the pod", |f| pod(f, "behind", "behind-a-proxy").is_some());
    assert!(proxy.tunnels() > 0);

    proxy.cut();
    let fleet = watched.until("that it is late", |f| {
        matches!(health(f), Some(Health::Late { .. }))
    });
    assert!(
        pod(&fleet, "behind", "behind-a-proxy").is_some(),
        "late is not empty"
    );
    make(cluster, "meanwhile", "behind");
    proxy.open();
    watched.until("what has come meanwhile", |f| {
        pod(f, "behind", "meanwhile").is_some()
    });
    watched.until("that it is back", |f| health(f) == Some(Health::Live));
}

#[test]
fn a_proxy_of_the_environment_is_used() {
    let proxy = Proxy::start();
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_migdeck"))
        .args([
            "pods",
            "--json",
            "--wait",
            "60",
            "--no-exporters",
            "--kubeconfig",
        ])
        .arg(cluster().kubeconfig())
        .env("HOME", home.path())
        .env("HTTPS_PROXY", &proxy.url)
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["cluster"]["state"], "live", "{document:#}");
    assert!(proxy.tunnels() > 0);
}

#[test]
fn what_the_server_has_forgotten_is_told_anew() {
    // nobody else's server is to forget
    let cluster = Cluster::start(&GUARD);
    node(&cluster, "forgets");
    make(&cluster, "before", "forgets");
    let proxy = Proxy::start();
    let file = proxy.kubeconfig(&cluster);
    let mut watched = Watched::start(options(&file.path));
    watched.settle();
    watched.until("the pod", |f| pod(f, "forgets", "before").is_some());
    let version = || {
        block_on(async {
            let pods: Api<Pod> = Api::all(cluster.admin().await);
            let list = pods.list(&ListParams::default().limit(1)).await.unwrap();
            list.metadata.resource_version.unwrap()
        })
    };
    let was = version();

    proxy.cut();
    block_on(async {
        let pods: Api<Pod> = Api::namespaced(cluster.admin().await, "default");
        let now = DeleteParams::default().grace_period(0);
        pods.delete("before", &now).await.unwrap();
    });
    make(&cluster, "after", "forgets");
    // without its cache it knows no more of the past than etcd does
    cluster.kill("kube-apiserver");
    cluster.argument("kube-apiserver", "--watch-cache=false");
    cluster.run("kube-apiserver").unwrap();
    cluster.wait_for_server().unwrap();
    cluster.compact(&version());
    let gone = block_on(async {
        let path = format!("/api/v1/pods?watch=1&timeoutSeconds=5&resourceVersion={was}");
        let request = http::Request::get(path).body(Vec::new()).unwrap();
        match cluster.admin().await.request_text(request).await {
            Ok(events) => events,
            Err(error) => error.to_string(),
        }
    });
    assert!(gone.contains("410") || gone.contains("too old"), "{gone}");

    proxy.open();
    let fleet = watched.until("what is there now", |f| {
        pod(f, "forgets", "after").is_some() && pod(f, "forgets", "before").is_none()
    });
    assert_eq!(fleet.nodes.len(), 1);
    watched.until("that all is well", |f| health(f) == Some(Health::Live));
}

/// The program writes where a person would see it and asks for something to be typed.
#[test]
fn a_program_that_gives_the_credential_neither_writes_on_the_terminal_nor_reads_from_it() {
    let cluster = cluster();
    let text = std::fs::read_to_string(cluster.kubeconfig()).unwrap();
    let field = |name: &str| {
        let mut lines = text.lines();
        let line = lines.find(|l| l.trim_start().starts_with(name)).unwrap();
        let value = line.split(": ").nth(1).unwrap();
        String::from_utf8(STANDARD.decode(value).unwrap()).unwrap()
    };
    let credential = json!({
        "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
        "status": {"clientCertificateData": field("client-certificate-data"), "clientKeyData": field("client-key-data")}
    });
    let folder = tempfile::tempdir().unwrap();
    let (file, program) = (
        folder.path().join("credential"),
        folder.path().join("login"),
    );
    std::fs::write(&file, credential.to_string()).unwrap();
    let script = format!(
        "#!/bin/sh\necho 'OPEN A BROWSER' >&2\necho 'OPEN A BROWSER' 2>/dev/null >/dev/tty\nread answer\ncat {}\n",
        file.display()
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let user = text.split("users:").nth(1).unwrap();
    let plugin = format!(
        "\n- name: test\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      command: \"{}\"\n      interactiveMode: IfAvailable\n",
        program.display()
    );
    let kubeconfig = Kubeconfig::write(&text.replace(user, &plugin));

    let pty = native_pty_system().openpty(PtySize::default()).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_migdeck"));
    command.args([
        "pods",
        "--json",
        "--wait",
        "60",
        "--no-exporters",
        "--kubeconfig",
    ]);
    command.arg(&kubeconfig.path);
    command.env("HOME", folder.path());
    let mut child = pty.slave.spawn_command(command).unwrap();
    drop(pty.slave);
    let mut screen = Vec::new();
    // the terminal ends with an error when nobody has it any more
    let _ = pty
        .master
        .try_clone_reader()
        .unwrap()
        .read_to_end(&mut screen);
    let screen = String::from_utf8_lossy(&screen);
    assert!(child.wait().unwrap().success(), "{screen}");
    assert!(screen.contains("\"state\": \"live\""), "{screen}");
    assert!(!screen.contains("BROWSER"), "{screen}");
}
