//! When "it is not there" may be believed.

use std::time::Duration;

use crate::run::step::{Context, Undone, Waiting};

/// How long a request whose sender died may still be on its way to having an effect.
const SETTLING: Duration = Duration::from_secs(5);

/// The undo of something that a look by its name did not find. `listed` says whether the list of all such things has it, which
/// is asked separately: one stale answer must not make an orphan.
///
/// What this run had seen is gone then. What it never saw may have been asked for a moment before the asker died, and
/// may still appear: it is looked for until the provider has had time to show it.
pub(super) fn judge(what: &str, step: &str, listed: bool, cx: &Context<'_>) -> Undone {
    let again = |on: String| Undone::Wait(Waiting::on(on).again_in(Duration::from_secs(1)));
    if listed {
        again(format!("{what}, which is listed but not found by its name"))
    } else if cx.outputs.has(step) {
        Undone::Done(format!("{what} is gone"))
    } else if cx.attended >= SETTLING {
        Undone::Done(format!("{what} was never made"))
    } else {
        again(format!("{what} to appear, in case it was asked for just before"))
    }
}
