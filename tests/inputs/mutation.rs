//! Valid documents, damaged as hands and programs damage them.

use proptest::{prelude::*, sample::select};

/// What is put in where it does not belong.
const PIECES: [&str; 24] = [
    "0",
    "-1",
    "99999999999999999999999999999999",
    "1e400",
    "-0.0",
    "1.7976931348623157e309",
    "null",
    "true",
    "\"\"",
    "{}",
    "[]",
    "[[",
    "{\"a\":",
    "\\u0000",
    "\\ud800",
    "\u{0}",
    "\u{feff}",
    "\u{202e}",
    "é",
    "\r\n",
    "\"\"\"",
    "source",
    "=",
    "://",
];

/// One change.
#[derive(Debug, Clone)]
enum Edit {
    /// A bit is flipped.
    Flip(usize, u8),
    /// A stretch is left out.
    Cut(usize, usize),
    /// A stretch is there again somewhere else.
    Copy(usize, usize, usize),
    /// A piece is put in.
    Insert(usize, &'static str),
    /// A number, if there is one from there on, becomes a piece.
    Number(usize, &'static str),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = || any::<usize>();
    prop_oneof![
        (at(), 0..8_u8).prop_map(|(at, bit)| Edit::Flip(at, bit)),
        (at(), 1..40_usize).prop_map(|(at, length)| Edit::Cut(at, length)),
        (at(), 1..40_usize, at()).prop_map(|(from, length, to)| Edit::Copy(from, length, to)),
        (at(), select(&PIECES[..])).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        (at(), select(&PIECES[..])).prop_map(|(at, piece)| Edit::Number(at, piece)),
    ]
}

fn apply(document: &mut Vec<u8>, edit: &Edit) {
    let length = document.len();
    let place = |at: usize| if length == 0 { 0 } else { at % length };
    let stretch = |at: usize, count: usize| place(at)..(place(at) + count).min(length);
    match edit {
        Edit::Flip(at, bit) => {
            if let Some(byte) = document.get_mut(place(*at)) {
                *byte ^= 1 << bit;
            }
        }
        Edit::Cut(at, count) => drop(document.drain(stretch(*at, *count))),
        Edit::Copy(from, count, to) => {
            let copied = document[stretch(*from, *count)].to_vec();
            let to = place(*to);
            document.splice(to..to, copied);
        }
        Edit::Insert(at, piece) => {
            let at = place(*at);
            document.splice(at..at, piece.bytes());
        }
        Edit::Number(at, piece) => {
            let digit = |at: &usize| document[*at].is_ascii_digit();
            if let Some(start) = (place(*at)..length).find(digit) {
                let end = (start..length).find(|at| !digit(at)).unwrap_or(length);
                document.splice(start..end, piece.bytes());
            }
        }
    }
}

/// One of `seeds` after one to four changes.
pub(crate) fn mutated(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    (select(seeds), proptest::collection::vec(edit(), 1..5)).prop_map(|(mut document, edits)| {
        for edit in &edits {
            apply(&mut document, edit);
        }
        document
    })
}
