//! Faults: codes, latency and hangs, from the scenario and injected.

use std::time::Duration;

use super::{Driver, LOOK, hold};
use crate::ret::{Result, Ret};
use crate::scenario::model::Fault;
use crate::state::State;

/// A fault's name in this process: the n-th of the scenario, or the injected one of a serial.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Key {
    Scenario(usize),
    Injected(u64),
}

impl Driver {
    /// What the faults in force do to a call: first all latencies, then hangs, then the first code.
    pub(super) fn suffer(&self, symbol: &str, gpu: Option<u32>) -> Result<()> {
        let mut code = None;
        let mut latency = Duration::ZERO;
        let mut hangs = Vec::new();
        {
            let state = self.state()?;
            for (key, fault) in self.in_force(&state) {
                if !concerns(fault, symbol, gpu) || !self.is_this_call(key, fault) {
                    continue;
                }
                latency += Duration::from_millis(fault.latency_ms);
                if fault.hang {
                    hangs.push(key);
                }
                code = code.or(fault.code);
            }
        }
        if !latency.is_zero() {
            std::thread::sleep(latency);
        }
        while !hangs.is_empty() {
            std::thread::sleep(LOOK);
            let state = self.state()?;
            let now: Vec<Key> = self.in_force(&state).map(|(key, _)| key).collect();
            hangs.retain(|key| now.contains(key));
        }
        match code {
            None | Some(0) => Ok(()),
            Some(code) => Err(Ret(code)),
        }
    }

    /// How often destroying a GPU instance answers IN_USE once its last compute instance is gone.
    pub(super) fn stickiness(&self, state: &State, gpu: u32) -> u32 {
        self.in_force(state)
            .filter(|(_, fault)| fault.gpu.is_none_or(|only| only == gpu))
            .filter_map(|(_, fault)| fault.sticky_destroy)
            .max()
            .unwrap_or(0)
    }

    /// The faults whose time it is.
    fn in_force<'a>(&'a self, state: &'a State) -> impl Iterator<Item = (Key, &'a Fault)> {
        let now = self.now().as_secs_f64();
        let own = self
            .host
            .faults
            .iter()
            .enumerate()
            .filter(|_| state.scenario_faults)
            .map(|(n, fault)| (Key::Scenario(n), fault, 0.0));
        let injected = state.injected.iter().map(|injected| {
            let at = injected.at_ms as f64 / 1000.0;
            (Key::Injected(injected.serial), &injected.fault, at)
        });
        own.chain(injected).filter_map(move |(key, fault, at)| {
            let age = now - at - fault.after_seconds;
            let over = fault.for_seconds.is_some_and(|length| age >= length);
            // rounding to milliseconds may put an injected fault a little into the future
            (age > -0.001 && !over).then_some((key, fault))
        })
    }

    fn is_this_call(&self, key: Key, fault: &Fault) -> bool {
        let Some(wanted) = fault.call else {
            return true;
        };
        let mut met = hold(&self.met);
        let count = met.entry(key).or_default();
        *count += 1;
        *count == wanted
    }
}

/// Whether a fault is about this function and GPU.
fn concerns(fault: &Fault, symbol: &str, gpu: Option<u32>) -> bool {
    names(&fault.function, symbol) && fault.gpu.is_none_or(|only| Some(only) == gpu)
}

/// Whether a fault's `function` is about a symbol: by name without version, or by beginning with `*`.
pub(crate) fn names(function: &str, symbol: &str) -> bool {
    let base = without_version(symbol);
    match function.strip_suffix('*') {
        Some(beginning) => base.starts_with(beginning),
        None => base == without_version(function),
    }
}

/// `nvmlInit_v2` is `nvmlInit`.
pub(super) fn without_version(symbol: &str) -> &str {
    match symbol.rsplit_once("_v") {
        Some((base, digits))
            if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) =>
        {
            base
        }
        _ => symbol,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_match_without_version_and_by_beginning() {
        let fault = |function: &str, gpu| Fault {
            function: function.into(),
            gpu,
            ..Fault::default()
        };
        assert!(concerns(&fault("nvmlInit", None), "nvmlInit_v2", None));
        assert!(concerns(
            &fault("nvmlDeviceGet*", None),
            "nvmlDeviceGetCount_v2",
            None
        ));
        assert!(!concerns(
            &fault("nvmlDeviceGetMemoryInfo", None),
            "nvmlDeviceGetBAR1MemoryInfo",
            Some(0)
        ));
        assert!(concerns(&fault("*", Some(5)), "nvmlDeviceGetName", Some(5)));
        assert!(!concerns(
            &fault("*", Some(5)),
            "nvmlDeviceGetName",
            Some(4)
        ));
        assert!(!concerns(
            &fault("*", Some(5)),
            "nvmlDeviceGetCount_v2",
            None
        ));
        assert!(!concerns(&fault("", None), "nvmlInit_v2", None));
    }
}
