//! dcgm-exporter of a simulated host on loopback, and what may stand in its place.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nvml_sim::driver::Driver;
use nvml_sim::exporter;
use nvml_sim::scenario::Scenario;

/// Serves the exporter of a host, which shares `state` with its probe, and gives its URL. It goes with the process.
pub fn serve(scenario: &str, state: &Path, interval: Duration) -> String {
    let scenario = Scenario::load(scenario).unwrap();
    let host = scenario.hosts[0].name.clone();
    let driver = Arc::new(Driver::open(&scenario, &host, Some(state)).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/metrics", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        exporter::http::serve(&listener, move || exporter::text_every(&driver, interval));
    });
    url
}

/// What goes wrong with an exporter.
#[derive(Clone, Copy, Debug)]
pub enum Wrong {
    /// It takes the question and never answers.
    Hangs,
    /// It begins to answer, and does not come to an end.
    Slow,
    /// It does not stop answering.
    Endless,
    /// It cannot.
    Fails,
    /// It is something else.
    Html,
    /// It is another exporter.
    Other,
}

/// Serves what is wrong, and gives its URL.
pub fn serve_wrong(wrong: Wrong) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/metrics", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream, wrong));
        }
    });
    url
}

fn answer(mut stream: TcpStream, wrong: Wrong) {
    let mut input = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    while input.read_line(&mut line).unwrap_or(0) > 2 {
        line.clear();
    }
    let whole = |status: &str, body: &str| {
        format!(
            "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let text = match wrong {
        Wrong::Hangs => String::new(),
        Wrong::Slow => "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n# HELP".to_owned(),
        Wrong::Endless => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            let chunk = "a 1\n".repeat(4096);
            while stream.write_all(chunk.as_bytes()).is_ok() {}
            return;
        }
        Wrong::Fails => whole("500 Internal Server Error", "failed to collect metrics\n"),
        Wrong::Html => whole("200 OK", "<!DOCTYPE html>\n<title>Sign in</title>\n"),
        Wrong::Other => whole("200 OK", "# TYPE up gauge\nnode_load1 0.2\nup 1\n"),
    };
    let _ = stream.write_all(text.as_bytes());
    // until the other side has gone
    let _ = input.read(&mut [0]);
}
