//! The selected row is in view and pointed at; marks are seen.

use super::*;
use crate::app::hits::Target;
use crate::app::rows;
use crate::view::Glyphs;

fn forty() -> Model {
    let mut node = host("a");
    node.events = (1..=40).map(|n| event(n, Happening::Booted)).collect();
    shows(Screen::Events(all()), vec![node])
}

#[test]
fn the_selected_row_is_seen_wherever_it_is() {
    let mut model = forty();
    let pointer = Glyphs::unicode().pointer;
    for at in (0..40).chain((0..40).rev()) {
        model.screens.top_mut().list.at = at;
        let page = drawn(&model, 80, 12);
        // the first line counts, the second is the head
        let y = 2 + at - page.hits.first;
        let lines = page.lines();
        let pointed: Vec<usize> = (0..lines.len())
            .filter(|n| lines[*n].starts_with(pointer))
            .collect();
        assert_eq!(pointed, [y], "row {at}");
        let region = page
            .hits
            .regions
            .iter()
            .find(|r| r.target == Target::Row(at));
        assert_eq!(
            region.map(|r| usize::from(r.y)),
            Some(y + 2),
            "the margin is 2"
        );
        assert_eq!(page.hits.height, 10);
        // as the console keeps it for the next picture
        model.screens.top_mut().list.offset = page.hits.first;
    }
}

#[test]
fn marks_are_seen_also_under_the_pointer() {
    let mut model = forty();
    let fleet = model.fleet().clone();
    let screen = model.screen();
    let list = &mut model.screens.top_mut().list;
    list.at = 3;
    list.offset = 0;
    for n in [1, 3] {
        let place: Place = list.rows.places[n];
        list.marks.extend(rows::id(&screen, &fleet, place));
    }
    let page = drawn(&model, 80, 12);
    let glyphs = Glyphs::unicode();
    let lines = page.lines();
    let gutter: Vec<&str> = lines[2..7].iter().map(|l| &l[..l.len().min(2)]).collect();
    assert!(lines[3].starts_with(glyphs.mark), "{gutter:?}");
    assert!(lines[5].starts_with(glyphs.pointed_mark), "{gutter:?}");
    assert!(lines[2].starts_with(' ') && lines[4].starts_with(' '));
    assert_eq!(page.look("2 marked"), page.role(Role::Marked));
}
