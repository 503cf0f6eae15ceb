//! `migdeck fits`: the smallest slice that ran a model, what was measured on each, and how many are free now.
//!
//! ```text
//! ResNet-50
//!   smallest that ran it: 2g.10gb, 499 s, 4 of 10 free now
//!   training, one epoch; 4 CPU cores, 24 GB
//!   SLICE   BOARD   MEASURED                FREE NOW WHERE
//!   1g.5gb  a100-40 memory allocation error  8 of 23 dgx-dev-01 4, dgx-mix-01 4
//!   2g.10gb a100-40 499 s                    4 of 10 dgx-dev-01 1, dgx-mix-01 3
//!   not measured: 1g.10gb (4 of 9 free), 4g.20gb (0 of 2 free)
//! ```

use jiff::Timestamp;

use crate::domain::fits::Book;
use crate::domain::fleet::Fleet;
use crate::formats::fits::{Fits, Model, Now, Slice};

use super::CliError;
use super::args::Wait;
use super::look::{Look, print_json};
use super::style::{Role, Style};
use super::text::table::{self, Cell, Column};
use super::text::wrap;

/// `fits`.
#[derive(Clone, PartialEq, Debug, clap::Args)]
pub struct Args {
    /// The model, or a part of its name (default: all of the book)
    pub model: Option<String>,
    /// How long a host may take.
    #[command(flatten)]
    pub wait: Wait,
    /// Write JSON (migdeck/fits/v1)
    #[arg(long)]
    pub json: bool,
}

/// Refuses what the book cannot answer, before anybody is asked what is free.
///
/// # Errors
/// There is no book, or nothing in it is called that.
pub fn known(args: &Args, book: &Book) -> Result<(), CliError> {
    if book.rows.is_empty() {
        let error = CliError::failed("there is no book of measurements");
        return Err(match &book.place {
            Some(place) => error.hint(format!(
                "write {place}: a [[measured]] table with model, slice and seconds or error for each (docs/config.md)"
            )),
            None => error,
        });
    }
    match &args.model {
        Some(typed) if book.meant(typed).is_empty() => {
            let names: Vec<&str> = book.models().iter().map(|name| name.as_str()).collect();
            Err(CliError::usage(format!(
                "nothing was measured of `{}`",
                crate::domain::text::Text::new(typed)
            ))
            .hint(format!("the book has {}", names.join(", "))))
        }
        _ => Ok(()),
    }
}

/// Prints the answer.
///
/// # Errors
/// Standard output cannot be written.
pub fn show(
    args: &Args,
    book: &Book,
    fleet: &Fleet,
    at: Timestamp,
    look: Look,
) -> Result<u8, CliError> {
    let models = match &args.model {
        Some(typed) => book.meant(typed),
        None => book.models(),
    };
    let document = Fits::of(book, &models, fleet, at);
    if args.json {
        print_json(&document, false)?;
    } else {
        look.page(render(&document, look.style))?;
    }
    // the book was read, whoever else was not
    Ok(0)
}

/// The page.
pub fn render(document: &Fits, style: Style) -> String {
    let mut blocks: Vec<String> = Vec::new();
    if document.simulated {
        blocks.push(style.paint(Role::Caution, "SIMULATED"));
    }
    blocks.extend(document.models.iter().map(|m| of_model(m, style)));
    blocks.push(foot(document, style));
    blocks.join("\n\n") + "\n"
}

fn of_model(model: &Model, style: Style) -> String {
    let mut lines = vec![style.paint(Role::Heading, &model.model)];
    let smallest = model.slices.iter().find(|s| s.seconds.is_some());
    lines.push(match smallest {
        Some(slice) => format!(
            "  smallest that ran it: {}, {}, {}",
            slice.slice,
            measured(slice).text,
            free_now(slice).map_or_else(
                || "free now: not known".to_owned(),
                |n| format!("{n} free now")
            )
        ),
        None => "  it ran on no slice that it was measured on".to_owned(),
    });
    if smallest.is_some() && model.smallest != model.smallest_free {
        lines.push(match &model.smallest_free {
            Some(slice) => format!("  smallest of those that is free now: {slice}"),
            None => "  none of those that ran it is known to be free now".to_owned(),
        });
    }
    let (tried, untried): (Vec<&Slice>, Vec<&Slice>) =
        model.slices.iter().partition(|slice| slice.measured);
    let notes = || tried.iter().map(|slice| slice.note.as_ref());
    // what holds for all is said once
    let common = notes().next().flatten();
    let common = common.filter(|note| notes().all(|other| other == Some(note)));
    lines.extend(common.map(|note| format!("  {note}")));
    let columns = [
        Column::left("  SLICE"),
        Column::left("BOARD"),
        Column::flexible("MEASURED", 12),
        Column::right("FREE NOW"),
        Column::flexible("WHERE", 10).expendable(1),
        Column::flexible("NOTE", 8).expendable(2),
    ];
    let rows = tried.iter().map(|slice| row(slice, common.is_none()));
    lines.extend(table::lines(&columns, &rows.collect::<Vec<_>>(), style));
    if !untried.is_empty() {
        let text = untried.iter().map(|slice| unmeasured(slice));
        let text = format!("not measured: {}", text.collect::<Vec<_>>().join(", "));
        let wrapped = wrap(text.split(' '), " ", style.width.saturating_sub(2));
        lines.extend(wrapped.iter().map(|line| format!("  {line}")));
    }
    lines.join("\n")
}

/// `4g.20gb (0 of 2 free)`.
fn unmeasured(slice: &Slice) -> String {
    let board = slice.board.as_ref().map(|b| format!(" {b}"));
    let free = match free_now(slice) {
        Some(free) => format!("{free} free"),
        None => "free: not known".to_owned(),
    };
    format!("{}{} ({free})", slice.slice, board.unwrap_or_default())
}

fn row(slice: &Slice, noted: bool) -> Vec<Cell> {
    let text = |t: &Option<crate::domain::text::Text>| {
        t.as_ref().map(ToString::to_string).unwrap_or_default()
    };
    vec![
        format!("  {}", slice.slice).into(),
        text(&slice.board).into(),
        measured(slice),
        free_now(slice).unwrap_or_else(|| "n/a".to_owned()).into(),
        slice.now.as_ref().map(places).unwrap_or_default().into(),
        text(&slice.note.clone().filter(|_| noted)).into(),
    ]
}

fn measured(slice: &Slice) -> Cell {
    match (slice.seconds, &slice.error) {
        (Some(seconds), _) => format!("{seconds} s").into(),
        (None, Some(error)) => Cell::new(error.as_str(), Role::Caution),
        (None, None) => Cell::new("not measured", Role::Faint),
    }
}

/// `4 of 9`, or `4 to 6 of 9` where it cannot be told of two.
fn free_now(slice: &Slice) -> Option<String> {
    let now = slice.now.as_ref()?;
    let most = now.free + now.unknown;
    Some(if now.total == 0 && !now.unread.is_empty() {
        return None;
    } else if most > now.free {
        format!("{} to {most} of {}", now.free, now.total)
    } else {
        format!("{} of {}", now.free, now.total)
    })
}

fn places(now: &Now) -> String {
    let free = now.nodes.iter().filter(|place| place.free > 0);
    let places: Vec<String> = free
        .map(|place| {
            let closed = if place.closed { " (takes no pods)" } else { "" };
            format!("{} {}{closed}", place.node, place.free)
        })
        .collect();
    places.join(", ")
}

/// Which book, and who did not tell what is free.
fn foot(document: &Fits, style: Style) -> String {
    let books: Vec<&str> = document.books.iter().map(|t| t.as_str()).collect();
    let mut lines = vec![format!("measured: {}", books.join(", "))];
    let slices = document.models.iter().flat_map(|m| &m.slices);
    let mut unread: Vec<&str> = slices
        .clone()
        .filter_map(|s| s.now.as_ref())
        .flat_map(|now| now.unread.iter().map(|t| t.as_str()))
        .collect();
    unread.sort_unstable();
    unread.dedup();
    if !unread.is_empty() {
        let text = format!("free slices of {} are not known", unread.join(", "));
        lines.extend(wrap(text.split(' '), " ", style.width));
    }
    let why = slices.filter_map(|slice| slice.absent.reason("now")).next();
    lines.extend(why.map(|why| format!("FREE NOW is not known: {}", why.text)));
    lines.join("\n")
}
