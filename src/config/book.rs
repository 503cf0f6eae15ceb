//! The book of measurements beside the configuration: `fits.toml`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::file::parse_book;
use super::{Files, Problem, Problems};
use crate::domain::fits::Book;
use crate::domain::text::Text;

/// Its name.
pub const BOOK: &str = "fits.toml";

/// What the demo's operators have measured.
const DEMO: &str = include_str!("demo-fits.toml");

/// The books beside these configuration files, as one: a row of a later file takes the place of the earlier ones' row of
/// the same. What is right in them holds, and all that is wrong is told.
pub fn book(files: &Files) -> (Book, Problems) {
    let paths: Vec<PathBuf> = match files {
        Files::Only(path) => vec![path.with_file_name(BOOK)],
        Files::Layers(paths) => paths.iter().map(|p| p.with_file_name(BOOK)).collect(),
    };
    let mut book = Book {
        place: paths.last().map(|path| shown(path)),
        ..Book::default()
    };
    let mut problems = Vec::new();
    for path in paths {
        match fs::read_to_string(&path) {
            Ok(text) => problems.extend(add(&mut book, &path, &text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => problems.push(Problem {
                file: path,
                at: None,
                message: error.to_string(),
                suggestion: None,
            }),
        }
    }
    (book, Problems(problems))
}

/// The demo's book.
pub fn demo_book() -> Book {
    let mut book = Book::default();
    // a test holds that nothing is wrong with it
    let _ = add(&mut book, Path::new("the demo's fits.toml"), DEMO);
    book
}

fn add(book: &mut Book, path: &Path, text: &str) -> Vec<Problem> {
    let (rows, problems) = parse_book(path, text);
    for row in rows {
        match book.rows.iter_mut().find(|old| old.is_of(&row)) {
            Some(old) => *old = row,
            None => book.rows.push(row),
        }
    }
    book.from.push(shown(path));
    problems
}

fn shown(path: &Path) -> Text {
    Text::from(path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fits::{Outcome, Slice};

    fn read(text: &str) -> (Book, Vec<String>) {
        let mut book = Book::default();
        let problems = add(&mut book, Path::new("f"), text);
        (book, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_demos_book_is_the_first_users_table() {
        let (book, problems) = read(DEMO);
        assert_eq!(problems, [""; 0]);
        assert_eq!(book.rows, demo_book().rows);
        let times: Vec<(String, String, Option<f64>)> = book
            .rows
            .iter()
            .map(|row| {
                let seconds = match row.outcome {
                    Outcome::Seconds(seconds) => Some(seconds),
                    Outcome::Error(_) => None,
                };
                (row.model.to_string(), row.slice.to_string(), seconds)
            })
            .collect();
        let row = |model: &str, slice: &str, s| (model.to_owned(), slice.to_owned(), s);
        assert_eq!(
            times,
            [
                row("BERT", "1g.5gb", None),
                row("BERT", "2g.10gb", None),
                row("BERT", "3g.20gb", None),
                row("BERT", "7g.40gb", Some(470.0)),
                row("ResNet-50", "1g.5gb", None),
                row("ResNet-50", "2g.10gb", Some(499.0)),
                row("ResNet-50", "3g.20gb", Some(498.0)),
                row("ResNet-50", "7g.40gb", Some(494.0)),
            ]
        );
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_and_what_is_right_is_kept() {
        let (book, problems) = read(
            "[[measured]]\nmodel = \"a\"\nslice = \"2g.10gb\"\nseconds = 5\n\n\
             [[measured]]\nmodle = \"a\"\nslice = \"20gb\"\nseconds = -1\n\n\
             [[measured]]\nmodel = \"A\"\nslice = \"2g.10gb\"\nerror = \"out of memory\"\n\n\
             [[measured]]\nmodel = \" \"\nslice = \"gpu\"\nseconds = 1\nerror = \"both\"\nboard = \"a100-4\"\n\n\
             [other]\n",
        );
        let rows: Vec<_> = book
            .rows
            .iter()
            .map(|r| (r.model.as_str(), r.slice))
            .collect();
        assert_eq!(rows, [("a", Slice::parse("2g.10gb").unwrap())]);
        let told = problems.join("\n");
        for (line, what) in [
            (6, "this measurement has no `model`"),
            (
                7,
                "there is no key `modle` in a [[measured]] table; did you mean `model`?",
            ),
            (8, "`slice` is `20gb`"),
            (9, "`seconds` must be a number of seconds above 0"),
            (11, "`A` on 2g.10gb was measured in line 1 already"),
            (16, "a measurement has either `seconds` or `error`"),
            (17, "`model` must be text that says something"),
            (21, "a100-4"),
            (23, "there is no key `other`"),
        ] {
            let found = problems
                .iter()
                .any(|p| p.starts_with(&format!("f:{line}:")) && p.contains(what));
            assert!(found, "line {line}: {what}\n{told}");
        }
        assert_eq!(problems.len(), 9, "{told}");
    }

    #[test]
    fn what_is_no_toml_is_told_by_its_line() {
        let (book, problems) = read("[[measured]\n");
        assert_eq!(book.rows.len(), 0);
        assert!(problems[0].starts_with("f:1:"), "{problems:?}");
    }

    #[test]
    fn a_users_row_takes_the_place_of_the_hosts() {
        let place = tempfile::tempdir().unwrap();
        let row = |seconds: u32| {
            format!("[[measured]]\nmodel = \"m\"\nslice = \"gpu\"\nseconds = {seconds}\n")
        };
        let layer = |of: &str, text: &str| {
            let folder = place.path().join(of);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(BOOK), text).unwrap();
            folder.join("config.toml")
        };
        let files = Files::Layers(vec![
            layer("etc", &row(2)),
            layer("user", &row(1)),
            place.path().join("none/config.toml"),
        ]);
        let (book, problems) = book(&files);
        assert_eq!(problems.0, []);
        assert_eq!(book.rows.len(), 1);
        assert_eq!(book.rows[0].outcome, Outcome::Seconds(1.0));
        assert_eq!(book.from.len(), 2);
    }
}
