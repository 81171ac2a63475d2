#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| daybreak_fuzz::config(data));
