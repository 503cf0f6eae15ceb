//! User ids and `/etc/passwd`.

use std::collections::BTreeMap;

use crate::scenario::derive;
use crate::scenario::model::Host;

/// People of the built-in scenarios, with the name in the comment field as a Korean site writes it.
const PEOPLE: [(&str, u32, &str); 7] = [
    ("kim", 1001, "김민준"),
    ("lee", 1002, "이서연"),
    ("park", 1003, "박지훈"),
    ("choi", 1004, "최수빈"),
    ("jung", 1005, "정하은"),
    ("yoon", 1006, "윤도현"),
    ("shin", 1007, "신예은"),
];

/// User id of a name; digits are their own, as for a container's user that the host does not know.
pub(super) fn uid(name: &str) -> u32 {
    if let Ok(number) = name.parse() {
        return number;
    }
    match name {
        "" | "root" => 0,
        "nvidia-persistenced" => 143,
        _ => PEOPLE
            .iter()
            .find(|(known, ..)| *known == name)
            .map_or_else(
                || 2000 + derive::pick(&["uid", name], 1000),
                |(_, uid, _)| *uid,
            ),
    }
}

/// `/etc/passwd` with everybody who has a process by name.
pub(super) fn passwd(host: &Host) -> String {
    let mut lines = BTreeMap::from([
        (0, "root:x:0:0:root:/root:/bin/bash".to_owned()),
        (
            1,
            "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin".to_owned(),
        ),
        (
            65534,
            "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin".to_owned(),
        ),
    ]);
    for name in host.processes.iter().map(|p| p.user.as_str()) {
        let number = uid(name);
        if name.is_empty() || name.parse::<u32>().is_ok() || number == 0 {
            continue;
        }
        let line = match PEOPLE.iter().find(|(known, ..)| *known == name) {
            Some((_, _, full)) => {
                format!("{name}:x:{number}:{number}:{full}:/home/{name}:/bin/bash")
            }
            None if number < 1000 => format!("{name}:x:{number}:{number}::/:/usr/sbin/nologin"),
            None => format!("{name}:x:{number}:{number}::/home/{name}:/bin/bash"),
        };
        lines.insert(number, line);
    }
    lines.into_values().map(|line| line + "\n").collect()
}
