//! What was probably meant.

/// The candidate nearest to `typed`, if it is near enough to be meant: a slip of a letter, or one in four; in
/// any case more than half of it is right.
pub fn nearest<'a>(typed: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    candidates
        .iter()
        .map(|c| (distance(&typed, c), *c))
        .min()
        .filter(|(d, c)| {
            let shorter = typed.chars().count().min(c.len());
            *d <= (c.len() / 4).max(1) && 2 * d < shorter
        })
        .map(|(_, c)| c)
}

/// Edits (insert, delete, replace, swap of neighbours) from one word to the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut next = vec![i + 1];
        for j in 0..b.len() {
            let replaced = row[j] + usize::from(a[i] != b[j]);
            let mut least = replaced.min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                least = least.min(before[j - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
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
        // half of a short word is another word
        assert_eq!(nearest("zest", &["text"]), None);
        assert_eq!(nearest("bk", &["ok"]), None);
    }
}
