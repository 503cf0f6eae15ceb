//! What the host's files tell: three threads, because reading a file of a process in state D can get stuck too.

use std::collections::BTreeSet;
use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::domain::cluster::{Allocation, PodOnHost};
use crate::domain::holder::Holder;
use crate::domain::ids::Pid;
use crate::domain::observation::{Fact, Health, HostInventory, SourceName};
use crate::domain::owner::OwnerSign;
use crate::domain::process::HostProcess;
use crate::domain::reading::{Absence, Reading};
use crate::domain::service::{CdiSpec, Service};
use crate::domain::text::Text;
use crate::sources::kernlog::Kernlog;
use crate::sources::{owner_signs, podresources, procfs, services};

use super::ground::Ground;
use super::rounds::Worker;
use super::session::Session;

/// A walk over /proc costs some milliseconds on a host with many processes; it is made at once when NVML lists others.
const WALK: Duration = Duration::from_secs(5);
/// What changes seldom.
const SELDOM: Duration = Duration::from_secs(10);
/// A kernel log that may not be read may be so later.
const LOG_AGAIN: Duration = Duration::from_secs(60);
/// The kubelet answers within milliseconds, or something is wrong with it.
const KUBELET: Duration = Duration::from_secs(1);
/// A file that has not been read after this will not be read soon.
const STUCK: SignedDuration = SignedDuration::from_secs(2);

/// What each host thread is doing.
#[derive(Clone, Default)]
pub(super) struct Stages(Arc<[Stage; 3]>);

#[derive(Default)]
struct Stage(Mutex<Option<Doing>>);

#[derive(Clone, Copy)]
struct Doing {
    worker: Worker,
    source: SourceName,
    what: &'static str,
    since: Timestamp,
}

impl Stage {
    fn around<T>(
        &self,
        (worker, source): (Worker, SourceName),
        what: &'static str,
        work: impl FnOnce() -> T,
    ) -> T {
        let set = |doing| *self.0.lock().unwrap_or_else(PoisonError::into_inner) = doing;
        set(Some(Doing {
            worker,
            source,
            what,
            since: Timestamp::now(),
        }));
        let result = work();
        set(None);
        result
    }
}

impl Stages {
    /// Says which source has got stuck. Its next report says that it goes on.
    pub(super) fn watch(&self, now: Timestamp, session: &Session) {
        for stage in &*self.0 {
            let doing = *stage.0.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(doing) = doing else {
                continue;
            };
            if now.duration_since(doing.since) >= STUCK {
                let health = Health::Hung {
                    since: doing.since,
                    why: Text::from(format!("{} has not come back", doing.what)),
                };
                session.tell_source(doing.source, health);
                session.rounds().excuse(doing.worker, true);
            }
        }
    }
}

/// Starts the three threads, and waits until the first inventory is on its way, at most `first`.
pub(super) fn start(
    ground: &Arc<Ground>,
    session: &Arc<Session>,
    first: Duration,
) -> io::Result<Stages> {
    let stages = Stages::default();
    let (told, inventory) = sync_channel(1);
    for worker in [Worker::Procfs, Worker::Kernlog, Worker::Services] {
        session.rounds().join(worker);
    }
    let with = |at: usize| Desk {
        ground: Arc::clone(ground),
        session: Arc::clone(session),
        stages: stages.clone(),
        at,
    };
    let (procfs, kernlog, services) = (with(0), with(1), with(2));
    super::start("procfs", move || watch_processes(&procfs, &told))?;
    super::start("kernlog", move || follow_log(&kernlog))?;
    super::start("services", move || watch_services(&services))?;
    let _ = inventory.recv_timeout(first);
    Ok(stages)
}

/// What a host thread works with.
struct Desk {
    ground: Arc<Ground>,
    session: Arc<Session>,
    stages: Stages,
    at: usize,
}

impl Desk {
    fn around<T>(
        &self,
        worker: Worker,
        source: SourceName,
        what: &'static str,
        work: impl FnOnce() -> T,
    ) -> T {
        self.stages.0[self.at].around((worker, source), what, work)
    }

    fn send(&self, fact: Fact) {
        self.session.outlet().send(fact);
    }

    fn tell(&self, source: SourceName, reason: Option<&Absence>) {
        let health = match reason {
            None => Health::Live,
            Some(why) => Health::Down {
                since: Timestamp::now(),
                why: why.clone(),
            },
        };
        self.session.tell_source(source, health);
    }

    fn done(&self, worker: Worker, n: u64) {
        self.session.rounds().excuse(worker, false);
        self.session.rounds().done(worker, n);
    }
}

/// What was told last; a list that has not changed is not told again.
struct Told<T>(Option<T>);

impl<T: PartialEq + Clone> Told<T> {
    /// Whether `new` is news.
    fn is_news(&mut self, new: &T) -> bool {
        let news = self.0.as_ref() != Some(new);
        if news {
            self.0 = Some(new.clone());
        }
        news
    }
}

/// Whether something that is done every so often is due.
struct Every(Duration, Option<Instant>);

impl Every {
    fn is_due(&mut self) -> bool {
        let due = self.1.is_none_or(|last| last.elapsed() >= self.0);
        if due {
            self.1 = Some(Instant::now());
        }
        due
    }
}

fn watch_processes(desk: &Desk, told_first: &SyncSender<()>) {
    const ME: Worker = Worker::Procfs;
    let root = desk.ground.root();
    let rounds = desk.session.rounds();
    let mut inventories: Told<HostInventory> = Told(None);
    let mut holders_told: Told<(Vec<Holder>, Option<Absence>)> = Told(None);
    let mut processes_told: Told<Vec<HostProcess>> = Told(None);
    let mut listed: BTreeSet<Pid> = BTreeSet::new();
    let mut look = Every(SELDOM, None);
    let mut walk = Every(WALK, None);
    loop {
        if look.is_due() {
            let host = desk.around(ME, SourceName::Procfs, "reading /proc", || {
                procfs::host(root)
            });
            let gpus = host.gpus.value().into_iter().flatten();
            desk.session.set_in_proc(gpus.map(|gpu| gpu.pci).collect());
            if inventories.is_news(&host) {
                desk.send(Fact::Host(host));
            }
            // nobody waits for it after the first time
            let _ = told_first.try_send(());
        }
        let Some(n) = rounds.next(ME) else {
            return;
        };
        rounds.after_lanes(n, desk.session.call_deadline());
        let now_listed = desk.session.nvml_pids();
        let changed = now_listed != listed;
        listed = now_listed;
        if walk.is_due() || changed {
            let scan = desk.around(ME, SourceName::Procfs, "reading /proc/<pid>/fd", || {
                procfs::Scan::walk(root)
            });
            desk.tell(SourceName::Procfs, scan.failed.as_ref());
            let (holders, hidden) = procfs::holders(root, &scan);
            let holders = (holders, hidden);
            if holders_told.is_news(&holders) {
                let (holders, hidden) = holders;
                desk.send(Fact::Holders { holders, hidden });
            }
            let pids = listed.union(&scan.pids()).copied().collect();
            let processes = desk.around(ME, SourceName::Procfs, "reading /proc/<pid>", || {
                procfs::processes(root, &pids)
            });
            if processes_told.is_news(&processes) {
                desk.send(Fact::Processes { processes });
            }
        }
        desk.done(ME, n);
    }
}

fn follow_log(desk: &Desk) {
    const ME: Worker = Worker::Kernlog;
    let mut log: Option<Kernlog> = None;
    let mut open = Every(LOG_AGAIN, None);
    let mut loads_told = 0;
    while let Some(n) = desk.session.rounds().next(ME) {
        if log.is_none() && open.is_due() {
            let opened = desk.around(ME, SourceName::Kernlog, "opening the kernel log", || {
                Kernlog::open(desk.ground.root())
            });
            match opened {
                Ok(opened) => log = Some(opened),
                Err(why) => desk.tell(SourceName::Kernlog, Some(&why)),
            }
        }
        if let Some(log) = &mut log {
            let (events, lost) =
                desk.around(ME, SourceName::Kernlog, "reading the kernel log", || {
                    log.poll(Timestamp::now())
                });
            desk.tell(SourceName::Kernlog, None);
            desk.session.heed(&events);
            if !events.is_empty() || lost > 0 {
                desk.send(Fact::Xids { events, lost });
            }
            let loads = log.loads();
            if loads.len() != loads_told {
                loads_told = loads.len();
                desk.send(Fact::DriverLoads {
                    loads: loads.to_vec(),
                });
            }
        }
        desk.done(ME, n);
    }
}

fn watch_services(desk: &Desk) {
    const ME: Worker = Worker::Services;
    let root = desk.ground.root();
    let mut services_told: Told<(Vec<Service>, Reading<Vec<CdiSpec>>)> = Told(None);
    let mut allocations_told: Told<(Reading<Vec<Allocation>>, Vec<PodOnHost>)> = Told(None);
    let mut signs_told: Told<Vec<OwnerSign>> = Told(None);
    let mut cluster_told: Told<Fact> = Told(None);
    let mut look = Every(SELDOM, None);
    while let Some(n) = desk.session.rounds().next(ME) {
        if look.is_due() {
            let found = desk.around(
                ME,
                SourceName::Services,
                "reading units and CDI specs",
                || services::read(root),
            );
            desk.tell(SourceName::Services, None);
            let given = desk.around(ME, SourceName::Kubelet, "asking the kubelet", || {
                podresources::read(root, KUBELET)
            });
            desk.tell(SourceName::Kubelet, given.0.reason());
            let signs = desk.around(
                ME,
                SourceName::Services,
                "looking for owners of MIG",
                || owner_signs::read(root, &found.0, &given.1),
            );
            if services_told.is_news(&found) {
                let (services, cdi) = found;
                desk.send(Fact::Services { services, cdi });
            }
            if allocations_told.is_news(&given) {
                let (allocations, pods) = given;
                desk.send(Fact::Allocations { allocations, pods });
            }
            if signs_told.is_news(&signs) {
                desk.send(Fact::OwnerSigns { signs });
            }
            if let Some(cluster) = desk.ground.cluster() {
                desk.tell(SourceName::Kubernetes, None);
                if cluster_told.is_news(&cluster) {
                    desk.send(cluster);
                }
            }
        }
        desk.done(ME, n);
    }
}
