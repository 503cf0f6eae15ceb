//! The one way in which a function becomes a symbol of the library.

/// Exports functions under their C names.
///
/// ```text
/// exports! {
///     /// What it does.
///     fn nvmlDeviceGetIndex(device: Device, index: Out<c_uint>) = |nvml| index.set(nvml.index(device.find(nvml)?)?);
/// }
/// ```
///
/// Each body runs inside [`session::call`](crate::session::call): after `nvmlInit`, only if the simulated driver's
/// version has the function, and with panics turned into `NVML_ERROR_UNKNOWN`. The parameter types are transparent
/// wrappers of C pointers (see [`memory`](crate::memory)) that only a caller in C can make.
///
/// With `=>` in the place of `=` the expression is the return code itself: for what makes calls possible, or ends it.
macro_rules! exports {
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident: $type:ty),* $(,)?) => $code:expr;)+) => {$(
        $(#[$doc])*
        // SAFETY (of the attribute): as below.
        #[allow(non_snake_case, unsafe_code)]
        #[unsafe(no_mangle)]
        pub extern "C" fn $name($($argument: $type),*) -> ::nvml_wrapper_sys::bindings::nvmlReturn_t {
            $code
        }
    )+};
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident: $type:ty),* $(,)?) = $body:expr;)+) => {$(
        $(#[$doc])*
        // SAFETY (of the attribute): the names are NVML's own, prefixed `nvml`; nothing else in a process that loads
        // this library in NVML's place defines them.
        #[allow(non_snake_case, unsafe_code)]
        #[unsafe(no_mangle)]
        pub extern "C" fn $name($($argument: $type),*) -> ::nvml_wrapper_sys::bindings::nvmlReturn_t {
            $crate::session::call(stringify!($name), $body)
        }
    )+};
}
