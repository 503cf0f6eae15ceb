//! What the book of measurements says of a model, in the console.

#[cfg(test)]
mod tests;

use crate::domain::fits::{Answer, Book, Free, Line, Outcome, answer};
use crate::domain::text::Text;

use super::{Model, Texts};

/// Title and lines of the window: about one model, or all of the book. A label stands before a tab.
pub fn page(model: &Model, about: Option<&Text>) -> (String, Vec<String>) {
    let book = &model.session.book;
    let texts = &model.texts;
    let title = match about {
        Some(name) => texts.say("fits.title_of", &[("model", name)]),
        None => texts.get("fits.title").to_owned(),
    };
    let mut lines: Vec<String> = Vec::new();
    let models: Vec<&Text> = about.map_or_else(|| book.models(), |name| vec![name]);
    for name in &models {
        if about.is_none() {
            lines.push(name.to_string());
        }
        let answer = answer(book, model.fleet(), name);
        lines.extend(head(texts, &answer));
        let (tried, untried): (Vec<&Line>, Vec<&Line>) = answer
            .lines
            .iter()
            .partition(|line| line.measured.is_some());
        lines.extend(tried.iter().map(|line| row(texts, line)));
        if !untried.is_empty() {
            let all = untried.iter().map(|line| {
                let board = line.board.map(|b| format!(" {b}")).unwrap_or_default();
                format!("{}{board} {}", line.slice, free(texts, line))
            });
            let all = all.collect::<Vec<_>>().join(", ");
            lines.push(format!("{}\t{all}", texts.get("fits.not_measured")));
        }
        lines.push(String::new());
    }
    lines.extend(foot(texts, book));
    (title, lines)
}

/// The smallest that ran it.
fn head(texts: &Texts, answer: &Answer) -> Vec<String> {
    let mut lines = Vec::new();
    let Some(smallest) = answer.smallest() else {
        lines.push(texts.get("fits.none_ran").to_owned());
        return lines;
    };
    lines.push(texts.say(
        "fits.smallest",
        &[
            ("slice", &smallest.slice),
            ("time", &outcome(texts, smallest)),
            ("free", &free(texts, smallest)),
        ],
    ));
    match answer.smallest_free() {
        Some(line) if line.slice == smallest.slice => {}
        Some(line) => lines.push(texts.say("fits.smallest_free", &[("slice", &line.slice)])),
        None => lines.push(texts.get("fits.none_free").to_owned()),
    }
    lines
}

fn row(texts: &Texts, line: &Line) -> String {
    let mut parts = vec![outcome(texts, line), free(texts, line)];
    parts.extend(line.free.value().map(places).filter(|p| !p.is_empty()));
    let board = line.board.map(|b| format!(" {b}")).unwrap_or_default();
    format!("{}{board}\t{}", line.slice, parts.join(" · "))
}

fn outcome(texts: &Texts, line: &Line) -> String {
    match line.measured.as_ref().map(|row| &row.outcome) {
        Some(Outcome::Seconds(seconds)) => texts.say("fits.seconds", &[("n", seconds)]),
        Some(Outcome::Error(error)) => error.to_string(),
        None => texts.get("fits.not_measured").to_owned(),
    }
}

fn free(texts: &Texts, line: &Line) -> String {
    let Some(now) = line.free.value() else {
        return texts.get("fits.free_unknown").to_owned();
    };
    if now.total == 0 && !now.unread.is_empty() {
        return texts.get("fits.free_unknown").to_owned();
    }
    let most = now.free + now.unknown;
    let key = if most > now.free {
        "fits.free_about"
    } else {
        "fits.free"
    };
    texts.say(
        key,
        &[("n", &now.free), ("most", &most), ("of", &now.total)],
    )
}

/// Where they are free. A node that takes no pods is one nobody gets.
fn places(now: &Free) -> String {
    let open = now.places.iter().filter(|p| p.free > 0 && !p.closed);
    let places: Vec<String> = open.map(|p| format!("{} {}", p.node, p.free)).collect();
    places.join(", ")
}

/// Which book.
fn foot(texts: &Texts, book: &Book) -> Option<String> {
    if book.rows.is_empty() {
        return Some(match &book.place {
            Some(place) => texts.say("fits.no_book", &[("place", place)]),
            None => texts.say("fits.no_book", &[("place", &"fits.toml")]),
        });
    }
    let books: Vec<&str> = book.from.iter().map(Text::as_str).collect();
    Some(texts.say("fits.from", &[("books", &books.join(", "))]))
}
