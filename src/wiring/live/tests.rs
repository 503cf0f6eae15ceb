//! Links to scripts in the place of probes, and tapes.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::*;
use crate::domain::fleet::Node;
use crate::domain::observation::{Health, SourceName};
use crate::sources::stream::Reel;
use crate::wiring::headless::Argv;

/// Long enough for the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

const HELLO: &str = r#"{"at":"2026-01-02T03:04:05Z","kind":"hello","schema":"migdeck/stream/v1","version":"0.1.0","host":"dgx-1","boot":"b1","simulated":true,"uid":0,"gaps":[],"beat_seconds":1.0}"#;

fn beat(n: u32) -> String {
    format!(
        r#"{{"at":"2026-01-02T03:04:{:02}Z","kind":"beat","n":{n},"dropped":0}}"#,
        5 + n
    )
}

fn script(text: &str, connect: Duration) -> Spec {
    Spec::Probe {
        name: "asked".to_owned(),
        argv: Argv::Known(["/bin/sh", "-c", text].map(OsString::from).to_vec()),
        connect,
    }
}

fn here(text: &str) -> Spec {
    script(text, Duration::ZERO)
}

struct Watched {
    live: Live,
    news: Receiver<News>,
}

fn watch_with(specs: Vec<Spec>, ways: Ways) -> Watched {
    let (to, news) = channel();
    let live = Live::start(specs, ways, move |told| {
        let _ = to.send(told);
    });
    Watched {
        live: live.unwrap(),
        news,
    }
}

fn watch(spec: Spec) -> Watched {
    watch_with(vec![spec], Ways::default())
}

impl Watched {
    /// The first news that are as wanted.
    fn until(&self, what: &str, wanted: impl Fn(&News) -> bool) -> News {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let rest = deadline.saturating_duration_since(Instant::now());
            match self.news.recv_timeout(rest) {
                Ok(news) if wanted(&news) => return news,
                Ok(_) => {}
                Err(_) => panic!("no news of {what}"),
            }
        }
    }

    fn until_node(&self, what: &str, wanted: impl Fn(&Node) -> bool) -> Arc<Node> {
        let news = self.until(what, |news| news.fleet.nodes.iter().any(|n| wanted(n)));
        let found = news.fleet.nodes.iter().find(|n| wanted(n));
        Arc::clone(found.unwrap())
    }
}

fn stream(node: &Node) -> Option<&Health> {
    let state = node.sources.iter().find(|s| s.source == SourceName::Stream);
    state.map(|s| &s.health)
}

fn is_late(node: &Node) -> bool {
    matches!(stream(node), Some(Health::Late { .. }))
}

#[test]
fn a_host_is_shown_before_it_has_said_a_word() {
    let hosts = watch_with(
        vec![here("exec sleep 1000"), here("exec sleep 1000")],
        Ways::default(),
    );
    let news = hosts.until("the first frame", |_| true);
    assert_eq!(news.fleet.nodes.len(), 2);
    let node = &news.fleet.nodes[0];
    assert_eq!((node.name.as_str(), &node.hello), ("asked", &None));
    assert_eq!(stream(node), None);
}

#[test]
fn a_link_that_drops_is_late_with_its_last_values_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("second");
    // the first try drops after two records, the second stays
    let text = format!(
        "echo '{HELLO}'; echo '{}'\n\
         test -e {mark} && exec sleep 1000\n\
         touch {mark}; echo 'Connection to dgx-1 closed by remote host.' >&2; exit 255",
        beat(1),
        mark = mark.display()
    );
    let host = watch(here(&text));
    let late = host.until_node("the loss", is_late);
    assert_eq!(late.name, "dgx-1");
    assert_eq!(late.stream.beat, Some(1), "what it told stays");
    let Some(Health::Late { why, since }) = stream(&late) else {
        panic!()
    };
    assert!(why.contains("closed by remote host"), "{why}");
    assert!(why.contains("asking again in 1 s"), "{why}");
    assert_eq!(*since, late.at, "since its last record");
    host.until_node("its return", |n| {
        stream(n) == Some(&Health::Live) && n.stream.beat == Some(1)
    });
}

#[test]
fn a_link_that_is_refused_is_down_with_the_last_words_of_ssh_and_tried_again_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let tries = folder.path().join("tries");
    let text = format!(
        "echo x >> {}; echo 'kim@dgx-1: Permission denied (publickey).' >&2; exit 255",
        tries.display()
    );
    let host = watch(here(&text));
    let count = || std::fs::read(&tries).map_or(0, |t| t.len() / 2);
    let down = |n: &Node| matches!(stream(n), Some(Health::Down { why, .. }) if why.text.contains("Permission denied"));
    let node = host.until_node("the refusal", down);
    assert_eq!(node.name, "asked");
    // told to, it does not wait for its turn
    let begun = Instant::now();
    let before = count();
    while count() < before + 5 {
        host.live.refresh(Some(&Text::new("asked")));
        assert!(begun.elapsed() < PATIENCE, "it is not tried again");
        std::thread::yield_now();
    }
    // somebody else's refresh is not this one's
    host.live.refresh(Some(&Text::new("other")));
}

#[test]
fn a_program_that_is_not_there_is_down_and_says_which() {
    let host = watch(Spec::Probe {
        name: "asked".to_owned(),
        argv: Argv::Known(vec!["/nonexistent/ssh".into()]),
        connect: Duration::ZERO,
    });
    host.until_node("its reason", |n| {
        matches!(stream(n), Some(Health::Down { why, .. }) if why.text.contains("/nonexistent/ssh"))
    });
}

#[test]
fn garbage_is_no_record_and_the_reason_says_so() {
    let host = watch(here("echo 'Welcome to dgx-1'; echo '{}'; exit 1"));
    host.until_node("the reason", |n| {
        matches!(stream(n), Some(Health::Down { why, .. }) if why.text.contains("not a migdeck stream: `Welcome to dgx-1`"))
    });
}

#[test]
fn a_flood_does_not_hold_up_news_orders_or_the_end() {
    let flood = format!("echo '{HELLO}'; while :; do echo '{}'; done", beat(1));
    let host = watch(here(&flood));
    host.until_node("the flood", |n| n.stream.beat.is_some());
    // news come apart, however fast records come
    let begun = Instant::now();
    for _ in 0..5 {
        host.until("more", |_| true);
    }
    assert!(begun.elapsed() >= Duration::from_millis(150));
    let begun = Instant::now();
    drop(host.live);
    assert!(begun.elapsed() < Duration::from_millis(100));
}

#[test]
fn nothing_is_waited_for_at_the_end() {
    // it neither reads nor ends by itself, whatever it is told
    let host = watch(here("trap '' TERM HUP INT; exec sleep 1000"));
    host.until("the first frame", |_| true);
    let begun = Instant::now();
    drop(host.live);
    assert!(begun.elapsed() < Duration::from_millis(100));
    // the thread ends: it lets go of the channel
    let end = Instant::now() + PATIENCE;
    while let Ok(_) | Err(std::sync::mpsc::RecvTimeoutError::Timeout) =
        host.news.recv_timeout(Duration::from_millis(10))
    {
        assert!(Instant::now() < end, "the thread goes on");
    }
}

#[test]
fn news_wait_while_nobody_reads_and_the_next_is_the_newest() {
    let text = format!(
        "echo '{HELLO}'; n=1; while test $n -lt 40; do echo '{}'; n=$((n+1)); sleep 0.06; done; exec sleep 1000",
        beat(1).replace("\"n\":1", "\"n\":'$n'")
    );
    let host = watch(here(&text));
    let mut held = vec![host.until("a beat", |n| {
        n.fleet.nodes.iter().any(|n| n.stream.beat.is_some())
    })];
    // held, not read: some come, and then no more
    while let Ok(news) = host.news.recv_timeout(Duration::from_secs(3)) {
        held.push(news);
    }
    assert!(held.len() <= 6, "{} came", held.len());
    held.clear();
    let node = host.until_node("the newest", |_| true);
    assert_eq!(node.stream.beat, Some(39));
}

#[test]
fn wishes_are_told_again_to_a_probe_that_is_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let heard = folder.path().join("heard");
    let text = format!(
        "echo '{HELLO}'; read -r a; echo \"$a\" >> {}; exit 1",
        heard.display()
    );
    let ways = Ways {
        beat: Some(5.0),
        ..Ways::default()
    };
    let host = watch_with(vec![here(&text)], ways);
    let begun = Instant::now();
    let told = || std::fs::read_to_string(&heard).unwrap_or_default();
    while told().lines().count() < 2 {
        host.live.refresh(None);
        assert!(begun.elapsed() < PATIENCE, "{}", told());
        std::thread::yield_now();
    }
    assert!(
        told()
            .lines()
            .all(|line| line == r#"{"do":"beat","seconds":5.0}"#),
        "{}",
        told()
    );
}

fn tape(folder: &Path) -> Spec {
    let path = folder.join("tape");
    let mut file = std::fs::File::create(&path).unwrap();
    writeln!(file, "{HELLO}").unwrap();
    for n in 1..=3 {
        writeln!(file, "{}", beat(n)).unwrap();
    }
    writeln!(file, "{}", beat(50)).unwrap();
    Spec::Tape(Reel::open(&path).unwrap())
}

#[test]
fn a_tape_is_as_old_as_it_is_and_its_end_is_no_loss() {
    let folder = tempfile::tempdir().unwrap();
    let host = watch_with(vec![tape(folder.path())], Ways::default());
    let news = host.until("its end", |n| n.tape.is_some_and(|t| t.ended));
    let node = &news.fleet.nodes[0];
    assert_eq!(node.stream.beat, Some(50));
    assert_eq!(stream(node), Some(&Health::Live));
    assert_eq!(host.live.now(), node.at);
}

#[test]
fn a_tape_plays_at_its_pace_and_a_pause_in_it_is_late_by_its_own_clock() {
    let folder = tempfile::tempdir().unwrap();
    let ways = Ways {
        speed: Speed::Times(20.0),
        ..Ways::default()
    };
    let host = watch_with(vec![tape(folder.path())], ways);
    let node = host.until_node("silence on the tape", is_late);
    assert_eq!(node.stream.beat, Some(3));
    host.live.play(Play::Pause);
    let news = host.until("the pause", |n| n.tape.is_some_and(|t| t.paused));
    assert_eq!(news.tape.and_then(|t| t.at), Some(host.live.now()));
    host.live.play(Play::Resume);
    host.live.play(Play::Speed(1000.0));
    host.until_node("its last beat", |n| {
        n.stream.beat == Some(50) && stream(n) == Some(&Health::Live)
    });
}

#[test]
fn a_tape_that_has_gone_is_told_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let tape = tape(folder.path());
    let Spec::Tape(reel) = &tape else {
        panic!("{tape:?} is no tape");
    };
    // what is open can be played, whatever becomes of its name; a second time it has to be opened
    std::fs::write(reel.path(), "hello\n").unwrap();
    assert!(reel.begins().is_some() && reel.take().is_ok());
    let told = Live::start(vec![tape], Ways::default(), |_| {});
    assert!(told.unwrap_err().to_string().contains("no tape"));
}
