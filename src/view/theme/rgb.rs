//! Colours as light: the palette of xterm, nearness and contrast.

use ratatui::style::Color;

/// Red, green, blue.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Rgb(pub u8, pub u8, pub u8);

/// The sixteen colours of a terminal, as xterm has them with the blues of newer terminals, which can be read on black.
const ANSI: [Rgb; 16] = [
    Rgb(0, 0, 0),
    Rgb(205, 0, 0),
    Rgb(0, 205, 0),
    Rgb(205, 205, 0),
    Rgb(36, 72, 200),
    Rgb(205, 0, 205),
    Rgb(0, 205, 205),
    Rgb(229, 229, 229),
    Rgb(127, 127, 127),
    Rgb(255, 0, 0),
    Rgb(0, 255, 0),
    Rgb(255, 255, 0),
    Rgb(92, 120, 255),
    Rgb(255, 0, 255),
    Rgb(0, 255, 255),
    Rgb(255, 255, 255),
];

impl Rgb {
    /// Colour `n` of 256: sixteen, a cube of six by six by six, and 24 greys.
    pub fn indexed(n: u8) -> Self {
        let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
        match n {
            0..16 => ANSI[usize::from(n)],
            16..232 => {
                let n = n - 16;
                Self(level(n / 36), level(n / 6 % 6), level(n % 6))
            }
            232.. => {
                let grey = 8 + 10 * (n - 232);
                Self(grey, grey, grey)
            }
        }
    }

    /// What a terminal shows; `None`: its own default.
    pub fn of(colour: Color) -> Option<Self> {
        let n = match colour {
            Color::Reset => return None,
            Color::Rgb(r, g, b) => return Some(Self(r, g, b)),
            Color::Indexed(n) => n,
            Color::Black => 0,
            Color::Red => 1,
            Color::Green => 2,
            Color::Yellow => 3,
            Color::Blue => 4,
            Color::Magenta => 5,
            Color::Cyan => 6,
            Color::Gray => 7,
            Color::DarkGray => 8,
            Color::LightRed => 9,
            Color::LightGreen => 10,
            Color::LightYellow => 11,
            Color::LightBlue => 12,
            Color::LightMagenta => 13,
            Color::LightCyan => 14,
            Color::White => 15,
        };
        Some(Self::indexed(n))
    }

    /// How far two colours are from each other for the eye ("redmean", compuphase.com/cmetric.htm), squared.
    fn distance(self, other: Self) -> u32 {
        let (r, dr) = (
            (u32::from(self.0) + u32::from(other.0)) / 2,
            diff(self.0, other.0),
        );
        let (dg, db) = (diff(self.1, other.1), diff(self.2, other.2));
        (((512 + r) * dr * dr) >> 8) + 4 * dg * dg + (((767 - r) * db * db) >> 8)
    }

    /// The nearest of the colours that every terminal with 256 has alike.
    pub fn nearest_of_256(self) -> u8 {
        let nearest = (16..=255).min_by_key(|n| self.distance(Self::indexed(*n)));
        nearest.unwrap_or(16)
    }

    /// The nearest of the first sixteen. What has a hue keeps it: a soft red is nearer to grey than to red, and grey
    /// would not warn.
    pub fn nearest_of_sixteen(self) -> u8 {
        let nearest = match self.hue() {
            Some(hue) => (0..16).min_by_key(|n| {
                let other = Self::indexed(*n);
                let off = other.hue().map_or(360, |h| {
                    let off = hue.abs_diff(h);
                    off.min(360 - off)
                });
                // normal and bright are a little apart in hue
                (off / 15, self.distance(other))
            }),
            None => (0..16)
                .filter(|n| Self::indexed(*n).hue().is_none())
                .min_by_key(|n| self.distance(Self::indexed(*n))),
        };
        nearest.unwrap_or(7)
    }

    /// The hue in degrees, red 0; `None`: a grey.
    fn hue(self) -> Option<u32> {
        let [r, g, b] = [self.0, self.1, self.2].map(f64::from);
        let most = r.max(g).max(b);
        let span = most - r.min(g).min(b);
        if span <= 30.0 {
            return None;
        }
        let sixth = if most == r {
            (g - b) / span
        } else if most == g {
            2.0 + (b - r) / span
        } else {
            4.0 + (r - g) / span
        };
        Some((sixth * 60.0).rem_euclid(360.0) as u32)
    }

    /// Relative luminance, 0 (black) to 1 (white) (WCAG 2.1).
    pub fn luminance(self) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// Contrast of two colours, 1 to 21 (WCAG 2.1): text wants 4.5.
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }
}

fn diff(a: u8, b: u8) -> u32 {
    u32::from(a.abs_diff(b))
}

#[cfg(test)]
mod tests {
    use super::Rgb;

    #[test]
    fn the_palette_is_that_of_xterm() {
        assert_eq!(Rgb::indexed(16), Rgb(0, 0, 0));
        assert_eq!(Rgb::indexed(39), Rgb(0, 175, 255));
        assert_eq!(Rgb::indexed(231), Rgb(255, 255, 255));
        assert_eq!(Rgb::indexed(255), Rgb(238, 238, 238));
    }

    #[test]
    fn a_colour_is_nearest_to_itself() {
        for n in 16..=255 {
            let nearest = Rgb::indexed(n).nearest_of_256();
            assert_eq!(Rgb::indexed(nearest), Rgb::indexed(n));
        }
    }

    #[test]
    fn a_soft_colour_keeps_its_hue_among_sixteen() {
        for (soft, plain) in [(203, [1, 9]), (108, [2, 10]), (179, [3, 11]), (75, [4, 12])] {
            let nearest = Rgb::indexed(soft).nearest_of_sixteen();
            assert!(plain.contains(&nearest), "{soft} became {nearest}");
        }
        assert_eq!(Rgb::indexed(246).nearest_of_sixteen(), 8);
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        let grey = Rgb(0x77, 0x77, 0x77);
        let contrast = grey.contrast(Rgb(255, 255, 255));
        assert!((contrast - 4.48).abs() < 0.01, "{contrast}");
    }
}
