//! `migdeck validate`: whether and where a layout fits, or what collides.

use std::path::Path;

use crate::domain::catalog::Board;
use crate::domain::layout::{Collision, GpuLayout, Layout};
use crate::domain::layouts::Table;
use crate::domain::notation::{
    NodeLine, ParseError, only_line, parse_gpu, parse_node, print_gpu, print_selectors,
    print_sketch,
};
use crate::domain::sketch::Sketch;
use crate::domain::text::Text;
use crate::formats::live_gpu::LiveGpu;
use crate::formats::validate::{self, Line, SCHEMA, Validate};

use super::CliError;
use super::args::Wait;
use super::look::to_json;
use super::strip::{ruler, slice_width, strip, whole};
use super::style::{Role, Style};
use super::which::{Subject, Which, required};

/// Exit code of a layout that is understood and not allowed.
const INVALID: u8 = 3;
/// A node layout is a few lines; more is another file.
const LONGEST_FILE: u64 = 1 << 20;

/// `validate`.
#[derive(Clone, PartialEq, Debug, clap::Args)]
#[command(group = required())]
pub struct Args {
    /// Layout of one GPU ('3g.20gb 2x1g.5gb'), lines of a node ('0-1: 7x1g.5gb'), or a file with either
    #[arg(value_name = "LAYOUT|FILE")]
    pub layout: String,
    /// The board, which is that of every GPU of a node.
    #[command(flatten)]
    pub of: Which,
    /// How long a host may take.
    #[command(flatten)]
    pub wait: Wait,
    /// Write JSON (migdeck/validate/v1)
    #[arg(long)]
    pub json: bool,
}

/// Whether a layout fits on a board, live or built-in: the text, and the exit code (0 where all of it fits, 3 where
/// not). What is on a live GPU now does not matter: the question is what it can be changed to.
///
/// # Errors
/// A file that cannot be read, text that cannot be parsed.
pub fn on_board(
    layout: &str,
    subject: &Subject,
    json: bool,
    style: Style,
) -> Result<(String, u8), CliError> {
    let board = subject.board();
    let text = text_of(layout)?;
    let is_one_line = !text.contains('\n');
    let lines = match only_line(&text) {
        Some((line, body)) => vec![gpu_line(
            &text,
            body,
            (!is_one_line).then_some(line),
            board,
        )?],
        // nothing at all, which the error about a layout explains best
        None if is_one_line && !text.contains(':') => vec![gpu_line(&text, &text, None, board)?],
        None => node_lines(&text, board)?,
    };
    let valid = lines.iter().all(|l| l.result.is_ok());
    let out = if json {
        to_json(&document(subject, &lines), false)?
    } else {
        report(subject, &lines, style)
    };
    Ok((out, if valid { 0 } else { INVALID }))
}

/// One layout and what came of it.
struct Checked {
    /// Its line, for a node layout.
    line: Option<NodeLine>,
    sketch: Sketch,
    result: Result<GpuLayout, Vec<Collision>>,
}

impl Checked {
    fn new(line: Option<NodeLine>, sketch: Sketch, board: &Board) -> Self {
        let result = sketch.complete(board);
        Self {
            line,
            sketch,
            result,
        }
    }

    fn gpus(&self) -> Option<String> {
        self.line.as_ref().map(|l| print_selectors(&l.gpus))
    }
}

/// The text to read: of the file, where there is one of that name.
fn text_of(layout: &str) -> Result<String, CliError> {
    let path = Path::new(layout);
    if !path.is_file() {
        let names_a_file = layout.contains('/') && !layout.contains(char::is_whitespace);
        if names_a_file {
            return Err(CliError::usage(format!(
                "{} is neither a file nor a layout",
                Text::new(layout)
            )));
        }
        return Ok(layout.to_owned());
    }
    let unread =
        |why: String| CliError::usage(format!("{} cannot be read: {why}", Text::new(layout)));
    let length = path.metadata().map_err(|e| unread(e.to_string()))?.len();
    if length > LONGEST_FILE {
        return Err(unread(format!(
            "it has {length} bytes, and a node layout has a few lines"
        )));
    }
    let text = std::fs::read_to_string(path).map_err(|e| unread(e.to_string()))?;
    if text.contains("mig-configs:") {
        return Err(unread("it is a configuration of mig-parted".to_owned())
            .hint("write the layout in lines such as `0-7: 7x1g.5gb`"));
    }
    // a file always holds lines, so that its errors have line numbers
    Ok(if text.contains('\n') {
        text
    } else {
        format!("{text}\n")
    })
}

/// The layout of one GPU, on its line of `text`.
fn gpu_line(
    text: &str,
    body: &str,
    line: Option<usize>,
    board: &Board,
) -> Result<Checked, CliError> {
    let sketch =
        parse_gpu(body, board).map_err(|e| unreadable(text, &[ParseError { line, ..e }]))?;
    Ok(Checked::new(None, sketch, board))
}

fn node_lines(text: &str, board: &Board) -> Result<Vec<Checked>, CliError> {
    let lines = parse_node(text).map_err(|errors| unreadable(text, &errors))?;
    let mut checked = Vec::new();
    let mut errors = Vec::new();
    for line in lines {
        match line.sketch(board) {
            Ok(sketch) => checked.push(Checked::new(Some(line), sketch, board)),
            Err(e) => errors.push(e),
        }
    }
    if errors.is_empty() {
        Ok(checked)
    } else {
        Err(unreadable(text, &errors))
    }
}

/// Each error with its line and a mark under the column.
fn unreadable(text: &str, errors: &[ParseError]) -> CliError {
    let mut error = CliError::usage("the layout cannot be read");
    for e in errors {
        error = error.hint(e.to_string());
        let line = text.lines().nth(e.line.map_or(0, |n| n - 1)).unwrap_or("");
        // a mark would stand wrong under wide characters or tabs
        if !line.is_empty() && line.bytes().all(|b| (b' '..=b'~').contains(&b)) {
            error = error
                .hint(format!("    {line}"))
                .hint(format!("    {}^", " ".repeat(e.column - 1)));
        }
    }
    error
}

fn document(subject: &Subject, checked: &[Checked]) -> Validate {
    let board = subject.board();
    let lines: Vec<Line> = checked
        .iter()
        .map(|c| Line {
            line: c.line.as_ref().map_or(1, |l| l.line),
            gpus: Text::from(c.gpus().unwrap_or_default()),
            valid: c.result.is_ok(),
            layout: c
                .result
                .as_ref()
                .ok()
                .map(|l| Text::from(print_gpu(board, l))),
            collisions: c
                .result
                .as_ref()
                .err()
                .into_iter()
                .flatten()
                .map(validate::Collision::from)
                .collect(),
        })
        .collect();
    let is_node = checked.iter().any(|c| c.line.is_some());
    let layouts: Option<Vec<String>> = lines
        .iter()
        .map(|l| {
            let layout = l.layout.as_ref()?;
            Some(if is_node {
                format!("{}: {layout}", l.gpus)
            } else {
                layout.to_string()
            })
        })
        .collect();
    Validate {
        schema: SCHEMA.into(),
        model: board.model.clone(),
        gpu: subject.live().map(LiveGpu::from),
        valid: lines.iter().all(|l| l.valid),
        layout: layouts.map(|lines| lines.join("\n")),
        collisions: lines.iter().flat_map(|l| l.collisions.clone()).collect(),
        lines: if is_node { lines } else { Vec::new() },
    }
}

fn report(subject: &Subject, checked: &[Checked], style: Style) -> String {
    let board = subject.board();
    let mut out = subject.lines(style);
    for one in checked {
        if !out.is_empty() {
            out.push(String::new());
        }
        let whose = match one.gpus() {
            Some(gpus) => format!("GPU {gpus} ({})", board.model),
            None => board.model.to_string(),
        };
        match &one.result {
            Ok(layout) => {
                out.push(format!("{}: fits", style.paint(Role::Heading, &whose)));
                out.push(format!("  {}", print_gpu(board, layout)));
                if !one.sketch.is_placed() {
                    out.push(
                        "  open starts chosen: the larger instances at the lower starts".to_owned(),
                    );
                }
                if let GpuLayout::On(layout) = layout {
                    out.extend(drawing(board, layout, style));
                }
            }
            Err(collisions) => {
                out.push(format!(
                    "{}: {}",
                    style.paint(Role::Heading, &whose),
                    style.paint(Role::Danger, "does not fit")
                ));
                out.push(format!("  {}", print_sketch(board, &one.sketch)));
                out.extend(collisions.iter().map(|c| format!("  - {}", c.text)));
            }
        }
    }
    out.join("\n") + "\n"
}

/// The strip, and what the layout leaves.
fn drawing(board: &Board, layout: &Layout, style: Style) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(slice) = slice_width(board, style.width.saturating_sub(2), 10) {
        out.push(String::new());
        out.push(format!(
            "  {}",
            style.paint(Role::Faint, &ruler(board, slice))
        ));
        out.push(format!("  {}", strip(board, layout, slice, style, whole)));
        out.push(String::new());
    }
    let used = layout.compute_slices(board);
    let mut compute = format!("  {used} of {} compute slices in use", board.compute_slices);
    let carries = |gi: &crate::domain::layout::GiPlaced| {
        board
            .profile(gi.profile)
            .is_some_and(|p| !p.name.attributes().is_empty())
    };
    let media = layout.instances().iter().any(carries);
    match Table::new(board, media).most_compute(layout) {
        Some(most) if most < board.compute_slices => {
            compute += &format!(", {} lost", board.compute_slices - most);
        }
        _ => {}
    }
    out.push(compute);
    let lost: u32 = layout.space(board).lost.iter().map(|p| p.size).sum();
    if lost > 0 {
        out.push(format!(
            "  {lost} of {} memory slices lost: nothing that is left can use them",
            board.axis
        ));
    }
    let room: Vec<String> = layout
        .fits(board)
        .into_iter()
        .map(|(id, starts)| {
            let starts: Vec<_> = starts.iter().map(ToString::to_string).collect();
            format!("{} at {}", board.name_of(id), starts.join(" "))
        })
        .collect();
    out.push(if room.is_empty() {
        "  nothing more fits".to_owned()
    } else {
        format!("  also fits: {}", room.join(", "))
    });
    out
}
