use super::*;

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
