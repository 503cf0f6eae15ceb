//! A real Kubernetes control plane on loopback: etcd, API server with RBAC, controllers, scheduler, and kwok in the
//! kubelets' place.

pub mod agent;
pub mod guard;
pub mod keys;
pub mod programs;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::ServiceAccount;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::runtime::wait::await_condition;
use kube::{Api, Client, Config};

use guard::Guard;
use keys::Authority;

/// How long anything may take on a machine with much else to do.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// A running cluster. It ends with this value, and with this process.
pub struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    ports: Ports,
    authority: Authority,
    guard: Mutex<Guard>,
    /// More arguments for servers that are started from now on.
    more: Mutex<Vec<(String, String)>>,
}

struct Ports {
    store: u16,
    peers: u16,
    server: u16,
}

impl Cluster {
    /// Starts one and waits until pods can be created; `entry` leads this program to [`guard::serve`].
    pub fn start(entry: &[&str]) -> Self {
        let programs = programs::folder().unwrap_or_else(|why| panic!("{why}"));
        // the guard removes it
        let folder = tempfile::Builder::new()
            .prefix("migdeck-cluster-")
            .tempdir()
            .unwrap()
            .keep();
        let guard = Guard::start(&folder, entry);
        let authority = Authority::new();
        authority.write(&folder);
        let cluster = Self {
            ports: Ports::free(),
            guard: Mutex::new(guard),
            folder,
            programs,
            authority,
            more: Mutex::default(),
        };
        std::fs::write(
            cluster.kubeconfig(),
            cluster.kubeconfig_of("admin", Some("system:masters")),
        )
        .unwrap();
        for server in ["etcd", "kube-apiserver"] {
            cluster.run(server);
        }
        cluster.wait_for_server();
        for server in ["kube-controller-manager", "kube-scheduler", "kwok"] {
            cluster.run(server);
        }
        cluster.wait_for_controllers();
        cluster
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

    async fn config(&self) -> Config {
        let kubeconfig = Kubeconfig::read_from(self.kubeconfig()).unwrap();
        Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
            .await
            .unwrap()
    }

    /// Starts a server; its process.
    pub fn run(&self, name: &str) -> u32 {
        let mut guard = self.guard.lock().unwrap();
        guard.run(name, self.programs.join(name), self.arguments(name))
    }

    /// Gives a server one more argument, from its next start on.
    pub fn argument(&self, name: &str, argument: &str) {
        let mut more = self.more.lock().unwrap();
        more.push((name.to_owned(), argument.to_owned()));
    }

    /// Ends a server at once.
    pub fn kill(&self, name: &str) {
        self.guard.lock().unwrap().kill(name);
    }

    /// Waits until the API server answers that it is ready.
    pub fn wait_for_server(&self) {
        let begun = Instant::now();
        loop {
            let ready = block_on(async {
                let request = http::Request::get("/readyz").body(Vec::new()).unwrap();
                let client = self.admin().await;
                tokio::time::timeout(Duration::from_secs(5), client.request_text(request)).await
            });
            if matches!(ready, Ok(Ok(text)) if text == "ok") {
                return;
            }
            for server in ["etcd", "kube-apiserver"] {
                let runs = self.guard.lock().unwrap().runs(server);
                assert!(runs, "{server} has ended:\n{}", self.log(server));
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "not ready in {PATIENCE:?}:\n{}",
                self.log("kube-apiserver")
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The account of every pod is made by a controller.
    fn wait_for_controllers(&self) {
        let made = block_on(async {
            let accounts: Api<ServiceAccount> = Api::namespaced(self.admin().await, "default");
            let there = await_condition(accounts, "default", |a: Option<&ServiceAccount>| {
                a.is_some()
            });
            tokio::time::timeout(PATIENCE, there).await.is_ok()
        });
        assert!(made, "{}", self.log("kube-controller-manager"));
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
                 --authorization-mode=RBAC --service-cluster-ip-range=192.0.2.0/24
                 --service-account-issuer=https://kubernetes.default.svc
                 --service-account-key-file=sa.pub --service-account-signing-key-file=sa.key"
            ),
            // nobody made the owners that a scenario's pods name, and the collector would take the pods away
            "kube-controller-manager" => "--kubeconfig=kubeconfig --service-account-private-key-file=sa.key
                 --root-ca-file=ca.crt --leader-elect=false --secure-port=0
                 --controllers=*,-garbage-collector-controller"
                .to_owned(),
            "kube-scheduler" => "--kubeconfig=kubeconfig --leader-elect=false --secure-port=0".to_owned(),
            // nodes and pods have addresses of this machine alone, so that nothing sent to them can leave it
            "kwok" => format!(
                "--kubeconfig=kubeconfig --config={stages} --manage-all-nodes=true
                 --node-lease-duration-seconds=40 --node-ip=127.0.0.1 --cidr=127.98.0.1/16"
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
        let mut next = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap();
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
