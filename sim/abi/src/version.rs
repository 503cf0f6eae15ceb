//! The `version` word that callers put first into versioned structs.

use std::ffi::c_uint;
use std::mem::size_of;

use nvml_sim::ret::{Result, Ret};

use crate::memory::InOut;

/// `NVML_STRUCT_VERSION`: size of the struct and number of the version.
pub(crate) const fn word<T>(version: c_uint) -> c_uint {
    size_of::<T>() as c_uint | version << 24
}

/// The version word of a struct, read before anything is known of the rest. INVALID_ARGUMENT for null.
pub(crate) fn of<T: Copy>(argument: InOut<T>) -> Result<c_uint> {
    argument.cast::<c_uint>().get()
}

/// Checks the version word of a struct that has one version; `mismatch` is what the header documents for a wrong one.
pub(crate) fn demand<T: Copy>(argument: InOut<T>, expected: c_uint, mismatch: Ret) -> Result<()> {
    if of(argument)? == expected {
        Ok(())
    } else {
        Err(mismatch)
    }
}
