//! A sealed plan in which anything was changed is refused: what its reader was told would not be what it does.

use daybreak::{run::plan::Plan, steps::step::Step};

use crate::{seeds, sweep, targets};

#[test]
fn a_plan_altered_in_any_byte_is_refused_or_still_the_same_plan() {
    let (mut cases, mut refused) = (0_u64, 0_u64);
    for seed in seeds("plan_file") {
        let text = String::from_utf8(seed).unwrap();
        let plan = Plan::<Step>::from_file(&text).unwrap();
        for (at, byte) in text.bytes().enumerate() {
            let other = [byte ^ 1, byte ^ 0x20, b' ', b'9'][at % 4];
            let mut altered = text.clone().into_bytes();
            altered[at] = other;
            let Ok(altered) = String::from_utf8(altered) else { continue };
            cases += 1;
            match Plan::<Step>::from_file(&altered) {
                // White space between words, which nothing is told by.
                Ok(read) => assert!(read == plan, "byte {at} became {other} and another plan was read"),
                Err(_) => refused += 1,
            }
        }
    }
    sweep::report("altered-plans", cases, "cases", 0);
    assert!(refused > cases / 2, "{refused} of {cases} refused");
}

#[test]
fn the_corpus_of_records_is_read() {
    for seed in seeds("journal_record") {
        let (number, previous) = targets::place(&seed);
        let run = targets::run();
        daybreak::run::record::Record::<Step>::decode(&seed, &run, number, previous.as_deref()).unwrap();
    }
}
