//! What letters and marks in the strips mean.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::fleet::{Gpu, Node, SlotState};
use crate::domain::slices::{self, Part};
use crate::view::fit::{put, width};
use crate::view::widgets::strip::letter;
use crate::view::{Ctx, Role};

/// One line. Where it is too short for all of them, those that stand nowhere on the host go first; what then has no room
/// is left out whole.
pub(in crate::view::screens) fn draw(ctx: &Ctx<'_>, node: &Node, area: Rect, buf: &mut Buffer) {
    let glyphs = ctx.glyphs();
    let state = |state, key| Entry {
        mark: letter(state),
        role: Role::of_state(state),
        word: ctx.text(key),
        there: node.gpus.iter().any(|gpu| has(gpu, state)),
    };
    let slices = |part, mark, role, key| Entry {
        mark,
        role,
        word: ctx.text(key),
        there: node.gpus.iter().any(|gpu| lies(gpu, &part)),
    };
    let mut entries = vec![
        state(SlotState::Busy, "legend.busy"),
        state(SlotState::Allocated, "legend.allocated"),
        state(SlotState::Free, "legend.free"),
        state(SlotState::NoCi, "legend.no_ci"),
        state(SlotState::Sick, "legend.sick"),
        state(SlotState::Unknown, "legend.unknown"),
        slices(Part::Hole, glyphs.hole, Role::Hole, "legend.hole"),
        slices(Part::Lost, glyphs.lost, Role::Lost, "legend.lost"),
    ];
    let room = usize::from(area.width).saturating_sub(1);
    let length = |entries: &[Entry<'_>], gap: usize| {
        let words: usize = entries.iter().map(Entry::width).sum();
        words + gap * entries.len().saturating_sub(1)
    };
    while length(&entries, 1) > room
        && let Some(at) = entries.iter().rposition(|e| !e.there)
    {
        entries.remove(at);
    }
    let gap = if length(&entries, 2) > room { 1 } else { 2 };
    let mut x = area.x + 1;
    for entry in entries {
        let wide = u16::try_from(entry.width()).unwrap_or(u16::MAX);
        if x.saturating_add(wide) > area.right() {
            break;
        }
        let (mark, word) = (entry.mark, entry.word);
        x = put(buf, x, area.y, area.width, mark, ctx.style(entry.role)) + 1;
        x = put(buf, x, area.y, area.width, word, ctx.style(Role::Dim)) + gap;
    }
}

/// A letter or mark.
struct Entry<'a> {
    mark: &'a str,
    role: Role,
    word: &'a str,
    /// Whether the host has one.
    there: bool,
}

impl Entry<'_> {
    fn width(&self) -> usize {
        width(self.mark) + 1 + width(self.word)
    }
}

fn has(gpu: &Gpu, state: SlotState) -> bool {
    gpu.whole.as_ref().is_some_and(|w| w.state == state)
        || gpu.slots.iter().any(|s| s.state == state)
        // of a GPU that tells nothing the strip says the same
        || (state == SlotState::Unknown && gpu.inventory.value().is_none())
}

fn lies(gpu: &Gpu, part: &Part) -> bool {
    let slices = slices::slices(gpu);
    let known = slices.value();
    known.is_some_and(|known| known.stretches.iter().any(|(_, lies)| lies == part))
}

#[cfg(test)]
mod tests {
    use crate::app::fixture::{model_in, node};
    use crate::app::texts::LANGUAGES;
    use crate::view::fixture::lines;

    #[test]
    fn what_is_on_the_screen_is_explained_in_each_language_at_any_width() {
        for language in LANGUAGES {
            let model = model_in(language, vec![node("a"), node("b")]);
            for columns in [60, 80, 120] {
                let page = lines(&model, columns, 40);
                let explained = |key, mark: &str| {
                    let entry = format!("{mark} {}", model.texts.get(key));
                    page.iter().any(|line| line.contains(&entry))
                };
                for (key, mark) in [
                    ("legend.busy", "B"),
                    ("legend.allocated", "a"),
                    ("legend.free", "f"),
                    ("legend.no_ci", "e"),
                    ("legend.unknown", "?"),
                    ("legend.hole", "_"),
                ] {
                    assert!(
                        explained(key, mark),
                        "{columns}: {key}\n{}",
                        page.join("\n")
                    );
                }
                let all = explained("legend.sick", "!") && explained("legend.lost", "x");
                assert_eq!(all, columns > 60, "{columns}");
            }
        }
    }
}
