//! `migdeck layouts`: every legal layout of a board.

use crate::domain::catalog::{Board, Mark};
use crate::domain::layouts::{Row, Table};
use crate::domain::notation::print_sketch;
use crate::domain::sketch::{Sketch, Wanted};
use crate::formats::layouts::Layouts;

use super::CliError;
use super::args::Wait;
use super::look::to_json;
use super::strip::{ruler, short, slice_width, strip};
use super::style::{Role, Style};
use super::text::{pad, wrap};
use super::which::{Subject, Which, required};

/// `layouts`.
#[derive(Clone, PartialEq, Debug, clap::Args)]
#[command(group = required())]
pub struct Args {
    /// The board.
    #[command(flatten)]
    pub of: Which,
    /// Only layouts to which nothing can be added
    #[arg(long)]
    pub maximal: bool,
    /// Without profiles that carry an attribute (+me, +me.all, +gfx, -me)
    #[arg(long)]
    pub no_media: bool,
    /// How long a host may take.
    #[command(flatten)]
    pub wait: Wait,
    /// Write JSON (migdeck/layouts/v1)
    #[arg(long)]
    pub json: bool,
}

/// The layouts of a board, live or built-in.
///
/// # Errors
/// The document cannot be written as JSON.
pub fn of_board(
    subject: &Subject,
    maximal: bool,
    media: bool,
    json: bool,
    style: Style,
) -> Result<String, CliError> {
    let board = subject.board();
    let table = Table::new(board, media);
    let rows: Vec<&Row> = table
        .rows()
        .iter()
        .filter(|row| row.maximal || !maximal)
        .collect();
    if json {
        return to_json(
            &Layouts::of(board, subject.live(), &table, media, rows),
            false,
        );
    }
    // half a line for the drawing, half for the names
    let slice = slice_width(board, style.width / 2, 4);
    let number = rows.len().to_string().len();
    let mut out = subject.lines(style);
    if !out.is_empty() {
        out.push(String::new());
    }
    if let Some(slice) = slice {
        let head = format!("{}  {}", pad("", number, false), ruler(board, slice));
        out.push(style.paint(Role::Faint, &head));
    }
    for (n, row) in rows.iter().enumerate() {
        let layout = table.layout(board, row.set);
        let mut line = pad(&(n + 1).to_string(), number, true);
        if let Some(slice) = slice {
            line += "  ";
            line += &strip(board, &layout, slice, style, short);
        }
        let compute = table.compute_of(row.set);
        line += &format!("  {compute}/{} ", board.compute_slices);
        line += if row.maximal { "max " } else { "    " };
        line += &names(board, &table, row);
        out.push(line);
    }
    out.push(String::new());
    for sentence in closing(board, &table, rows.len(), maximal, media) {
        out.extend(wrap(sentence.split(' '), " ", style.width));
    }
    Ok(out.join("\n") + "\n")
}

/// The instances without their starts, which the drawing shows: `3g.20gb 4x1g.5gb`.
fn names(board: &Board, table: &Table, row: &Row) -> String {
    let open = table
        .items(row.set)
        .map(|item| Wanted {
            profile: item.profile,
            start: None,
            cis: None,
        })
        .collect();
    print_sketch(board, &Sketch::On(open))
}

fn closing(board: &Board, table: &Table, listed: usize, maximal: bool, media: bool) -> Vec<String> {
    let with = if media {
        ""
    } else {
        ", without profiles that carry an attribute"
    };
    let mut out = vec![
        if maximal {
            format!(
                "{listed} layouts of {} to which nothing can be added, of {}{with}.",
                board.model,
                table.rows().len()
            )
        } else {
            format!("{listed} layouts of {}, the empty one counted{with}.", board.model)
        },
        "n/n: compute slices in use. max: nothing can be added. ___ something fits, xxx nothing can use it.".to_owned(),
    ];
    if !table.is_complete() {
        out.push(
            "The board has more placements than are searched: this list is not complete."
                .to_owned(),
        );
    }
    let placements = |mark| {
        board
            .profiles
            .iter()
            .any(|p| p.provenance.placements == mark)
    };
    if placements(Mark::Derived) || placements(Mark::Unverified) {
        out.push(
            "The placements of this board are derived from a board of the same kind; no listing of its own is public."
                .to_owned(),
        );
    }
    out
}
