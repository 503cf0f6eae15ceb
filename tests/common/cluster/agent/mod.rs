//! The node agent: kubelet, device plugin and GPU feature discovery of one simulated host, as far as GPUs go. kwok does
//! the rest of a kubelet. What it tells the API server comes from the simulated driver, and the host's files and its
//! exporter tell of the pods that the API server has, so that all of them tell one story.

pub mod devices;
mod parts;
mod programs;
pub mod statuses;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use futures::StreamExt as _;
use k8s_openapi::api::core::v1::{Event, Node, Pod};
use kube::api::{ListParams, Patch, PatchParams, PostParams};
use kube::runtime::watcher;
use kube::{Api, Client};
use nvml_sim::cluster as told;
use nvml_sim::driver::Driver;
use nvml_sim::hostroot::Writer;
use nvml_sim::scenario::Scenario;
use serde_json::{Map, Value, json};
use tokio::sync::{Mutex, Notify};

use devices::{DeviceManager, Devices};
use parts::{Operand, is_discovery, is_plugin, operand};
pub use parts::{is_exporter, runs};

use super::Cluster;
use super::bring_in::{Outcome, said};
use super::exporter::Exporters;
use super::kubelet::Kubelet;
use super::podresources::PodResources;

/// Between two looks at what nobody tells of.
pub const LOOK: Duration = Duration::from_millis(100);
/// A host's files, and what time alone changes.
const BEAT: Duration = Duration::from_secs(1);
/// Between two rounds of GPU feature discovery (GFD_SLEEP_INTERVAL).
const ROUND: Duration = Duration::from_secs(60);
/// A pod with this annotation ends well after so many seconds, as a program does that is done.
pub const RUNS_FOR: &str = "example.org/runs-for-seconds";

/// What an agent is made of.
pub struct NodeParts<'a> {
    pub host: &'a str,
    pub address: Ipv4Addr,
    /// With the UIDs of the pods as they are.
    pub scenario: &'a Scenario,
}

/// One host's.
pub struct NodeAgent {
    client: Client,
    host: String,
    /// This host alone, as it was at the start.
    scenario: Scenario,
    state: PathBuf,
    files: PathBuf,
    driver: Driver,
    /// Ends with the agent.
    _kubelet: Kubelet,
    exporters: Exporters,
    now: Mutex<Now>,
    restart: Notify,
}

/// What changes.
struct Now {
    manager: DeviceManager,
    /// The plugin's pod, or that it needs none.
    plugin: Option<Operand>,
    discovery: Option<Operand>,
    discovered: Instant,
    /// Capacity and allocatable as the API server has them.
    published: Option<(BTreeMap<String, usize>, BTreeMap<String, usize>)>,
    /// UIDs of the pods in the host's files, with what each has.
    in_files: Option<Value>,
    story: Arc<Driver>,
    writer: Writer,
    /// The kubelet's socket, where its version has one and it could be made.
    socket: Option<PodResources>,
    /// Pids that were told to end.
    ended: BTreeSet<u32>,
    /// The socket has yet to be made.
    tells_resources: bool,
    begun: programs::Begun,
}

impl NodeAgent {
    /// # Errors
    /// The simulated host cannot be opened.
    pub fn new(cluster: &Cluster, client: Client, parts: NodeParts<'_>) -> Outcome<Self> {
        let NodeParts {
            host,
            address,
            scenario,
        } = parts;
        let hosts = cluster.hosts();
        let files = hosts.join(host);
        std::fs::create_dir_all(&files).map_err(|e| format!("{}: {e}", files.display()))?;
        let state = hosts.join(format!("{host}.state"));
        let scenario = Scenario {
            hosts: scenario.host(host).into_iter().cloned().collect(),
            ..scenario.clone()
        };
        let open = || Driver::open(&scenario, host, Some(&state)).map_err(|e| e.to_string());
        let driver = open()?;
        let node = told::node_json(&driver).ok_or("the host is in no cluster")?;
        let names = node["status"]["capacity"].as_object();
        let names = names.into_iter().flat_map(Map::keys);
        let mut manager = DeviceManager::new(names.filter(|n| is_gpu(n)).cloned().collect());
        for given in told::pod_resources(&driver) {
            let mut pods = driver.host().pods.iter();
            let pod = pods.find(|p| (&p.name, &p.namespace) == (&given.pod, &given.namespace));
            if let Some(pod) = pod.filter(|_| !given.devices.is_empty()) {
                let place = (pod.uid.clone(), given.container);
                manager.note(place, given.devices.into_iter().collect());
            }
        }
        let logs = driver.host().clone();
        let kubelet = Kubelet::start(cluster.authority(), logs, address, client.clone())?;
        Ok(Self {
            _kubelet: kubelet,
            exporters: Exporters::default(),
            now: Mutex::new(Now {
                manager,
                plugin: None,
                discovery: None,
                discovered: Instant::now(),
                published: None,
                in_files: None,
                story: Arc::new(open()?),
                writer: Writer::default(),
                socket: None,
                ended: BTreeSet::new(),
                tells_resources: parts::minor(&driver.host().system.kubelet) >= 20,
                begun: programs::Begun::new(),
            }),
            host: host.to_owned(),
            client,
            scenario,
            state,
            files,
            driver,
            restart: Notify::new(),
        })
    }

    /// The host's name.
    pub fn name(&self) -> &str {
        &self.host
    }

    /// The simulated driver, to be changed behind everybody's back.
    pub fn driver(&self) -> &Driver {
        &self.driver
    }

    /// Where its exporters answer.
    pub async fn exporters(&self) -> Vec<String> {
        self.exporters.urls().await
    }

    /// The file that all who open this driver share.
    pub fn state(&self) -> &std::path::Path {
        &self.state
    }

    /// The root of the host's files.
    pub fn files(&self) -> &std::path::Path {
        &self.files
    }

    /// Sends SIGHUP to device plugin and GPU feature discovery: they look at the driver anew, soon.
    pub fn hang_up(&self) {
        self.restart.notify_one();
    }

    /// The same at once: the plugin advertises what is there now.
    pub async fn restart_plugin(&self) -> Outcome<()> {
        self.now.lock().await.plugin = None;
        self.settle().await
    }

    /// A round of GPU feature discovery: labels of the present layout, none of what is gone.
    pub async fn discover(&self) -> Outcome<()> {
        let nodes: Api<Node> = Api::all(self.client.clone());
        let node = told::node_json(&self.driver).ok_or("the host is in no cluster")?;
        let none = Map::new();
        let found = node["metadata"]["labels"].as_object().unwrap_or(&none);
        // what an administrator or MIG manager writes is theirs
        let theirs = |key: &str| {
            key.starts_with("nvidia.com/mig.config")
                || key.starts_with("nvidia.com/gpu.deploy.")
                || key == "nvidia.com/gpu.present"
                || key == "nvidia.com/gpu"
                || !key.starts_with("nvidia.com/")
        };
        let mut labels: Map<String, Value> = found
            .iter()
            .filter(|(key, _)| !theirs(key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let had = nodes.get(&self.host).await.map_err(said)?.metadata.labels;
        let had = had.unwrap_or_default();
        for key in had.keys() {
            let derived = key.starts_with("nvidia.com/mig-") || key.starts_with("nvidia.com/gpu.");
            if derived && !theirs(key) && !labels.contains_key(key) {
                labels.insert(key.clone(), Value::Null);
            }
        }
        labels.retain(|key, value| value.as_str() != had.get(key).map(String::as_str));
        if labels.is_empty() {
            return Ok(());
        }
        let change = json!({ "metadata": { "labels": labels } });
        nodes
            .patch(&self.host, &PatchParams::default(), &Patch::Merge(change))
            .await
            .map_err(said)?;
        Ok(())
    }

    /// Does what kubelet, plugin and discovery do, whoever makes the pods, for as long as it is polled. An API server that
    /// does not answer is waited for.
    pub async fn follow(&self) {
        let config = watcher::Config::default().fields(&self.bound());
        let mut changes = watcher(self.pods(), config).boxed();
        let mut failing = false;
        loop {
            tokio::select! {
                change = changes.next() => if let Some(Err(_)) = change {
                    // the watch begins anew by itself
                    tokio::time::sleep(LOOK).await;
                },
                () = tokio::time::sleep(BEAT) => {}
                () = self.restart.notified() => self.now.lock().await.plugin = None,
            }
            // many pods that change together are one change
            while tokio::time::timeout(Duration::from_millis(20), changes.next())
                .await
                .is_ok()
            {}
            let settled = self.settle().await;
            if let (Err(why), false) = (&settled, failing) {
                eprintln!(
                    "node agent of {}: what it wants to do has to wait: {why}",
                    self.host
                );
            }
            failing = settled.is_err();
        }
    }

    /// Makes true what has to be now.
    pub async fn settle(&self) -> Outcome<()> {
        let bound = ListParams::default().fields(&self.bound());
        let all = self.pods().list(&bound).await.map_err(said)?.items;
        let mut now = self.now.lock().await;
        self.end_processes(&mut now, &all);
        self.operands(&mut now, &all).await?;
        let live: Vec<&Pod> = all.iter().filter(|p| !over(p)).collect();
        let told = told::pods_json(&self.driver);
        let uids = live.iter().filter_map(|p| p.metadata.uid.clone()).collect();
        now.manager.keep(&uids);
        for pod in &live {
            if !runs(pod) {
                continue;
            }
            if done(pod) {
                self.tell(pod, statuses::completed(pod)).await?;
                continue;
            }
            match self.admit(&mut now.manager, pod) {
                Ok(()) => {
                    let claims = statuses::claims(&self.client, pod).await;
                    let should = statuses::of(pod, &now.manager, &self.driver, &told, &claims);
                    if should != statuses::now(pod) {
                        self.tell(pod, json!({ "containerStatuses": should }))
                            .await?;
                    }
                }
                Err(why) => {
                    let message = format!("Pod was rejected: {why}");
                    let failed = json!({ "phase": "Failed", "reason": "UnexpectedAdmissionError", "message": message });
                    self.report(pod, "UnexpectedAdmissionError", &why).await?;
                    self.tell(pod, failed).await?;
                }
            }
        }
        self.publish(&mut now).await?;
        let Now { manager, begun, .. } = &mut *now;
        programs::follow(&self.driver, manager, &live, begun);
        self.write_story(&mut now, &live)?;
        self.exporters.follow(&live, &now.story).await;
        Ok(())
    }

    /// What the host's own containers and those of others were given, by the API's pods.
    fn admit(&self, manager: &mut DeviceManager, pod: &Pod) -> Result<(), String> {
        let layout = self.driver.peek();
        let exists = |id: &str| {
            layout.gpus.iter().any(|gpu| {
                let cis = gpu.instances.iter().flat_map(|gi| &gi.cis);
                gpu.uuid == id || cis.into_iter().any(|ci| ci.uuid == id)
            })
        };
        let uid = pod.metadata.uid.clone().unwrap_or_default();
        let spec = pod.spec.as_ref();
        let init = spec.and_then(|s| s.init_containers.as_ref());
        let mut again = Devices::new();
        for container in init.into_iter().flatten() {
            let place = (uid.clone(), container.name.clone());
            let asked = parts::asked(container);
            if asked.is_empty() {
                continue;
            }
            if manager.of(&place).is_none() {
                manager.give(&place, &asked, &again, &exists)?;
            }
            // one that stays keeps what it has; what the others had is used again
            if container.restart_policy.as_deref() != Some("Always") {
                again.extend(manager.of(&place).cloned().unwrap_or_default());
            }
        }
        for container in spec.into_iter().flat_map(|s| &s.containers) {
            let place = (uid.clone(), container.name.clone());
            let asked = parts::asked(container);
            if !asked.is_empty() && manager.of(&place).is_none() {
                manager.give(&place, &asked, &again, &exists)?;
            }
        }
        Ok(())
    }

    /// Device plugin and GPU feature discovery, by their pods where the host has such.
    async fn operands(&self, now: &mut Now, pods: &[Pod]) -> Outcome<()> {
        let scenario = &self.driver.host().pods;
        let before = now.plugin.take();
        let plugin = operand(scenario, pods, is_plugin);
        let mut restarted = false;
        match &plugin {
            Operand::Missing => now.manager.unregister(),
            up if before.as_ref() != Some(up) => {
                now.manager.register(told::advertised(&self.driver));
                restarted = true;
            }
            _ => {}
        }
        now.plugin = Some(plugin);
        let discovery = operand(scenario, pods, is_discovery);
        let first = now.discovery.is_none();
        let due = restarted
            || now.discovery.as_ref() != Some(&discovery)
            || now.discovered.elapsed() >= ROUND;
        if due && discovery != Operand::Missing {
            if !first {
                self.discover().await?;
            }
            now.discovered = Instant::now();
        }
        now.discovery = Some(discovery);
        Ok(())
    }

    /// Capacity and allocatable.
    async fn publish(&self, now: &mut Now) -> Outcome<()> {
        let amounts = now.manager.amounts();
        if now.published.as_ref() == Some(&amounts) {
            return Ok(());
        }
        let text = |amounts: &BTreeMap<String, usize>| -> Map<String, Value> {
            let amounts = amounts.iter();
            amounts
                .map(|(name, n)| (name.clone(), n.to_string().into()))
                .collect()
        };
        let status =
            json!({ "status": { "capacity": text(&amounts.0), "allocatable": text(&amounts.1) } });
        let nodes: Api<Node> = Api::all(self.client.clone());
        nodes
            .patch_status(&self.host, &PatchParams::default(), &Patch::Merge(status))
            .await
            .map_err(said)?;
        now.published = Some(amounts);
        Ok(())
    }

    /// The processes of a pod end with it.
    fn end_processes(&self, now: &mut Now, pods: &[Pod]) {
        let live: BTreeSet<&str> = pods
            .iter()
            .filter(|p| !over(p))
            .filter_map(|p| p.metadata.uid.as_deref())
            .collect();
        let host = self.driver.host();
        let gone: Vec<u32> = host
            .pods
            .iter()
            .filter(|p| !live.contains(p.uid.as_str()))
            .flat_map(|pod| {
                let name = format!("{}/{}", pod.namespace, pod.name);
                let all = host.processes.iter();
                all.filter(move |p| p.pod == name).map(|p| p.pid)
            })
            .filter(|pid| now.ended.insert(*pid))
            .collect();
        if !gone.is_empty() {
            self.driver.end(&gone);
        }
    }

    /// The host's files, with the pods that the API server has.
    fn write_story(&self, now: &mut Now, live: &[&Pod]) -> Outcome<()> {
        let pods = parts::in_scenario(self.driver.host(), live, &now.manager);
        let told = json!(pods);
        if now.in_files.as_ref() != Some(&told) {
            let mut scenario = self.scenario.clone();
            for host in &mut scenario.hosts {
                host.pods.clone_from(&pods);
            }
            let story = Driver::open(&scenario, &self.host, Some(&self.state));
            now.story = Arc::new(story.map_err(|e| e.to_string())?);
            now.writer = Writer::default();
            now.in_files = Some(told);
        }
        let story = Arc::clone(&now.story);
        let written = now.writer.write(&self.files, &story);
        written.map_err(|e| format!("{}: {e}", self.files.display()))?;
        match &now.socket {
            Some(socket) => socket.tell(&story),
            None if now.tells_resources => {
                now.tells_resources = false;
                now.socket = PodResources::start(&self.files, &story);
            }
            None => {}
        }
        Ok(())
    }

    fn pods(&self) -> Api<Pod> {
        Api::all(self.client.clone())
    }

    fn bound(&self) -> String {
        format!("spec.nodeName={}", self.host)
    }

    async fn tell(&self, pod: &Pod, status: Value) -> Outcome<()> {
        let meta = &pod.metadata;
        let (name, namespace) = (meta.name.as_deref(), meta.namespace.as_deref());
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), namespace.unwrap_or_default());
        // of this pod, and not of another that has taken its name
        let change = json!({ "metadata": { "uid": meta.uid }, "status": status });
        let told = pods
            .patch_status(
                name.unwrap_or_default(),
                &PatchParams::default(),
                &Patch::Strategic(change),
            )
            .await;
        match told {
            Ok(_) => Ok(()),
            // it has gone meanwhile
            Err(kube::Error::Api(status)) if status.code == 404 || status.code == 409 => Ok(()),
            Err(why) => Err(said(why)),
        }
    }

    /// An event, as a kubelet writes it.
    async fn report(&self, pod: &Pod, reason: &str, message: &str) -> Outcome<()> {
        let meta = &pod.metadata;
        let namespace = meta.namespace.as_deref().unwrap_or_default();
        let name = meta.name.as_deref().unwrap_or_default();
        let stamp = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let at = jiff::Timestamp::now()
            .strftime("%Y-%m-%dT%H:%M:%SZ")
            .to_string();
        let event = json!({
            "metadata": { "name": format!("{name}.{:x}", stamp.as_nanos()), "namespace": namespace },
            "involvedObject": { "apiVersion": "v1", "kind": "Pod", "namespace": namespace, "name": name, "uid": meta.uid },
            "type": "Warning",
            "reason": reason,
            "message": message,
            "count": 1,
            "firstTimestamp": at,
            "lastTimestamp": at,
            "reportingComponent": "kubelet",
            "reportingInstance": self.host,
            "source": { "component": "kubelet", "host": self.host },
        });
        let events: Api<Event> = Api::namespaced(self.client.clone(), namespace);
        let event = serde_json::from_value(event).map_err(|e| e.to_string())?;
        match events.create(&PostParams::default(), &event).await {
            Ok(_) => Ok(()),
            // its namespace goes
            Err(kube::Error::Api(status)) if status.code == 403 || status.code == 404 => Ok(()),
            Err(why) => Err(said(why)),
        }
    }
}

fn is_gpu(resource: &str) -> bool {
    resource.starts_with("nvidia.com/")
}

/// Whether a pod's containers have ended for good.
fn over(pod: &Pod) -> bool {
    matches!(parts::phase(pod), "Succeeded" | "Failed")
}

/// Whether a pod has run for as long as it was to.
fn done(pod: &Pod) -> bool {
    let annotations = pod.metadata.annotations.as_ref();
    let limit = annotations.and_then(|a| a.get(RUNS_FOR)?.parse::<i64>().ok());
    let started = pod.status.as_ref().and_then(|s| s.start_time.as_ref());
    match (limit, started) {
        (Some(limit), Some(started)) => {
            jiff::Timestamp::now().as_second() - started.0.as_second() >= limit
        }
        _ => false,
    }
}
