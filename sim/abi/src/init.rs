//! Initialisation and shutdown. They are counted: the last shutdown invalidates all handles.

use std::ffi::c_uint;

use nvml_wrapper_sys::bindings::nvmlReturn_t;

use nvml_sim::ret::Ret;

use crate::session;

/// `NVML_INIT_FLAG_NO_GPUS`, `_NO_ATTACH` and `_FORCE_INIT`: without meaning for simulated GPUs, which need no
/// attaching.
const KNOWN_FLAGS: c_uint = 0b111;

// These do not go through `exports!`: they are what makes calls possible, or ends it.

/// Initialises the library (the form of drivers before NVML 5).
#[allow(non_snake_case, unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn nvmlInit() -> nvmlReturn_t {
    session::start()
}

/// Initialises the library.
#[allow(non_snake_case, unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn nvmlInit_v2() -> nvmlReturn_t {
    session::start()
}

/// Initialises the library with flags; INVALID_ARGUMENT for a flag that header 13.2 does not know.
#[allow(non_snake_case, unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn nvmlInitWithFlags(flags: c_uint) -> nvmlReturn_t {
    if flags & !KNOWN_FLAGS != 0 {
        return Ret::INVALID_ARGUMENT.0;
    }
    session::start()
}

/// Takes one initialisation back; UNINITIALIZED if there is none.
#[allow(non_snake_case, unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn nvmlShutdown() -> nvmlReturn_t {
    session::end()
}
