//! Times as people read them, where they are: the same on every screen.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// On the clock of a zone so many seconds east of Greenwich.
fn local(at: Timestamp, offset_seconds: i32) -> DateTime {
    let offset = Offset::from_seconds(offset_seconds).unwrap_or(Offset::UTC);
    offset.to_datetime(at)
}

/// The time of day: `03:11:57`.
pub fn clock(at: Timestamp, offset_seconds: i32) -> String {
    local(at, offset_seconds).strftime("%H:%M:%S").to_string()
}

/// Of today `03:02:11`, of another day `11-23 03:02`.
pub fn when(at: Timestamp, now: Timestamp, offset_seconds: i32) -> String {
    in_form("%H:%M:%S", at, now, offset_seconds)
}

/// The same amidst a sentence, where seconds take the place of words: `03:02`, `11-23 03:02`.
pub fn in_short(at: Timestamp, now: Timestamp, offset_seconds: i32) -> String {
    in_form("%H:%M", at, now, offset_seconds)
}

fn in_form(today: &str, at: Timestamp, now: Timestamp, offset_seconds: i32) -> String {
    let then = local(at, offset_seconds);
    let form = match then.date() == local(now, offset_seconds).date() {
        true => today,
        false => "%m-%d %H:%M",
    };
    then.strftime(form).to_string()
}

/// A sentence of another's in which times stand as machines write them, with these as [`in_short`] has them.
pub fn in_sentence(sentence: &str, now: Timestamp, offset_seconds: i32) -> String {
    let words = sentence.split(' ').map(|w| word(w, now, offset_seconds));
    words.collect::<Vec<_>>().join(" ")
}

/// `2026-11-24T12:04:55Z`, and what stands before and behind it.
fn word(word: &str, now: Timestamp, offset_seconds: i32) -> String {
    let Some(end) = word.find('Z') else {
        return word.to_owned();
    };
    let (until, rest) = word.split_at(end + 1);
    let start = until.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
    let (before, stamp) = until.split_at(start);
    match stamp.parse::<Timestamp>() {
        Ok(at) => format!("{before}{}{rest}", in_short(at, now, offset_seconds)),
        Err(_) => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::now;

    #[test]
    fn times_are_said_in_the_local_zone_and_without_what_is_known() {
        let short = |text| in_sentence(text, now(), 9 * 3600);
        assert_eq!(
            short("Xid 94 at 2026-01-02T03:02:11Z: contained"),
            "Xid 94 at 12:02: contained"
        );
        assert_eq!(short("x (2026-01-01T03:02:11Z), y"), "x (01-01 12:02), y");
        assert_eq!(short("no Zebra  here"), "no Zebra  here");
        assert_eq!(clock(now(), 9 * 3600), when(now(), now(), 9 * 3600));
    }
}
