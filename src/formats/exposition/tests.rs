use proptest::prelude::*;

use super::*;

fn all(page: &str) -> Page {
    parse(page.as_bytes(), |_| true)
}

fn why(line: &str) -> String {
    let page = all(&format!("# ok\n{line}\ngood 1\n"));
    assert_eq!(page.samples.len(), 1, "{line}: the line after it is lost");
    assert_eq!(page.problems.len(), 1, "{line}");
    page.problems[0].to_string()
}

#[test]
fn a_line_of_an_exporter_is_a_name_with_labels_and_a_value() {
    let page = all(concat!(
        "# HELP DCGM_FI_PROF_GR_ENGINE_ACTIVE Ratio of time the graphics engine is active.\n",
        "# TYPE DCGM_FI_PROF_GR_ENGINE_ACTIVE gauge\n",
        "DCGM_FI_PROF_GR_ENGINE_ACTIVE{gpu=\"0\",UUID=\"GPU-34319582\",GPU_I_ID=\"13\",Hostname=\"ub20\"} 0.995687\n",
        "up 1 1395066363000\r\n",
        "\n",
        "# EOF\n",
    ));
    assert_eq!((page.series, page.wrong, page.cut), (2, 0, false));
    let sample = &page.samples[0];
    assert_eq!(&*sample.name, "DCGM_FI_PROF_GR_ENGINE_ACTIVE");
    assert_eq!(sample.value, 0.995687);
    assert_eq!(sample.at_ms, None);
    assert_eq!(sample.label("GPU_I_ID").unwrap().as_str(), "13");
    assert_eq!(sample.label("pod"), None);
    assert_eq!(page.samples[1].at_ms, Some(1_395_066_363_000));
}

#[test]
fn what_the_format_allows_is_read() {
    let page = all(concat!(
        "a { x = \"1\" , y=\"\\\\ \\\" \\n\", } +Inf\n",
        "b{} NaN\n",
        "c{empty=\"\"}\t-1.5e3   7\n",
        "{\"d.e\",x=\"1\"} 2\n",
        "f_total{x=\"1\"} 17 # {trace=\"a\"} 0.5\n",
        "g 1 1395066363.25 # {trace=\"a\"} 0.5\n",
        "h{x=\"first\",x=\"second\"} 1\n",
    ));
    assert_eq!(page.problems, []);
    let values: Vec<f64> = page.samples.iter().map(|s| s.value).collect();
    assert!(values[0].is_infinite() && values[1].is_nan());
    assert_eq!(values[2..], [-1500.0, 2.0, 17.0, 1.0, 1.0]);
    // a new line in a value is shown, never written
    assert_eq!(page.samples[0].label("y").unwrap().as_str(), "\\ \" \\u{a}");
    assert_eq!(page.samples[2].label("empty"), None);
    assert_eq!(&*page.samples[3].name, "d.e");
    assert_eq!(page.samples[5].at_ms, Some(1_395_066_363_250));
    assert_eq!(page.samples[6].label("x").unwrap().as_str(), "first");
}

#[test]
fn a_line_that_makes_no_sense_loses_itself_and_says_why() {
    for (line, said) in [
        ("<html>", "line 2: no metric name where `<html>` stands"),
        ("9a 1", "line 2: no metric name where `9a 1` stands"),
        (
            "{x=\"1\"} 1",
            "line 2: no metric name where `{x=\"1\"} 1` stands",
        ),
        ("a{x=\"1\" 1", "line 2: no label where `1` stands"),
        ("a{x=\"1", "line 2: the labels are not closed"),
        ("a{x=\"1\"", "line 2: the labels are not closed"),
        ("a{x} 1", "line 2: label `x` has no value in quotes"),
        ("a{x=1} 1", "line 2: label `x` has no value in quotes"),
        ("a{-} 1", "line 2: no label where `-} 1` stands"),
        ("a{x=\"\\t\"} 1", "line 2: label `x` has an unknown escape"),
        ("a", "line 2: `` is no number"),
        ("a one", "line 2: `one` is no number"),
        ("a 1 then", "line 2: `then` is no time"),
        ("a 1 2 3", "line 2: `3` after the value"),
        ("a\u{1b}[2J 1", "line 2: `\\u{1b}[2J` is no number"),
    ] {
        assert_eq!(why(line), said);
    }
}

#[test]
fn nothing_is_longer_or_more_than_it_may_be() {
    assert_eq!(
        why(&format!("a{{x=\"{}\"}} 1", "y".repeat(LONGEST_LINE))),
        "line 2: longer than 16384 bytes"
    );
    assert_eq!(
        why(&format!("a{{x=\"{}\"}} 1", "y".repeat(5000))),
        "line 2: a name or a label's value that is too long"
    );
    let labels: Vec<String> = (0..200).map(|n| format!("l{n}=\"\"")).collect();
    assert_eq!(
        why(&format!("a{{{}}} 1", labels.join(","))),
        "line 2: more than 128 labels"
    );
    let page = all(&"a 1\n".repeat(MOST_SAMPLES + 3));
    assert_eq!((page.samples.len(), page.cut), (MOST_SAMPLES, true));
    assert_eq!(page.series, MOST_SAMPLES + 3);
    let page = all(&"?\n".repeat(50));
    assert_eq!((page.problems.len(), page.wrong), (8, 50));
}

#[test]
fn bytes_that_are_no_text_lose_their_line_only() {
    let page = parse(b"a 1\nb{x=\"\xff\"} 2\nc 3\n", |_| true);
    assert_eq!(page.samples.len(), 2);
    assert_eq!(page.problems[0].to_string(), "line 2: no UTF-8 text");
}

#[test]
fn what_nobody_wants_is_counted_and_not_kept() {
    let page = parse(b"a 1\nb 2\nb 3\n?\n", |name| name == "b");
    assert_eq!((page.samples.len(), page.series, page.wrong), (2, 3, 1));
}

/// A value as the format writes it.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

proptest! {
    #[test]
    fn any_bytes_are_survived(page in prop::collection::vec(any::<u8>(), 0..2000)) {
        let page = parse(&page, |_| true);
        prop_assert!(page.problems.len() <= page.wrong);
    }

    #[test]
    fn lines_made_of_the_formats_own_pieces_are_survived(
        pieces in prop::collection::vec(
            prop::sample::select(vec!["a", "{", "}", "\"", "\\", "=", ",", " ", "\n", "#", "1", "NaN", "é", "\u{202e}"]), 0..60)
    ) {
        let page = all(&pieces.concat());
        prop_assert!(page.samples.len() <= page.series);
    }

    #[test]
    fn what_was_written_is_read_back(
        name in "[a-zA-Z_:][a-zA-Z0-9_:]{0,30}",
        labels in prop::collection::btree_map("[a-zA-Z_][a-zA-Z0-9_]{0,20}", "\\PC{0,40}|[\"\\\\\n]{0,6}", 0..8),
        value in any::<f64>(),
        at in prop::option::of(any::<i64>()),
    ) {
        let inside: Vec<String> = labels.iter().map(|(k, v)| format!("{k}=\"{}\"", escaped(v))).collect();
        let at_word = at.map(|at| format!(" {at}")).unwrap_or_default();
        let page = all(&format!("{name}{{{}}} {value}{at_word}\n", inside.join(",")));
        prop_assert_eq!(&page.problems, &[]);
        let sample = &page.samples[0];
        prop_assert_eq!(&*sample.name, &*name);
        prop_assert!(sample.value == value || (sample.value.is_nan() && value.is_nan()));
        prop_assert_eq!(sample.at_ms, at);
        prop_assert_eq!(sample.labels.len(), labels.len());
        for (known, (key, text)) in sample.labels.iter().zip(&labels) {
            prop_assert_eq!(&*known.0, &**key);
            prop_assert_eq!(&known.1, &Text::new(text));
        }
    }
}
