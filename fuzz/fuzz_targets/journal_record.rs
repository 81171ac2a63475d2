#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| daybreak_fuzz::journal_record(data));
