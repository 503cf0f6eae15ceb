//! From the joined snapshot to the document. Nothing is decided here: what is absent stays absent, with its reason.

use jiff::Timestamp;

use crate::domain::cluster::{AllocationSource, Cluster as WholeCluster, OnNode};
use crate::domain::finding::{Finding as DomainFinding, Severity};
use crate::domain::fleet::{Fleet, Node as DomainNode};
use crate::domain::holder::HoldKind;
use crate::domain::observation::{Health as DomainHealth, SourceName, SourceState};
use crate::domain::reading::{Absence, AbsentCode, Reading};
use crate::domain::service::ServiceKind;
use crate::domain::shared::Shared;
use crate::domain::text::Text;
use crate::domain::xid::{XidEvent, XidFamily, XidSource};

use super::super::absent::Absent;
use super::{
    Allocation, Cdi, Cluster, ClusterGap, Finding, Holder, K8s, K8sPod, Node, Owner, SCHEMA,
    Service, Source, SourceHealth, Status, StuckProcess, System, Xid, gpu_from_fleet,
};

impl Status {
    /// The document of a snapshot, made at `at`.
    pub fn from_fleet(fleet: &Fleet, at: Timestamp) -> Self {
        let nodes: Vec<Node> = fleet.nodes.iter().map(|n| node(n)).collect();
        Self {
            schema: SCHEMA.into(),
            simulated: nodes.iter().any(|n| n.simulated),
            generation: fleet.generation,
            at,
            sources: fleet
                .nodes
                .iter()
                .flat_map(|n| n.sources.iter().map(|s| source(&n.name, s)))
                .collect(),
            cluster: fleet.cluster.as_deref().map(whole_cluster),
            findings: fleet.findings.iter().map(finding).collect(),
            nodes,
        }
    }
}

fn source(node: &Text, state: &SourceState) -> Source {
    let (health, since, reason) = match &state.health {
        DomainHealth::Live => (SourceHealth::Live, None, None),
        DomainHealth::Late { since, why } => (SourceHealth::Late, Some(*since), Some(why.clone())),
        DomainHealth::Hung { since, why } => (SourceHealth::Hung, Some(*since), Some(why.clone())),
        DomainHealth::Down { since, why } => {
            (SourceHealth::Down, Some(*since), Some(why.text.clone()))
        }
    };
    Source {
        name: state.source.as_str().into(),
        node: node.clone(),
        state: health,
        since,
        reason,
        code: match &state.health {
            DomainHealth::Down { why, .. } => Some(why.code),
            _ => None,
        },
    }
}

fn node(node: &DomainNode) -> Node {
    let mut absent = Absent::default();
    let system = system(node, &mut absent);
    if let Some(why) = &node.holders_hidden {
        absent.put("holders", why);
    }
    Node {
        name: node.name.clone(),
        host: node
            .hello
            .as_ref()
            .map_or_else(|| node.name.clone(), |h| h.host.clone()),
        simulated: node.hello.as_ref().is_some_and(|h| h.simulated),
        at: node.at,
        system,
        k8s: absent.take_as("k8s", &cluster(node), k8s),
        owner: Owner {
            kind: node.owner.kind.as_str().into(),
            name: node.owner.name.clone(),
            layout: node.owner.layout.clone(),
            evidence: node.owner.evidence.clone(),
        },
        paused: node.paused.clone(),
        gaps: node
            .hello
            .as_ref()
            .map_or_else(Vec::new, |h| h.gaps.clone()),
        holders: holders(node),
        xids: node.xids.iter().map(|x| xid(node, x)).collect(),
        xids_lost: node.xids_lost,
        services: node
            .services
            .iter()
            .map(|s| {
                let mut absent = Absent::default();
                Service {
                    kind: service_kind(s.kind).into(),
                    unit: s.unit.clone(),
                    active: absent.take("active", &s.active),
                    enabled: absent.take("enabled", &s.enabled),
                    version: match &s.version {
                        Some(version) => Some(version.clone()),
                        None => absent.take(
                            "version",
                            &Reading::absent(AbsentCode::NoSource, "no file tells it"),
                        ),
                    },
                    absent,
                }
            })
            .collect(),
        cdi: absent.take_as("cdi", &node.cdi, |specs| {
            specs
                .iter()
                .map(|s| Cdi {
                    path: s.path.clone(),
                    devices: s.devices.clone(),
                })
                .collect()
        }),
        allocations: absent.take_as("allocations", &node.allocations, |all| {
            all.iter()
                .map(|a| Allocation {
                    source: match a.source {
                        AllocationSource::PodResources => "pod-resources",
                        AllocationSource::Checkpoint => "checkpoint",
                    }
                    .into(),
                    namespace: a.namespace.clone(),
                    pod: a.pod.clone(),
                    pod_uid: a.pod_uid.as_ref().map(|u| u.as_str().into()),
                    container: a.container.clone(),
                    resource: a.resource.clone(),
                    devices: a.devices.clone(),
                })
                .collect()
        }),
        stuck: stuck(node),
        findings: node.findings.iter().map(finding).collect(),
        gpus: node
            .gpus
            .iter()
            .map(|g| gpu_from_fleet::gpu(g, node))
            .collect(),
        absent,
    }
}

/// "Not yet" is for a source that will tell; where none runs, none will.
fn cluster(node: &DomainNode) -> Reading<Shared<OnNode>> {
    let asked = node
        .sources
        .iter()
        .any(|s| s.source == SourceName::Kubernetes);
    match &node.cluster {
        Reading::Absent(why) if why.code == AbsentCode::NotYet && !asked => Reading::absent(
            AbsentCode::NoSource,
            "no source reads the API server for this host",
        ),
        known => known.clone(),
    }
}

fn system(node: &DomainNode, absent: &mut Absent) -> System {
    let mut system = System {
        boot_id: node
            .hello
            .as_ref()
            .and_then(|h| h.boot.as_ref())
            .map(|b| b.as_str().into()),
        ..System::default()
    };
    if let Some(host) = &node.host {
        system.machine = absent.take("machine", &host.machine);
        system.os = absent.take("os", &host.os);
        system.kernel = absent.take("kernel", &host.kernel);
        system.booted = absent.take("booted", &host.booted);
    } else {
        let not_yet = Reading::<Text>::not_yet();
        for key in ["machine", "os", "kernel", "booted"] {
            absent.take(key, &not_yet);
        }
    }
    match &node.driver {
        Reading::Value(driver) => {
            system.driver = absent.take("driver", &driver.version);
            system.nvml = absent.take("nvml", &driver.nvml);
            system.cuda = absent.take("cuda", &driver.cuda);
            system.library = Some(driver.library.clone());
            system.driver_limits = driver.limits.clone();
        }
        Reading::Absent(why) => {
            // the kernel module's version is known without NVML, and is the driver's
            let module = node.host.as_ref().and_then(|h| h.driver.value());
            match module {
                Some(version) => system.driver = Some(version.clone()),
                None => absent.put("driver", why),
            }
            for key in ["nvml", "cuda", "library"] {
                absent.put(key, why);
            }
        }
    }
    if system.boot_id.is_none() {
        absent.take::<Text>(
            "boot_id",
            &Reading::absent(AbsentCode::NoSource, "the host's boot id was not readable"),
        );
    }
    system
}

fn whole_cluster(cluster: &WholeCluster) -> Cluster {
    let hello = cluster.hello.as_ref();
    let (state, since, reason) = match &cluster.health {
        None => (None, None, None),
        Some(DomainHealth::Live) => (Some("live"), None, None),
        Some(DomainHealth::Late { since, why }) => (Some("late"), Some(*since), Some(why.clone())),
        Some(DomainHealth::Hung { since, why }) => (Some("hung"), Some(*since), Some(why.clone())),
        Some(DomainHealth::Down { since, why }) => {
            (Some("down"), Some(*since), Some(why.text.clone()))
        }
    };
    Cluster {
        context: hello.map(|h| h.context.clone()),
        server: hello.map(|h| h.server.clone()),
        version: hello.and_then(|h| h.version.clone()),
        state: state.map(Text::new),
        since,
        reason,
        pending: cluster.unbound.len() as u64,
        gaps: cluster
            .gaps
            .iter()
            .map(|gap| ClusterGap {
                permission: gap.permission.clone(),
                misses: gap.misses.clone(),
                reason: gap.reason.clone(),
            })
            .collect(),
    }
}

fn k8s(on_node: &Shared<OnNode>) -> K8s {
    let node = &on_node.node;
    K8s {
        name: node.name.clone(),
        strategy: node.label("mig.strategy").cloned(),
        cordoned: node.cordoned,
        labels: node.labels.clone(),
        capacity: node.capacity.clone(),
        allocatable: node.allocatable.clone(),
        requested: on_node.requested(),
        pods: on_node
            .pods
            .iter()
            .filter(|p| p.uses_gpus())
            .map(|p| K8sPod {
                namespace: p.namespace.clone(),
                name: p.name.clone(),
                uid: p.uid.as_str().into(),
                phase: p.phase.clone(),
                requests: p.requests.clone().into(),
            })
            .collect(),
    }
}

fn holders(node: &DomainNode) -> Vec<Holder> {
    node.holders
        .iter()
        .map(|h| {
            let mut absent = Absent::default();
            let process = h
                .pid
                .and_then(|pid| node.processes.iter().find(|p| p.pid == pid));
            if h.pid.is_some() && process.is_none() {
                let gone = Absence::new(AbsentCode::NoSource, "no such process in this /proc");
                for key in ["user", "command", "started"] {
                    absent.put(key, &gone);
                }
            }
            Holder {
                kind: match h.kind {
                    HoldKind::Process => "process",
                    HoldKind::Device => "device",
                    HoldKind::Capability => "capability",
                    HoldKind::Control => "control",
                    HoldKind::Module => "module",
                }
                .into(),
                gpu: h.gpu.as_ref().map(|g| g.as_str().into()),
                gpu_index: h
                    .gpu
                    .as_ref()
                    .and_then(|uuid| index_of(node, uuid.as_str())),
                gi: h.gi.map(|g| g.0),
                ci: h.ci.map(|c| c.0),
                pid: h.pid.map(|p| p.0),
                user: process.and_then(|p| absent.take("user", &p.user)),
                command: process.map(|p| p.command.clone()),
                started: process.and_then(|p| absent.take("started", &p.started)),
                unit: process.and_then(|p| p.unit.clone()),
                pod: process.and_then(|p| p.pod.as_ref()).map(|uid| {
                    node.pods_on_host
                        .iter()
                        .find(|p| p.uid == *uid)
                        .map_or_else(
                            || Text::new(uid.as_str()),
                            |p| format!("{}/{}", p.namespace, p.name).into(),
                        )
                }),
                module: h.module.clone(),
                path: h.path.clone(),
                absent,
            }
        })
        .collect()
}

fn index_of(node: &DomainNode, uuid: &str) -> Option<u32> {
    node.gpus
        .iter()
        .find(|g| g.uuid().is_some_and(|u| u.as_str() == uuid))
        .map(|g| g.index)
}

fn xid(node: &DomainNode, event: &XidEvent) -> Xid {
    let gpu = event
        .pci
        .and_then(|pci| node.gpus.iter().find(|g| g.pci() == Some(pci)));
    let meaning = crate::domain::xid_catalog::meaning_of(event);
    Xid {
        family: match event.family {
            XidFamily::Xid => "xid",
            XidFamily::Sxid => "sxid",
        }
        .into(),
        code: event.code,
        fault: meaning.map(|m| m.fault.as_str().into()),
        name: meaning.map(|m| Text::new(m.name)),
        action: meaning.map(|m| Text::new(m.action)),
        at: event.at,
        pci: event.pci.map(|p| p.to_string().into()),
        gpu: gpu
            .and_then(crate::domain::fleet::Gpu::uuid)
            .map(|u| u.as_str().into()),
        gpu_index: gpu.map(|g| g.index),
        gi: event.gi.map(|g| g.0),
        ci: event.ci.map(|c| c.0),
        pid: event.pid.map(|p| p.0),
        process: event.name.clone(),
        message: event.message.clone(),
        source: match event.source {
            XidSource::Kmsg => "kmsg",
            XidSource::Journal => "journal",
            XidSource::NvmlEvent => "nvml_event",
        }
        .into(),
    }
}

fn stuck(node: &DomainNode) -> Vec<StuckProcess> {
    node.host
        .iter()
        .flat_map(|h| &h.stuck)
        .map(|p| {
            let mut absent = Absent::default();
            StuckProcess {
                pid: p.pid.0,
                user: absent.take("user", &p.user),
                command: p.command.clone(),
                started: absent.take("started", &p.started),
                absent,
            }
        })
        .collect()
}

fn finding(f: &DomainFinding) -> Finding {
    Finding {
        id: f.id.clone(),
        severity: match f.severity {
            Severity::Info => "info",
            Severity::Caution => "caution",
            Severity::Danger => "danger",
        }
        .into(),
        subject: f.subject.clone(),
        text: f.text.text.clone(),
        evidence: f.evidence.iter().map(|line| line.text.clone()).collect(),
        next: f.next.as_ref().map(|next| next.text.clone()),
    }
}

fn service_kind(kind: ServiceKind) -> &'static str {
    match kind {
        ServiceKind::FabricManager => "fabric_manager",
        ServiceKind::Persistence => "persistence",
        ServiceKind::Dcgm => "dcgm",
        ServiceKind::Nvsm => "nvsm",
        ServiceKind::Kubelet => "kubelet",
        ServiceKind::Containerd => "containerd",
        ServiceKind::MigManager => "mig_manager",
        ServiceKind::Slurmd => "slurmd",
        ServiceKind::CdiRefresh => "cdi_refresh",
    }
}
