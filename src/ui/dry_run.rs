//! What a dry run of a cutover found, for people.

use super::{
    history::title,
    page::Page,
    theme::{Mark, Theme, Tone},
    words::clean,
};
use crate::{
    recovery::dry_run::{DryRun, to_come},
    run::state::RunState,
    steps::{guard_cutover::Told, step::Step},
};

/// The page: what would be done, what the probes said, what stands against it.
#[must_use]
pub fn render(state: &RunState<Step>, found: &DryRun, theme: Theme, width: usize) -> String {
    let run = &state.plan.run;
    let mut page = Page::new(theme, width);
    page.put(Tone::Heading, "", &format!("Dry run of the cutover of run {run}: nothing was changed"));
    page.heading(Tone::Heading, "It would");
    for (number, step) in to_come(state).enumerate() {
        page.put(Tone::Plain, &format!("  {:>2}. ", number + 1), &title(&state.plan, step));
    }
    if !found.probes.is_empty() {
        page.heading(Tone::Heading, "Probes now");
        for probe in &found.probes {
            let target = probe.target.as_ref().map(|told| format!("on the target it {}; ", words(told)));
            let text = format!("{}on the source it {}", target.unwrap_or_default(), words(&probe.source));
            page.put(Tone::Plain, "  ", &clean(&format!("{}: {text}", probe.probe)));
        }
    }
    if !found.notes.is_empty() {
        page.heading(Tone::Heading, "Worth knowing");
        found.notes.iter().for_each(|note| page.put(Tone::Caution, "  ", &clean(note)));
    }
    if found.is_ready() {
        page.heading(Tone::Good, "Nothing stands against it.");
        page.command(4, &format!("daybreak cutover {run}"));
        return page.finish();
    }
    page.heading(Tone::Bad, "What stands against it");
    for obstacle in &found.obstacles {
        page.marked(Mark::Failed, Tone::Bad, "", 0, &clean(obstacle));
    }
    page.finish()
}

fn words(told: &Told) -> String {
    match told {
        Told::Holds => "holds".to_owned(),
        Told::Fails(why) => format!("fails: {why}"),
        Told::Unasked(why) => format!("could not be asked: {why}"),
    }
}
