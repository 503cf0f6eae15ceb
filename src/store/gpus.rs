//! The GPUs of one stream, known by UUID, by PCI address or, before either, by NVML's index.

use jiff::Timestamp;

use crate::domain::gpu::{GpuInstance, GpuInventory, GpuSample, SlowTelemetry};
use crate::domain::ids::{GpuUuid, PciAddress};
use crate::domain::observation::{CallState, GpuCall, ProcGpu};
use crate::domain::reading::{Absence, AbsentCode, Reading};
use crate::domain::shared::Shared;

use super::facts::ANSWERING;

/// What one stream has told of one GPU.
#[derive(Debug)]
pub(super) struct GpuFacts {
    /// NVML's index or, before NVML tells, the position among the PCI addresses, which is the order NVML uses.
    pub(super) index: u32,
    pub(super) uuid: Option<GpuUuid>,
    pub(super) pci: Option<PciAddress>,
    pub(super) proc: Option<ProcGpu>,
    pub(super) inventory: Reading<Shared<GpuInventory>>,
    /// Its instances, to be shared by the slots of all generations.
    pub(super) instances: Vec<Shared<GpuInstance>>,
    pub(super) calls: CallState,
    pub(super) sample: Option<(Timestamp, GpuSample)>,
    pub(super) slow: Option<SlowTelemetry>,
}

impl GpuFacts {
    /// One of which nothing is known but its place.
    pub(super) fn nameless(index: u32) -> Self {
        Self {
            index,
            uuid: None,
            pci: None,
            proc: None,
            inventory: Reading::not_yet(),
            instances: Vec::new(),
            calls: ANSWERING,
            sample: None,
            slow: None,
        }
    }
}

/// All GPUs of one stream.
#[derive(Debug, Default)]
pub(super) struct Gpus(Vec<GpuFacts>);

impl Gpus {
    pub(super) fn iter(&self) -> impl Iterator<Item = &GpuFacts> {
        self.0.iter()
    }

    /// What has been told of the GPU with a UUID.
    pub(super) fn of(&self, uuid: &GpuUuid) -> Option<&GpuFacts> {
        self.0.iter().find(|gpu| gpu.uuid.as_ref() == Some(uuid))
    }

    /// The entry of a GPU, by the best name that it has; made if there is none.
    fn entry(
        &mut self,
        uuid: Option<&GpuUuid>,
        pci: Option<PciAddress>,
        index: u32,
    ) -> &mut GpuFacts {
        let by_uuid = || {
            let uuid = uuid?;
            self.0.iter().position(|g| g.uuid.as_ref() == Some(uuid))
        };
        let by_pci = || {
            let pci = pci?;
            let fits = |g: &GpuFacts| {
                g.pci == Some(pci)
                    && (g.uuid.is_none() || uuid.is_none() || g.uuid.as_ref() == uuid)
            };
            self.0.iter().position(fits)
        };
        // an index names a GPU only as long as nothing better is known of either
        let by_index = || {
            let nameless = |g: &GpuFacts| {
                g.index == index
                    && (g.uuid.is_none() || uuid.is_none())
                    && (g.pci.is_none() || pci.is_none())
            };
            self.0.iter().position(nameless)
        };
        let at = by_uuid().or_else(by_pci).or_else(by_index);
        let at = at.unwrap_or_else(|| {
            self.0.push(GpuFacts::nameless(index));
            self.0.len() - 1
        });
        let gpu = &mut self.0[at];
        gpu.uuid = uuid.cloned().or_else(|| gpu.uuid.take());
        gpu.pci = pci.or(gpu.pci);
        gpu
    }

    /// What /proc lists. A GPU that only /proc knew and knows no more is forgotten.
    pub(super) fn proc(&mut self, listed: &[ProcGpu]) {
        for gpu in &mut self.0 {
            gpu.proc = None;
        }
        let mut in_order: Vec<_> = listed.iter().collect();
        in_order.sort_by_key(|gpu| gpu.pci);
        for (index, proc) in (0..).zip(in_order) {
            let uuid = proc.uuid.value();
            self.entry(uuid, Some(proc.pci), index).proc = Some(proc.clone());
        }
        self.0.retain(|gpu| {
            gpu.proc.is_some() || gpu.inventory.value().is_some() || gpu.calls != ANSWERING
        });
    }

    pub(super) fn inventory(&mut self, inventory: GpuInventory) {
        let identity = &inventory.identity;
        let index = identity.index.0;
        let gpu = self.entry(Some(&identity.uuid), identity.pci.value().copied(), index);
        gpu.index = index;
        let instances = inventory.instances.value().into_iter().flatten();
        gpu.instances = instances.cloned().map(Shared::new).collect();
        gpu.inventory = Reading::Value(inventory.into());
    }

    pub(super) fn sample(&mut self, at: Timestamp, sample: GpuSample) {
        // a sample of a GPU without inventory has no place yet; the next one will
        if let Some(gpu) = self
            .0
            .iter_mut()
            .find(|g| g.uuid.as_ref() == Some(&sample.gpu))
        {
            if sample.slow.is_some() {
                gpu.slow.clone_from(&sample.slow);
            }
            gpu.sample = Some((at, sample));
        }
    }

    pub(super) fn call(&mut self, call: GpuCall) {
        let gpu = self.entry(call.gpu.as_ref(), call.pci, call.index);
        gpu.index = call.index;
        gpu.calls = call.state;
    }

    /// NVML lists it no more. If /proc still does it stays, with the reason.
    pub(super) fn gone(&mut self, uuid: &GpuUuid) {
        for gpu in self.0.iter_mut().filter(|g| g.uuid.as_ref() == Some(uuid)) {
            gpu.inventory = Reading::absent(
                AbsentCode::GpuLost,
                "NVML lists this GPU no more, the kernel module still does",
            );
            gpu.sample = None;
            gpu.slow = None;
            gpu.calls = ANSWERING;
        }
        self.0
            .retain(|gpu| gpu.uuid.as_ref() != Some(uuid) || gpu.proc.is_some());
    }

    /// NVML as a whole is down: what it told of GPUs is known no more.
    pub(super) fn unanswered(&mut self, why: &Absence) {
        for gpu in &mut self.0 {
            gpu.inventory = Reading::Absent(why.clone());
            gpu.sample = None;
            gpu.slow = None;
        }
        self.0
            .retain(|gpu| gpu.proc.is_some() || gpu.uuid.is_some());
    }
}
