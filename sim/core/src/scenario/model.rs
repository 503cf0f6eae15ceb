//! The shape of a scenario file. Every field but names and boards has a default.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A scenario: some hosts and, where they have one, their cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// One sentence.
    #[serde(default)]
    pub about: String,
    /// Pods that no node has taken. Nothing is scheduled while the simulation runs: they stay so.
    #[serde(default)]
    pub pods: Vec<Unscheduled>,
    /// PodDisruptionBudgets of its cluster.
    #[serde(default)]
    pub budgets: Vec<Budget>,
    /// ResourceQuotas of its cluster.
    #[serde(default)]
    pub quotas: Vec<Quota>,
    /// Hosts in order.
    pub hosts: Vec<Host>,
}

/// A host.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Host name.
    pub name: String,
    /// Short name of the board, as in the simulator's tables (`a100-40`).
    pub board: String,
    /// Product name that NVML gives; empty: the table's.
    #[serde(default)]
    pub product: String,
    /// Driver version.
    pub driver: String,
    /// CUDA version of the driver, `12.2`.
    pub cuda: String,
    /// Seconds the host has been up when the simulation starts.
    #[serde(default = "forty_one_days")]
    pub uptime_seconds: u64,
    /// Machine name (DMI product).
    #[serde(default)]
    pub machine: String,
    /// Whether the caller may do what needs root. False: NO_PERMISSION where NVML says so.
    #[serde(default = "yes")]
    pub privileged: bool,
    /// GPUs in the order of PCI addresses.
    pub gpus: Vec<Gpu>,
    /// Processes on the host.
    #[serde(default)]
    pub processes: Vec<Process>,
    /// Kernel modules that use the driver's module.
    #[serde(default)]
    pub modules: Vec<String>,
    /// systemd units.
    #[serde(default)]
    pub services: Vec<Service>,
    /// Pods on this host, GPU users and others that matter (operators, plugins).
    #[serde(default)]
    pub pods: Vec<Pod>,
    /// Kernel log lines.
    #[serde(default)]
    pub kernel_log: Vec<LogLine>,
    /// The node as the API server has it; `None`: no cluster.
    #[serde(default)]
    pub node: Option<Node>,
    /// Faults of the driver.
    #[serde(default)]
    pub faults: Vec<Fault>,
    /// Times at which the host is too busy to run a probe: its stream falls silent, and goes on.
    #[serde(default)]
    pub stalls: Vec<Stall>,
    /// Seconds for which a console had watched this host when the simulation starts. Nobody has worked in that time on an
    /// instance without a process, unless `last_work` says so.
    #[serde(default)]
    pub watched_seconds: u64,
    /// What that console saw last of work that had ended by then.
    #[serde(default)]
    pub last_work: Vec<LastWork>,
    /// Whether the NVIDIA library exists on this host.
    #[serde(default = "yes")]
    pub library: bool,
    /// Operating system and container runtime.
    #[serde(default)]
    pub system: System,
}

/// When somebody was last at work on an instance on which nobody is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastWork {
    /// GPU index.
    pub gpu: u32,
    /// Start of the instance's placement.
    pub at: u32,
    /// Seconds before the start of the simulation.
    pub seconds_ago: u64,
}

/// A time at which a host runs no probe.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stall {
    /// Seconds after the start of the simulation.
    pub at: f64,
    /// Seconds it lasts.
    pub for_seconds: f64,
}

/// Operating system and container runtime of a host.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct System {
    /// `PRETTY_NAME` of os-release.
    pub os: String,
    /// Kernel release.
    pub kernel: String,
    /// Version of the kubelet, `v1.27.11`.
    pub kubelet: String,
    /// Container runtime and its version as the node object gives it, `containerd://1.7.13` or `cri-o://1.27.3`.
    pub runtime: String,
    /// The kubelet's cgroup driver: `systemd` or `cgroupfs`.
    pub cgroup: String,
    /// Further files of the host by absolute path, such as a site's own script.
    pub files: BTreeMap<String, String>,
}

impl Default for System {
    fn default() -> Self {
        Self {
            os: "Ubuntu 22.04.4 LTS".into(),
            kernel: "5.15.0-1048-nvidia".into(),
            kubelet: "v1.30.4".into(),
            runtime: "containerd://1.7.20".into(),
            cgroup: "systemd".into(),
            files: BTreeMap::new(),
        }
    }
}

/// A GPU.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gpu {
    /// UUID; empty: derived from host and index.
    pub uuid: String,
    /// PCI address `0000:07:00.0`; empty: from a DGX-like table.
    pub pci: String,
    /// Serial; empty: derived.
    pub serial: String,
    /// Minor; `None`: the index.
    pub minor: Option<u32>,
    /// MIG mode.
    pub mig: bool,
    /// GPU instances: `profile-id@start`, with optional compute instances `[profile-id,..]`
    /// (`19@4`, `9@0[0,0,0]`, `5@0[]`: no compute instance); without brackets one full-size one.
    pub instances: Vec<String>,
    /// UUIDs of the MIG devices in NVML's order, without `MIG-`; missing ones are derived.
    pub mig_uuids: Vec<String>,
    /// Load without MIG, 0..100 mean; with MIG the processes' loads count.
    pub load: f64,
    /// Remapped rows: corrected, uncorrected.
    pub remapped: [u32; 2],
    /// A remapping waits for a reset.
    pub remap_pending: bool,
    /// NVLinks that are down.
    pub links_down: Vec<u32>,
}

/// A process, with or without work on a GPU.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Process {
    /// Process id in the simulated host.
    pub pid: u32,
    /// User name.
    pub user: String,
    /// Arguments.
    pub argv: Vec<String>,
    /// Seconds it had been running when the simulation starts.
    pub age_seconds: u64,
    /// State letter of /proc/PID/stat: S, R, D.
    pub state: String,
    /// Unit it belongs to.
    pub unit: String,
    /// Pod it belongs to: `namespace/name`.
    pub pod: String,
    /// Container in that pod.
    pub container: String,
    /// GPU it works on.
    pub gpu: Option<u32>,
    /// Start of the placement of the GPU instance that it works on.
    pub at: Option<u32>,
    /// Index of the compute instance among that instance's.
    pub ci: u32,
    /// Memory in MiB at rest.
    pub memory_mib: u64,
    /// Mean SM activity of its compute instance, 0..100; swings around it with time.
    pub load: f64,
    /// GPUs whose `/dev/nvidia<minor>` it has open, without work (`dcgm`, a colleague's console).
    pub holds: Vec<u32>,
    /// Also holds `/dev/nvidiactl` and such.
    pub control: bool,
    /// It works in the graphics list instead of the compute list.
    pub graphics: bool,
    /// Seconds after the start of the simulation when it begins; 0: it was there before.
    pub starts_at: f64,
    /// Comes and goes: seconds present, seconds absent; empty: always there.
    pub cycle_seconds: Vec<u64>,
}

/// A unit.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Service {
    /// Unit name.
    pub unit: String,
    /// Installed and linked from a target.
    pub enabled: bool,
    /// A process of it runs.
    pub active: bool,
    /// Text of the unit file; empty: a plausible one.
    pub file: String,
    /// Version, for a package that has a version file.
    pub version: String,
}

/// A pod bound to the host.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pod {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// UID; empty: derived.
    pub uid: String,
    /// Kind and name of the owner: `DaemonSet/mig-init`, `Deployment/ocr`.
    pub owner: String,
    /// QoS class: `burstable`, `besteffort`, `guaranteed`.
    pub qos: String,
    /// Seconds since it was created when the simulation starts.
    pub age_seconds: u64,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
    /// Containers.
    pub containers: Vec<Container>,
    /// Devices that it has through dynamic resource allocation, on a node with `dra`.
    pub claims: Vec<Claim>,
}

/// A ResourceClaim of a pod, made from a template, for one device.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Claim {
    /// Name in the pod's `spec.resourceClaims`, and of its one request.
    pub name: String,
    /// Container that uses it.
    pub container: String,
    /// Slot that was allocated: `[gpu, start]` of an instance, `[gpu]` of a whole GPU.
    pub device: Vec<u32>,
}

/// A pod that no node has taken.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Unscheduled {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Kind and name of the owner.
    pub owner: String,
    /// Seconds since it was created when the simulation starts.
    pub age_seconds: u64,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Name of its container.
    pub container: String,
    /// Image of its container.
    pub image: String,
    /// GPU resources that the container asks for.
    pub requests: BTreeMap<String, u32>,
    /// What the scheduler said at its last attempt.
    pub message: String,
}

/// A PodDisruptionBudget.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Labels that the pods have.
    pub labels: BTreeMap<String, String>,
    /// Pods that have to stay.
    pub min_available: u32,
    /// Pods that are there and well, which a cluster counts itself.
    pub healthy: u32,
}

/// A ResourceQuota.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quota {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// The most that the namespace may request, `requests.nvidia.com/mig-1g.5gb`.
    pub hard: BTreeMap<String, u32>,
    /// What it requests, which a cluster counts itself; what is missing is 0.
    pub used: BTreeMap<String, u32>,
}

/// A container of a pod.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Container {
    /// Name.
    pub name: String,
    /// Image.
    pub image: String,
    /// Command line, for those that run; empty: no process of its own in the list.
    pub args: Vec<String>,
    /// Resource name to GPU slots it was given: `[gpu, start]` of an instance, `[gpu]` of a whole GPU.
    pub devices: BTreeMap<String, Vec<Vec<u32>>>,
    /// Further devices by resource name, by id: those that it was given while the simulation ran.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ids: BTreeMap<String, Vec<String>>,
    /// Why it does not run, `CrashLoopBackOff`; empty: it runs.
    pub waiting: String,
    /// Restarts so far.
    pub restarts: u32,
    /// Last lines of its log under `/var/log/pods`, without the runtime's prefix.
    pub log: Vec<String>,
}

/// A kernel log line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogLine {
    /// Seconds before (negative) or after the start of the simulation.
    pub at: f64,
    /// Kernel log level, 0..7.
    #[serde(default = "warning")]
    pub level: u8,
    /// The text, as the kernel prints it.
    pub text: String,
    /// With an Xid: also an NVML event of this GPU.
    #[serde(default)]
    pub event: Option<XidEvent>,
}

/// An Xid as an NVML event.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct XidEvent {
    /// GPU index.
    pub gpu: u32,
    /// Number.
    pub code: u64,
    /// Start of the placement of the instance that it concerns.
    #[serde(default)]
    pub at: Option<u32>,
}

/// The node object.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Node {
    /// Labels under `nvidia.com/` beside those that GPU feature discovery derives.
    pub labels: BTreeMap<String, String>,
    /// Strategy: `none`, `single`, `mixed`; the derived labels and resources follow it.
    pub strategy: String,
    /// The device plugin runs; false: nothing is advertised (allocatable 0).
    pub plugin: bool,
    /// Resource keys left over from earlier, with value 0.
    pub stale_resources: Vec<String>,
    /// Resources that the device plugin found when it started, where the layout has changed since: it goes on with these
    /// as long as the layout is the scenario's.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub started_with: BTreeMap<String, u32>,
    /// Cordoned.
    pub cordoned: bool,
    /// The DRA driver gpu.nvidia.com runs and publishes the devices that existed when the simulation started.
    pub dra: bool,
    /// The exporter also has DCGM_FI_PROF_SM_ACTIVE, which the default counters comment out.
    pub exporter_sm_active: bool,
}

/// A fault of the driver.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fault {
    /// NVML function without version suffix, `nvmlDeviceGetMemoryInfo`; `*` at the end matches any rest.
    pub function: String,
    /// GPU that it concerns; `None`: every one, and calls without a GPU.
    pub gpu: Option<u32>,
    /// Seconds after the start of the simulation.
    pub after_seconds: f64,
    /// Seconds it lasts; `None`: for ever.
    pub for_seconds: Option<f64>,
    /// Only the n-th call (from 1) of this process.
    pub call: Option<u64>,
    /// Return this code.
    pub code: Option<u32>,
    /// Take this long.
    pub latency_ms: u64,
    /// Never come back (as long as the fault lasts).
    pub hang: bool,
    /// Destroying a GPU instance answers IN_USE this many times after its last compute instance went.
    pub sticky_destroy: Option<u32>,
}

fn yes() -> bool {
    true
}

fn warning() -> u8 {
    4
}

fn forty_one_days() -> u64 {
    41 * 86_400
}
