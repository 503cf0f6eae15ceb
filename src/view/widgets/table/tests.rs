use super::*;

fn column(min: u16, max: u16, priority: u8) -> Column {
    Column::left("head", min, max, priority)
}

#[test]
fn the_least_important_column_goes_first_and_those_of_priority_nought_stay() {
    let columns = [column(10, 10, 0), column(10, 10, 2), column(10, 10, 1)];
    let natural = [10, 10, 10];
    let kept = |width| {
        spans(&columns, &natural, width)
            .iter()
            .map(Option::is_some)
            .collect::<Vec<_>>()
    };
    assert_eq!(kept(33), [true, true, true]);
    assert_eq!(kept(32), [true, false, true]);
    assert_eq!(kept(21), [true, false, false]);
    assert_eq!(kept(5), [true, false, false]);
    let alone = spans(&columns, &natural, 5)[0].unwrap();
    assert_eq!((alone.x, alone.width), (1, 4));
}

#[test]
fn spare_width_goes_to_what_needs_it_and_then_between_the_columns() {
    let columns = [column(4, 20, 1), column(4, 20, 0)];
    let at = |width| {
        spans(&columns, &[10, 10], width)
            .into_iter()
            .map(Option::unwrap)
            .map(|s| (s.x, s.width))
            .collect::<Vec<_>>()
    };
    assert_eq!(at(16), [(1, 4), (6, 10)]);
    assert_eq!(at(22), [(1, 10), (12, 10)]);
    assert_eq!(at(60), [(1, 10), (13, 10)]);
}
