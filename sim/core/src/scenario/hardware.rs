//! Whether a host of a scenario could exist: its board, its driver, what the board has room for, and the functions that
//! its faults name.

use std::collections::BTreeMap;

use super::check::Wrong;
use super::derive;
use super::model::{Fault, Gpu, Host};
use crate::driver;
use crate::rules::ids;
use crate::tables::{self, Board};

/// First impossibility, by field.
pub(super) fn check(host: &Host) -> Result<(), Wrong> {
    let board = tables::board(&host.board).ok_or_else(|| {
        let known: Vec<&str> = tables::boards().map(|b| b.short).collect();
        let what = format!("no board '{}'; known are {}", host.board, known.join(", "));
        ("board".to_owned(), what)
    })?;
    let major = version("driver", &host.driver)?;
    version("cuda", &host.cuda)?;
    let mut room = BTreeMap::new();
    for (i, gpu) in host.gpus.iter().enumerate() {
        check_load(&format!("gpus[{i}].load"), gpu.load)?;
        let mirrored = ids::mirrored(board, &derive::gpu_uuid(host, i));
        let gis = driver::layout(board, major, mirrored, &gpu.instances).map_err(|(n, why)| {
            (
                format!("gpus[{i}].instances[{n}]"),
                format!("'{}': {why}", gpu.instances[n]),
            )
        })?;
        for gi in gis {
            let mib = board
                .profile(gi.profile)
                .map_or(0, |row| tables::instance_mib(board, row, gi.start, major));
            room.insert((i as u32, Some(gi.start)), mib);
        }
        room.insert((i as u32, None), whole_mib(board));
    }
    check_work(host, &mut room)?;
    for (i, gpu) in (0..).zip(&host.gpus) {
        check_worked_on(host, i, gpu)?;
    }
    for (n, line) in host.kernel_log.iter().enumerate() {
        if !line.at.is_finite() {
            return Err((
                format!("kernel_log[{n}].at"),
                format!("{} is no time", line.at),
            ));
        }
    }
    host.faults
        .iter()
        .enumerate()
        .try_for_each(|(n, fault)| check_fault(n, fault))
}

/// What processes can have of a GPU without MIG, in MiB.
fn whole_mib(board: &Board) -> u64 {
    board.memory_mib - driver::reserved_mib(board)
}

/// The first number of a version such as `535.161.08`.
fn version(field: &str, text: &str) -> Result<u32, Wrong> {
    let numbers: Option<Vec<u32>> = text.split('.').map(|part| part.parse().ok()).collect();
    numbers
        .and_then(|numbers| numbers.first().copied())
        .ok_or_else(|| {
            let what = format!("'{text}' is no version, as 535.161.08 is");
            (field.to_owned(), what)
        })
}

fn check_load(field: &str, load: f64) -> Result<(), Wrong> {
    if (0.0..=100.0).contains(&load) {
        Ok(())
    } else {
        Err((field.to_owned(), format!("{load} is not in 0..100")))
    }
}

/// Loads of processes, and memory of all that work on one instance or on a GPU without MIG.
fn check_work(host: &Host, room: &mut BTreeMap<(u32, Option<u32>), u64>) -> Result<(), Wrong> {
    for (n, process) in host.processes.iter().enumerate() {
        let field = |name: &str| format!("processes[{n}] (pid {}).{name}", process.pid);
        check_load(&field("load"), process.load)?;
        let Some(gpu) = process.gpu else { continue };
        let Some(left) = room.get_mut(&(gpu, process.at)) else {
            continue;
        };
        *left = left.checked_sub(process.memory_mib).ok_or_else(|| {
            let at = process
                .at
                .map_or(String::new(), |at| format!(", instance at {at}"));
            let what = format!(
                "{} MiB where GPU {gpu}{at} has {left} MiB left",
                process.memory_mib
            );
            (field("memory_mib"), what)
        })?;
    }
    Ok(())
}

/// A GPU is busy with somebody's work.
fn check_worked_on(host: &Host, i: u32, gpu: &Gpu) -> Result<(), Wrong> {
    let works = host.processes.iter().any(|p| p.gpu == Some(i));
    if gpu.load > 0.0 && !works {
        let what = format!("{} without a process that works on GPU {i}", gpu.load);
        return Err((format!("gpus[{i}].load"), what));
    }
    Ok(())
}

fn check_fault(n: usize, fault: &Fault) -> Result<(), Wrong> {
    let known = driver::exported().any(|symbol| driver::names(&fault.function, symbol));
    if !known {
        let what = match fault.function.strip_suffix('*') {
            Some(beginning) => format!("no function of the library begins with '{beginning}'"),
            None => format!("the library has no function '{}'", fault.function),
        };
        return Err((format!("faults[{n}].function"), what));
    }
    for (name, seconds) in [
        ("after_seconds", Some(fault.after_seconds)),
        ("for_seconds", fault.for_seconds),
    ] {
        if let Some(seconds) = seconds.filter(|s| !(s.is_finite() && *s >= 0.0)) {
            let what = format!("{seconds} is not a number of seconds");
            return Err((format!("faults[{n}].{name}"), what));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::scenario::Scenario;

    /// An A100 40 GB with what is given beside its board and driver.
    fn why(board: &str, driver: &str, rest: &str) -> Option<String> {
        let text = format!(
            "name = 'x'\n[[hosts]]\nname = 'h'\nboard = '{board}'\ndriver = '{driver}'\ncuda = '12.2'\n{rest}"
        );
        Scenario::parse(&text).err().map(|e| e.to_string())
    }

    #[track_caller]
    fn refused(rest: &str, words: &[&str]) {
        let why = why("a100-40", "535.161.08", rest).expect("refused");
        for word in words.iter().chain(&["host 'h'"]) {
            assert!(why.contains(word), "'{word}' is missing in: {why}");
        }
    }

    #[test]
    fn boards_and_versions_exist() {
        let board = why("zzz", "535.161.08", "gpus = []").unwrap();
        assert!(
            board.contains("board: no board 'zzz'") && board.contains("a100-40"),
            "{board}"
        );
        let driver = why("a100-40", "abc", "gpus = []").unwrap();
        assert!(driver.contains("driver: 'abc' is no version"), "{driver}");
        assert_eq!(why("a100-40", "535.161.08", "gpus = [{}]"), None);
    }

    #[test]
    fn layouts_are_ones_that_the_board_takes() {
        let layout = |list: &str| format!("gpus = [{{}}, {{ mig = true, instances = {list} }}]");
        refused(
            &layout("['9@1']"),
            &["gpus[1].instances[0]", "no placement at 1"],
        );
        refused(
            &layout("['9@0', '9@0']"),
            &["gpus[1].instances[1]", "taken"],
        );
        refused(
            &layout("['999@0']"),
            &["gpus[1].instances[0]", "no profile 999"],
        );
        refused(
            &layout("['9@0[0,0,0,0]']"),
            &["gpus[1].instances[0]", "no room"],
        );
    }

    #[test]
    fn loads_are_shares_of_somebodys_work() {
        let process = |load: &str| {
            format!("gpus = [{{}}]\nprocesses = [{{ pid = 7, gpu = 0, load = {load} }}]")
        };
        for load in ["nan", "-1.0", "100.5", "inf"] {
            refused(&process(load), &["processes[0] (pid 7).load", "0..100"]);
            refused(
                &format!("gpus = [{{ load = {load} }}]"),
                &["gpus[0].load", "0..100"],
            );
        }
        refused(
            "gpus = [{ load = 40.0 }]",
            &["gpus[0].load", "40 without a process"],
        );
    }

    #[test]
    fn memory_fits_into_where_it_is_taken() {
        let process = |mib: u32, at: &str| {
            format!(
                "gpus = [{{ mig = true, instances = ['9@0'] }}, {{}}]\nprocesses = [{{ pid = 7, {at}, memory_mib = 12000 }}, {{ pid = 8, {at}, memory_mib = {mib} }}]"
            )
        };
        refused(
            &process(9000, "gpu = 0, at = 0"),
            &[
                "processes[1] (pid 8).memory_mib",
                "9000 MiB",
                "instance at 0",
            ],
        );
        refused(&process(30_000, "gpu = 1"), &["GPU 1 has", "left"]);
        assert_eq!(
            why("a100-40", "535.1", &process(7000, "gpu = 0, at = 0")),
            None
        );
    }

    #[test]
    fn faults_name_functions_of_the_library() {
        let fault = |function: &str| {
            format!("gpus = [{{}}]\nfaults = [{{ function = '{function}', code = 3 }}]")
        };
        refused(
            &fault("nvmlDeviceGetNmae"),
            &["faults[0].function", "'nvmlDeviceGetNmae'"],
        );
        refused(
            &fault("nvmlGpuInstanceX*"),
            &["faults[0].function", "begins with"],
        );
        refused(&fault(""), &["faults[0].function"]);
        for function in ["nvmlInit", "nvmlInit_v2", "nvmlDevice*", "*"] {
            assert_eq!(
                why("a100-40", "535.1", &fault(function)),
                None,
                "{function}"
            );
        }
        refused(
            "gpus = [{}]\nfaults = [{ function = 'nvmlInit', after_seconds = nan }]",
            &["faults[0].after_seconds"],
        );
    }
}
