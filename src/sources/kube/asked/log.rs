//! A container's log: its end, and what it writes from now on.

use std::sync::Arc;
use std::time::Duration;

use super::{LIMIT, Reply, refused};
use crate::domain::cluster::asked::{Answer, LogPart, PodName};
use crate::domain::text::Text;
use crate::sources::kube::api::Api;

/// Lines of the past that are asked for.
const TAIL: usize = 1000;
/// Bytes of a line that are kept.
const LONGEST: usize = 4096;
/// A part is sent when it has so many lines, or nothing more comes for a moment.
const PART: usize = 500;
const MOMENT: Duration = Duration::from_millis(50);
/// How often it is looked whether the last part was taken.
const TAKEN: Duration = Duration::from_millis(20);

/// Sends a log as long as somebody wants it. A log may be silent for days: only its beginning has a limit.
pub(super) async fn follow(
    api: &Api,
    pod: &PodName,
    (wanted, containers): (Option<Text>, Vec<Text>),
    previous: bool,
    reply: &Reply,
) {
    let first = wanted.or_else(|| containers.first().cloned());
    let Some(container) = first else {
        reply(Answer::Log(LogPart::Ended));
        return;
    };
    let PodName {
        namespace, name, ..
    } = pod;
    let path = format!(
        "/api/v1/namespaces/{namespace}/pods/{name}/log?container={container}&tailLines={TAIL}&follow={}&previous={previous}",
        !previous
    );
    let mut chunks = match api.chunks(&path, LIMIT).await {
        Ok(chunks) => chunks,
        Err(error) => {
            let permission = format!("get pods/log in namespace {namespace}");
            reply(Answer::Refused(refused(&error, &permission)));
            return;
        }
    };
    let begun = LogPart::Begun {
        container,
        containers,
    };
    if !reply(Answer::Log(begun)) {
        return;
    }
    let mut cut = Cut::default();
    loop {
        // what comes in one go is sent in one go
        let next = if cut.lines.is_empty() {
            Some(chunks.next().await)
        } else {
            tokio::time::timeout(MOMENT, chunks.next()).await.ok()
        };
        let flows = matches!(next, Some(Ok(Some(_))));
        let end = match next {
            Some(Ok(Some(bytes))) => {
                cut.take(&bytes);
                None
            }
            Some(Ok(None)) => Some(LogPart::Ended),
            Some(Err(error)) => Some(LogPart::Broken(error.to_string().into())),
            None => None,
        };
        if end.is_some() {
            cut.finish();
        }
        let more_may_come = flows && cut.lines.len() < PART;
        if !cut.lines.is_empty() && !more_may_come {
            let part = Arc::new(std::mem::take(&mut cut.lines));
            if !reply(Answer::Log(LogPart::Lines(Arc::clone(&part)))) {
                return;
            }
            // a log that is written faster than it is looked at waits in the kubelet, not here
            while Arc::strong_count(&part) > 1 {
                tokio::time::sleep(TAKEN).await;
            }
        }
        if let Some(end) = end {
            reply(Answer::Log(end));
            return;
        }
    }
}

/// Cuts what comes into lines.
#[derive(Debug, Default)]
pub(super) struct Cut {
    pub(super) lines: Vec<Text>,
    rest: Vec<u8>,
    /// Bytes of the line that were dropped.
    dropped: usize,
}

impl Cut {
    pub(super) fn take(&mut self, bytes: &[u8]) {
        let mut parts = bytes.split(|b| *b == b'\n').peekable();
        while let Some(part) = parts.next() {
            let room = LONGEST.saturating_sub(self.rest.len());
            let kept = &part[..part.len().min(room)];
            self.rest.extend_from_slice(kept);
            self.dropped += part.len() - kept.len();
            if parts.peek().is_some() {
                self.end_line();
            }
        }
    }

    /// The last line may have no end.
    pub(super) fn finish(&mut self) {
        if !self.rest.is_empty() {
            self.end_line();
        }
    }

    fn end_line(&mut self) {
        let bytes = std::mem::take(&mut self.rest);
        let dropped = std::mem::take(&mut self.dropped);
        let mut text = plain(&String::from_utf8_lossy(&bytes));
        if dropped > 0 {
            text.push_str(&format!(" .. and {dropped} bytes more"));
        }
        self.lines.push(Text::from(text));
    }
}

/// Without colours, and with what a progress bar wrote last.
fn plain(line: &str) -> String {
    let line = line.strip_suffix('\r').unwrap_or(line);
    let line = line.rsplit('\r').next().unwrap_or(line);
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("\u{1b}[") {
        out.push_str(&rest[..at]);
        let after = &rest[at + 2..];
        let end = after.find(|c: char| !c.is_ascii_digit() && !";?".contains(c));
        match end {
            Some(end) if after[end..].starts_with(['m', 'K']) => rest = &after[end + 1..],
            // not a colour: shown for what it is
            _ => {
                out.push_str("\u{1b}[");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out.replace('\t', "    ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(parts: &[&[u8]]) -> Vec<String> {
        let mut cut = Cut::default();
        parts.iter().for_each(|part| cut.take(part));
        cut.finish();
        cut.lines.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn lines_are_lines_however_they_come() {
        assert_eq!(
            cut(&[b"one\ntw", b"o\n", b"\nlast"]),
            ["one", "two", "", "last"]
        );
        let hangul = "두 번째\n".as_bytes();
        assert_eq!(cut(&[&hangul[..4], &hangul[4..]]), ["두 번째"]);
        assert_eq!(cut(&[b"a\xff\n"]), ["a\u{fffd}"]);
        assert_eq!(
            cut(&[b"10%\r20%\r30%\r\n\x1b[1;32mok\x1b[0m\tdone\n"]),
            ["30%", "ok    done"]
        );
        // what is no colour must not reach the terminal, nor vanish
        assert!(cut(&[b"\x1b[2Jx\n"])[0].contains("u{1b}"));
    }

    #[test]
    fn a_line_without_end_does_not_fill_memory() {
        let mut cut = Cut::default();
        for _ in 0..1000 {
            cut.take(&[b'x'; 1000]);
        }
        assert!(cut.rest.len() <= LONGEST);
        cut.take(b"\n");
        assert!(cut.lines[0].ends_with("bytes more"), "{}", cut.lines[0]);
    }
}
