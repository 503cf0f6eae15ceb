//! What can be compared: the one table of fields.

/// A field of rows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[allow(missing_docs)] // the table says what each is
pub enum Field {
    Mem,
    Sm,
    Gr,
    Util,
    Temp,
    Power,
    Idle,
    Age,
    Gpu,
    Gi,
    Ci,
    Pid,
    Xid,
    Severity,
    Node,
    Profile,
    State,
    Namespace,
    Pod,
    User,
    Command,
    Unit,
    Uuid,
    Model,
    How,
    Rule,
}

/// What a field holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Bytes, or per cent of what there is.
    Memory,
    /// Per cent.
    Percent,
    /// Degrees Celsius.
    Celsius,
    /// Watts.
    Watts,
    /// A time span.
    Span,
    /// A whole number.
    Count,
    /// `info`, `caution`, `danger`.
    Severity,
    /// A name: `=`, `~`.
    Name,
}

/// A row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// The field.
    pub field: Field,
    /// Its name and what else it may be called.
    pub names: &'static [&'static str],
    /// What it holds.
    pub kind: Kind,
    /// How one asks for it.
    pub example: &'static str,
}

const fn row(
    field: Field,
    names: &'static [&'static str],
    kind: Kind,
    example: &'static str,
) -> Row {
    Row {
        field,
        names,
        kind,
        example,
    }
}

/// All fields, in the order of help. What each means is `filter.field_<name>` in texts.
pub const FIELDS: &[Row] = &[
    row(Field::Mem, &["mem", "memory"], Kind::Memory, "mem>80%"),
    row(Field::Sm, &["sm"], Kind::Percent, "sm<5"),
    row(Field::Gr, &["gr"], Kind::Percent, "gr>90"),
    row(Field::Util, &["util"], Kind::Percent, "util<5"),
    row(Field::Temp, &["temp"], Kind::Celsius, "temp>50"),
    row(Field::Power, &["power"], Kind::Watts, "power>300"),
    row(Field::Idle, &["idle"], Kind::Span, "idle>1h"),
    row(Field::Age, &["age", "since"], Kind::Span, "age<10m"),
    row(Field::Gpu, &["gpu"], Kind::Count, "gpu=5"),
    row(Field::Gi, &["gi"], Kind::Count, "gi=2"),
    row(Field::Ci, &["ci"], Kind::Count, "ci=0"),
    row(Field::Pid, &["pid"], Kind::Count, "pid=1893"),
    row(Field::Xid, &["xid", "sxid"], Kind::Count, "xid=94"),
    row(
        Field::Severity,
        &["severity", "sev"],
        Kind::Severity,
        "severity>=caution",
    ),
    row(
        Field::Node,
        &["node", "host"],
        Kind::Name,
        "node=dgx-dev-01",
    ),
    row(Field::Profile, &["profile"], Kind::Name, "profile=3g.20gb"),
    row(Field::State, &["state"], Kind::Name, "state=free"),
    row(
        Field::Namespace,
        &["ns", "namespace"],
        Kind::Name,
        "ns~-dev",
    ),
    row(Field::Pod, &["pod"], Kind::Name, "pod~train"),
    row(Field::User, &["user"], Kind::Name, "user=kim"),
    row(
        Field::Command,
        &["cmd", "command", "process"],
        Kind::Name,
        "cmd~python",
    ),
    row(Field::Unit, &["unit"], Kind::Name, "unit~dcgm"),
    row(Field::Uuid, &["uuid"], Kind::Name, "uuid~e15ae54a"),
    row(Field::Model, &["model"], Kind::Name, "model~h100"),
    row(Field::How, &["how"], Kind::Name, "how=works"),
    row(Field::Rule, &["rule"], Kind::Name, "rule=allocated-idle"),
];

impl Field {
    /// Its row of the table.
    pub fn row(self) -> &'static Row {
        // the enum and the table are in one order
        &FIELDS[self as usize]
    }

    /// Its name as it is printed.
    pub fn name(self) -> &'static str {
        self.row().names[0]
    }

    /// The field of that name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        FIELDS
            .iter()
            .find(|r| r.names.iter().any(|n| n.eq_ignore_ascii_case(name)))
            .map(|r| r.field)
    }

    /// The field whose name is nearest to a mistyped one, if any is near.
    pub fn near(name: &str) -> Option<&'static str> {
        let name = name.to_lowercase();
        FIELDS
            .iter()
            .flat_map(|r| r.names)
            .map(|n| (distance(&name, n), *n))
            .filter(|(d, n)| *d <= 1.max(n.len() / 3) && *d < n.len())
            .min_by_key(|(d, _)| *d)
            .map(|(_, n)| n)
    }
}

/// Letters to change, add or drop (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut line: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = line[0];
        line[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != *y);
            diagonal = line[j + 1];
            line[j + 1] = change.min(line[j] + 1).min(diagonal + 1);
        }
    }
    line[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{FIELDS, Field};

    #[test]
    fn the_table_is_in_the_order_of_the_enum_and_names_are_unique() {
        let mut names = std::collections::BTreeSet::new();
        for row in FIELDS {
            assert_eq!(row.field.row(), row);
            for name in row.names {
                assert!(names.insert(name), "{name} twice");
                assert_eq!(Field::named(&name.to_uppercase()), Some(row.field));
            }
            assert!(
                crate::app::filter::parse(row.example).is_ok(),
                "{}",
                row.example
            );
        }
    }

    #[test]
    fn a_mistyped_name_is_near_to_what_was_meant() {
        assert_eq!(Field::near("memm"), Some("mem"));
        assert_eq!(Field::near("proflie"), Some("profile"));
        assert_eq!(Field::near("tmp"), Some("temp"));
        assert_eq!(Field::near("a"), None);
        assert_eq!(Field::near("replicas"), None);
    }
}
