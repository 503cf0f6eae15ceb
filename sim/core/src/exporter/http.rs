//! The exporter's text over HTTP: as much of a server as dcgm-exporter's own callers need.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// A caller that says nothing for so long is let go.
const SILENT: Duration = Duration::from_secs(60);

/// Answers every caller, each on a thread of its own, for as long as the process lives: `/metrics` with `page`, `/health`
/// with `OK`, as dcgm-exporter does.
pub fn serve(listener: &TcpListener, page: impl Fn() -> String + Clone + Send + 'static) {
    for stream in listener.incoming().flatten() {
        let page = page.clone();
        // without a thread this caller gets no answer, which happens to callers of real ones too
        let _ = thread::Builder::new().spawn(move || answer(stream, &page));
    }
}

fn answer(stream: TcpStream, page: &impl Fn() -> String) -> io::Result<()> {
    stream.set_read_timeout(Some(SILENT))?;
    let mut input = BufReader::new(stream.try_clone()?);
    let mut output = stream;
    loop {
        let mut first = String::new();
        if input.read_line(&mut first)? == 0 {
            return Ok(());
        }
        let mut header = String::new();
        while input.read_line(&mut header)? > 2 {
            header.clear();
        }
        let mut words = first.split(' ');
        let (method, path) = (words.next(), words.next());
        let (status, body) = match (method, path) {
            (Some("GET"), Some("/metrics")) => ("200 OK", page()),
            (Some("GET"), Some("/health")) => ("200 OK", "OK\n".to_owned()),
            (Some("GET"), _) => ("404 Not Found", "404 page not found\n".to_owned()),
            _ => ("405 Method Not Allowed", String::new()),
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        output.write_all(head.as_bytes())?;
        output.write_all(body.as_bytes())?;
    }
}
