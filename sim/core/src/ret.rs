//! NVML's return codes, as numbers (`nvmlReturn_t`, nvml.h).

/// What a call returns when it does not succeed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ret(pub u32);

/// Result of a simulated call.
pub type Result<T> = std::result::Result<T, Ret>;

#[allow(missing_docs)] // the names are NVML's own
impl Ret {
    pub const SUCCESS: Self = Self(0);
    pub const UNINITIALIZED: Self = Self(1);
    pub const INVALID_ARGUMENT: Self = Self(2);
    pub const NOT_SUPPORTED: Self = Self(3);
    pub const NO_PERMISSION: Self = Self(4);
    pub const NOT_FOUND: Self = Self(6);
    pub const INSUFFICIENT_SIZE: Self = Self(7);
    pub const DRIVER_NOT_LOADED: Self = Self(9);
    pub const TIMEOUT: Self = Self(10);
    pub const FUNCTION_NOT_FOUND: Self = Self(13);
    pub const GPU_IS_LOST: Self = Self(15);
    pub const RESET_REQUIRED: Self = Self(16);
    pub const LIB_RM_VERSION_MISMATCH: Self = Self(18);
    pub const IN_USE: Self = Self(19);
    pub const NO_DATA: Self = Self(21);
    pub const INSUFFICIENT_RESOURCES: Self = Self(23);
    pub const ARGUMENT_VERSION_MISMATCH: Self = Self(25);
    pub const GPU_NOT_FOUND: Self = Self(28);
    pub const UNKNOWN: Self = Self(999);
}

impl std::fmt::Display for Ret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NVML return code {}", self.0)
    }
}

impl std::error::Error for Ret {}
