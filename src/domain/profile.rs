//! Names of profiles: `3g.20gb`, `1c.3g.20gb`, `1g.10gb+me`, `1g.24gb-me`.
//!
//! The grammar is that of NVIDIA's go-nvlib (`pkg/nvlib/device/mig_profile.go`): `[<c>c.]<g>g.<gb>gb`, then either
//! `+attribute[,attribute]` or `-attribute`. A name is for people: drivers rename profiles, and two compute instance
//! profiles may share a name, so identity is the profile id.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use super::text::Text;

/// What a profile has beyond its slices, or lacks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Attribute {
    /// `+me`: media extensions, the GPU's only JPEG and optical flow engine.
    Media,
    /// `+me.all`: all media engines of the GPU.
    AllMedia,
    /// `+gfx`: graphics.
    Graphics,
    /// `-me`: without any media engine.
    NoMedia,
}

impl Attribute {
    /// In the order in which several are printed.
    pub const ALL: [Self; 4] = [Self::Media, Self::AllMedia, Self::Graphics, Self::NoMedia];

    /// Its word, without the sign.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Media | Self::NoMedia => "me",
            Self::AllMedia => "me.all",
            Self::Graphics => "gfx",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of attributes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Attributes(u8);

impl Attributes {
    /// None at all.
    pub const NONE: Self = Self(0);

    /// Those, and `attribute`.
    #[must_use]
    pub const fn with(self, attribute: Attribute) -> Self {
        Self(self.0 | attribute.bit())
    }

    /// Whether `attribute` is among them.
    pub const fn has(self, attribute: Attribute) -> bool {
        self.0 & attribute.bit() != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those with a plus sign, in the order of printing.
    fn added(self) -> impl Iterator<Item = Attribute> {
        Attribute::ALL
            .into_iter()
            .filter(move |a| *a != Attribute::NoMedia && self.has(*a))
    }
}

/// A profile name that this version understands.
///
/// Parsing what was printed gives the same value. Two spellings of one profile are one value: a compute part that is
/// as large as the GPU instance is left out, attributes are sorted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Profile {
    /// Compute slices of the compute instance, where they are fewer than those of the GPU instance.
    pub compute: Option<u32>,
    /// Compute slices of the GPU instance, 1 or more.
    pub slices: u32,
    /// The number before `gb`: memory rounded as NVIDIA rounds it. A label, not a size, and 0 on integrated GPUs.
    pub gb: u32,
    /// Attributes.
    pub attributes: Attributes,
}

/// Text that is no profile name.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "`{0}` is no profile name that this version knows (expected such as 3g.20gb, 1c.3g.20gb, 1g.10gb+me)"
)]
pub struct NotAProfile(pub Text);

/// The vendor's prefix of Kubernetes resources.
const VENDOR: &str = "nvidia.com/";

impl Profile {
    /// A profile of a GPU instance without attributes.
    pub const fn plain(slices: u32, gb: u32) -> Self {
        Self {
            compute: None,
            slices,
            gb,
            attributes: Attributes::NONE,
        }
    }

    /// The Kubernetes resource of strategy *mixed*: `nvidia.com/mig-1g.10gb.me`, `nvidia.com/mig-1g.24gb-me`.
    ///
    /// `None` for a profile with a compute part: NVIDIA's device plugin (v0.20.0) has no resource for it and stops on
    /// a node that has one. For several attributes at once, which no board lists, the comma becomes a dot too, since
    /// Kubernetes allows none in a name (inferred).
    pub fn resource_name(&self) -> Option<String> {
        if self.compute.is_some() {
            return None;
        }
        let name = self.to_string().replace(['+', ','], ".");
        Some(format!("{VENDOR}mig-{name}"))
    }

    /// From the name of a Kubernetes resource, with or without `nvidia.com/`; a `.shared` at the end (time-slicing) is
    /// accepted and says nothing about the profile.
    pub fn from_resource(name: &str) -> Option<Self> {
        let name = name.strip_prefix(VENDOR).unwrap_or(name);
        let body = name.strip_prefix("mig-")?;
        let body = body.strip_suffix(".shared").unwrap_or(body);
        let (shape, rest) = body.split_once("gb")?;
        let attributes = match rest.strip_prefix('.') {
            Some(words) => format!("+{}", words.replace(".gfx", ",gfx")),
            None => rest.to_owned(),
        };
        let profile: Self = format!("{shape}gb{attributes}").parse().ok()?;
        // a resource names a whole GPU instance
        profile.compute.is_none().then_some(profile)
    }

    /// The GPU instance's part: `3g.20gb` of `1c.3g.20gb`.
    #[must_use]
    pub const fn of_instance(self) -> Self {
        Self {
            compute: None,
            ..self
        }
    }

    /// The name of a compute instance of `slices` in a GPU instance of this profile.
    #[must_use]
    pub const fn with_compute(self, slices: u32) -> Self {
        Self {
            compute: if slices == self.slices {
                None
            } else {
                Some(slices)
            },
            ..self
        }
    }
}

/// A decimal number as NVIDIA writes it: digits only, no leading zero, so that printing gives the text back.
fn number(digits: &str) -> Option<u32> {
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let padded = digits.len() > 1 && digits.starts_with('0');
    (plain && !padded).then(|| digits.parse().ok()).flatten()
}

fn attributes(text: &str) -> Option<Attributes> {
    if text.is_empty() {
        return Some(Attributes::NONE);
    }
    if let Some(word) = text.strip_prefix('-') {
        return (word == Attribute::NoMedia.word())
            .then(|| Attributes::NONE.with(Attribute::NoMedia));
    }
    text.strip_prefix('+')?
        .split(',')
        .try_fold(Attributes::NONE, |set, word| {
            let attribute = Attribute::ALL
                .into_iter()
                .find(|a| *a != Attribute::NoMedia && a.word() == word)?;
            (!set.has(attribute)).then(|| set.with(attribute))
        })
}

fn parse(text: &str) -> Option<Profile> {
    let text = text.trim();
    let text = text.strip_prefix("MIG ").unwrap_or(text).trim_start();
    let (compute, rest) = match text.split_once("c.") {
        Some((c, rest)) => (Some(number(c)?), rest),
        None => (None, text),
    };
    let (slices, rest) = rest.split_once("g.")?;
    let (gb, rest) = rest.split_once("gb")?;
    let (slices, gb) = (number(slices)?, number(gb)?);
    if slices == 0 || compute.is_some_and(|c| c == 0 || c > slices) {
        return None;
    }
    Some(Profile {
        compute: compute.filter(|c| *c != slices),
        slices,
        gb,
        attributes: attributes(rest)?,
    })
}

impl FromStr for Profile {
    type Err = NotAProfile;

    /// Accepts a leading `MIG `, as NVML and `nvidia-smi` print it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| NotAProfile(Text::new(text)))
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut name = String::new();
        if let Some(compute) = self.compute {
            name = format!("{compute}c.");
        }
        name += &format!("{}g.{}gb", self.slices, self.gb);
        for (n, attribute) in self.attributes.added().enumerate() {
            name.push(if n == 0 { '+' } else { ',' });
            name += attribute.word();
        }
        if self.attributes.has(Attribute::NoMedia) {
            name += "-me";
        }
        f.pad(&name)
    }
}

/// A profile's name as somebody gave it: understood, or kept as it is.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum ProfileName {
    /// Follows the grammar.
    Known(Profile),
    /// A name from a driver newer than this version.
    Other(Text),
}

impl ProfileName {
    /// What the grammar says of it.
    pub fn known(&self) -> Option<&Profile> {
        match self {
            Self::Known(profile) => Some(profile),
            Self::Other(_) => None,
        }
    }

    /// Its attributes; none where the name is not understood.
    pub fn attributes(&self) -> Attributes {
        self.known().map_or(Attributes::NONE, |p| p.attributes)
    }

    /// Its Kubernetes resource; `None` where there is none or the name is not understood.
    pub fn resource_name(&self) -> Option<String> {
        self.known().and_then(Profile::resource_name)
    }
}

impl From<Profile> for ProfileName {
    fn from(profile: Profile) -> Self {
        Self::Known(profile)
    }
}

impl From<&str> for ProfileName {
    fn from(text: &str) -> Self {
        text.parse().map_or_else(
            |_| Self::Other(Text::new(text.trim().trim_start_matches("MIG "))),
            Self::Known,
        )
    }
}

impl FromStr for ProfileName {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.into())
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(profile) => profile.fmt(f),
            Self::Other(name) => name.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(text: &str) -> Profile {
        text.parse().unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn every_name_of_the_vendor_comes_back_as_it_was() {
        for name in [
            "1g.5gb",
            "1c.3g.20gb",
            "7g.141gb",
            "1g.10gb+me",
            "1g.24gb+me.all",
            "4g.96gb+gfx",
            "1g.24gb-me",
            "2g.0gb",
            "1c.2g.24gb+me,gfx",
        ] {
            assert_eq!(profile(name).to_string(), name);
            assert_eq!(profile(&format!("MIG {name}")), profile(name));
        }
    }

    #[test]
    fn one_profile_has_one_value() {
        assert_eq!(profile("3c.3g.20gb"), profile("3g.20gb"));
        assert_eq!(profile("1g.24gb+gfx,me"), profile("1g.24gb+me,gfx"));
    }

    #[test]
    fn resources_are_named_as_the_device_plugin_names_them() {
        for (name, resource) in [
            ("1g.5gb", "nvidia.com/mig-1g.5gb"),
            ("1g.10gb+me", "nvidia.com/mig-1g.10gb.me"),
            ("1g.24gb+me.all", "nvidia.com/mig-1g.24gb.me.all"),
            ("1g.24gb+gfx", "nvidia.com/mig-1g.24gb.gfx"),
            ("1g.24gb-me", "nvidia.com/mig-1g.24gb-me"),
            ("1g.24gb+me,gfx", "nvidia.com/mig-1g.24gb.me.gfx"),
        ] {
            assert_eq!(profile(name).resource_name().as_deref(), Some(resource));
            assert_eq!(Profile::from_resource(resource), Some(profile(name)));
        }
        assert_eq!(
            Profile::from_resource("nvidia.com/mig-1g.10gb.shared"),
            Some(profile("1g.10gb"))
        );
        assert_eq!(profile("1c.3g.20gb").resource_name(), None);
        for no in [
            "nvidia.com/gpu",
            "nvidia.com/mig-",
            "mig-1c.3g.20gb",
            "mig-1g.10gb.new",
        ] {
            assert_eq!(Profile::from_resource(no), None, "{no}");
        }
    }

    #[test]
    fn what_is_not_understood_is_kept() {
        for odd in [
            "9x.new",
            "1g.10gb+warp",
            "1g.5gb+",
            "1g.5gb+me,me",
            "1g.5gb-gfx",
            "1g.5gb+me-me",
            "0g.5gb",
            "01g.5gb",
            "4c.3g.20gb",
            "99999999999g.5gb",
            "",
            "\u{661}g.5gb",
        ] {
            assert!(odd.parse::<Profile>().is_err(), "{odd}");
            assert_eq!(
                ProfileName::from(odd),
                ProfileName::Other(Text::new(odd)),
                "{odd}"
            );
            assert_eq!(ProfileName::from(odd).to_string(), odd);
        }
        assert_eq!(ProfileName::from("MIG 9x.new").to_string(), "9x.new");
    }
}
