//! Which board `profiles`, `layouts` and `validate` are about: a built-in one, or that of a GPU that is there.

use std::fmt;

use clap::ArgGroup;
use jiff::Timestamp;

use crate::domain::catalog::{self, Board};
use crate::domain::fleet::{Fleet, Gpu, Node};
use crate::domain::ids::GpuIndex;
use crate::domain::layout::GpuLayout;
use crate::domain::live_board::LiveBoard;
use crate::domain::notation::{GpuSelector, parse_selector, print_gpu};
use crate::domain::reading::Reading;
use crate::domain::text::Text;
use crate::formats::status::Status as Document;
use crate::wiring::headless::Spec;

use super::CliError;
use super::read::{Sources, collect, verdict};
use super::style::{Role, Style};
use super::text::wrap;

/// A board, by one of its names or by a GPU that has it.
#[derive(Clone, PartialEq, Eq, Debug, clap::Args)]
#[group(multiple = false)]
pub struct Which {
    /// Built-in board, by short name (a100-40), product name or PCI device id (10de:20b0); `migdeck
    /// profiles` lists them
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// Board of this GPU, read from its driver: by index, UUID, or the last 8 or more characters of that; HOST/GPU where
    /// several hosts are read
    #[arg(long, value_name = "GPU", value_parser = gpu_name)]
    pub gpu: Option<GpuName>,
}

/// For a subcommand that is about nothing without a board: one of the arguments of [`Which`].
pub(super) fn required() -> ArgGroup {
    ArgGroup::new("board").args(["model", "gpu"]).required(true)
}

/// A GPU as somebody names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GpuName {
    /// Its host, by its own name or by that of the configuration; `None`: whichever host has such a GPU.
    pub host: Option<String>,
    /// An index or a UUID.
    pub gpu: GpuSelector,
}

impl fmt::Display for GpuName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) => write!(f, "{}/{}", Text::new(host), self.gpu),
            None => self.gpu.fmt(f),
        }
    }
}

/// The board that is meant.
#[derive(Clone, PartialEq, Debug)]
pub enum Subject {
    /// One of the tables of this program.
    BuiltIn(&'static Board),
    /// That of a GPU.
    Live(Box<LiveBoard>),
}

impl Subject {
    /// The built-in board that was named.
    ///
    /// # Errors
    /// No board has that name.
    pub fn named(model: &str) -> Result<Self, CliError> {
        catalog::named(model).map(Self::BuiltIn).map_err(|e| {
            CliError::usage(e.to_string())
                .hint("`migdeck profiles` lists the boards with all their names")
        })
    }

    /// The board.
    pub fn board(&self) -> &Board {
        match self {
            Self::BuiltIn(board) => board,
            Self::Live(live) => &live.board,
        }
    }

    /// The GPU that it was read from.
    pub fn live(&self) -> Option<&LiveBoard> {
        match self {
            Self::BuiltIn(_) => None,
            Self::Live(live) => Some(live),
        }
    }

    /// Which GPU, and what is on it: lines to stand above a page. None for a built-in board.
    pub(super) fn lines(&self, style: Style) -> Vec<String> {
        let Self::Live(live) = self else {
            return Vec::new();
        };
        let mut whose = format!(
            "{}  {}",
            style.paint(Role::Heading, &label(&live.node, live.index.0)),
            live.uuid
        );
        if live.simulated {
            whose += "  ";
            whose += &style.paint(Role::Caution, "SIMULATED");
        }
        let layout = match &live.layout {
            Reading::Value(GpuLayout::Off) => {
                "off (nothing can be placed before MIG is enabled)".to_owned()
            }
            Reading::Value(layout) => print_gpu(&live.board, layout),
            Reading::Absent(why) => format!("n/a: {}", why.text),
        };
        let mut lines = vec![whose];
        let now = format!("layout at {:.0}: {layout}", live.at);
        lines.extend(wrap(now.split(' '), " ", style.width));
        lines
    }
}

impl Which {
    /// The board that is meant. `sources` are asked only for the board of a GPU, and a host for its first answer at
    /// most `wait` seconds.
    ///
    /// # Errors
    /// No board or no GPU of that name, nothing could be read, or the GPU's profiles could not.
    pub fn subject(
        &self,
        sources: impl FnOnce() -> Result<Sources, CliError>,
        wait: f64,
    ) -> Result<Subject, CliError> {
        match (&self.gpu, &self.model) {
            (Some(name), _) => live(name, &sources()?, wait).map(|l| Subject::Live(Box::new(l))),
            (None, Some(model)) => Subject::named(model),
            // the parser has asked for one of them
            (None, None) => Err(CliError::usage("no board was named")
                .hint("add --model MODEL (`migdeck profiles` lists them), or --gpu GPU")),
        }
    }
}

fn gpu_name(typed: &str) -> Result<GpuName, String> {
    let (host, gpu) = match typed.rsplit_once('/') {
        Some((host, gpu)) => (Some(host), gpu),
        None => (None, typed),
    };
    match parse_selector(gpu) {
        Ok(gpu @ (GpuSelector::Index(_) | GpuSelector::Uuid(_))) if host != Some("") => {
            Ok(GpuName {
                host: host.map(str::to_owned),
                gpu,
            })
        }
        _ => Err(
            "expected one GPU: its index (0), its UUID or at least 8 characters of the end of it, or HOST/ and one of \
             these"
                .to_owned(),
        ),
    }
}

fn live(name: &GpuName, sources: &Sources, wait: f64) -> Result<LiveBoard, CliError> {
    let specs = match sources {
        Sources::Streams(specs) => specs.as_slice(),
        Sources::Tape(tape) => std::slice::from_ref(tape),
        Sources::Saved(_) => {
            return Err(
                CliError::usage("a saved status holds no profiles, only what fits now").hint(
                    "`migdeck record FILE --seconds 5` on the host makes a tape that --fleet reads and that has them",
                ),
            );
        }
    };
    let asked = called(specs, name.host.as_deref());
    let all = asked.as_deref().unwrap_or(specs).iter();
    // exporters know nothing of boards
    let hosts = all.filter(|spec| !matches!(spec, Spec::Exporter(_)));
    let fleet = collect(&hosts.cloned().collect::<Vec<_>>(), wait)?;
    // by the name of the configuration the host is found already
    let host = name.host.as_deref().filter(|_| asked.is_none());
    find(name, host, &fleet)
}

/// The streams that are configured by that name: then the others need not be read.
fn called(specs: &[Spec], host: Option<&str>) -> Option<Vec<Spec>> {
    let host = host?;
    let is = |spec: &&Spec| matches!(spec, Spec::Probe { name, .. } if name == host);
    let found: Vec<Spec> = specs.iter().filter(is).cloned().collect();
    (!found.is_empty()).then_some(found)
}

/// The GPU of that name on `host`, or on any of the hosts.
fn find(name: &GpuName, host: Option<&str>, fleet: &Fleet) -> Result<LiveBoard, CliError> {
    let nodes = || {
        fleet
            .nodes
            .iter()
            .map(AsRef::as_ref)
            .filter(move |n: &&Node| host.is_none_or(|host| n.name.as_str() == host))
    };
    let found: Vec<(&Node, &Gpu)> = nodes()
        .flat_map(|node| node.gpus.iter().map(move |gpu| (node, gpu)))
        .filter(|(_, gpu)| is(gpu, &name.gpu))
        .collect();
    match found.as_slice() {
        [(node, gpu)] => LiveBoard::of(node, gpu).map_err(|why| {
            CliError::failed(format!(
                "the profiles of {} are not known: {}",
                label(&node.name, gpu.index),
                why.text
            ))
        }),
        [] => {
            verdict(&Document::from_fleet(fleet, Timestamp::now()), true)?;
            let error = match host {
                Some(host) if nodes().next().is_none() => {
                    CliError::usage(format!("no host is called {}", Text::new(host)))
                }
                _ => CliError::usage(format!("there is no GPU {name}")),
            };
            Err(fleet
                .nodes
                .iter()
                .fold(error, |error, node| error.hint(gpus(node))))
        }
        several => {
            let error = CliError::usage(format!("{} GPUs are called {name}", several.len()));
            Err(several.iter().fold(error, |error, (node, gpu)| {
                error.hint(format!("--gpu {}/{}", node.name, gpu.index))
            }))
        }
    }
}

fn is(gpu: &Gpu, selector: &GpuSelector) -> bool {
    match (selector, gpu.uuid()) {
        (_, Some(uuid)) => selector.selects(GpuIndex(gpu.index), uuid),
        (GpuSelector::Index(index), None) => *index == gpu.index,
        (_, None) => false,
    }
}

fn label(node: &Text, index: u32) -> String {
    format!("{node} GPU {index}")
}

/// The GPUs that a host has: `dgx-dev-01: 0 (..60cb61c8), 1 (..)`.
fn gpus(node: &Node) -> String {
    let gpus: Vec<String> = node
        .gpus
        .iter()
        .map(|gpu| match gpu.uuid() {
            Some(uuid) => format!("{} (..{})", gpu.index, uuid.tail()),
            None => gpu.index.to_string(),
        })
        .collect();
    if gpus.is_empty() {
        format!("{}: no GPU could be read", node.name)
    } else {
        format!("{}: {}", node.name, gpus.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_is_named_by_index_or_uuid_and_perhaps_its_host() {
        let name = |typed| gpu_name(typed).map(|n| (n.host.clone(), n.to_string()));
        let host = |host: &str| Some(host.to_owned());
        assert_eq!(name("0"), Ok((None, "0".to_owned())));
        assert_eq!(name("dgx/2"), Ok((host("dgx"), "dgx/2".to_owned())));
        assert_eq!(name("a/b/2"), Ok((host("a/b"), "a/b/2".to_owned())));
        assert_eq!(name("60cb61c8"), Ok((None, "..60cb61c8".to_owned())));
        for wrong in ["", "0-3", "0,1", "0 ", "60cb61", "/0", "dgx/", "-1"] {
            assert!(gpu_name(wrong).is_err(), "{wrong}");
        }
    }
}
