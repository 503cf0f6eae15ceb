//! Initialisation and shutdown. They are counted: the last shutdown invalidates all handles.

use std::ffi::c_uint;

use nvml_sim::ret::Ret;

use crate::session;

/// `NVML_INIT_FLAG_NO_GPUS`, `_NO_ATTACH` and `_FORCE_INIT`: without meaning for simulated GPUs, which need no
/// attaching.
const KNOWN_FLAGS: c_uint = 0b111;

exports! {
    /// Initialises the library (the form of drivers before NVML 5).
    fn nvmlInit() => session::start();

    /// Initialises the library.
    fn nvmlInit_v2() => session::start();

    /// Initialises the library with flags; INVALID_ARGUMENT for a flag that header 13.2 does not know.
    fn nvmlInitWithFlags(flags: c_uint) => if flags & !KNOWN_FLAGS == 0 {
        session::start()
    } else {
        Ret::INVALID_ARGUMENT.0
    };

    /// Takes one initialisation back; UNINITIALIZED if there is none.
    fn nvmlShutdown() => session::end();
}
