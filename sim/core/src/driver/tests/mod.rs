mod faults;
mod lifecycle;
mod mode;
mod permissions;
mod sharing;
mod telemetry;
mod walk;

use super::*;

/// A host of two GPUs with `rest` added, as TOML; `gpu0` are lines of the first GPU.
fn scenario(board: &str, driver: &str, gpu0: &str, rest: &str) -> Scenario {
    let text = format!(
        "name = 'test'\n[[hosts]]\nname = 'one'\nboard = '{board}'\ndriver = '{driver}'\ncuda = '12.2'\n\
         {rest}\n[[hosts.gpus]]\n{gpu0}\n[[hosts.gpus]]\n"
    );
    // rest may hold tables of the host: those before the GPUs would end the host's own keys, so they go last
    let (keys, tables) = match rest.find("[[") {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let text = text.replace(rest, keys) + tables;
    toml::from_str(&text).unwrap_or_else(|why| panic!("{why}\n{text}"))
}

/// Such a host's driver with private state, initialised.
fn driver(board: &str, version: &str, gpu0: &str, rest: &str) -> Driver {
    let driver = Driver::open(&scenario(board, version, gpu0, rest), "one", None).unwrap();
    driver.init().unwrap();
    driver
}

fn a100(gpu0: &str) -> Driver {
    driver("a100-40", "535.161.08", gpu0, "privileged = true")
}

fn h100(gpu0: &str) -> Driver {
    driver("h100-80", "550.54.15", gpu0, "privileged = true")
}

/// One process on the first compute instance at a start of GPU 0.
fn worker(at: &str, extra: &str) -> String {
    format!(
        "privileged = true\n[[hosts.processes]]\npid = 4242\nargv = ['python', 'train.py']\n\
         gpu = 0\n{at}\nmemory_mib = 1000\nload = 50.0\n{extra}\n"
    )
}

fn mig(gpu: u32, gi: u32, ci: u32) -> DeviceRef {
    DeviceRef::Mig { gpu, gi, ci }
}
