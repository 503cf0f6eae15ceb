//! What the first user's hosts are, typed in from their talk and from NVIDIA's MIG guide, not from the scenario.

/// MIG devices of the mixed host, GPU by GPU: profile names in NVML's order.
pub const MIX: [(&str, &[&str]); 8] = [
    ("GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77", &["1g.5gb"; 7]),
    ("GPU-0aa11ebd-627f-af3f-1a0d-4e1fd92fd7b0", &["2g.10gb"; 3]),
    ("GPU-08279800-1cbe-a71d-f3e6-8f67e15ae54a", &["3g.20gb"; 2]),
    ("GPU-71086aca-c858-d1e0-aae1-275bed1008b9", &["7g.40gb"]),
    (
        "GPU-74fa9fb7-ccf6-8234-e597-7af8ace9a8f5",
        &["1c.3g.20gb"; 6],
    ),
    ("GPU-3301e6dd-d38f-0eb5-4665-6c9659f320ff", &["4g.20gb"]),
    (
        "GPU-bb40ed7d-cbbb-d92c-50ac-24803cda52c5",
        &["1c.7g.40gb", "2c.7g.40gb", "3c.7g.40gb"],
    ),
    (
        "GPU-95fac899-e21a-0e44-b0fc-e4e3bf106feb",
        &["4g.20gb", "2g.10gb", "1g.5gb"],
    ),
];

/// UUIDs of MIG devices that the listing gives.
pub const MIG_UUIDS: [&str; 10] = [
    "MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f",
    "MIG-cba663e8-9bed-5b25-b243-5985ef7c9beb",
    "MIG-1e099852-3624-56c0-8064-c5db1211e44f",
    "MIG-8243111b-d4c4-587a-a96d-da04583b36e2",
    "MIG-169f1837-b996-59aa-9ed5-b0a3f99e88a6",
    "MIG-d5d0152c-e3f0-552c-abee-ebc0195e9f1d",
    "MIG-7df6b45c-a92d-5e09-8540-a6b389968c31",
    "MIG-0c757cd7-e942-5726-a0b8-0e8fb7067135",
    "MIG-703fb6ed-3fa0-5e48-8e65-1c5bdcfe2202",
    "MIG-532453fc-0faa-5c3c-9709-a3fc2e76083d",
];

/// Layouts of the development server.
pub const DEV: [(&str, usize); 8] = [
    ("1g.5gb", 7),
    ("1g.5gb", 7),
    ("2g.10gb", 3),
    ("2g.10gb", 3),
    ("3g.20gb", 2),
    ("3g.20gb", 2),
    ("7g.40gb", 1),
    ("7g.40gb", 1),
];

/// Labels of the production server that do not depend on the driver's version.
pub const PROD_LABELS: [(&str, &str); 18] = [
    ("nvidia.com/gpu", "true"),
    ("nvidia.com/gpu.compute.major", "8"),
    ("nvidia.com/gpu.compute.minor", "0"),
    ("nvidia.com/gpu.count", "16"),
    ("nvidia.com/gpu.engines.copy", "3"),
    ("nvidia.com/gpu.engines.decoder", "2"),
    ("nvidia.com/gpu.engines.encoder", "0"),
    ("nvidia.com/gpu.engines.jpeg", "0"),
    ("nvidia.com/gpu.engines.ofa", "0"),
    ("nvidia.com/gpu.family", "ampere"),
    ("nvidia.com/gpu.machine", "DGXA100-920-23687-2530-000"),
    ("nvidia.com/gpu.multiprocessors", "42"),
    ("nvidia.com/gpu.product", "A100-SXM4-40GB-MIG-3g.20gb"),
    ("nvidia.com/gpu.slices.ci", "3"),
    ("nvidia.com/gpu.slices.gi", "3"),
    ("nvidia.com/mig.strategy", "single"),
    ("nvidia.com/cuda.driver.major", "535"),
    ("nvidia.com/cuda.driver.minor", "161"),
];
