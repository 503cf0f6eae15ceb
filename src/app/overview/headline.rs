//! What a host is.

use crate::app::{Texts, words};
use crate::domain::cluster::advertised::Strategy;
use crate::domain::fleet::{Gpu, Node};
use crate::domain::text::Text;
use jiff::Timestamp;

/// `8x A100-SXM4-40GB`; several models are all named. `None`: no GPU is known.
pub fn models(node: &Node, texts: &Texts) -> Option<String> {
    let mut counted: Vec<(String, usize)> = Vec::new();
    for gpu in &node.gpus {
        let model = model(gpu).unwrap_or_else(|| texts.get("headline.unknown_model").to_owned());
        match counted.iter_mut().find(|(name, _)| *name == model) {
            Some((_, n)) => *n += 1,
            None => counted.push((model, 1)),
        }
    }
    if counted.is_empty() {
        return labelled(node);
    }
    let parts: Vec<String> = counted
        .iter()
        .map(|(name, n)| format!("{n}x {name}"))
        .collect();
    Some(parts.join(" + "))
}

/// The model of a host that nobody looks at itself, as GPU feature discovery labels it. Under strategy single the count is
/// of devices, and that of GPUs is not told.
fn labelled(node: &Node) -> Option<String> {
    let facts = &node
        .cluster
        .value()
        .filter(|_| node.unprobed().is_some())?
        .node;
    let product = facts.label("gpu.product")?;
    let bare = product.strip_prefix("NVIDIA-").unwrap_or(product);
    let model = bare.split("-MIG-").next().unwrap_or(bare);
    let model = model.trim_end_matches("-SHARED");
    let single = facts.strategy() == Some(Strategy::Single);
    Some(match facts.label("gpu.count").filter(|_| !single) {
        Some(n) => format!("{n}x {model}"),
        None => model.to_owned(),
    })
}

/// A GPU's model without its maker: `A100-SXM4-40GB`.
pub fn model(gpu: &Gpu) -> Option<String> {
    let named = gpu
        .inventory
        .value()
        .and_then(|i| i.identity.name.value())
        .or_else(|| gpu.proc.as_ref().and_then(|p| p.name.value()))?;
    Some(named.strip_prefix("NVIDIA ").unwrap_or(named).to_owned())
}

/// The driver's version as NVML tells it, else as the kernel module does; `None`: nothing is known of either.
pub fn version(node: &Node) -> Option<&Text> {
    let module = node.host.as_ref().and_then(|h| h.driver.value());
    let told = node.driver.value().and_then(|d| d.version.value());
    told.or(module)
}

/// `driver 535.161.08`.
pub fn driver(node: &Node, texts: &Texts) -> Option<String> {
    let version = version(node)?;
    Some(texts.say("headline.driver", &[("version", version)]))
}

/// `up 41d`.
pub fn up(node: &Node, now: Timestamp, texts: &Texts) -> Option<String> {
    let booted = node.host.as_ref()?.booted.value()?;
    Some(texts.say("headline.up", &[("age", &words::age(*booted, now))]))
}

/// Whether it is simulated: as its probe says.
pub fn is_simulated(node: &Node) -> bool {
    node.hello.as_ref().is_some_and(|h| h.simulated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{gpu, host, now, untold, value};
    use crate::app::texts::Language;
    use crate::domain::reading::Reading;

    #[test]
    fn models_are_counted_also_those_that_only_proc_knows() {
        let texts = Texts::of(Language::English);
        let mut node = host("a");
        assert_eq!(models(&node, &texts), None);
        node.gpus = vec![gpu(0, true, vec![]), untold(1)];
        assert_eq!(models(&node, &texts).as_deref(), Some("2x A100-SXM4-40GB"));
        node.gpus[1].proc = None;
        assert_eq!(
            models(&node, &texts).as_deref(),
            Some("1x A100-SXM4-40GB + 1x GPU of unknown model")
        );
    }

    #[test]
    fn without_nvml_the_kernel_module_tells_the_driver() {
        let texts = Texts::of(Language::English);
        let mut node = host("a");
        node.driver = Reading::not_yet();
        if let Some(host) = &mut node.host {
            host.driver = value("550.1".into());
        }
        assert_eq!(driver(&node, &texts).as_deref(), Some("driver 550.1"));
        assert_eq!(up(&node, now(), &texts).as_deref(), Some("up 41d"));
    }
}
