//! Documents nested deeper than any stack is: refused, not followed.

use crate::{TARGETS, sweep};

/// Deep enough to end any recursion without a limit, on a thread's two megabytes.
const DEPTH: usize = 100_000;

fn nested(open: &str, inside: &str, close: &str) -> String {
    format!("{}{inside}{}", open.repeat(DEPTH), close.repeat(DEPTH))
}

#[test]
fn no_depth_of_nesting_overflows_the_stack() {
    let arrays = nested("[", "1", "]");
    let objects = nested("{\"a\":", "1", "}");
    let documents = [
        arrays.clone(),
        objects.clone(),
        "[".repeat(DEPTH),
        "{\"a\":".repeat(DEPTH),
        // Inside what is read as a plan, a record, a secret, a configuration.
        format!("{{\"sha256\":\"\",\"plan\":{arrays}}}"),
        format!("{{\"sha256\":\"\",\"plan\":{{\"format\":1,\"steps\":{arrays}}}}}"),
        format!("{{\"sha256\":\"\",\"record\":{objects}}}"),
        format!("{{\"host\":\"db\",\"more\":{arrays}}}"),
        format!("url\n{{\"url\":\"postgres://db/loans\",\"more\":{objects}}}"),
        format!("a = {arrays}"),
        format!("a = {}", nested("{ a = ", "1", " }")),
        format!("{} = 1", vec!["a"; DEPTH].join(".")),
        format!("[{}]", vec!["a"; DEPTH].join(".")),
        format!("[[{}]]", vec!["a"; DEPTH].join(".")),
        format!("postgres://{}/db", "a@".repeat(DEPTH)),
        format!("postgres://db/db?{}", "a=b&".repeat(DEPTH)),
        format!("= {}", "9".repeat(DEPTH)),
        format!("= \"{}\"", "\\\\".repeat(DEPTH)),
        format!("{} ago", "1d ".repeat(DEPTH)),
    ];
    for document in &documents {
        for (_, target) in TARGETS {
            target(document.as_bytes());
        }
    }
    sweep::report("nesting", documents.len() * TARGETS.len(), "cases", 0);
}
