//! The real Prometheus.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The real Prometheus, which scrapes an exporter and puts labels of its own on everything. Killed at the end.
pub struct Prometheus {
    child: Child,
    pub url: String,
    pub port: u16,
    _folder: tempfile::TempDir,
}

impl Prometheus {
    /// Scrapes these, at an address of this machine, and comes back when it has.
    pub fn scraping(exporters: &[String], at: Ipv4Addr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = |exporter: &String| {
            let place = exporter.strip_prefix("http://").unwrap();
            format!("'{}'", place.strip_suffix("/metrics").unwrap())
        };
        let places: Vec<String> = exporters.iter().map(place).collect();
        let places = places.join(", ");
        let config = folder.path().join("prometheus.yml");
        let text = format!(
            "scrape_configs:\n- job_name: dcgm\n  scrape_interval: 1s\n  static_configs:\n  - targets: [{places}]\n    labels: {{pod: gpu-metrics-x, namespace: gpu-operator, container: exporter}}\n"
        );
        std::fs::write(&config, text).unwrap();
        let port = {
            let free = std::net::TcpListener::bind((at, 0)).unwrap();
            free.local_addr().unwrap().port()
        };
        let child = Command::new(program())
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.path().join("data").display()
            ))
            .arg(format!("--web.listen-address={at}:{port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let this = Self {
            child,
            port,
            url: format!("http://{at}:{port}"),
            _folder: folder,
        };
        let asked = format!("{}/api/v1/query?query=DCGM_FI_DEV_SM_CLOCK", this.url);
        let until = Instant::now() + Duration::from_secs(120);
        while !get(&asked).is_some_and(|answer| answer.contains("GPU_I_ID")) {
            assert!(Instant::now() < until, "Prometheus has scraped nothing");
            std::thread::yield_now();
        }
        this
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where it is: on the PATH, or where `tests/all` has put it.
fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join("prometheus"));
    // examples, which share this file, have no such folder
    let prepared =
        option_env!("CARGO_TARGET_TMPDIR").map(|tmp| Path::new(tmp).with_file_name("prometheus"));
    let mut places = on_path.chain(prepared.map(|folder| folder.join("usr/bin/prometheus")));
    places.find(|place| place.is_file()).unwrap_or_else(|| {
        panic!(
            "these tests need Prometheus: `tests/all` fetches it with apt, or install it (Debian: apt-get install prometheus)"
        )
    })
}

/// The body at a URL.
pub fn get(url: &str) -> Option<String> {
    use std::io::{Read, Write};
    let rest = url.strip_prefix("http://")?;
    let (place, path) = rest.split_once('/')?;
    let mut stream = std::net::TcpStream::connect(place).ok()?;
    write!(
        stream,
        "GET /{path} HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\n"
    )
    .ok()?;
    stream.shutdown(std::net::Shutdown::Write).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    Some(body.to_owned())
}
