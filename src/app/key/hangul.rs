//! Hangul back to the keys of the two-set keyboard (두벌식) that typed it.
//!
//! With the input method left on, `j` arrives as ㅓ. Terminals send single jamo, and some send composed syllables.

/// Keys of the compatibility jamo from U+3131 ㄱ to U+3163 ㅣ.
const JAMO: [&str; 51] = [
    "r", "R", "rt", "s", "sw", "sg", "e", "E", "f", "fr", "fa", "fq", "ft", "fx", "fv", "fg", "a",
    "q", "Q", "qt", "t", "T", "d", "w", "W", "c", "z", "x", "v", "g", // consonants
    "k", "o", "i", "O", "j", "p", "u", "P", "h", "hk", "ho", "hl", "y", "n", "nj", "np", "nl", "b",
    "m", "ml", "l", // vowels
];

/// Compatibility jamo, by offset from U+3131, of the leading consonants from U+1100.
const LEADING: [u8; 19] = [
    0, 1, 3, 6, 7, 8, 16, 17, 18, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
];
/// The same of the trailing consonants from U+11A8.
const TRAILING: [u8; 27] = [
    0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20, 21, 22, 23, 25, 26, 27, 28,
    29,
];
/// Where the vowels begin among the compatibility jamo.
const VOWELS: u32 = 30;

/// The keys that type `c`; `None`: it is not Hangul.
pub(super) fn keys(c: char) -> Option<String> {
    let code = u32::from(c);
    match code {
        0x3131..=0x3163 => jamo(code - 0x3131).map(str::to_owned),
        0x1100..=0x1112 => leading(code - 0x1100).map(str::to_owned),
        0x1161..=0x1175 => jamo(code - 0x1161 + VOWELS).map(str::to_owned),
        0x11a8..=0x11c2 => trailing(code - 0x11a8).map(str::to_owned),
        0xac00..=0xd7a3 => {
            let syllable = code - 0xac00;
            let mut keys = leading(syllable / 588)?.to_owned();
            keys.push_str(jamo(syllable % 588 / 28 + VOWELS)?);
            if let Some(last) = (syllable % 28).checked_sub(1) {
                keys.push_str(trailing(last)?);
            }
            Some(keys)
        }
        _ => None,
    }
}

fn jamo(n: u32) -> Option<&'static str> {
    JAMO.get(usize::try_from(n).ok()?).copied()
}

fn leading(n: u32) -> Option<&'static str> {
    jamo(u32::from(*LEADING.get(usize::try_from(n).ok()?)?))
}

fn trailing(n: u32) -> Option<&'static str> {
    jamo(u32::from(*TRAILING.get(usize::try_from(n).ok()?)?))
}

#[cfg(test)]
mod tests {
    use super::keys;

    /// The keyboard, as printed on its caps: 26 keys, and 7 that Shift changes.
    const CAPS: [(&str, &str); 2] = [
        (
            "qwertyuiopasdfghjklzxcvbnmQWERTOP",
            "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡㅃㅉㄸㄲㅆㅒㅖ",
        ),
        ("rk", "가"),
    ];

    #[test]
    fn all_thirty_three_jamo_of_the_keyboard_are_their_keys() {
        let (latin, hangul) = CAPS[0];
        assert_eq!(latin.chars().count(), 33);
        assert_eq!(hangul.chars().count(), 33);
        for (key, jamo) in latin.chars().zip(hangul.chars()) {
            assert_eq!(keys(jamo), Some(key.to_string()), "{jamo}");
        }
    }

    #[test]
    fn what_the_input_method_has_composed_falls_apart_into_keys() {
        for (composed, typed) in [
            ('가', "rk"),
            ('햏', "gog"),
            ('쀍', "Qnpfr"),
            ('힣', "glg"),
            ('ㄳ', "rt"),
            ('ㅢ', "ml"),
            ('\u{1100}', "r"),
            ('\u{1161}', "k"),
            ('\u{11a8}', "r"),
            ('\u{11c2}', "g"),
            ('\u{11b9}', "qt"),
        ] {
            assert_eq!(keys(composed).as_deref(), Some(typed), "{composed}");
        }
        assert_eq!(keys('a'), None);
        assert_eq!(keys('漢'), None);
    }

    #[test]
    fn every_syllable_falls_apart() {
        for c in '\u{ac00}'..='\u{d7a3}' {
            assert!(keys(c).is_some_and(|k| k.len() >= 2), "{c}");
        }
    }
}
