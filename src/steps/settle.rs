//! When "it is not there" may be believed.

use std::time::Duration;

use crate::run::{
    clock::elapsed,
    step::{Context, Undone, Waiting},
};

/// How long the provider may take to show what was just asked for.
const SETTLING: Duration = Duration::from_secs(5);

/// The undo of something that is not there. What this run had seen is gone; what it never saw may have been asked for a moment
/// before the asker died, and may still appear: it is looked for until the provider has had time to show it.
pub(super) fn absent(what: &str, step: &str, cx: &Context<'_>) -> Undone {
    if cx.outputs.has(step) {
        Undone::Done(format!("{what} is gone"))
    } else if elapsed(cx.started, cx.now) >= SETTLING {
        Undone::Done(format!("{what} was never made"))
    } else {
        Undone::Wait(
            Waiting::on(format!("{what} to appear, in case it was asked for just before"))
                .again_in(Duration::from_secs(1)),
        )
    }
}
