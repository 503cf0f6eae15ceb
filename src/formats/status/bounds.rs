//! Numbers of a document that a page follows slice by slice: one that no GPU has would cost time and memory without end.

use crate::domain::placement::{MOST_SLICES, Placement};

use super::{Gpu, Instance, Status};

impl Status {
    /// Whether every axis and placement can be one of a GPU. A document that migdeck wrote always passes.
    ///
    /// # Errors
    /// A sentence that names the first number which cannot.
    pub fn check_bounds(&self) -> Result<(), String> {
        for (n, node) in self.nodes.iter().enumerate() {
            for (g, gpu) in node.gpus.iter().enumerate() {
                of_gpu(gpu).map_err(|what| format!("nodes[{n}].gpus[{g}].{what}"))?;
            }
        }
        Ok(())
    }
}

fn of_gpu(gpu: &Gpu) -> Result<(), String> {
    if let Some(axis) = gpu.axis {
        slices("axis", 1, axis)?;
    }
    for (i, instance) in gpu.instances.iter().flatten().enumerate() {
        of_instance(instance).map_err(|what| format!("instances[{i}].{what}"))?;
    }
    for (f, free) in gpu.free.iter().flatten().enumerate() {
        for (s, start) in free.starts.iter().enumerate() {
            stretch(Some(*start), Some(free.size), &format!("starts[{s}]"))
                .map_err(|what| format!("free[{f}].{what}"))?;
        }
    }
    Ok(())
}

fn of_instance(instance: &Instance) -> Result<(), String> {
    stretch(instance.start, instance.size, "start")?;
    for (c, ci) in instance.compute_instances.iter().enumerate() {
        stretch(ci.start, ci.size, "start")
            .map_err(|what| format!("compute_instances[{c}].{what}"))?;
    }
    Ok(())
}

fn stretch(start: Option<u32>, size: Option<u32>, start_key: &str) -> Result<(), String> {
    if let Some(start) = start {
        slices(start_key, 0, start)?;
    }
    if let Some(size) = size {
        slices("size", 1, size)?;
    }
    match (start, size) {
        (Some(start), Some(size)) if !(Placement { start, size }).is_plausible() => Err(format!(
            "{start_key} is {start} for {size} slices, past the {MOST_SLICES} that any axis has at most"
        )),
        _ => Ok(()),
    }
}

fn slices(key: &str, least: u32, value: u32) -> Result<(), String> {
    if (least..=MOST_SLICES).contains(&value) {
        return Ok(());
    }
    Err(format!(
        "{key} is {value}, and memory slices are counted from {least} to {MOST_SLICES}"
    ))
}
