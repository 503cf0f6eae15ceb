//! Telemetry: packed into a few lines, or a line each; and the reasons of what is absent.

use crate::app::telemetry::{self, Fact, Tone};
use crate::domain::fleet::Gpu;
use crate::domain::reading::Absence;
use crate::view::{Ctx, Role};

use crate::view::lines::{Lines, flow};

/// What a tone looks like; a value that has grown old looks old whatever it says.
fn role(fact: &Fact, stale: bool) -> Role {
    match fact.tone {
        Tone::Absent => Role::Dim,
        _ if stale && fact.measured => Role::Stale,
        Tone::Plain => Role::Text,
        Tone::Caution => Role::Caution,
        Tone::Danger => Role::Danger,
    }
}

/// All facts in as few lines as hold them.
pub fn packed(ctx: &Ctx<'_>, gpu: &Gpu, columns: usize) -> Lines {
    let stale = telemetry::stale_since(gpu).is_some();
    let mark = ctx.glyphs().late;
    let items = telemetry::facts(gpu, &ctx.model.texts)
        .into_iter()
        .map(|fact| {
            let role = role(&fact, stale);
            let old = if stale && fact.measured { mark } else { "" };
            vec![
                (format!("{} ", ctx.model.texts.get(fact.key)), Role::Dim),
                (format!("{}{old}", fact.short), role),
            ]
        })
        .collect();
    let mut out = Lines::default();
    for line in flow(items, columns, 1) {
        out.push(line);
    }
    out
}

/// A line a fact, in full; those that are absent for one reason share a line.
pub fn listed(ctx: &Ctx<'_>, gpu: &Gpu, columns: usize) -> Lines {
    let stale = telemetry::stale_since(gpu).is_some();
    let mark = ctx.glyphs().late;
    let mut out = Lines::default();
    let mut reasons = Reasons::default();
    for fact in telemetry::facts(gpu, &ctx.model.texts) {
        let label = ctx.model.texts.get(fact.key);
        if !fact.measured
            && let [why] = fact.why.as_slice()
        {
            reasons.add(label, why);
            continue;
        }
        let role = role(&fact, stale);
        let old = if stale && fact.measured { mark } else { "" };
        let text = format!("{}{old}", fact.long);
        out.labelled(label, vec![(text, role)], columns);
    }
    for (why, names) in &reasons.0 {
        let text = ctx.say(
            "gpu.why",
            &[("names", &names.join(", ")), ("why", &why.text)],
        );
        out.labelled(ctx.text("gpu.absent"), vec![(text, Role::Dim)], columns);
    }
    out
}

/// Why values are absent: each reason once with the names of what it explains.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Reasons(Vec<(Absence, Vec<String>)>);

impl Reasons {
    /// Remembers why a value of that name is absent.
    pub fn add(&mut self, name: &str, why: &Absence) {
        let at = match self.0.iter().position(|(known, _)| known.text == why.text) {
            Some(at) => at,
            None => {
                self.0.push((why.clone(), Vec::new()));
                self.0.len() - 1
            }
        };
        if let Some((_, names)) = self.0.get_mut(at)
            && !names.iter().any(|n| n == name)
        {
            names.push(name.to_owned());
        }
    }

    /// Remembers those of the telemetry; where the pane on the right lists it, only those that it leaves open.
    pub fn of_gpu(&mut self, ctx: &Ctx<'_>, gpu: &Gpu, listed: bool) {
        for fact in telemetry::facts(gpu, &ctx.model.texts) {
            if listed && !fact.measured && fact.why.len() == 1 {
                continue;
            }
            for why in &fact.why {
                self.add(ctx.model.texts.get(fact.key), why);
            }
        }
    }

    /// The names alone on one line, for where there is no room for reasons.
    pub fn names(&self, ctx: &Ctx<'_>) -> Lines {
        let names: Vec<&str> = self
            .0
            .iter()
            .flat_map(|(_, names)| names.iter().map(String::as_str))
            .collect();
        let mut out = Lines::default();
        if !names.is_empty() {
            let text = ctx.say("gpu.names_absent", &[("names", &names.join(", "))]);
            out.push(vec![(format!(" {text}"), Role::Dim)]);
        }
        out
    }

    /// All of them, wrapped.
    pub fn lines(&self, ctx: &Ctx<'_>, columns: usize) -> Lines {
        let mut out = Lines::default();
        for (why, names) in &self.0 {
            let names = names.join(", ");
            let text = ctx.say("gpu.why", &[("names", &names), ("why", &why.text)]);
            let text = format!(" {} {text}", ctx.text("gpu.absent"));
            out.say(&text, Role::Dim, columns, 2);
        }
        out
    }
}
