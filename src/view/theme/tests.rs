use ratatui::style::{Color, Modifier};

use super::*;
use crate::domain::fleet::SlotState;

const STATES: [SlotState; 6] = [
    SlotState::Busy,
    SlotState::Allocated,
    SlotState::Free,
    SlotState::NoCi,
    SlotState::Sick,
    SlotState::Unknown,
];

fn read(text: &str) -> (Theme, Vec<String>) {
    let (theme, problems) = Theme::parse("mine", text, &|_| None);
    (theme, problems.iter().map(ToString::to_string).collect())
}

#[test]
fn shipped_files_have_no_problem_and_a_row_for_every_role_or_its_group() {
    for (name, text) in SHIPPED {
        let (theme, problems) = Theme::parse(name, text, &|_| None);
        assert_eq!(problems, []);
        assert_eq!(theme.styles.len(), ROLES.len());
        let whole = [text, shipped("default").unwrap_or("")].concat();
        let whole = if name == "mono" { text } else { &whole };
        for (_, role) in ROLES {
            let group = role.split('.').next().unwrap();
            let has = |name: &str| {
                whole.contains(&format!("\n{name} = "))
                    || whole.contains(&format!("\n\"{name}\" = "))
            };
            assert!(has(role) || has(group), "{name} says nothing of {role}");
        }
    }
}

#[test]
fn a_role_without_a_row_looks_like_its_group_and_in_the_end_like_text() {
    let (theme, problems) =
        read("[roles]\ntext = 7\nstate = \"bold 9\"\n\"state.free\" = \"2\"\ntitle = \"none\"\n");
    assert_eq!(problems, [""; 0]);
    let red = Style::new()
        .fg(Color::Indexed(9))
        .add_modifier(Modifier::BOLD);
    assert_eq!(theme.style(Role::Busy), red);
    assert_eq!(theme.style(Role::Free), Style::new().fg(Color::Indexed(2)));
    assert_eq!(
        theme.style(Role::Danger),
        Style::new().fg(Color::Indexed(7))
    );
    assert_eq!(theme.style(Role::Simulated), Style::new());
}

#[test]
fn a_palette_recolours_what_is_inherited() {
    let (theme, problems) =
        read("inherits = \"default\"\n[palette]\nblue = \"#102030\"\n[roles]\nok = \"reverse\"\n");
    assert_eq!(problems, [""; 0]);
    let blue = Some(Color::Rgb(0x10, 0x20, 0x30));
    assert_eq!(theme.style(Role::Busy).fg, blue);
    assert_eq!(
        theme.style(Role::Ok),
        Style::new().add_modifier(Modifier::REVERSED)
    );
    assert_eq!(
        theme.style(Role::Caution),
        Theme::default().style(Role::Caution)
    );
}

#[test]
fn every_slip_is_told_with_its_line_and_loses_only_itself() {
    let (theme, problems) = read(
        r##"inherit = "default"
paper = "grey"
[palette]
mint = "#12345"
rose = 300
[roles]
text = "4"
bussy = "5"
busy = "5"
dim = "bold blu"
strong = "6 7"
= oops
key = "on"
ok = true
"state.free" = "2"
"##,
    );
    assert_eq!(
        problems,
        [
            "theme mine, line 1: there is no key `inherit`; did you mean `inherits`?",
            "theme mine, line 2: `paper` is `\"dark\"` or `\"light\"`",
            "theme mine, line 4: mint: `#12345` is no colour; a colour by its light is `#rrggbb`",
            "theme mine, line 5: rose: there is no colour 300; colours by number are 0 to 255",
            "theme mine, line 8: there is no role `bussy`; did you mean `state.busy`?",
            "theme mine, line 9: there is no role `busy`; did you mean `state.busy`?",
            "theme mine, line 10: dim: `blu` is neither a colour nor a modifier; did you mean `blue`?",
            "theme mine, line 11: strong: `7` is a second colour; a background is `on 7`",
            "theme mine, line 12: not TOML: unquoted keys cannot be empty, expected letters, numbers, `-`, `_`",
            "theme mine, line 13: key: `on` without a colour behind it",
            "theme mine, line 14: ok: a style is text such as `\"bold blue on 236\"`",
        ]
    );
    assert_eq!(theme.style(Role::Free).fg, Some(Color::Indexed(2)));
    assert_eq!(theme.style(Role::Dim).fg, Some(Color::Indexed(4)));
}

#[test]
fn themes_do_not_inherit_in_a_circle() {
    let library = |name: &str| match name {
        "a" => Some("inherits = \"b\"\n[roles]\nok = 1\n".to_owned()),
        "b" => Some("inherits = \"a\"\n[roles]\ninfo = 2\n".to_owned()),
        _ => None,
    };
    let text = library("a").unwrap();
    let (theme, problems) = Theme::parse("a", &text, &library);
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["theme b, line 1: themes inherit in a circle: a > b > a"]
    );
    assert_eq!(theme.style(Role::Info).fg, Some(Color::Indexed(2)));
    assert_eq!(theme.style(Role::Ok).fg, Some(Color::Indexed(1)));
    let (_, problems) = Theme::parse("mine", "inherits = \"hihg-contrast\"", &|_| None);
    assert_eq!(
        problems[0].to_string(),
        "theme mine, line 1: there is no theme `hihg-contrast`; did you mean `high-contrast`?"
    );
}

#[test]
fn a_file_may_take_the_name_of_a_shipped_theme_and_build_on_it() {
    let text = "inherits = \"light\"\n[roles]\nok = 1\n";
    let own = |name: &str| (name == "light").then(|| text.to_owned());
    let (theme, problems) = Theme::parse("light", text, &own);
    assert_eq!(problems, []);
    assert_eq!(theme.paper(), Paper::Light);
    assert_eq!(theme.style(Role::Ok).fg, Some(Color::Indexed(1)));
}

/// Backgrounds that a theme must be readable on.
fn papers(theme: &Theme) -> Vec<Rgb> {
    match theme.paper() {
        Paper::Dark => vec![Rgb(0, 0, 0), Rgb(30, 30, 30)],
        Paper::Light => vec![Rgb(255, 255, 255)],
    }
}

#[test]
fn text_can_be_read() {
    // what is not read but seen
    let drawn = [
        Role::Rule,
        Role::Lost,
        Role::BarRest,
        Role::Bar,
        Role::Spark,
        Role::WindowEdge,
    ];
    let mut faint = Vec::new();
    for (name, wanted) in [("default", 4.5), ("light", 4.5), ("high-contrast", 7.0)] {
        let theme = Theme::named(name);
        for (role, called) in ROLES.iter().filter(|(role, _)| !drawn.contains(role)) {
            for selected in [false, true] {
                let style = theme.over(*role, selected);
                let Some(fg) = style.fg.and_then(Rgb::of) else {
                    continue;
                };
                let grounds = match style.bg.and_then(Rgb::of) {
                    Some(bg) => vec![bg],
                    None => papers(&theme),
                };
                for bg in grounds {
                    let has = fg.contrast(bg);
                    // the selection is a little nearer to the text
                    let wanted = if selected { wanted * 0.7 } else { wanted };
                    if has < wanted {
                        faint.push(format!("{name}: {called} {selected} on {bg:?}: {has:.1}"));
                    }
                }
            }
        }
    }
    assert!(faint.is_empty(), "{faint:#?}");
}

#[test]
fn every_state_is_told_apart_without_colour() {
    let mono = Theme::named("default").at(Depth::Mono);
    assert_eq!(mono.styles, Theme::named("mono").styles);
    let mut seen: Vec<Modifier> = Vec::new();
    for state in STATES {
        let style = mono.style(Role::of_state(state));
        assert_eq!((style.fg, style.bg), (None, None));
        assert!(!seen.contains(&style.add_modifier), "{state:?}");
        seen.push(style.add_modifier);
    }
}

#[test]
fn sixteen_colours_hide_no_text() {
    for (name, _) in SHIPPED {
        let theme = Theme::named(name).at(Depth::Ansi16);
        for (role, called) in ROLES {
            for selected in [false, true] {
                let style = theme.over(*role, selected);
                let (fg, bg) = (style.fg.and_then(Rgb::of), style.bg.and_then(Rgb::of));
                let paper = match theme.paper() {
                    Paper::Dark => Rgb(0, 0, 0),
                    Paper::Light => Rgb(255, 255, 255),
                };
                if let Some(fg) = fg {
                    assert_ne!(fg, bg.unwrap_or(paper), "{name}: {called} {selected}");
                }
            }
        }
        let fills: Vec<_> = STATES
            .iter()
            .map(|s| theme.style(Role::of_level(*s).0))
            .collect();
        assert!(fills[0] != fills[1] && fills[1] != fills[4], "{name}");
    }
}

/// The high-contrast theme for people who lack one kind of cone, by the matrices of Viénot, Brettel and Mollon (1999).
#[test]
fn the_colour_blind_tell_states_apart_by_colour_too() {
    let seen = |Rgb(r, g, b): Rgb, protan: bool| {
        let [r, g, b] = [r, g, b].map(|c| (f64::from(c) / 255.0).powf(2.2));
        let (red_green, blue) = if protan {
            (0.11238 * r + 0.88762 * g, 0.00401 * r - 0.00401 * g + b)
        } else {
            (0.29275 * r + 0.70725 * g, -0.02234 * r + 0.02234 * g + b)
        };
        (red_green, blue)
    };
    let theme = Theme::named("high-contrast");
    let colour = |state: SlotState| {
        let style = theme.style(Role::of_state(state));
        let shown = style.bg.or(style.fg);
        shown.and_then(Rgb::of).unwrap_or(Rgb(255, 255, 255))
    };
    for protan in [true, false] {
        for (a, b) in [
            (SlotState::Busy, SlotState::Allocated),
            (SlotState::Busy, SlotState::Sick),
            (SlotState::Free, SlotState::Allocated),
            (SlotState::Free, SlotState::Sick),
            (SlotState::Free, SlotState::Busy),
        ] {
            let ((rg, blue), (other_rg, other_blue)) =
                (seen(colour(a), protan), seen(colour(b), protan));
            let apart = (rg - other_rg).abs() + (blue - other_blue).abs();
            assert!(apart > 0.3, "{a:?} and {b:?}: {apart:.2}");
        }
    }
}

#[test]
fn nothing_is_faint_on_a_reversed_row() {
    let theme = Theme::named("mono");
    for (role, _) in ROLES {
        let over = theme.over(*role, true);
        assert!(!over.add_modifier.contains(Modifier::DIM), "{role:?}");
    }
    assert!(theme.style(Role::Dim).add_modifier.contains(Modifier::DIM));
}

#[test]
fn a_slip_with_on_and_a_theme_that_inherits_from_itself_are_named_for_what_they_are() {
    let nobody = |_: &str| None;
    let (_, problems) = Theme::parse(
        "mine",
        "inherits = \"mine\"\n[roles]\ntext = \"bold on on\"\n",
        &nobody,
    );
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "theme mine, line 1: `mine` inherits from itself",
            "theme mine, line 3: text: `on` without a colour behind it",
        ]
    );
}
