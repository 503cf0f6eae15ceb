//! How many colours a terminal has, and a theme in as many.

use ratatui::style::{Color, Modifier, Style};

use super::{Paper, Rgb, Theme};

/// How many colours a terminal has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Depth {
    /// None, or none are wanted.
    Mono,
    /// The sixteen, which every terminal shows as it likes.
    Ansi16,
    /// Those and 240 fixed ones.
    Ansi256,
    /// Any.
    True,
}

/// A theme with the colours that there are. Without any, the theme `mono` takes its place: where colours tell things
/// apart it has weights that do.
pub(super) fn theme(theme: &Theme, depth: Depth) -> Theme {
    if depth == Depth::Mono {
        let colourless = |s: &Style| s.fg.is_none() && s.bg.is_none();
        return if theme.styles.iter().all(colourless) {
            theme.clone()
        } else {
            Theme::named("mono")
        };
    }
    Theme {
        styles: theme
            .styles
            .iter()
            .map(|s| style(*s, depth, theme.paper))
            .collect(),
        ..theme.clone()
    }
}

fn style(style: Style, depth: Depth, paper: Paper) -> Style {
    let mut out = style;
    out.fg = style.fg.map(|c| colour(c, depth));
    out.bg = style.bg.map(|c| colour(c, depth));
    if depth == Depth::Ansi16 {
        // a shade of the paper is the paper, and the paper is not painted
        let bare = match paper {
            Paper::Dark => [Color::Black, Color::Reset],
            Paper::Light => [Color::White, Color::Gray],
        };
        if out.bg.is_some_and(|c| bare.contains(&c)) && out.bg != style.bg {
            out.bg = None;
            if style.add_modifier.is_empty() && out.fg == Some(bare[0]) {
                out.fg = None;
            }
        }
        if let (Some(fg), Some(bg)) = (out.fg.and_then(Rgb::of), out.bg.and_then(Rgb::of))
            && fg.contrast(bg) < 3.0
        {
            let (black, white) = (Rgb(0, 0, 0), Rgb(255, 255, 255));
            out.fg = Some(if black.contrast(bg) > white.contrast(bg) {
                Color::Black
            } else {
                Color::White
            });
        }
    }
    // `patch` keeps what is not taken back
    out.sub_modifier = Modifier::empty();
    out
}

const NAMED: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

fn colour(colour: Color, depth: Depth) -> Color {
    match (depth, colour) {
        (Depth::Ansi256, Color::Rgb(r, g, b)) => Color::Indexed(Rgb(r, g, b).nearest_of_256()),
        (Depth::Ansi16, Color::Indexed(n @ 0..16)) => NAMED[usize::from(n)],
        (Depth::Ansi16, Color::Rgb(..) | Color::Indexed(_)) => {
            let nearest = Rgb::of(colour).map_or(0, Rgb::nearest_of_sixteen);
            NAMED[usize::from(nearest)]
        }
        _ => colour,
    }
}
