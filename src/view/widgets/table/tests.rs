use super::*;
use crate::app::fixture::{model, node};
use crate::view::fixture::Drawn;

fn column(min: u16, max: u16, priority: u8) -> Column {
    Column::left("head", min, max, priority)
}

#[test]
fn the_least_important_column_goes_first_and_those_of_priority_nought_stay() {
    let columns = [column(10, 10, 0), column(10, 10, 2), column(10, 10, 1)];
    let natural = [10, 10, 10];
    let kept = |width| {
        spans(&columns, &[10; 3], &natural, width)
            .iter()
            .map(Option::is_some)
            .collect::<Vec<_>>()
    };
    assert_eq!(kept(33), [true, true, true]);
    assert_eq!(kept(32), [true, false, true]);
    assert_eq!(kept(21), [true, false, false]);
    assert_eq!(kept(5), [true, false, false]);
    let alone = spans(&columns, &[10; 3], &natural, 5)[0].unwrap();
    assert_eq!((alone.x, alone.width), (1, 4));
}

#[test]
fn spare_width_goes_to_what_needs_it_and_then_between_the_columns() {
    let columns = [column(4, 20, 1), column(4, 20, 0)];
    let at = |width| {
        spans(&columns, &[4, 4], &[10, 10], width)
            .into_iter()
            .map(Option::unwrap)
            .map(|s| (s.x, s.width))
            .collect::<Vec<_>>()
    };
    assert_eq!(at(16), [(1, 4), (6, 10)]);
    assert_eq!(at(22), [(1, 10), (12, 10)]);
    assert_eq!(at(60), [(1, 10), (13, 10)]);
}

/// Three rows of two columns in a box of so many columns and four lines; the second is selected.
fn drawn(width: u16) -> Drawn {
    let model = model(vec![node("a")]);
    let columns = [Column::left("POD", 6, 20, 0), Column::right("MEM", 5, 5, 1)];
    let rows: Vec<Vec<Cell>> = [("jupyter/한글-노트북", "0.5"), ("b", "10.25"), ("c", "-")]
        .map(|(pod, mem)| vec![pod.into(), (mem, Role::Dim).into()])
        .into();
    Drawn::of(&model, (width, 4), |ctx, area, buf, hits| {
        let table = Table {
            ctx,
            columns: &columns,
            rows: &rows,
            first: 7,
            selected: Some(8),
            marked: &|n| n == 9,
        };
        table.draw(area, buf, hits);
    })
}

#[test]
fn text_begins_and_numbers_end_in_one_column_whatever_is_wide() {
    assert_eq!(
        drawn(28).lines(),
        [
            " POD                    MEM",
            " jupyter/한글-노트북    0.5",
            "▌b                    10.25",
            "*c                        -",
        ]
    );
}

#[test]
fn what_has_no_room_is_cut_and_seen_to_be_so() {
    assert_eq!(drawn(20).lines()[1], " jupyter/한글~   0.5");
    // half a character is none
    assert_eq!(drawn(19).lines()[1], " jupyter/한~    0.5");
    // the number goes before the name does
    assert_eq!(drawn(12).lines()[1], " jupyter/한~");
    for width in 0..30 {
        drawn(width);
    }
}

#[test]
fn roles_and_places_of_rows() {
    let page = drawn(28);
    assert_eq!(page.look("0.5"), page.role(Role::Dim));
    assert_eq!(page.look("POD"), page.role(Role::Head));
    assert_eq!(page.look("▌"), page.role(Role::Pointer));
    assert_eq!(page.look("*"), page.role(Role::Marked));
    let rows: Vec<_> = page.hits.regions.iter().map(|r| (r.y, r.target)).collect();
    // the margin of 2, and the head
    let row = |n| (n as u16 - 4, Target::Row(n));
    assert_eq!(rows, [row(7), row(8), row(9)]);
}

#[test]
fn a_number_is_never_cut_however_long_its_head_and_what_stands_beside_it() {
    let model = crate::app::fixture::model(Vec::new());
    let skin = crate::view::fixture::skin(false);
    let ctx = Ctx::new(&model, &skin);
    let columns = [
        Column::left("이름", 8, 40, 0),
        Column::left("위치", 3, 9, 0).whole(),
        Column::right("메모리 GiB", 4, 7, 0),
        Column::right("이후", 4, 7, 1),
    ];
    let row = ["a-very-long-name-of-a-pod", "10:2", "113.4/139.8", "41d"];
    let rows = [row.map(Cell::from).to_vec()];
    for width in 26..60 {
        let table = Table {
            ctx: &ctx,
            columns: &columns,
            rows: &rows,
            first: 0,
            selected: None,
            marked: &|_| false,
        };
        let area = Rect::new(0, 0, width, 2);
        let mut buf = Buffer::empty(area);
        table.render(area, &mut buf);
        let line: String = (0..width).map(|x| buf[(x, 1)].symbol()).collect();
        assert!(line.contains(" 10:2 "), "{width}: {line}");
        assert!(line.contains(" 113.4/139.8"), "{width}: {line}");
        let spans = table.spans(width);
        assert_eq!(spans[3].is_some(), line.contains("41d"), "{width}: {line}");
    }
}
