//! The cutover's part of the evidence: what was moved from where to where, what was looked at before, and when.

use super::{facts::Cutover, text::LABEL};
use crate::{
    moment::{in_words, show},
    run::{clock::elapsed, journal::History, state::StepState},
    steps::{
        guard_cutover::{self, Guarded},
        moves,
        proxy::Proxied,
        serving,
        step::Step,
    },
    ui::{page::Page, theme::Tone, words::clean},
};

/// What became of the application's pointers.
pub(super) fn moved(page: &mut Page, history: &History<Step>, cutover: &Cutover) {
    let brief = &history.state.plan.brief;
    page.heading(Tone::Heading, "Cutover");
    let leads = cutover.leads_to.as_deref().map(|place| format!(", which led a client to {place}")).unwrap_or_default();
    let steps = &history.state.plan.steps;
    let (secrets, record, proxy) = (moves::secrets(steps), moves::record(steps), moves::proxy(steps));
    for step in &secrets {
        page.field("secret", LABEL, &clean(&step.secret));
        if let Some(pointer) = brief.secrets.iter().find(|pointer| pointer.arn == step.secret) {
            let before = format!("version {}, which leads to {}", step.from_version, pointer.points_at);
            page.field("before", LABEL, &clean(&before));
        }
        page.field("after", LABEL, &clean(&format!("version {}{leads}", step.to_version)));
    }
    if let Some(Proxied { proxy, from, target, through, .. }) = proxy.map(|step| &step.proxied) {
        page.field("proxy", LABEL, &clean(&format!("{proxy}, {}:{}", through.host, through.port)));
        page.field("before", LABEL, &clean(&format!("leads to {from}")));
        page.field("after", LABEL, &clean(&format!("leads to {target}{leads}")));
    }
    if let Some(step) = record {
        page.field("record", LABEL, &clean(&step.from.words()));
        page.field("before", LABEL, &clean(&format!("leads to {}", step.from.leads_to().unwrap_or_default())));
        page.field("after", LABEL, &clean(&format!("leads to {}{leads}", step.target)));
    }
    if let Some(swap) = moves::swap(steps) {
        page.field("name", LABEL, &clean(&swap.name));
        page.field("before", LABEL, &clean(&format!("the source's; the target was called {}", swap.target)));
        let after = format!("the target's{leads}; the source is called {}", swap.aside);
        page.field("after", LABEL, &clean(&after));
        if let Some(name) = serving::renamed(&history.state.outputs).and_then(|renamed| renamed.certified_as) {
            let words = format!(
                "still names {name}: clients that verify the host name (verify-full) cannot connect until {} is stopped and started",
                swap.name
            );
            page.put(Tone::Caution, "certificate ", &clean(&words));
        }
    }
    if let Ok(guarded) = history.state.outputs.of::<Guarded>(guard_cutover::ID) {
        let again = if guarded.proven_again { ", and the proof made again" } else { "" };
        page.field("looked at", LABEL, &format!("{}, before anything was changed{again}", show(guarded.at)));
        guarded.notes.iter().for_each(|note| page.field("", LABEL, &clean(note)));
    }
    page.field("begun", LABEL, &show(cutover.started));
    match cutover.moved {
        Some(moved) => page.field(
            "seen moved",
            LABEL,
            &format!("{}, after {}", show(moved), in_words(elapsed(cutover.started, moved))),
        ),
        None => page.field("seen moved", LABEL, "no"),
    }
    if let Some(back) = cutover.moved_back {
        let former = match secrets.as_slice() {
            [] if moves::swap(steps).is_some() => "the source under its name".to_owned(),
            [] if record.is_none() => "the former database".to_owned(),
            [] => "the former address".to_owned(),
            [step] => format!("version {}", clean(&step.from_version)),
            _ => "the former versions".to_owned(),
        };
        page.field("moved back", LABEL, &format!("{}: clients get {former} again", show(back)));
    } else if matches!(cutover.state, StepState::Undoing | StepState::UndoFailed) {
        page.field("moved back", LABEL, "begun, not seen to be complete");
    }
}
