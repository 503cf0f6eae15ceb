//! The fake host, read as programs read a real one.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;
use crate::scenario::{Scenario, derive};

mod driver;
mod log;
mod processes;
mod services;

fn open(spec: &str) -> Driver {
    let scenario = Scenario::load(spec).unwrap();
    Driver::open(&scenario, &scenario.hosts[0].name, None).unwrap()
}

struct Root {
    dir: tempfile::TempDir,
    driver: Driver,
}

impl Root {
    fn of(spec: &str) -> Self {
        let root = Self {
            dir: tempfile::tempdir_in(place()).unwrap(),
            driver: open(spec),
        };
        root.write();
        root
    }

    fn write(&self) {
        write(self.dir.path(), &self.driver).unwrap();
    }

    /// As it would be `seconds` after the start.
    fn write_at(&self, seconds: u64) {
        let mut view = View::of(&self.driver);
        view.now = Duration::from_secs(seconds);
        tree(&view).write(self.dir.path()).unwrap();
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    #[track_caller]
    fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap_or_else(|e| panic!("{relative}: {e}"))
    }

    fn open_files(&self, pid: u32) -> Vec<String> {
        let mut links: Vec<(u32, String)> = fs::read_dir(self.path(&format!("proc/{pid}/fd")))
            .unwrap()
            .map(|entry| {
                let path = entry.unwrap().path();
                let n = path.file_name().unwrap().to_str().unwrap().parse().unwrap();
                (n, fs::read_link(path).unwrap().to_str().unwrap().to_owned())
            })
            .collect();
        links.sort();
        links.into_iter().map(|(_, target)| target).collect()
    }
}

fn everything(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                all.push(entry.path());
            }
        }
    }
    all.sort();
    all
}

#[test]
fn every_built_in_host_can_be_written_twice() {
    for name in Scenario::builtin_names() {
        let scenario = Scenario::load(name).unwrap();
        for host in &scenario.hosts {
            let driver = Driver::open(&scenario, &host.name, None)
                .unwrap_or_else(|e| panic!("{}: {e}", host.name));
            let dir = tempfile::tempdir_in(place()).unwrap();
            write(dir.path(), &driver).unwrap();
            let first = everything(dir.path());
            write(dir.path(), &driver).unwrap();
            assert_eq!(everything(dir.path()), first, "{}", host.name);
            for process in &host.processes {
                let cmdline =
                    fs::read(dir.path().join(format!("proc/{}/cmdline", process.pid))).unwrap();
                let arguments: Vec<&[u8]> = cmdline
                    .strip_suffix(&[0])
                    .unwrap()
                    .split(|b| *b == 0)
                    .collect();
                assert_eq!(
                    arguments.len(),
                    process.argv.len(),
                    "{} pid {}",
                    host.name,
                    process.pid
                );
            }
        }
    }
}
