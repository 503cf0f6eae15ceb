//! `migdeck doctor`: what is wrong, worst first, with evidence and the next command; then what could not be looked at.
//!
//! ```text
//! 2 danger  3 caution  4 info  on 3 hosts
//!
//! DANGER   dgx-prod-01  operands-paused
//!   5 operands are paused and no change is at work: ..
//!     nvidia.com/gpu.deploy.device-plugin=paused-for-mig-change
//!   $ kubectl label node dgx-prod-01 --overwrite nvidia.com/gpu.deploy.device-plugin=true
//!
//! NOT LOOKED AT
//!   dgx-far-01  GPUs: no probe reads this host: only the API server tells of it
//! ```

use clap::Args as ClapArgs;

use crate::formats::doctor::{Doctor, Finding, SEVERITIES, Unseen};

use super::CliError;
use super::style::{Role, Style};
use super::text::wrap;

/// Exit code: findings of caution and above.
pub const ILL: u8 = 10;

/// `doctor`.
#[derive(ClapArgs, Debug)]
pub struct Args {
    /// Only what concerns this host; may be repeated, or several with `,` between them
    #[arg(long, value_name = "NODE,..", value_delimiter = ',')]
    pub node: Vec<String>,
    /// Only what is as bad as this, or worse
    #[arg(long, value_name = "LEAST", value_parser = SEVERITIES, default_value = "info")]
    pub severity: String,
    /// How long a host may take.
    #[command(flatten)]
    pub wait: super::args::Wait,
    /// Write JSON (migdeck/doctor/v1)
    #[arg(long)]
    pub json: bool,
}

impl Args {
    /// Leaves what was asked for.
    ///
    /// # Errors
    /// There is no such host.
    pub fn narrow(&self, document: &mut Doctor) -> Result<(), CliError> {
        let there = |name: &&String| document.nodes.iter().any(|n| n.as_str() == name.as_str());
        if let Some(name) = self.node.iter().find(|name| !there(name)) {
            let all: Vec<&str> = document.nodes.iter().map(|n| n.as_str()).collect();
            return Err(CliError::usage(format!("there is no host '{name}'"))
                .hint(format!("there is: {}", all.join(", "))));
        }
        if !self.node.is_empty() {
            document.keep_nodes(&self.node);
        }
        document.keep_from(&self.severity);
        Ok(())
    }
}

/// The page.
pub fn render(document: &Doctor, style: Style) -> String {
    let mut blocks = vec![vec![head(document, style)]];
    blocks.extend(document.findings.iter().map(|found| finding(found, style)));
    if !document.unseen.is_empty() {
        let mut lines = vec![style.paint(Role::Heading, "NOT LOOKED AT")];
        for one in &document.unseen {
            lines.extend(indented(&unseen(one), 2, style));
        }
        blocks.push(lines);
    }
    let blocks: Vec<String> = blocks.iter().map(|lines| lines.join("\n")).collect();
    blocks.join("\n\n") + "\n"
}

fn head(document: &Doctor, style: Style) -> String {
    let hosts = match document.nodes.len() {
        1 => "on 1 host".to_owned(),
        n => format!("on {n} hosts"),
    };
    let mut parts = Vec::new();
    if document.simulated {
        parts.push(style.paint(Role::Caution, "SIMULATED"));
    }
    for severity in SEVERITIES.iter().rev() {
        match document.count(severity) {
            0 => {}
            n => parts.push(style.paint(role(severity), &format!("{n} {severity}"))),
        }
    }
    if document.findings.is_empty() {
        parts.push("nothing found".to_owned());
    }
    parts.push(hosts);
    parts.join("  ")
}

fn role(severity: &str) -> Role {
    match severity {
        "danger" => Role::Danger,
        "caution" => Role::Caution,
        _ => Role::Faint,
    }
}

fn finding(finding: &Finding, style: Style) -> Vec<String> {
    let found = &finding.found;
    let severity = found.severity.as_str();
    let word = format!("{:<8}", severity.to_uppercase());
    let mut lines = vec![format!(
        "{} {}  {}",
        style.paint(role(severity), &word),
        found.subject,
        style.paint(Role::Faint, &found.id)
    )];
    lines.extend(indented(&found.text, 2, style));
    for evidence in &found.evidence {
        lines.extend(indented(evidence, 4, style));
    }
    // in one line whatever its length: it is there to be copied
    lines.extend(found.next.iter().map(|next| format!("  $ {next}")));
    lines
}

fn unseen(one: &Unseen) -> String {
    let node = one.node.as_ref().map_or("cluster", |node| node.as_str());
    format!("{node}  {}: {}", one.what, one.why)
}

fn indented(text: &str, by: usize, style: Style) -> Vec<String> {
    let width = style.width.saturating_sub(by).max(20);
    let lines = wrap(text.split(' '), " ", width).into_iter();
    lines.map(|line| format!("{:by$}{line}", "")).collect()
}
