//! What was probably meant.

/// The candidate nearest to `typed`, if it is near enough to be meant: a slip of a letter, or one in four.
pub fn nearest<'a>(typed: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    candidates
        .iter()
        .map(|c| (distance(&typed, c), *c))
        .min()
        .filter(|(d, c)| *d <= 1 + c.len() / 4)
        .map(|(_, c)| c)
}

/// Edits (insert, delete, replace) from one word to the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_understood_and_a_stranger_is_not() {
        let names = ["page-up", "page-down", "quit"];
        assert_eq!(nearest("page-dwon", &names), Some("page-down"));
        assert_eq!(nearest("Quti", &names), Some("quit"));
        assert_eq!(nearest("theme", &names), None);
        assert_eq!(nearest("", &names), None);
    }
}
