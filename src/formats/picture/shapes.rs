//! Box lines and blocks as rectangles: fonts leave seams between them and draw them in widths of their own.

/// A rectangle in a cell, in shares of the cell's width and height.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Shape {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    /// How much of it is seen.
    pub(super) shade: f64,
}

const fn part(x: f64, y: f64, width: f64, height: f64) -> Shape {
    Shape {
        x,
        y,
        width,
        height,
        shade: 1.0,
    }
}

/// A light line in shares of the cell's width, a heavy one, and the same of its height: cells are half as wide as high.
const LIGHT: (f64, f64) = (0.13, 0.065);
const HEAVY: (f64, f64) = (0.30, 0.15);

/// The rectangles of a character; `None`: it is drawn by the font.
pub(super) fn shapes(symbol: &str) -> Option<Vec<Shape>> {
    let mut chars = symbol.chars();
    let (c, None) = (chars.next()?, chars.next()) else {
        return None;
    };
    if let Some(arms) = arms(c) {
        return Some(lines(arms));
    }
    let eighths = |from: char| f64::from(u32::from(c) - u32::from(from) + 1) / 8.0;
    let one = match c {
        '▁'..='█' => {
            let high = eighths('▁');
            part(0.0, 1.0 - high, 1.0, high)
        }
        '▉'..='▏' => part(0.0, 0.0, 1.0 - eighths('▉'), 1.0),
        '▀' => part(0.0, 0.0, 1.0, 0.5),
        '▐' => part(0.5, 0.0, 0.5, 1.0),
        '▔' => part(0.0, 0.0, 1.0, 0.125),
        '▕' => part(0.875, 0.0, 0.125, 1.0),
        '░' | '▒' | '▓' => Shape {
            shade: f64::from(u32::from(c) - u32::from('░') + 1) / 4.0,
            ..part(0.0, 0.0, 1.0, 1.0)
        },
        _ => return None,
    };
    Some(vec![one])
}

/// Weights of the lines to the left, right, top and bottom edge: 0 none, 1 light, 2 heavy.
fn arms(c: char) -> Option<[u8; 4]> {
    Some(match c {
        '─' => [1, 1, 0, 0],
        '━' => [2, 2, 0, 0],
        '│' => [0, 0, 1, 1],
        '┃' => [0, 0, 2, 2],
        '┌' | '╭' => [0, 1, 0, 1],
        '┐' | '╮' => [1, 0, 0, 1],
        '└' | '╰' => [0, 1, 1, 0],
        '┘' | '╯' => [1, 0, 1, 0],
        '├' => [0, 1, 1, 1],
        '┤' => [1, 0, 1, 1],
        '┬' => [1, 1, 0, 1],
        '┴' => [1, 1, 1, 0],
        '┼' => [1, 1, 1, 1],
        '╴' => [1, 0, 0, 0],
        '╵' => [0, 0, 1, 0],
        '╶' => [0, 1, 0, 0],
        '╷' => [0, 0, 0, 1],
        '╸' => [2, 0, 0, 0],
        '╺' => [0, 2, 0, 0],
        '╼' => [1, 2, 0, 0],
        '╾' => [2, 1, 0, 0],
        _ => return None,
    })
}

fn lines([left, right, top, bottom]: [u8; 4]) -> Vec<Shape> {
    let thick = |weight: u8| if weight == 2 { HEAVY } else { LIGHT };
    let mut out = Vec::new();
    let crossing = thick(top.max(bottom)).0 / 2.0;
    let both = (left > 0, right > 0);
    if left == right && left > 0 {
        let high = thick(left).1;
        out.push(part(0.0, 0.5 - high / 2.0, 1.0, high));
    } else {
        let reach = if top + bottom > 0 { crossing } else { 0.0 };
        if both.0 {
            let high = thick(left).1;
            out.push(part(0.0, 0.5 - high / 2.0, 0.5 + reach, high));
        }
        if both.1 {
            let high = thick(right).1;
            out.push(part(0.5 - reach, 0.5 - high / 2.0, 0.5 + reach, high));
        }
    }
    if top == bottom && top > 0 {
        let wide = thick(top).0;
        out.push(part(0.5 - wide / 2.0, 0.0, wide, 1.0));
    } else {
        let reach = thick(left.max(right)).1 / 2.0;
        if top > 0 {
            let wide = thick(top).0;
            out.push(part(0.5 - wide / 2.0, 0.0, wide, 0.5 + reach));
        }
        if bottom > 0 {
            let wide = thick(bottom).0;
            out.push(part(0.5 - wide / 2.0, 0.5 - reach, wide, 0.5 + reach));
        }
    }
    out
}
