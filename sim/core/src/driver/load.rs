//! Load curves: functions of time and of a name, the same in every process.

use std::f64::consts::TAU;
use std::time::Duration;

use crate::scenario::model::Process;

/// A load that swings around its mean in two waves, now and then away altogether.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Curve {
    mean: f64,
    waves: [Wave; 2],
    /// Seconds present and absent.
    cycle: Option<(f64, f64)>,
    /// Seconds after the epoch when it begins.
    begun: f64,
}

#[derive(Clone, Copy, PartialEq, Debug)]
struct Wave {
    height: f64,
    /// Radians a second.
    speed: f64,
    phase: f64,
}

impl Curve {
    /// A load in per cent around `mean`; never below 0 or above 100.
    pub(super) fn load(mean: f64, seed: u64) -> Self {
        let mean = mean.clamp(0.0, 100.0);
        let swing = (0.3 * mean).min(0.8 * (100.0 - mean));
        Self {
            mean,
            waves: waves(swing, seed),
            cycle: None,
            begun: 0.0,
        }
    }

    /// SM activity of a process.
    pub(super) fn of_process(process: &Process) -> Self {
        let mut curve = Self::load(process.load, seed(process, "load"));
        if let [on, off, ..] = process.cycle_seconds[..]
            && on + off > 0
        {
            curve.cycle = Some((on as f64, off as f64));
        }
        curve.begun = process.starts_at;
        curve
    }

    /// Memory of a process as a share of its memory at rest, 0.98 to 1.02; of one that does nothing always 1.
    pub(super) fn memory(process: &Process) -> Self {
        let swing = if process.load > 0.0 { 0.02 } else { 0.0 };
        Self {
            mean: 1.0,
            waves: waves(swing, seed(process, "memory")),
            cycle: None,
            begun: 0.0,
        }
    }

    /// Highest value that it can reach.
    pub(super) fn peak(&self) -> f64 {
        self.mean + self.waves.iter().map(|wave| wave.height).sum::<f64>()
    }

    /// Whether it is there. Cycles begin with their present part.
    pub(super) fn present(&self, time: Duration) -> bool {
        let time = time.as_secs_f64();
        self.begun <= time
            && self
                .cycle
                .is_none_or(|(on, off)| time.rem_euclid(on + off) < on)
    }

    /// Its value; 0 while it is away.
    pub(super) fn at(&self, time: Duration) -> f64 {
        if !self.present(time) {
            return 0.0;
        }
        let t = time.as_secs_f64();
        self.mean
            + self
                .waves
                .iter()
                .map(|w| w.height * (w.speed * t + w.phase).sin())
                .sum::<f64>()
    }

    /// Its integral from the epoch until `time`, in units times seconds. One that comes and goes was there from the epoch on.
    pub(super) fn until(&self, time: Duration) -> f64 {
        let t = time.as_secs_f64();
        let Some((on, off)) = self.cycle else {
            return self.between(self.begun.min(t), t);
        };
        let period = on + off;
        let whole = (t / period).floor();
        let mut sum = 0.0;
        let mut n = 0.0;
        while n < whole {
            sum += self.between(n * period, n * period + on);
            n += 1.0;
        }
        let start = whole * period;
        sum + self.between(start, t.min(start + on))
    }

    fn between(&self, a: f64, b: f64) -> f64 {
        let wave = |w: &Wave, t: f64| -(w.height / w.speed) * (w.speed * t + w.phase).cos();
        self.mean * (b - a)
            + self
                .waves
                .iter()
                .map(|w| wave(w, b) - wave(w, a))
                .sum::<f64>()
    }
}

/// How a process uses what it keeps busy: factors on its SM activity.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Manner {
    pub(super) occupancy: f64,
    pub(super) tensor: f64,
    pub(super) dram: f64,
}

impl Manner {
    /// Resident warps of 30 to 60 per cent, tensor cores busy 10 to 60, memory 20 to 70, of the time that SMs are.
    pub(super) fn of(process: &Process) -> Self {
        let part = |name: &str| share(seed(process, name));
        Self {
            occupancy: 0.3 + 0.3 * part("occupancy"),
            tensor: 0.1 + 0.5 * part("tensor"),
            dram: 0.2 + 0.5 * part("dram"),
        }
    }
}

/// A slow wave of 40 to 90 seconds and a quick one of 5 to 13.
fn waves(swing: f64, seed: u64) -> [Wave; 2] {
    let part = |n: u64| share(hash(seed, &n.to_le_bytes()));
    [
        Wave {
            height: 0.65 * swing,
            speed: TAU / (40.0 + 50.0 * part(1)),
            phase: TAU * part(2),
        },
        Wave {
            height: 0.35 * swing,
            speed: TAU / (5.0 + 8.0 * part(3)),
            phase: TAU * part(4),
        },
    ]
}

fn seed(process: &Process, what: &str) -> u64 {
    let mut seed = hash(u64::from(process.pid), what.as_bytes());
    for argument in &process.argv {
        seed = hash(seed, argument.as_bytes());
    }
    seed
}

/// FNV-1a, with its bits mixed at the end: not for security, only for variety.
pub(super) fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let mut value = 0xcbf2_9ce4_8422_2325 ^ seed;
    for &byte in bytes {
        value = (value ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    value = (value ^ value >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    value ^ value >> 33
}

fn share(seed: u64) -> f64 {
    (seed >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(load: f64, cycle: &[u64]) -> Process {
        Process {
            pid: 4711,
            argv: vec!["python".into(), "train.py".into()],
            load,
            cycle_seconds: cycle.to_vec(),
            ..Process::default()
        }
    }

    #[test]
    fn loads_stay_within_their_range_and_move() {
        for mean in [0.0, 1.0, 50.0, 97.0, 100.0] {
            let curve = Curve::of_process(&process(mean, &[]));
            let values: Vec<f64> = (0..600)
                .map(|n| curve.at(Duration::from_millis(n * 250)))
                .collect();
            assert!(values.iter().all(|v| (0.0..=100.0).contains(v)), "{mean}");
            assert!(values.iter().all(|v| *v <= curve.peak() + 1e-9), "{mean}");
            let moved = values.iter().any(|v| (v - values[0]).abs() > 0.1);
            assert_eq!(moved, mean > 0.0 && mean < 100.0, "{mean}");
        }
    }

    #[test]
    fn the_integral_is_that_of_the_values() {
        for cycle in [&[][..], &[20, 7][..]] {
            let curve = Curve::of_process(&process(60.0, cycle));
            let step = 0.01;
            let (mut sum, mut t) = (0.0, 0.0);
            for second in 1..=100u64 {
                while t < second as f64 - step / 2.0 {
                    sum += curve.at(Duration::from_secs_f64(t + step / 2.0)) * step;
                    t += step;
                }
                let exact = curve.until(Duration::from_secs(second));
                assert!(
                    (sum - exact).abs() < 1.0,
                    "{cycle:?} {second}: {sum} {exact}"
                );
            }
        }
    }

    #[test]
    fn cycles_come_and_go() {
        let curve = Curve::of_process(&process(60.0, &[10, 5]));
        let there = |t| curve.present(Duration::from_secs(t));
        assert!(there(0) && there(9) && !there(10) && !there(14) && there(15));
        assert_eq!(curve.at(Duration::from_secs(12)), 0.0);
    }
}
