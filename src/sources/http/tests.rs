//! Against servers of a few lines on loopback: what they get wrong, real ones do too.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use super::*;

/// Answers each connection by a thread with `serve`.
fn server(serve: impl Fn(TcpStream) + Clone + Send + 'static) -> Address {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let serve = serve.clone();
            thread::spawn(move || serve(stream));
        }
    });
    Address::parse(&format!("http://127.0.0.1:{port}"), "/metrics").unwrap()
}

/// Reads the head of the question, and gives it.
fn asked(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

fn says(answer: &'static str) -> Address {
    server(move |mut stream| {
        asked(&mut stream);
        let _ = stream.write_all(answer.as_bytes());
    })
}

const LIMITS: Limits = Limits {
    deadline: Duration::from_secs(20),
    bytes: 1000,
};

fn get(address: &Address, limits: Limits) -> Result<String, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let client = Client::new([address]).unwrap();
    let body = runtime.block_on(client.get(address, limits))?;
    Ok(String::from_utf8(body.to_vec()).unwrap())
}

fn why(address: &Address) -> String {
    get(address, LIMITS).unwrap_err().to_string()
}

#[test]
fn the_body_of_an_answer() {
    let address = says("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nup 1");
    assert_eq!(get(&address, LIMITS).unwrap(), "up 1");
    let chunked = says(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nup\r\n2\r\n 1\r\n0\r\n\r\n",
    );
    assert_eq!(get(&chunked, LIMITS).unwrap(), "up 1");
}

#[test]
fn credentials_of_the_address_are_sent_and_nothing_else() {
    let (to, heads) = std::sync::mpsc::channel();
    let address = server(move |mut stream| {
        let _ = to.send(asked(&mut stream));
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    let place = address.shown();
    let with = place.replace("http://", "http://kim:pw@");
    get(&Address::parse(&with, "/metrics").unwrap(), LIMITS).unwrap();
    let head = heads.recv().unwrap().to_lowercase();
    assert!(head.starts_with("get /metrics http/1.1\r\n"), "{head}");
    assert!(head.contains("authorization: basic a2ltonb3"), "{head}");
    assert!(!head.contains("cookie"), "{head}");
}

#[test]
fn a_refusal_is_told_with_what_was_said_to_it() {
    let address =
        says("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 14\r\n\r\n\n\x1b[2Jcollector");
    assert_eq!(
        why(&address),
        "it answers 500 Internal Server Error: \\u{1b}[2Jcollector"
    );
    // where it leads to is not asked: that may be anybody
    let address =
        says("HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(why(&address), "it answers 302 Found");
}

#[test]
fn too_much_is_not_taken_in() {
    let endless = server(|mut stream| {
        asked(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
    });
    assert_eq!(why(&endless), "the answer is longer than 1000 bytes");
}

#[test]
fn one_that_does_not_come_to_an_end_is_late() {
    for answer in [
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nup",
    ] {
        let address = server(move |mut stream| {
            asked(&mut stream);
            let _ = stream.write_all(answer.as_bytes());
            // until the other side gives up
            let _ = stream.read(&mut [0]);
        });
        let limits = Limits {
            deadline: Duration::from_millis(300),
            ..LIMITS
        };
        assert_eq!(
            get(&address, limits).unwrap_err().to_string(),
            "no whole answer within 0.3 s",
            "{answer:?}"
        );
    }
}

#[test]
fn one_that_hangs_up_or_speaks_something_else_is_broken() {
    let cut = says("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nup");
    assert_eq!(
        why(&cut),
        "it closed the connection before its answer was whole"
    );
    let mute = says("");
    assert_eq!(
        why(&mute),
        "it closed the connection before its answer was whole"
    );
    let other = says("SSH-2.0-OpenSSH_9.2\r\n");
    assert!(matches!(get(&other, LIMITS), Err(Failure::Broken(_))));
    let plain = server(|mut stream| {
        let _ = stream.read(&mut [0]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let plain = plain.shown();
    let secure = Address::parse(&plain.replace("http:", "https:"), "/").unwrap();
    assert!(matches!(get(&secure, LIMITS), Err(Failure::Broken(_))));
}

#[test]
fn nobody_there_is_told_as_the_system_tells_it() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let address = Address::parse(&format!("127.0.0.1:{port}"), "/").unwrap();
    assert!(
        why(&address).contains("Connection refused"),
        "{}",
        why(&address)
    );
}
