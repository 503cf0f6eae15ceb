//! Brings a scenario into a cluster: its nodes and pods with the devices that the scenario gave them, what owns the pods,
//! what waits, what limits them, and what dynamic resource allocation has given.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Instant;

use futures::future::try_join_all;
use k8s_openapi::api::core::v1::{Event, Namespace, Node, Pod, ResourceQuota, ServiceAccount};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::resource::v1::{
    DeviceClass, ResourceClaim, ResourceClaimTemplate, ResourceSlice,
};
use kube::api::{ListParams, Patch, PatchParams, PostParams};
use kube::core::NamespaceResourceScope;
use kube::runtime::wait::await_condition;
use kube::{Api, Client, Resource};
use nvml_sim::cluster as told;
use nvml_sim::driver::Driver;
use nvml_sim::scenario::Scenario;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::agent::{self, NodeAgent, NodeParts};
use super::owners::Owners;
use super::{Cluster, PATIENCE};

/// What was done, or a sentence that says why not.
pub type Outcome<T> = Result<T, String>;

/// An error of the API as a sentence.
pub fn said(error: kube::Error) -> String {
    match error {
        kube::Error::Api(status) => status.message,
        other => other.to_string(),
    }
}

/// Brings in all hosts of a scenario that are in a cluster; their agents, which have yet to be run. The API server makes
/// the UIDs: the scenario is told, so that the hosts' files name the same.
///
/// # Errors
/// The API server refuses something, or something does not come about.
pub async fn bring_in(cluster: &Cluster, scenario: &mut Scenario) -> Outcome<Vec<Arc<NodeAgent>>> {
    let client = cluster.admin().await;
    let names: Vec<String> = scenario
        .hosts
        .iter()
        .filter(|h| h.node.is_some())
        .map(|h| h.name.clone())
        .collect();
    let mut starts = Vec::new();
    for name in &names {
        starts.push(Driver::open(scenario, name, None).map_err(|e| e.to_string())?);
    }
    let addresses: Vec<_> = names.iter().map(|_| cluster.node_address()).collect();
    let nodes = starts.iter().zip(&addresses);
    let nodes = try_join_all(nodes.map(|(d, a)| create_node(&client, d, *a))).await?;

    let mut owners = Owners::default();
    let mut bound = Vec::new();
    for start in &starts {
        for mut pod in told::pods_json(start) {
            dress(&mut pod, &mut owners);
            bound.push(pod);
        }
    }
    let mut waiting = starts.first().map(told::pending_json).unwrap_or_default();
    for pod in &mut waiting {
        dress(pod, &mut owners);
    }
    let all = bound.iter().chain(&waiting);
    let namespaces: BTreeSet<&str> = all.map(namespace).collect();
    try_join_all(namespaces.iter().map(|n| create_namespace(&client, n))).await?;
    for start in &starts {
        allocate_before(&client, start, &nodes).await?;
    }

    let created = try_join_all(bound.iter().map(|p| create_pod(&client, p))).await?;
    let pods = scenario.hosts.iter_mut().flat_map(|h| &mut h.pods);
    for pod in pods {
        let same = |p: &&Pod| {
            p.metadata.name.as_ref() == Some(&pod.name)
                && p.metadata.namespace.as_ref() == Some(&pod.namespace)
        };
        if let Some(uid) = created
            .iter()
            .find(same)
            .and_then(|p| p.metadata.uid.clone())
        {
            pod.uid = uid;
        }
    }
    wait_for_all(&client, &created).await?;
    try_join_all(waiting.iter().map(|p| create_pod(&client, p))).await?;
    for start in &starts {
        allocate(&client, start).await?;
    }
    back_off(&client, scenario).await?;

    let labels: BTreeMap<String, Value> = nodes
        .iter()
        .filter_map(|n| Some((n.metadata.name.clone()?, json!(n.metadata.labels))))
        .collect();
    owners.create(&client, &labels).await?;
    if let Some(start) = starts.first() {
        limits(&client, start, &namespaces).await?;
    }

    let mut agents = Vec::new();
    for (n, address) in names.iter().zip(addresses) {
        let parts = NodeParts {
            host: n,
            address,
            scenario,
        };
        let agent = NodeAgent::new(cluster, client.clone(), parts)?;
        agent.settle().await?;
        agents.push(Arc::new(agent));
    }
    Ok(agents)
}

/// The node as the simulator has it, with an address of this machine and the port of its kubelet.
async fn create_node(client: &Client, driver: &Driver, address: Ipv4Addr) -> Outcome<Node> {
    let mut node = told::node_json(driver).ok_or("the host is in no cluster")?;
    let name = node["metadata"]["name"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    own_metadata(&mut node);
    let status = &mut node["status"];
    // kwok's
    status["conditions"] = json!([]);
    status["addresses"] = json!([
        { "type": "InternalIP", "address": address },
        { "type": "Hostname", "address": name },
    ]);
    status["daemonEndpoints"] = json!({ "kubeletEndpoint": { "Port": super::kubelet::PORT } });
    let nodes: Api<Node> = Api::all(client.clone());
    let node: Node = serde_json::from_value(node).map_err(|e| e.to_string())?;
    let node = nodes
        .create(&PostParams::default(), &node)
        .await
        .map_err(said)?;
    let ready = await_condition(nodes, &name, |n: Option<&Node>| {
        let conditions = n.and_then(|n| n.status.as_ref()?.conditions.as_ref());
        let mut conditions = conditions.into_iter().flatten();
        conditions.any(|c| c.type_ == "Ready" && c.status == "True")
    });
    match tokio::time::timeout(PATIENCE, ready).await {
        Ok(Ok(_)) => Ok(node),
        _ => Err(format!("the node {name} does not become ready")),
    }
}

/// What the simulator does not say of a pod, because nobody but the API server and its controllers asks for it.
fn dress(pod: &mut Value, owners: &mut Owners) {
    own_metadata(pod);
    if let Some(pod) = pod.as_object_mut() {
        pod.remove("status");
    }
    let name = pod["metadata"]["name"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    for claim in pod["spec"]["resourceClaims"]
        .as_array_mut()
        .into_iter()
        .flatten()
    {
        let template = format!("{name}-{}", claim["name"].as_str().unwrap_or_default());
        claim["resourceClaimTemplateName"] = template.into();
    }
    let mut exports = false;
    for container in pod["spec"]["containers"]
        .as_array_mut()
        .into_iter()
        .flatten()
    {
        let image = container["image"].as_str().unwrap_or_default();
        if agent::is_exporter(image) {
            exports = true;
            if container["ports"].is_null() {
                container["ports"] =
                    json!([{ "name": "metrics", "containerPort": super::exporter::PORT }]);
            }
        }
    }
    let labels = &mut pod["metadata"]["labels"];
    if exports && labels["app"].is_null() && labels["app.kubernetes.io/name"].is_null() {
        // as NVIDIA's own chart labels it
        labels["app.kubernetes.io/name"] = "dcgm-exporter".into();
    }
    owners.note(pod);
}

async fn create_pod(client: &Client, pod: &Value) -> Outcome<Pod> {
    create::<Pod>(client, namespace(pod), pod.clone()).await
}

/// Waits until these pods run.
async fn wait_for_all(client: &Client, wanted: &[Pod]) -> Outcome<()> {
    let begun = Instant::now();
    let pods: Api<Pod> = Api::all(client.clone());
    loop {
        let all = pods.list(&ListParams::default()).await.map_err(said)?;
        let running = all.iter().filter(|p| agent::runs(p));
        let running: BTreeSet<&String> = running.filter_map(|p| p.metadata.uid.as_ref()).collect();
        let late = wanted.iter().map(|p| &p.metadata);
        let late = late.filter(|p| p.uid.as_ref().is_none_or(|uid| !running.contains(uid)));
        let late: Vec<&str> = late.filter_map(|p| p.name.as_deref()).collect();
        if late.is_empty() {
            return Ok(());
        }
        if begun.elapsed() > PATIENCE {
            return Err(format!("these pods do not start: {}", late.join(", ")));
        }
        tokio::time::sleep(agent::LOOK).await;
    }
}

/// Makes sure of a namespace in which pods can be created.
pub async fn create_namespace(client: &Client, name: &str) -> Outcome<()> {
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let namespace = serde_json::from_value(json!({ "metadata": { "name": name } }));
    let namespace = namespace.map_err(|e| e.to_string())?;
    match namespaces.create(&PostParams::default(), &namespace).await {
        Ok(_) => {}
        Err(kube::Error::Api(status)) if status.code == 409 => {}
        Err(why) => return Err(said(why)),
    }
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), name);
    let there = await_condition(accounts, "default", |a: Option<&ServiceAccount>| {
        a.is_some()
    });
    match tokio::time::timeout(PATIENCE, there).await {
        Ok(Ok(_)) => Ok(()),
        _ => Err(format!("the namespace {name} gets no account for pods")),
    }
}

/// Budgets and quotas, of which the controllers themselves count what is used.
async fn limits(client: &Client, start: &Driver, known: &BTreeSet<&str>) -> Outcome<()> {
    let clean = |mut object: Value| {
        own_metadata(&mut object);
        if let Some(object) = object.as_object_mut() {
            object.remove("status");
        }
        object
    };
    // those of hosts that were left out have nothing to limit
    let here = |object: &Value| known.contains(namespace(object));
    for budget in told::budgets_json(start).into_iter().filter(here) {
        let at = namespace(&budget).to_owned();
        create::<PodDisruptionBudget>(client, &at, clean(budget)).await?;
    }
    for quota in told::quotas_json(start).into_iter().filter(here) {
        let at = namespace(&quota).to_owned();
        create::<ResourceQuota>(client, &at, clean(quota)).await?;
    }
    Ok(())
}

/// What has to be there before pods claim devices: classes, the host's slices, and a template for each claim.
async fn allocate_before(client: &Client, start: &Driver, nodes: &[Node]) -> Outcome<()> {
    let slices = told::resource_slices_json(start);
    if slices.is_empty() {
        return Ok(());
    }
    for (name, kind) in [("gpu.nvidia.com", "gpu"), ("mig.nvidia.com", "mig")] {
        let which = format!(
            "device.driver == 'gpu.nvidia.com' && device.attributes['gpu.nvidia.com'].type == '{kind}'"
        );
        let class = json!({
            "metadata": { "name": name },
            "spec": { "selectors": [{ "cel": { "expression": which } }] },
        });
        let classes: Api<DeviceClass> = Api::all(client.clone());
        let class = serde_json::from_value(class).map_err(|e| e.to_string())?;
        match classes.create(&PostParams::default(), &class).await {
            Ok(_) => {}
            Err(kube::Error::Api(status)) if status.code == 409 => {}
            Err(why) => return Err(said(why)),
        }
    }
    let node = nodes
        .iter()
        .find(|n| n.metadata.name.as_ref() == Some(&start.host().name));
    for mut slice in slices {
        own_metadata(&mut slice);
        slice["metadata"]["ownerReferences"][0]["uid"] =
            json!(node.and_then(|n| n.metadata.uid.clone()));
        let api: Api<ResourceSlice> = Api::all(client.clone());
        let slice = serde_json::from_value(slice).map_err(|e| e.to_string())?;
        api.create(&PostParams::default(), &slice)
            .await
            .map_err(said)?;
    }
    for claim in told::claims_json(start) {
        let template = json!({
            "metadata": { "name": template_of(&claim), "namespace": claim["metadata"]["namespace"] },
            "spec": { "spec": claim["spec"] },
        });
        create::<ResourceClaimTemplate>(client, namespace(&claim), template).await?;
    }
    Ok(())
}

/// Gives the claims that were made for the scenario's pods the devices that the scenario says.
async fn allocate(client: &Client, start: &Driver) -> Outcome<()> {
    for claim in told::claims_json(start) {
        let pods: Api<Pod> = Api::namespaced(client.clone(), namespace(&claim));
        let claims: Api<ResourceClaim> = Api::namespaced(client.clone(), namespace(&claim));
        let owner = claim["metadata"]["ownerReferences"][0]["name"]
            .as_str()
            .unwrap_or_default();
        let which = claim["metadata"]["annotations"]["resource.kubernetes.io/pod-claim-name"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let name = |p: Option<&Pod>| -> Option<String> {
            let made = p?.status.as_ref()?.resource_claim_statuses.as_ref()?;
            made.iter()
                .find(|c| c.name == which)?
                .resource_claim_name
                .clone()
        };
        let made = await_condition(pods, owner, |p: Option<&Pod>| name(p).is_some());
        let pod = match tokio::time::timeout(PATIENCE, made).await {
            Ok(pod) => pod.map_err(|e| e.to_string())?,
            Err(_) => return Err(format!("no claim is made for the pod {owner}")),
        };
        let mut status = claim["status"].clone();
        status["reservedFor"][0]["uid"] = json!(pod.as_ref().and_then(|p| p.metadata.uid.clone()));
        let name = name(pod.as_ref()).unwrap_or_default();
        let change = json!({ "status": status });
        claims
            .patch_status(&name, &PatchParams::default(), &Patch::Merge(change))
            .await
            .map_err(said)?;
    }
    Ok(())
}

/// The kubelets' events of containers that crash. The scheduler writes its own.
async fn back_off(client: &Client, scenario: &Scenario) -> Outcome<()> {
    for host in scenario.hosts.iter().filter(|h| h.node.is_some()) {
        // with the UIDs as they are now
        let driver = Driver::open(scenario, &host.name, None).map_err(|e| e.to_string())?;
        for mut event in told::events_json(&driver) {
            if event["reason"] == "BackOff" {
                own_metadata(&mut event);
                let at = namespace(&event).to_owned();
                create::<Event>(client, &at, event).await?;
            }
        }
    }
    Ok(())
}

fn template_of(claim: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let pod = text(&claim["metadata"]["ownerReferences"][0]["name"]);
    let name = text(&claim["metadata"]["annotations"]["resource.kubernetes.io/pod-claim-name"]);
    format!("{pod}-{name}")
}

fn namespace(object: &Value) -> &str {
    object["metadata"]["namespace"].as_str().unwrap_or_default()
}

/// Leaves to the API server what it decides.
fn own_metadata(object: &mut Value) {
    if let Some(metadata) = object["metadata"].as_object_mut() {
        for decided in ["uid", "resourceVersion", "creationTimestamp", "generation"] {
            metadata.remove(decided);
        }
    }
}

/// Creates an object of a namespace.
///
/// # Errors
/// It is none, or the API server's refusal.
pub async fn create<K>(client: &Client, namespace: &str, object: Value) -> Outcome<K>
where
    K: Resource<Scope = NamespaceResourceScope> + Serialize + DeserializeOwned + Clone + Debug,
    K::DynamicType: Default,
{
    let api: Api<K> = Api::namespaced(client.clone(), namespace);
    let object: K = serde_json::from_value(object).map_err(|e| e.to_string())?;
    api.create(&PostParams::default(), &object)
        .await
        .map_err(said)
}
