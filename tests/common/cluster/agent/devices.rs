//! A kubelet's device manager: what plugins have registered, and what containers were given of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Devices by resource name.
pub type Devices = BTreeMap<String, Vec<String>>;

/// How long a plugin that went away is waited for (kubelet, endpointStopGracePeriod).
const GRACE: Duration = Duration::from_secs(300);

/// A container of a pod, by the pod's UID and its name.
pub type Place = (String, String);

/// What was given, and of what.
pub struct DeviceManager {
    /// What the plugin found at its last start. It does not look again by itself.
    registered: Devices,
    /// Since when no plugin is there; `None`: one is.
    gone: Option<Instant>,
    /// Every resource name ever: the kubelet deletes none.
    names: BTreeSet<String>,
    given: BTreeMap<Place, Devices>,
}

impl DeviceManager {
    /// `names`: resource names from earlier times.
    pub fn new(names: BTreeSet<String>) -> Self {
        Self {
            registered: Devices::new(),
            gone: Some(Instant::now()),
            names,
            given: BTreeMap::new(),
        }
    }

    /// The plugin starts, and finds these.
    pub fn register(&mut self, found: Devices) {
        self.names.extend(found.keys().cloned());
        self.registered = found;
        self.gone = None;
    }

    /// The plugin goes away.
    pub fn unregister(&mut self) {
        self.gone.get_or_insert_with(Instant::now);
    }

    /// Capacity and allocatable by resource: of a plugin that went away the capacity stays for a while.
    pub fn amounts(&self) -> (BTreeMap<String, usize>, BTreeMap<String, usize>) {
        let count = |name: &String| self.registered.get(name).map_or(0, Vec::len);
        let kept = self.gone.is_none_or(|since| since.elapsed() < GRACE);
        let amounts = |counts: bool| {
            let names = self.names.iter();
            names
                .map(|n| (n.clone(), if counts { count(n) } else { 0 }))
                .collect()
        };
        (amounts(kept), amounts(self.gone.is_none()))
    }

    /// Whether a plugin says of a device that it is well.
    pub fn knows(&self, resource: &str, id: &str) -> bool {
        let registered = self.registered.get(resource);
        self.gone.is_none() && registered.is_some_and(|ids| ids.iter().any(|known| known == id))
    }

    /// What a container was given.
    pub fn of(&self, place: &Place) -> Option<&Devices> {
        self.given.get(place)
    }

    /// Notes what a container has from before.
    pub fn note(&mut self, place: Place, devices: Devices) {
        self.names.extend(devices.keys().cloned());
        self.given.insert(place, devices);
    }

    /// Gives a container what it asks for, in the plugin's order, `again` first: what the pod's own init containers had.
    /// `exists`: whether the driver has a device.
    ///
    /// # Errors
    /// The kubelet's words for why it cannot.
    pub fn give(
        &mut self,
        place: &Place,
        asked: &BTreeMap<String, usize>,
        again: &Devices,
        exists: &dyn Fn(&str) -> bool,
    ) -> Result<(), String> {
        let taken: BTreeSet<&String> = self
            .given
            .values()
            .flat_map(BTreeMap::values)
            .flatten()
            .collect();
        let mut devices = Devices::new();
        for (resource, count) in asked {
            let had = again.get(resource).into_iter().flatten();
            let registered = self
                .registered
                .get(resource)
                .filter(|_| self.gone.is_none());
            let all = registered.into_iter().flatten();
            let free: Vec<&String> = all.filter(|id| !taken.contains(id)).collect();
            let ids: Vec<String> = had
                .chain(free.iter().copied())
                .take(*count)
                .cloned()
                .collect();
            if ids.len() < *count {
                return Err(format!(
                    "Allocate failed due to requested number of devices unavailable for {resource}. Requested: {count}, Available: {}, which is unexpected",
                    free.len()
                ));
            }
            if let Some(lost) = ids.iter().find(|id| !exists(id)) {
                return Err(format!(
                    "Allocate failed due to rpc error: code = Unknown desc = invalid allocation request for '{resource}': unknown device: {lost}, which is unexpected"
                ));
            }
            devices.insert(resource.clone(), ids);
        }
        self.given.insert(place.clone(), devices);
        Ok(())
    }

    /// Takes back what pods had that are not among these.
    pub fn keep(&mut self, pods: &BTreeSet<String>) {
        self.given.retain(|(uid, _), _| pods.contains(uid));
    }
}
