//! Who the driver and its devices are.

use super::{DeviceRef, Driver, of};
use crate::ret::{Result, Ret};
use crate::scenario::derive;
use crate::state::{Ci, Gi, State};

/// PCI identity (`nvmlPciInfo_t`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pci {
    /// Domain.
    pub domain: u32,
    /// Bus.
    pub bus: u32,
    /// Device.
    pub device: u32,
    /// Device id above, vendor id below.
    pub device_id: u32,
    /// The same of the subsystem.
    pub subsystem_id: u32,
}

impl Driver {
    /// `nvmlSystemGetDriverVersion`
    pub fn driver_version(&self) -> Result<String> {
        self.enter("nvmlSystemGetDriverVersion", None)?;
        Ok(self.host.driver.clone())
    }

    /// `nvmlSystemGetNVMLVersion`: CUDA's major version, then the driver's, `12.535.161.08`.
    pub fn nvml_version(&self) -> Result<String> {
        self.enter("nvmlSystemGetNVMLVersion", None)?;
        let cuda = self.host.cuda.split('.').next().unwrap_or_default();
        Ok(format!("{cuda}.{}", self.host.driver))
    }

    /// `nvmlSystemGetCudaDriverVersion_v2`: 12020 for 12.2.
    pub fn cuda_version(&self) -> Result<i32> {
        self.enter("nvmlSystemGetCudaDriverVersion_v2", None)?;
        let (major, minor) = self
            .host
            .cuda
            .split_once('.')
            .unwrap_or((&self.host.cuda, "0"));
        match (major.parse::<i32>(), minor.parse::<i32>()) {
            (Ok(major), Ok(minor)) => Ok(major * 1000 + minor * 10),
            _ => Err(Ret::UNKNOWN),
        }
    }

    /// `nvmlDeviceGetCount_v2`
    pub fn count(&self) -> Result<u32> {
        self.enter("nvmlDeviceGetCount_v2", None)?;
        Ok(self.host.gpus.len() as u32)
    }

    /// `nvmlDeviceGetHandleByIndex_v2`
    pub fn by_index(&self, i: u32) -> Result<u32> {
        self.enter("nvmlDeviceGetHandleByIndex_v2", Some(i))?;
        Ok(i)
    }

    /// `nvmlDeviceGetHandleByUUID`: a GPU's or a MIG device's UUID, as this driver version writes it. NOT_FOUND.
    pub fn by_uuid(&self, uuid: &str) -> Result<DeviceRef> {
        let found = self.find(uuid)?;
        self.enter("nvmlDeviceGetHandleByUUID", found.map(DeviceRef::gpu))?;
        found.ok_or(Ret::NOT_FOUND)
    }

    fn find(&self, uuid: &str) -> Result<Option<DeviceRef>> {
        let state = self.state()?;
        for (gpu, there) in (0..).zip(&state.gpus) {
            if derive::gpu_uuid(&self.host, gpu as usize).eq_ignore_ascii_case(uuid) {
                return Ok(Some(DeviceRef::Gpu(gpu)));
            }
            for (gi, ci) in there.devices() {
                if self.mig_uuid(gpu, gi, ci).eq_ignore_ascii_case(uuid) {
                    let (gi, ci) = (gi.id, ci.id);
                    return Ok(Some(DeviceRef::Mig { gpu, gi, ci }));
                }
            }
        }
        Ok(None)
    }

    /// `nvmlDeviceGetHandleByPciBusId_v2`: any spelling with domain, bus and device. INVALID_ARGUMENT: not an address;
    /// NOT_FOUND.
    pub fn by_pci(&self, address: &str) -> Result<u32> {
        let wanted = parse_pci(address);
        let found = wanted.and_then(|wanted| {
            (0..self.host.gpus.len())
                .find(|&i| parse_pci(&derive::pci(&self.host, i)) == Some(wanted))
        });
        self.enter("nvmlDeviceGetHandleByPciBusId_v2", found.map(|i| i as u32))?;
        match (wanted, found) {
            (None, _) => Err(Ret::INVALID_ARGUMENT),
            (_, None) => Err(Ret::NOT_FOUND),
            (_, Some(i)) => Ok(i as u32),
        }
    }

    /// `nvmlDeviceGetHandleBySerial`. NOT_FOUND.
    pub fn by_serial(&self, serial: &str) -> Result<u32> {
        let found = (0..self.host.gpus.len()).find(|&i| derive::serial(&self.host, i) == serial);
        self.enter("nvmlDeviceGetHandleBySerial", found.map(|i| i as u32))?;
        found.map(|i| i as u32).ok_or(Ret::NOT_FOUND)
    }

    /// `nvmlDeviceGetName`; of a MIG device the GPU's with `MIG 1g.5gb` behind it.
    pub fn name(&self, d: DeviceRef) -> Result<String> {
        self.enter("nvmlDeviceGetName", Some(d.gpu()))?;
        let state = self.state()?;
        Ok(match self.mig(&state, d)? {
            None => self.product(),
            Some((gi, ci)) => format!("{} MIG {}", self.product(), self.ci_name(gi, ci)),
        })
    }

    /// Product name. Drivers before R470 did not put NVIDIA in front.
    pub(crate) fn product(&self) -> String {
        if !self.host.product.is_empty() {
            return self.host.product.clone();
        }
        let name = self.board.product;
        if self.major < 470 {
            return name.strip_prefix("NVIDIA ").unwrap_or(name).to_owned();
        }
        name.to_owned()
    }

    /// `nvmlDeviceGetUUID`
    pub fn uuid(&self, d: DeviceRef) -> Result<String> {
        self.enter("nvmlDeviceGetUUID", Some(d.gpu()))?;
        let state = self.state()?;
        Ok(match self.mig(&state, d)? {
            None => derive::gpu_uuid(&self.host, d.gpu() as usize),
            Some((gi, ci)) => self.mig_uuid(d.gpu(), gi, ci),
        })
    }

    /// `nvmlDeviceGetIndex`; of a MIG device its index on the GPU.
    pub fn index(&self, d: DeviceRef) -> Result<u32> {
        self.enter("nvmlDeviceGetIndex", Some(d.gpu()))?;
        let state = self.state()?;
        let DeviceRef::Mig { gpu, gi, ci } = d else {
            return Ok(d.gpu());
        };
        of(&state, gpu)?
            .devices()
            .iter()
            .position(|(g, c)| (g.id, c.id) == (gi, ci))
            .map(|at| at as u32)
            .ok_or(Ret::INVALID_ARGUMENT)
    }

    /// `nvmlDeviceGetMinorNumber`
    pub fn minor(&self, gpu: u32) -> Result<u32> {
        self.enter("nvmlDeviceGetMinorNumber", Some(gpu))?;
        Ok(derive::minor(&self.host, gpu as usize))
    }

    /// `nvmlDeviceGetPciInfo_v3`
    pub fn pci(&self, gpu: u32) -> Result<Pci> {
        self.enter("nvmlDeviceGetPciInfo_v3", Some(gpu))?;
        let (domain, bus, device) =
            parse_pci(&derive::pci(&self.host, gpu as usize)).ok_or(Ret::UNKNOWN)?;
        Ok(Pci {
            domain,
            bus,
            device,
            device_id: self.board.pci_device_id,
            // NVIDIA's own boards carry NVIDIA's vendor id
            subsystem_id: 0x134F_10DE,
        })
    }

    /// `nvmlDeviceGetSerial`
    pub fn serial(&self, gpu: u32) -> Result<String> {
        self.enter("nvmlDeviceGetSerial", Some(gpu))?;
        Ok(derive::serial(&self.host, gpu as usize))
    }

    /// `nvmlDeviceGetArchitecture`: 7 Ampere, 9 Hopper, 10 Blackwell.
    pub fn architecture(&self, gpu: u32) -> Result<u32> {
        self.enter("nvmlDeviceGetArchitecture", Some(gpu))?;
        Ok(self.board.architecture as u32)
    }

    /// `nvmlDeviceGetCudaComputeCapability`
    pub fn compute_capability(&self, gpu: u32) -> Result<(i32, i32)> {
        self.enter("nvmlDeviceGetCudaComputeCapability", Some(gpu))?;
        Ok(self.board.compute_capability)
    }

    /// `nvmlDeviceGetBrand`: 14, NVIDIA.
    pub fn brand(&self, gpu: u32) -> Result<u32> {
        self.enter("nvmlDeviceGetBrand", Some(gpu))?;
        Ok(14)
    }

    /// The instances of a MIG handle; `None` for a GPU. INVALID_ARGUMENT: they are gone.
    pub(super) fn mig<'a>(
        &self,
        state: &'a State,
        d: DeviceRef,
    ) -> Result<Option<(&'a Gi, &'a Ci)>> {
        let DeviceRef::Mig { gpu, gi, ci } = d else {
            return Ok(None);
        };
        let gi = of(state, gpu)?.gi(gi).ok_or(Ret::INVALID_ARGUMENT)?;
        let ci = gi.ci(ci).ok_or(Ret::INVALID_ARGUMENT)?;
        Ok(Some((gi, ci)))
    }
}

/// Domain, bus and device of `0000:07:00.0`, `00000000:07:00.0` or `07:00.0`.
fn parse_pci(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.trim().split(':').rev();
    let device = parts.next()?;
    let device = device.split_once('.').map_or(device, |(device, _)| device);
    let bus = parts.next()?;
    let domain = parts.next().unwrap_or("0");
    if parts.next().is_some() {
        return None;
    }
    let hex = |text| u32::from_str_radix(text, 16).ok();
    Some((hex(domain)?, hex(bus)?, hex(device)?))
}
