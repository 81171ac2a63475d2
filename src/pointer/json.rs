//! JSON objects with the places of their values, for editing in place.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::error::SecretValueError;

/// One member of an object.
pub(super) struct Member<'t> {
    pub(super) key: String,
    /// The value as written.
    pub(super) raw: &'t str,
    /// Where the value stands in the text.
    pub(super) at: Range<usize>,
}

/// A text decoded from a JSON string, with the way back to what was written.
pub(super) struct Decoded {
    pub(super) text: String,
    /// For each byte of the text, and its end, the offset where it was written.
    offsets: Vec<usize>,
}

impl Decoded {
    /// Where a range of the decoded text, on character boundaries, was written.
    pub(super) fn written(&self, range: &Range<usize>) -> Range<usize> {
        self.offsets[range.start]..self.offsets[range.end]
    }
}

impl Member<'_> {
    /// The value's text, `None` if it is no string.
    pub(super) fn text(&self) -> Option<String> {
        serde_json::from_str(self.raw).ok()
    }

    pub(super) fn is_null(&self) -> bool {
        self.raw == "null"
    }

    /// The value's text with offsets into the whole document, `None` if it is no string.
    pub(super) fn decoded(&self) -> Option<Decoded> {
        let text = self.text()?;
        let mut offsets = Vec::with_capacity(text.len() + 1);
        let mut at = 1;
        for character in text.chars() {
            offsets.extend(std::iter::repeat_n(self.at.start + at, character.len_utf8()));
            at += match self.raw.as_bytes().get(at..at + 2)? {
                // Characters beyond the basic plane are escaped as a pair.
                b"\\u" => 6 * character.len_utf16(),
                [b'\\', _] => 2,
                _ => character.len_utf8(),
            };
        }
        offsets.push(self.at.start + at);
        Some(Decoded { text, offsets })
    }
}

/// Reads the members of a JSON object, in their order.
///
/// # Errors
///
/// When the text is not one valid JSON object, or has a key twice.
pub(super) fn members(text: &str) -> Result<Vec<Member<'_>>, SecretValueError> {
    let Pairs(pairs) = serde_json::from_str(text)
        .map_err(|error| SecretValueError::BadJson { line: error.line(), column: error.column() })?;
    let mut members: Vec<Member<'_>> = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        if members.iter().any(|member| member.key == key) {
            return Err(SecretValueError::RepeatedKey);
        }
        let raw = value.get();
        // The raw value borrows from the text, so the distance is its offset.
        let start = raw.as_ptr().addr() - text.as_ptr().addr();
        members.push(Member { key, raw, at: start..start + raw.len() });
    }
    Ok(members)
}

/// A map that keeps order and repetitions, and its values as written.
struct Pairs<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_found_where_they_stand() {
        let text = " {\"a\" : 1.50 ,\n\"b\":[ {} , \"x\" ],\"ä\\u0041\":\"z\"}\n";
        let members = members(text).expect("an object");
        let found: Vec<_> = members.iter().map(|member| (member.key.as_str(), &text[member.at.clone()])).collect();
        assert_eq!(found, [("a", "1.50"), ("b", "[ {} , \"x\" ]"), ("äA", "\"z\"")]);
    }

    #[test]
    fn escapes_lead_back_to_what_was_written() {
        let text = r#"{"url":"a\/b\u0041\ud83d\ude00ä\"c"}"#;
        let members = members(text).expect("an object");
        let decoded = members[0].decoded().expect("a string");
        assert_eq!(decoded.text, "a/bA😀ä\"c");
        let written = |part: &str| {
            let start = decoded.text.find(part).expect(part);
            &text[decoded.written(&(start..start + part.len()))]
        };
        assert_eq!(written("/"), r"\/");
        assert_eq!(written("A"), r"\u0041");
        assert_eq!(written("😀ä"), r"\ud83d\ude00ä");
        assert_eq!(written("\"c"), r#"\"c"#);
    }

    #[test]
    fn what_is_no_object_or_is_ambiguous_is_refused() {
        for text in ["", "{", "[]", "{\"a\":1,}", "{\"a\":1} x", "{'a':1}", "{\"a\":\"\u{1}\"}"] {
            assert!(matches!(members(text), Err(SecretValueError::BadJson { .. })), "{text}");
        }
        assert_eq!(members(r#"{"a":1,"\u0061":2}"#).err(), Some(SecretValueError::RepeatedKey));
    }

    proptest! {
        #[test]
        fn every_character_leads_back_to_its_writing(parts in prop::collection::vec("[a\"\\\\\n\u{e9}\u{1F600}]", 0..8), ascii: bool) {
            let plain = parts.concat();
            let mut written = serde_json::Value::from(plain.as_str()).to_string();
            if ascii {
                written = written.replace('\u{e9}', "\\u00e9").replace('\u{1F600}', "\\ud83d\\ude00");
            }
            let text = format!("{{\"k\": {written}}}");
            let members = members(&text).expect("an object");
            let decoded = members[0].decoded().expect("a string");
            prop_assert_eq!(&decoded.text, &plain);
            for (start, character) in plain.char_indices() {
                let source = &text[decoded.written(&(start..start + character.len_utf8()))];
                let read: String = serde_json::from_str(&format!("\"{source}\"")).expect("one character");
                prop_assert_eq!(read, character.to_string());
            }
        }
    }
}
