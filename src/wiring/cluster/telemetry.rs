//! What is wanted of the telemetry of a cluster.

use crate::sources::kube::Service;

/// What is to be read through the API server beside the watches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Telemetry {
    /// dcgm-exporter in its pods.
    pub exporters: bool,
    /// Prometheus behind its service.
    pub prometheus: Wanted,
}

/// Whether Prometheus is looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// Where exporters are many, or may not be asked themselves.
    Auto,
    /// Never.
    Off,
    /// This one, in place of exporters.
    Service(Service),
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            exporters: true,
            prometheus: Wanted::Auto,
        }
    }
}

impl Telemetry {
    /// Nothing.
    pub const OFF: Self = Self {
        exporters: false,
        prometheus: Wanted::Off,
    };
}
