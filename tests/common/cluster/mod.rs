//! A real Kubernetes control plane on loopback: etcd, API server with RBAC, controllers, scheduler, and kwok in the
//! kubelets' place.

pub mod addresses;
pub mod agent;
pub mod bring_in;
pub mod describe;
pub mod exporter;
pub mod guard;
pub mod hosts;
pub mod keys;
pub mod kubelet;
pub mod life;
pub mod owners;
pub mod podresources;
pub mod programs;
mod serve;

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::ServiceAccount;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::runtime::wait::await_condition;
use kube::{Api, Client, Config};

use addresses::Block;
use guard::Guard;
use keys::Authority;

/// How long anything may take on a machine with much else to do.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// Servers that ask the API server, each with a certificate of its own, and the group that its rights come from.
const CLIENTS: [(&str, &str, Option<&str>); 3] = [
    (
        "kube-controller-manager",
        "system:kube-controller-manager",
        None,
    ),
    ("kube-scheduler", "system:kube-scheduler", None),
    // it is all nodes at once
    ("kwok", "kwok", Some("system:masters")),
];

/// A running cluster. It ends with this value, and with this process.
pub struct Cluster {
    folder: PathBuf,
    hosts: PathBuf,
    programs: PathBuf,
    ports: Ports,
    block: Block,
    authority: Authority,
    guard: Mutex<Guard>,
    /// Nodes that have an address.
    nodes: AtomicUsize,
    /// More arguments for servers that are started from now on.
    more: Mutex<Vec<(String, String)>>,
}

struct Ports {
    store: u16,
    peers: u16,
    server: u16,
}

impl Cluster {
    /// Starts one for tests, in a folder of its own; `entry` leads this program to [`guard::serve`].
    pub fn start(entry: &[&str]) -> Self {
        // the guard removes it
        let folder = tempfile::Builder::new()
            .prefix("migdeck-cluster-")
            .tempdir()
            .unwrap()
            .keep();
        let programs = programs::folder().unwrap_or_else(|why| panic!("{why}"));
        let loopback = std::env::var_os("MIGDECK_TEST_LOOPBACK").is_some();
        Self::bring_up(&folder, programs, loopback, entry).unwrap_or_else(|why| panic!("{why}"))
    }

    /// Starts one in a folder and waits until pods can be created. `loopback`: adds no addresses to `lo`.
    ///
    /// # Errors
    /// The folder is somebody else's, or a server does not come up; the sentence says which, with its last lines.
    pub fn bring_up(
        folder: &Path,
        programs: PathBuf,
        loopback: bool,
        entry: &[&str],
    ) -> Result<Self, String> {
        let mut guard = Guard::start(folder, entry)?;
        let block = guard.addresses(loopback)?;
        let hosts = guard.scratch()?;
        let authority = Authority::new();
        let unwritten = |e: std::io::Error| format!("{} cannot be written: {e}", folder.display());
        authority.write(folder).map_err(unwritten)?;
        let cluster = Self {
            ports: Ports::free(),
            block,
            hosts,
            guard: Mutex::new(guard),
            nodes: AtomicUsize::new(0),
            folder: folder.to_owned(),
            programs,
            authority,
            more: Mutex::default(),
        };
        let write = |file: &str, user: &str, group| {
            std::fs::write(folder.join(file), cluster.kubeconfig_of(user, group))
        };
        write("kubeconfig", "admin", Some("system:masters")).map_err(unwritten)?;
        for (server, user, group) in CLIENTS {
            write(&format!("{server}.kubeconfig"), user, group).map_err(unwritten)?;
        }
        for server in ["etcd", "kube-apiserver"] {
            cluster.run(server)?;
        }
        cluster.wait_for_server()?;
        for (server, ..) in CLIENTS {
            cluster.run(server)?;
        }
        cluster.wait_for_controllers()?;
        Ok(cluster)
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.join("kubeconfig")
    }

    /// A kubeconfig of any user with a certificate.
    pub fn kubeconfig_of(&self, user: &str, group: Option<&str>) -> String {
        self.authority
            .kubeconfig(self.ports.server, &self.authority.user(user, group))
    }

    /// What it keeps of itself while it runs.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A client with the administrator's rights, for the runtime that asks.
    pub async fn admin(&self) -> Client {
        client(self.config().await)
    }

    /// A client that has nothing but a bearer token.
    pub async fn bearer(&self, token: String) -> Client {
        let mut config = self.config().await;
        config.auth_info.client_certificate_data = None;
        config.auth_info.client_key_data = None;
        config.auth_info.token = Some(token.into());
        client(config)
    }

    /// A client of any user with a certificate.
    pub async fn client_of(&self, user: &str) -> Client {
        let text = self.kubeconfig_of(user, None);
        let kubeconfig = Kubeconfig::from_yaml(&text).unwrap();
        client(
            Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
                .await
                .unwrap(),
        )
    }

    async fn config(&self) -> Config {
        let kubeconfig = Kubeconfig::read_from(self.kubeconfig()).unwrap();
        Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
            .await
            .unwrap()
    }

    /// Where the simulated hosts have their files.
    pub fn hosts(&self) -> &Path {
        &self.hosts
    }

    /// Addresses of its nodes and pods.
    pub fn block(&self) -> &Block {
        &self.block
    }

    /// An address for one more node.
    pub fn node_address(&self) -> Ipv4Addr {
        self.block.node(self.nodes.fetch_add(1, Ordering::Relaxed))
    }

    /// Who signs for it.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Starts a server; its process.
    ///
    /// # Errors
    /// It does not start.
    pub fn run(&self, name: &str) -> Result<u32, String> {
        let mut guard = self.guard.lock().unwrap();
        guard.run(name, self.programs.join(name), self.arguments(name))
    }

    /// Gives a server one more argument, from its next start on.
    pub fn argument(&self, name: &str, argument: &str) {
        let mut more = self.more.lock().unwrap();
        more.push((name.to_owned(), argument.to_owned()));
    }

    /// Lets etcd forget what was before a revision.
    pub fn compact(&self, revision: &str) {
        let body = format!("{{\"revision\":\"{revision}\",\"physical\":true}}");
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", self.ports.store)).unwrap();
        let request = format!(
            "POST /v3/kv/compaction HTTP/1.1\r\nHost: etcd\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// Ends a server at once.
    pub fn kill(&self, name: &str) {
        self.guard.lock().unwrap().kill(name);
    }

    /// Whether a server runs.
    pub fn runs(&self, name: &str) -> bool {
        self.guard.lock().unwrap().runs(name)
    }

    /// Waits until the API server answers that it is ready.
    ///
    /// # Errors
    /// It has ended, or time is up.
    pub fn wait_for_server(&self) -> Result<(), String> {
        let begun = Instant::now();
        loop {
            let ready = block_on(async {
                let request = http::Request::get("/readyz").body(Vec::new()).unwrap();
                let client = self.admin().await;
                tokio::time::timeout(Duration::from_secs(5), client.request_text(request)).await
            });
            if matches!(ready, Ok(Ok(text)) if text == "ok") {
                return Ok(());
            }
            for server in ["etcd", "kube-apiserver"] {
                if !self.runs(server) {
                    return Err(format!("{server} has ended:\n{}", self.log(server)));
                }
            }
            if begun.elapsed() > PATIENCE {
                let log = self.log("kube-apiserver");
                return Err(format!(
                    "the API server is not ready in {PATIENCE:?}:\n{log}"
                ));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The account of every pod is made by a controller.
    fn wait_for_controllers(&self) -> Result<(), String> {
        let made = block_on(async {
            let accounts: Api<ServiceAccount> = Api::namespaced(self.admin().await, "default");
            let there = await_condition(accounts, "default", |a: Option<&ServiceAccount>| {
                a.is_some()
            });
            tokio::time::timeout(PATIENCE, there).await.is_ok()
        });
        if made {
            return Ok(());
        }
        let log = self.log("kube-controller-manager");
        Err(format!(
            "the controllers make no accounts in {PATIENCE:?}:\n{log}"
        ))
    }

    /// The last lines a server wrote.
    pub fn log(&self, name: &str) -> String {
        let text =
            std::fs::read_to_string(self.folder.join(format!("{name}.log"))).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    fn arguments(&self, name: &str) -> Vec<String> {
        let Ports {
            store,
            peers,
            server,
        } = self.ports;
        let stages = programs::source().join("stages.yaml");
        let stages = stages.display();
        let (node, pods) = (self.block.any_node(), self.block.pods());
        let text = match name {
            "etcd" => format!(
                "--name=test --data-dir=etcd --unsafe-no-fsync --log-level=warn
                 --listen-client-urls=http://127.0.0.1:{store} --advertise-client-urls=http://127.0.0.1:{store}
                 --listen-peer-urls=http://127.0.0.1:{peers} --initial-advertise-peer-urls=http://127.0.0.1:{peers}
                 --initial-cluster=test=http://127.0.0.1:{peers}"
            ),
            // the advertised address is never listened on; without one a machine without a route is refused
            "kube-apiserver" => format!(
                "--etcd-servers=http://127.0.0.1:{store} --bind-address=127.0.0.1 --secure-port={server}
                 --advertise-address=192.0.2.1 --endpoint-reconciler-type=none
                 --tls-cert-file=apiserver.crt --tls-private-key-file=apiserver.key --client-ca-file=ca.crt
                 --kubelet-certificate-authority=ca.crt --kubelet-preferred-address-types=InternalIP
                 --kubelet-client-certificate=apiserver-kubelet-client.crt
                 --kubelet-client-key=apiserver-kubelet-client.key
                 --authorization-mode=RBAC --service-cluster-ip-range=192.0.2.0/24
                 --service-account-issuer=https://kubernetes.default.svc
                 --service-account-key-file=sa.pub --service-account-signing-key-file=sa.key"
            ),
            // each controller with its own account, so that the rights are those of a real cluster
            "kube-controller-manager" => "--kubeconfig=kube-controller-manager.kubeconfig
                 --use-service-account-credentials --service-account-private-key-file=sa.key
                 --root-ca-file=ca.crt --leader-elect=false --secure-port=0"
                .to_owned(),
            "kube-scheduler" => "--kubeconfig=kube-scheduler.kubeconfig --leader-elect=false --secure-port=0"
                .to_owned(),
            // nodes and pods have addresses of this machine alone, so that nothing sent to them can leave it
            "kwok" => format!(
                "--kubeconfig=kwok.kubeconfig --config={stages} --manage-all-nodes=true
                 --node-lease-duration-seconds=40 --node-ip={node} --cidr={pods}"
            ),
            other => panic!("{other} is no server of a cluster"),
        };
        let more = self.more.lock().unwrap();
        let more = more.iter().filter(|(server, _)| server == name);
        let text = text.split_whitespace().map(str::to_owned);
        text.chain(more.map(|(_, argument)| argument.clone()))
            .collect()
    }
}

impl Ports {
    /// Free now, and outside of what the kernel gives to connections.
    fn free() -> Self {
        let mut held = Vec::new();
        // several of this process do not look at the same ports at the same time
        static CLUSTERS: AtomicUsize = AtomicUsize::new(0);
        let nth = CLUSTERS.fetch_add(1, Ordering::Relaxed);
        let first = (std::process::id() as usize + nth * 100) % 10_000;
        let mut next = 20_000 + u16::try_from(first).unwrap();
        while held.len() < 3 {
            next = if next == 29_999 { 20_000 } else { next + 1 };
            held.extend(TcpListener::bind(("127.0.0.1", next)));
        }
        let port = |n: usize| held[n].local_addr().unwrap().port();
        Self {
            store: port(0),
            peers: port(1),
            server: port(2),
        }
    }
}

fn client(mut config: Config) -> Client {
    config.connect_timeout = Some(Duration::from_secs(5));
    // a refusal is what a test wants to see, once
    config.default_retry = false;
    Client::try_from(config).unwrap()
}

/// Runs a future on a runtime of its own.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}
