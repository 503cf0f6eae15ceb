//! Versions, and names of processes.

use std::ffi::{c_int, c_uint};

use crate::memory::{Out, TextOut};

exports! {
    /// Version of the kernel driver.
    fn nvmlSystemGetDriverVersion(version: TextOut, length: c_uint) =
        |nvml| version.set(length, &nvml.driver_version()?);

    /// Version of the library.
    fn nvmlSystemGetNVMLVersion(version: TextOut, length: c_uint) =
        |nvml| version.set(length, &nvml.nvml_version()?);

    /// CUDA version of the driver: 12020 for 12.2.
    fn nvmlSystemGetCudaDriverVersion(version: Out<c_int>) = |nvml| version.set(nvml.cuda_version()?);

    /// CUDA version of the driver: 12020 for 12.2. The older form differs only where the CUDA library is missing.
    fn nvmlSystemGetCudaDriverVersion_v2(version: Out<c_int>) = |nvml| version.set(nvml.cuda_version()?);

    /// Name of a process as the simulated host has it; cut to the buffer, as the header says.
    fn nvmlSystemGetProcessName(pid: c_uint, name: TextOut, length: c_uint) = |nvml| {
        let text = nvml.process_name(pid)?;
        name.set(length, cut(&text, length))
    };
}

/// As much of `text` as fits with its terminator.
fn cut(text: &str, length: c_uint) -> &str {
    let room = (length as usize).saturating_sub(1).min(text.len());
    let end = (0..=room)
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0);
    &text[..end]
}
