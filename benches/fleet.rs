//! What a fleet of 10, 100 and 1,000 hosts of eight GPUs with seven slices each costs: time of a generation from the lines
//! of the streams to the frame, and memory.
//!
//! `cargo bench --bench fleet`, or with `-- --hosts 1000 --beats 20` one size alone. The lines are a real probe's of the
//! simulated host in `beat.toml`, told of each host with identities of its own; in every beat each GPU tells a sample, as
//! probes do, and 5 % of the slices have changed. An API server tells of the same hosts, and of a pod on two of three
//! slices. Each size is measured in a process of its own, so that its memory is its own. Times are those of the processor, so
//! that other programs do not count.

mod common;

use std::process::Command;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use migdeck::app::keymap::Keymap;
use migdeck::app::session::Session;
use migdeck::app::texts::Language;
use migdeck::app::{Message, Model, Scope, Screen, Snapshot, Texts, update};
use migdeck::domain::cluster::NodeFacts;
use migdeck::domain::cluster::news::{Change, ClusterNews, Scope as Watched};
use migdeck::domain::gpu::GpuSample;
use migdeck::domain::ids::{BootId, GpuUuid, ObjectUid, StreamId};
use migdeck::domain::observation::{Fact, Observation};
use migdeck::domain::reading::Reading;
use migdeck::domain::text::Text;
use migdeck::domain::units::Bytes;
use migdeck::sources::kube::objects::{Kind, Names, Pods};
use migdeck::store::Store;
use migdeck::view::{Glyphs, Skin, Theme, view};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rustix::time::{ClockId, clock_gettime};

/// Of so many slices one has changed in each beat.
const ONE_IN: usize = 20;
const SIZES: [usize; 3] = [10, 100, 1000];
/// More than the beats that are kept of a host that is not looked at, so that memory has grown to what it stays at.
const BEATS: usize = 64;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |name: &str| -> Option<usize> {
        let at = arguments.iter().position(|a| a == name)?;
        arguments.get(at + 1)?.parse().ok()
    };
    let beats = number("--beats").unwrap_or(BEATS);
    if let Some(hosts) = number("--hosts") {
        return measure(hosts, beats);
    }
    println!(
        "| hosts | slices | pods | all told | parse | store | update | frame 80x24 | frame 200x60 | slices 200x60 | core at 1 Hz | memory | most |"
    );
    println!("|{}", " --- |".repeat(13));
    let program = std::env::current_exe().unwrap_or_else(|e| panic!("{e}"));
    for hosts in SIZES {
        let size = ["--hosts", &hosts.to_string(), "--beats", &beats.to_string()].map(String::from);
        let ended = Command::new(&program).args(size).status();
        assert!(ended.is_ok_and(|s| s.success()), "{hosts} hosts");
    }
}

/// One size, as a line of the table. Times are medians of the beats; parts of them are sums over all hosts.
fn measure(hosts: usize, beats: usize) {
    let begun = Spent::now();
    let mut fleet = Replay::new(hosts);
    let told = begun.elapsed();
    let mut console = Console::new(hosts, &mut fleet.store);
    let mut parts: [Vec<Duration>; 6] = Default::default();
    for beat in 0..beats {
        let (parse, apply) = fleet.beat(beat);
        let joined = Spent::now();
        let snapshot = Snapshot {
            fleet: fleet.store.fleet(),
            history: fleet.store.history(),
        };
        let store = apply + joined.elapsed();
        console.tick(fleet.now);
        let update = console.take(snapshot);
        let small = console.frame(Screen::Fleet, 80, 24);
        let large = console.frame(Screen::Fleet, 200, 60);
        let slices = console.frame(Screen::Slices(Scope::Fleet), 200, 60);
        let all = [parse, store, update, small, large, slices];
        for (part, time) in parts.iter_mut().zip(all) {
            part.push(time);
        }
    }
    let [parse, store, update, small, large, slices] = parts.map(median);
    let core = (parse + store + update + small).as_secs_f64() * 100.0;
    println!(
        "| {hosts} | {} | {} | {:.2} s | {} | {} | {} | {} | {} | {} | {core:.1} % | {} MiB | {} MiB |",
        hosts * 56,
        fleet.pods,
        told.as_secs_f64(),
        shown(parse),
        shown(store),
        shown(update),
        shown(small),
        shown(large),
        shown(slices),
        memory("VmRSS:"),
        memory("VmHWM:"),
    );
}

/// What this thread has taken of the processor.
struct Spent(Duration);

impl Spent {
    fn now() -> Self {
        let spent = clock_gettime(ClockId::ThreadCPUTime);
        Self(Duration::try_from(spent).unwrap_or_default())
    }

    fn elapsed(&self) -> Duration {
        Self::now().0.saturating_sub(self.0)
    }
}

fn shown(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// A figure of this process's status, MiB.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kib.unwrap_or_default() / 1024
}

/// The streams of a fleet, and what the store makes of them.
struct Replay {
    store: Store,
    hosts: usize,
    /// The samples of one host's GPUs in a steady beat.
    samples: Vec<GpuSample>,
    now: Timestamp,
    pods: usize,
}

impl Replay {
    /// Everything that the streams and the API server tell at the start.
    fn new(hosts: usize) -> Self {
        let lines = common::lines();
        let steady = parsed(&lines[lines.len() - 9..]);
        let samples = steady.into_iter().filter_map(|record| match record.fact {
            Fact::Sample(sample) => Some(*sample),
            _ => None,
        });
        let mut this = Self {
            store: Store::new(),
            hosts,
            samples: samples.collect(),
            now: parsed(&lines[..1])[0].at,
            pods: 0,
        };
        assert_eq!(this.samples.len(), 8, "a beat has a sample of each GPU");
        for host in 0..hosts {
            let id = stream(host);
            this.store.expect(id, name(host), this.now);
            for line in &lines {
                for record in parsed(&[of_host(line, host)]) {
                    this.store.apply(id, record);
                }
            }
        }
        this.cluster();
        this
    }

    /// What an API server tells of the same hosts.
    fn cluster(&mut self) {
        let id = stream(self.hosts);
        self.store.expect_cluster(id);
        let nodes = (0..self.hosts).map(node).collect();
        self.tell(id, ClusterNews::Nodes(Change::All(nodes)));
        let mut names = Names::default();
        let mut pods = Vec::new();
        let fleet = self.store.fleet();
        let slots = fleet.nodes.iter().flat_map(|node| {
            let slots = node.gpus.iter().flat_map(|gpu| &gpu.slots);
            slots.map(move |slot| (&node.name, slot))
        });
        for (n, (node, slot)) in slots.enumerate().filter(|(n, _)| !n.is_multiple_of(3)) {
            let device = slot.instance.cis[0].uuid.value().map(ToString::to_string);
            let json = pod(n, node, &device.unwrap_or_default());
            let object = Pods::parse(&json, &mut names).unwrap_or_else(|e| panic!("{e}: {json}"));
            pods.extend(object.facts);
        }
        self.pods = pods.len();
        let change = Change::All(pods);
        let scope = Watched::Everywhere;
        self.tell(id, ClusterNews::Pods { scope, change });
    }

    fn tell(&mut self, id: StreamId, news: ClusterNews) {
        let fact = Fact::ClusterNews(Box::new(news));
        self.store.apply(id, Observation { at: self.now, fact });
    }

    /// A beat of all hosts: how long its lines take to be read, and to be taken in.
    fn beat(&mut self, beat: usize) -> (Duration, Duration) {
        self.now += SignedDuration::from_secs(1);
        let (mut parse, mut apply) = (Duration::ZERO, Duration::ZERO);
        for host in 0..self.hosts {
            let lines = self.lines(host, beat);
            let begun = Spent::now();
            let records = parsed(&lines);
            parse += begun.elapsed();
            let begun = Spent::now();
            for record in records {
                self.store.apply(stream(host), record);
            }
            apply += begun.elapsed();
        }
        (parse, apply)
    }

    fn lines(&mut self, host: usize, beat: usize) -> Vec<String> {
        let mut lines = Vec::new();
        for (gpu, told) in self.samples.iter().enumerate() {
            let mut sample = told.clone();
            sample.gpu = GpuUuid::new(&of_host(told.gpu.as_str(), host));
            for (n, instance) in sample.instances.iter_mut().enumerate() {
                // each slice has its turn, and then stays at what it changed to until the next
                let slice = host * 56 + gpu * 7 + n;
                let turn = (beat + slice * 7) / ONE_IN;
                if let Reading::Value(total) = &instance.memory_total {
                    let used = total.0 / 100 * (turn as u64 % 10 * 10);
                    instance.memory_used = Reading::Value(Bytes(used));
                }
            }
            lines.push(line(self.now, Fact::Sample(Box::new(sample))));
        }
        let n = beat as u64 + 3;
        lines.push(line(self.now, Fact::Beat { n, dropped: 0 }));
        lines
    }
}

/// The console of a user who looks at the fleet.
struct Console {
    model: Model,
    skin: Skin,
}

impl Console {
    fn new(hosts: usize, store: &mut Store) -> Self {
        let session = Session {
            version: "0".into(),
            user: "kim".into(),
            simulated: true,
            saved: None,
            hosts: (0..hosts).map(name).collect(),
            advice: None,
            book: migdeck::domain::fits::Book::default(),
            themes: Vec::new(),
            bell: false,
            started: store.fleet().nodes[0].at,
            offset_seconds: 0,
        };
        let texts = Texts::of(Language::English);
        let model = Model::new(session, Keymap::default_keymap(), texts, "default");
        let mut this = Self {
            model,
            skin: Skin {
                theme: Theme::default(),
                glyphs: Glyphs::unicode(),
            },
        };
        this.take(Snapshot {
            fleet: store.fleet(),
            history: store.history(),
        });
        this
    }

    fn tick(&mut self, now: Timestamp) {
        update(&mut self.model, Message::Tick(now));
    }

    /// A snapshot comes, and the one before it goes.
    fn take(&mut self, snapshot: Snapshot) -> Duration {
        let begun = Spent::now();
        update(&mut self.model, Message::Snapshot(snapshot));
        begun.elapsed()
    }

    fn frame(&mut self, screen: Screen, width: u16, height: u16) -> Duration {
        let (deeper, size) = (screen != Screen::Fleet, (width, height));
        if deeper {
            self.model.screens.push(screen);
            // what is on top is made when something comes
            let (width, height) = size;
            update(&mut self.model, Message::Resized { width, height });
            let shown = self.model.shown.clone();
            update(&mut self.model, Message::Snapshot(shown));
        }
        self.model.size = size;
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        let begun = Spent::now();
        let hits = view(&self.model, &self.skin, area, &mut buffer);
        let taken = begun.elapsed();
        update(&mut self.model, Message::Drawn(hits));
        if deeper {
            self.model.screens.pop();
        }
        taken
    }
}

fn parsed(lines: &[String]) -> Vec<Observation> {
    let one = |line: &String| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}"));
    lines.iter().map(one).collect()
}

fn line(at: Timestamp, fact: Fact) -> String {
    serde_json::to_string(&Observation { at, fact }).unwrap_or_else(|e| panic!("{e}"))
}

fn stream(n: usize) -> StreamId {
    StreamId(u32::try_from(n).unwrap_or(u32::MAX))
}

fn name(host: usize) -> Text {
    format!("dgx-{host:04}").into()
}

/// A text of the template host, told of another: name, boot and all UUIDs are its own.
fn of_host(text: &str, host: usize) -> String {
    let mut own = text.replace(r#""host":"a100""#, &format!(r#""host":"{}""#, name(host)));
    if let Some(at) = own.find(r#""boot":""#) {
        own.replace_range(at + 8..at + 12, &format!("{host:04x}"));
    }
    for kind in ["GPU-", "MIG-"] {
        let places: Vec<usize> = own.match_indices(kind).map(|(at, _)| at + 4).collect();
        for at in places {
            // words such as GPU-Util are none
            let is_id = own.get(at..at + 4).is_some_and(|id| {
                id.bytes().all(|b| b.is_ascii_hexdigit())
                    && own.as_bytes().get(at + 8) == Some(&b'-')
            });
            if is_id {
                own.replace_range(at..at + 4, &format!("{host:04x}"));
            }
        }
    }
    own
}

fn node(host: usize) -> NodeFacts {
    let resource = Text::new("nvidia.com/mig-1g.5gb");
    let label =
        |key: &str, value: &str| (Text::from(format!("nvidia.com/{key}")), Text::new(value));
    NodeFacts {
        uid: Some(ObjectUid::new(&format!(
            "{host:08x}-0000-4000-8000-000000000000"
        ))),
        name: Some(name(host)),
        boot_id: None::<BootId>,
        host_name: Some(name(host)),
        kubelet: Some("v1.36.4".into()),
        labels: [
            label("gpu.present", "true"),
            label("gpu.product", "NVIDIA-A100-SXM4-40GB"),
            label("mig.strategy", "mixed"),
            label("mig.capable", "true"),
        ]
        .into(),
        capacity: [(resource.clone(), 56)].into(),
        allocatable: [(resource, 56)].into(),
        ..NodeFacts::default()
    }
}

/// A pod as an API server writes it, as far as that is read.
fn pod(n: usize, node: &Text, device: &str) -> String {
    let uid = format!("{n:08x}-1111-4222-8333-{:012x}", n * 7919);
    let namespace = format!("team-{}", n % 37);
    serde_json::json!({
        "metadata": {
            "name": format!("notebook-{n:05}-{:05x}", n * 31 % 0xf_ffff),
            "namespace": namespace,
            "uid": uid,
            "resourceVersion": "1",
            "creationTimestamp": "2026-01-02T03:04:05Z",
            "labels": { "app": "notebook" },
            "ownerReferences": [{ "kind": "StatefulSet", "name": format!("notebook-{n:05}"), "controller": true }],
        },
        "spec": {
            "nodeName": node.as_str(),
            "containers": [{ "name": "main", "resources": { "limits": { "nvidia.com/mig-1g.5gb": "1" } } }],
        },
        "status": {
            "phase": "Running",
            "containerStatuses": [{
                "name": "main",
                "containerID": format!("containerd://{n:064x}"),
                "allocatedResourcesStatus": [{
                    "name": "nvidia.com/mig-1g.5gb",
                    "resources": [{ "resourceID": device, "health": "Healthy" }],
                }],
            }],
        },
    })
    .to_string()
}
