//! Names of things, each with its own type. An index is never an identity.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::text::Text;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Text);

        impl $name {
            /// Takes the name as it was read, sanitised.
            pub fn new(raw: &str) -> Self {
                Self(Text::new(raw))
            }

            /// The name.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

text_id!(
    /// A physical GPU, `GPU-<uuid>` (`nvmlDeviceGetUUID`).
    GpuUuid
);
text_id!(
    /// A MIG device, `MIG-<uuid>` or, before driver R470, `MIG-GPU-<uuid>/<gi>/<ci>`.
    ///
    /// An alias of (GPU, GI, CI): it may come back on another profile after the instance is re-created.
    MigUuid
);
text_id!(
    /// One boot of one host: `/proc/sys/kernel/random/boot_id`, equal to a node's `status.nodeInfo.bootID`.
    BootId
);
text_id!(
    /// The UID of a Kubernetes object.
    ObjectUid
);
text_id!(
    /// A container id without its runtime prefix (64 hexadecimal digits).
    ContainerId
);

number_id!(
    /// Position of a GPU in NVML's enumeration (PCI order). For people and for `nvidia-smi -i`; never an identity.
    GpuIndex
);
number_id!(
    /// A GPU instance, unique within its GPU.
    GiId
);
number_id!(
    /// A compute instance, unique within its GPU instance.
    CiId
);
number_id!(
    /// A process on the host, in the host's PID namespace.
    Pid
);
number_id!(
    /// The board's own profile number (19, 14, 9, 5, 0 ..; `nvmlGpuInstanceProfileInfo_t.id`), not the enum.
    ProfileId
);
number_id!(
    /// One stream of observations, as this process numbers them. For telling streams apart, never for naming hosts.
    StreamId
);

number_id!(
    /// One exporter that is read, as this process numbers them.
    ExporterId
);

impl GpuUuid {
    /// The last eight characters, which is how people tell two cards apart.
    pub fn tail(&self) -> &str {
        let s = self.as_str();
        s.char_indices().rev().nth(7).map_or(s, |(at, _)| &s[at..])
    }
}

/// A GPU instance of one GPU.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct GiKey {
    /// The GPU.
    pub gpu: GpuUuid,
    /// The instance on it.
    pub gi: GiId,
}

/// A compute instance of one GPU.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct CiKey {
    /// The GPU.
    pub gpu: GpuUuid,
    /// The GPU instance on it.
    pub gi: GiId,
    /// The compute instance in that.
    pub ci: CiId,
}

/// A PCI address. NVML, the kernel log and sysfs spell it differently; here it is one value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PciAddress {
    /// PCI domain (can exceed 16 bits).
    pub domain: u32,
    /// Bus number.
    pub bus: u8,
    /// Device number.
    pub device: u8,
    /// Function number; the kernel's Xid lines leave it out and mean 0.
    pub function: u8,
}

/// Text that is no PCI address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no PCI address (expected domain:bus:device[.function] in hexadecimal)")]
pub struct BadPciAddress(Text);

impl FromStr for PciAddress {
    type Err = BadPciAddress;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let bad = || BadPciAddress(Text::new(s));
        let body = s.strip_prefix("PCI:").unwrap_or(s);
        let (body, function) = match body.split_once('.') {
            Some((body, f)) => (body, u8::from_str_radix(f, 16).map_err(|_| bad())?),
            None => (body, 0),
        };
        let mut parts = body.split(':');
        let (Some(domain), Some(bus), Some(device), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(bad());
        };
        Ok(Self {
            domain: u32::from_str_radix(domain, 16).map_err(|_| bad())?,
            bus: u8::from_str_radix(bus, 16).map_err(|_| bad())?,
            device: u8::from_str_radix(device, 16).map_err(|_| bad())?,
            function,
        })
    }
}

impl fmt::Display for PciAddress {
    /// As in sysfs: `0000:4e:00.0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:04x}:{:02x}:{:02x}.{:x}",
            self.domain, self.bus, self.device, self.function
        )
    }
}

impl Serialize for PciAddress {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PciAddress {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = String::deserialize(deserializer)?;
        raw.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_pci_address_is_one_value() {
        let one: PciAddress = "00000000:4E:00.0".parse().unwrap();
        for other in ["0000:4e:00", "0000:4e:00.0", "PCI:0000:4e:00"] {
            assert_eq!(other.parse::<PciAddress>().unwrap(), one, "{other}");
        }
        assert_eq!(one.to_string(), "0000:4e:00.0");
        assert!("4e:00".parse::<PciAddress>().is_err());
    }

    #[test]
    fn a_short_uuid_has_a_tail_too() {
        assert_eq!(
            GpuUuid::new("GPU-08279800-1cbe-a71d-f3e6-8f67e15ae54a").tail(),
            "e15ae54a"
        );
        assert_eq!(GpuUuid::new("x").tail(), "x");
    }
}
