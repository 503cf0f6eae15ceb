//! The node agent: device plugin, GPU feature discovery and the kubelet's device status of one simulated host. kwok
//! does the rest of a kubelet. What it tells the API server comes from the simulated driver, so that both tell one story.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;

use futures::StreamExt as _;
use k8s_openapi::api::core::v1::{Container, Namespace, Node, Pod, ServiceAccount};
use kube::api::{ListParams, Patch, PatchParams, PostParams};
use kube::runtime::wait::await_condition;
use kube::runtime::watcher;
use kube::{Api, Client};
use nvml_sim::cluster;
use nvml_sim::driver::Driver;
use nvml_sim::scenario::Scenario;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// Devices by resource name.
type Devices = BTreeMap<String, Vec<String>>;

/// One host's.
pub struct NodeAgent {
    client: Client,
    driver: Driver,
    host: String,
    /// What the device plugin found at its last start. It does not look again by itself.
    plugin: Mutex<Devices>,
}

impl NodeAgent {
    /// Brings a host of a scenario into the cluster: its node, and its pods with the devices that the scenario gave
    /// them. The API server makes the pods' UIDs; the scenario is told, so that the host's files name the same.
    pub async fn join(
        client: Client,
        scenario: &mut Scenario,
        host: &str,
        state: Option<&Path>,
    ) -> Self {
        let start = Driver::open(scenario, host, None).unwrap();
        create_node(&client, &start).await;
        for pod in cluster::pods_json(&start) {
            let pod = create_pod(&client, pod).await.metadata;
            let same = |known: &&mut nvml_sim::scenario::model::Pod| {
                pod.name.as_ref() == Some(&known.name)
                    && pod.namespace.as_ref() == Some(&known.namespace)
            };
            let hosts = scenario.hosts.iter_mut();
            let mut pods = hosts.flat_map(|h| &mut h.pods);
            pods.find(same).unwrap().uid = pod.uid.clone().unwrap();
        }
        let driver = Driver::open(scenario, host, state).unwrap();
        let agent = Self {
            plugin: Mutex::new(cluster::advertised(&driver)),
            host: host.to_owned(),
            client,
            driver,
        };
        agent.settle().await;
        agent
    }

    /// The simulated driver, to be changed behind everybody's back.
    pub fn driver(&self) -> &Driver {
        &self.driver
    }

    /// The device plugin starts again, or gets SIGHUP: it advertises what is there now.
    pub async fn restart_plugin(&self) {
        let now = cluster::advertised(&self.driver);
        let before = std::mem::replace(&mut *self.plugin.lock().unwrap(), now.clone());
        let mut amounts = Map::new();
        // the kubelet never deletes a key
        for resource in before.keys() {
            amounts.insert(resource.clone(), "0".into());
        }
        for (resource, ids) in &now {
            amounts.insert(resource.clone(), ids.len().to_string().into());
        }
        let status = json!({ "status": { "capacity": amounts, "allocatable": amounts } });
        let nodes: Api<Node> = Api::all(self.client.clone());
        nodes
            .patch_status(&self.host, &PatchParams::default(), &Patch::Merge(status))
            .await
            .unwrap();
        self.settle().await;
    }

    /// A round of GPU feature discovery: labels of the present layout, none of what is gone.
    pub async fn discover(&self) {
        let nodes: Api<Node> = Api::all(self.client.clone());
        let node = cluster::node_json(&self.driver).unwrap();
        let mut labels = node["metadata"]["labels"].as_object().unwrap().clone();
        let had = nodes.get(&self.host).await.unwrap().metadata.labels;
        for key in had.unwrap_or_default().into_keys() {
            let found = key.starts_with("nvidia.com/mig-") || key.starts_with("nvidia.com/gpu.");
            if found && !labels.contains_key(&key) {
                labels.insert(key, Value::Null);
            }
        }
        let change = json!({ "metadata": { "labels": labels } });
        nodes
            .patch(&self.host, &PatchParams::default(), &Patch::Merge(change))
            .await
            .unwrap();
    }

    /// Follows the pods that are bound to the host, whoever made them, for as long as it is polled.
    pub async fn follow(&self) {
        let mut changes = watcher(self.pods(), self.bound()).boxed();
        while let Some(change) = changes.next().await {
            match change {
                Ok(_) => self.settle().await,
                // the watch begins anew by itself
                Err(why) => eprintln!("node agent of {}: {why}", self.host),
            }
        }
    }

    /// What a kubelet does about devices: gives them to pods that run without, and tells of each whether it is well.
    pub async fn settle(&self) {
        let fields = format!("spec.nodeName={}", self.host);
        let bound = ListParams::default().fields(&fields);
        let all = self.pods().list(&bound).await.unwrap().items;
        let pods: Vec<Pod> = all.into_iter().filter(runs).collect();
        let mut given: BTreeSet<String> = pods.iter().flat_map(held).collect();
        for pod in &pods {
            match self.containers(pod, &mut given) {
                Ok(containers) if containers != statuses(pod) => {
                    self.tell(pod, json!({ "containerStatuses": containers }))
                        .await;
                }
                Ok(_) => {}
                Err(why) => {
                    let failed = json!({ "phase": "Failed", "reason": "UnexpectedAdmissionError", "message": why });
                    self.tell(pod, failed).await;
                }
            }
        }
    }

    fn pods(&self) -> Api<Pod> {
        Api::all(self.client.clone())
    }

    fn bound(&self) -> watcher::Config {
        watcher::Config::default().fields(&format!("spec.nodeName={}", self.host))
    }

    async fn tell(&self, pod: &Pod, status: Value) {
        let meta = &pod.metadata;
        let pods: Api<Pod> =
            Api::namespaced(self.client.clone(), meta.namespace.as_deref().unwrap());
        // of this pod, and not of another that has taken its name
        let change = json!({ "metadata": { "uid": meta.uid }, "status": status });
        let told = pods
            .patch_status(
                meta.name.as_deref().unwrap(),
                &PatchParams::default(),
                &Patch::Merge(change),
            )
            .await;
        match told {
            Ok(_) => {}
            // it has gone meanwhile
            Err(kube::Error::Api(status)) if status.code == 404 || status.code == 409 => {}
            Err(why) => panic!("{why}"),
        }
    }

    /// The statuses of a pod's containers as they should be.
    fn containers(&self, pod: &Pod, given: &mut BTreeSet<String>) -> Result<Vec<Value>, String> {
        let told = self.scenario_status(pod);
        let mut statuses = statuses(pod);
        for status in &mut statuses {
            let name = status["name"].as_str().unwrap_or_default().to_owned();
            if let Some(told) = told.iter().find(|t| t["name"] == name.as_str()) {
                for part in ["containerID", "ready", "started", "restartCount", "state"] {
                    // kwok's beginnings are as good as the scenario's
                    if part != "state" || told["ready"] == false {
                        status[part] = told[part].clone();
                    }
                }
            } else if status["containerID"].is_null() {
                let uid = pod.metadata.uid.as_deref().unwrap_or_default();
                let id = hex(&Sha256::digest(format!("{uid}/{name}")));
                status["containerID"] = format!("containerd://{id}").into();
            }
            let spec = pod.spec.iter().flat_map(|s| &s.containers);
            let asks = spec
                .filter(|c| c.name == name)
                .flat_map(asked)
                .map(|(resource, count)| {
                    let had = had(status, &resource)
                        .or_else(|| self.scenario_devices(pod, &name, &resource));
                    let ids = match had {
                        Some(ids) => ids,
                        None => self.take(&resource, count, given)?,
                    };
                    given.extend(ids.iter().cloned());
                    Ok(self.health(&resource, &ids))
                })
                .collect::<Result<Vec<Value>, String>>()?;
            if !asks.is_empty() {
                status["allocatedResourcesStatus"] = asks.into();
            }
        }
        Ok(statuses)
    }

    fn health(&self, resource: &str, ids: &[String]) -> Value {
        let plugin = self.plugin.lock().unwrap();
        let known = |id| plugin.get(resource).is_some_and(|all| all.contains(id));
        let ids: Vec<Value> = ids
            .iter()
            .map(|id| json!({ "resourceID": id, "health": if known(id) { "Healthy" } else { "Unknown" } }))
            .collect();
        json!({ "name": resource, "resources": ids })
    }

    /// Free devices, or the kubelet's words for having none.
    fn take(
        &self,
        resource: &str,
        count: usize,
        given: &BTreeSet<String>,
    ) -> Result<Vec<String>, String> {
        let plugin = self.plugin.lock().unwrap();
        let all = plugin.get(resource).into_iter().flatten();
        let free: Vec<String> = all.filter(|id| !given.contains(*id)).cloned().collect();
        if free.len() < count {
            return Err(format!(
                "Allocate failed due to requested number of devices unavailable for {resource}. Requested: {count}, Available: {}, which is unexpected",
                free.len()
            ));
        }
        Ok(free.into_iter().take(count).collect())
    }

    /// What the scenario says of the containers of its own pods.
    fn scenario_status(&self, pod: &Pod) -> Vec<Value> {
        let uid = json!(pod.metadata.uid);
        let told = cluster::pods_json(&self.driver);
        let told = told.into_iter().find(|t| t["metadata"]["uid"] == uid);
        told.and_then(|t| t["status"]["containerStatuses"].as_array().cloned())
            .unwrap_or_default()
    }

    fn scenario_devices(&self, pod: &Pod, container: &str, resource: &str) -> Option<Vec<String>> {
        let meta = &pod.metadata;
        if self.scenario_status(pod).is_empty() {
            return None;
        }
        cluster::pod_resources(&self.driver)
            .into_iter()
            .find(|p| {
                Some(&p.pod) == meta.name.as_ref()
                    && Some(&p.namespace) == meta.namespace.as_ref()
                    && p.container == container
            })?
            .devices
            .into_iter()
            .find(|(name, _)| name == resource)
            .map(|(_, ids)| ids)
    }
}

/// The node as the simulator has it, but reachable at this machine alone, and with a kubelet that tells devices.
async fn create_node(client: &Client, driver: &Driver) {
    let mut node = cluster::node_json(driver).unwrap();
    let name = node["metadata"]["name"].clone();
    own_metadata(&mut node);
    node["status"].as_object_mut().unwrap().remove("conditions");
    node["status"]["addresses"] = json!([
        { "type": "InternalIP", "address": "127.0.0.1" },
        { "type": "Hostname", "address": name },
    ]);
    node["status"]["nodeInfo"]["kubeletVersion"] = "v1.37.2".into();
    let nodes: Api<Node> = Api::all(client.clone());
    let node: Node = serde_json::from_value(node).unwrap();
    nodes.create(&PostParams::default(), &node).await.unwrap();
}

/// Creates a pod that the simulator has; it comes back when it runs.
async fn create_pod(client: &Client, mut pod: Value) -> Pod {
    own_metadata(&mut pod);
    pod.as_object_mut().unwrap().remove("status");
    let namespace = pod["metadata"]["namespace"].as_str().unwrap().to_owned();
    create_namespace(client, &namespace).await;
    let pods: Api<Pod> = Api::namespaced(client.clone(), &namespace);
    let pod: Pod = serde_json::from_value(pod).unwrap();
    let pod = pods.create(&PostParams::default(), &pod).await.unwrap();
    let name = pod.metadata.name.unwrap();
    await_condition(pods, &name, |p: Option<&Pod>| p.is_some_and(runs))
        .await
        .unwrap()
        .unwrap()
}

/// Makes sure of a namespace in which pods can be created.
pub async fn create_namespace(client: &Client, name: &str) {
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let namespace = serde_json::from_value(json!({ "metadata": { "name": name } })).unwrap();
    match namespaces.create(&PostParams::default(), &namespace).await {
        Ok(_) => {}
        Err(kube::Error::Api(status)) if status.code == 409 => {}
        Err(why) => panic!("{why}"),
    }
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), name);
    await_condition(accounts, "default", |a: Option<&ServiceAccount>| {
        a.is_some()
    })
    .await
    .unwrap();
}

/// Leaves to the API server what it decides.
fn own_metadata(object: &mut Value) {
    let metadata = object["metadata"].as_object_mut().unwrap();
    for decided in ["uid", "resourceVersion", "creationTimestamp"] {
        metadata.remove(decided);
    }
}

fn phase(pod: &Pod) -> &str {
    let status = pod.status.as_ref();
    status.and_then(|s| s.phase.as_deref()).unwrap_or_default()
}

fn runs(pod: &Pod) -> bool {
    phase(pod) == "Running"
}

fn statuses(pod: &Pod) -> Vec<Value> {
    let statuses = pod
        .status
        .as_ref()
        .and_then(|s| s.container_statuses.as_ref());
    let statuses = statuses.into_iter().flatten();
    statuses.map(|s| serde_json::to_value(s).unwrap()).collect()
}

/// GPU resources that a container asks for.
fn asked(container: &Container) -> Vec<(String, usize)> {
    let limits = container.resources.as_ref().and_then(|r| r.limits.as_ref());
    let limits = limits.into_iter().flatten();
    limits
        .filter(|(name, _)| name.starts_with("nvidia.com/"))
        .map(|(name, count)| (name.clone(), count.0.parse().unwrap()))
        .collect()
}

/// Ids of a resource that a container's status tells already.
fn had(status: &Value, resource: &str) -> Option<Vec<String>> {
    let all = status["allocatedResourcesStatus"].as_array()?;
    let of = all.iter().find(|r| r["name"] == resource)?;
    let ids = of["resources"].as_array()?.iter();
    Some(
        ids.filter_map(|r| Some(r["resourceID"].as_str()?.to_owned()))
            .collect(),
    )
}

/// All ids that a pod's status tells.
pub fn held(pod: &Pod) -> Vec<String> {
    let statuses = statuses(pod);
    let resources = statuses
        .iter()
        .filter_map(|s| s["allocatedResourcesStatus"].as_array())
        .flatten();
    let devices = resources
        .filter_map(|r| r["resources"].as_array())
        .flatten();
    devices
        .filter_map(|d| Some(d["resourceID"].as_str()?.to_owned()))
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
