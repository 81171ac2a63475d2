//! What a person is asked before something happens: the few lines that must be read, where the cursor is.

use jiff::Timestamp;

use crate::{
    moment,
    pg::{Proof, Verdict},
    recovery::{dry_run::DryRun, recipe},
    report::{facts::Facts, promoted},
    run::{clock::elapsed, journal::History, plan::Plan, step::Until},
    steps::{brief::Brief, step::Step},
    ui::{history::counts, words::clean},
};

/// Before anything is created. `asks` says whether the cutover will be asked about.
pub(super) fn before_restore(plan: &Plan<Step>, until: Until, asks: bool, now: Timestamp) -> String {
    let Brief { source, target, warnings, .. } = &plan.brief;
    let given_up = moment::ago(elapsed(plan.brief.data_time(), now));
    let goes = match (until, plan.brief.moves_the_application(), asks) {
        (Until::Validated, ..) if plan.recipe == recipe::CLONE => "It is a copy to look at: no application is moved.",
        (Until::Restored, ..) => "It stops when the target is there, without proving its data.",
        (Until::Validated, _, true) => "It stops when the data is proven, and asks how to go on.",
        (Until::Validated, _, false) => "It stops when the data is proven; daybreak cutover goes on from there.",
        (Until::Cutover, true, _) => "It goes all the way: when the data is proven, the application is moved.",
        (Until::Cutover, false, _) => "It goes all the way; no pointer is configured, so no application is moved.",
    };
    let mut lines = vec![
        String::new(),
        format!(
            "{} as of {}, {given_up} ago, into {}{}.",
            source.identifier,
            plan.brief.data_time_words(),
            target.identifier,
            if source.region == target.region { String::new() } else { format!(" in {}", target.region) }
        ),
        format!("{goes} {} is not touched.", source.identifier),
    ];
    if plan.brief.data_time() != plan.brief.requested_time {
        let window = &plan.brief.window;
        lines.push(format!("From the {} {}: {}.", window.kind.words(), window.name, window.why));
    }
    lines.extend(warnings.iter().map(|warning| format!("warning: {warning}")));
    lines.join("\n")
}

/// Before anything is promoted.
pub(super) fn before_promotion(plan: &Plan<Step>, until: Until) -> String {
    let Brief { warnings, promotion, .. } = &plan.brief;
    let mut lines = vec![String::new()];
    if let Some(promotion) = promotion {
        lines.extend(promotion.sides.iter().map(|side| format!("{}: {} -> {}", side.name, side.is, side.becomes)));
        lines.push(format!("Loses: {}.", promotion.loses));
        lines.push(format!("Old primary: {}.", promotion.old_primary));
        lines.push(format!("Way back: {}.", promotion.back));
    }
    lines.push(match (until, plan.brief.pointers()) {
        (Until::Cutover, Some(pointers)) => format!("Then the application is moved to it, by {pointers}."),
        _ => "No pointer is moved.".to_owned(),
    });
    lines.extend(warnings.iter().map(|warning| format!("warning: {warning}")));
    lines.join("\n")
}

/// Before the application is moved.
pub(super) fn before_cutover(history: &History<Step>, found: &DryRun) -> String {
    let plan = &history.state.plan;
    let Brief { source, target, .. } = &plan.brief;
    if promoted::is_to_come(&history.state) {
        return before_promotion(plan, Until::Cutover);
    }
    let proof = Facts::of(history).proof.map(|(_, proof)| proof_words(&proof)).unwrap_or_default();
    let moves = match plan.brief.pointers() {
        Some(pointers) => format!("This moves {pointers} from {} to {}.", source.identifier, target.identifier),
        None => format!(
            "No pointer is configured: this opens {} to the source's security groups, and moves nothing.",
            target.identifier
        ),
    };
    let holds =
        format!("\n{} holds {} as of {}: {proof}.", target.identifier, plan.database, plan.brief.data_time_words());
    let notes = found.notes.iter().map(|note| format!("note: {}", clean(note)));
    [holds].into_iter().chain(notes).chain([moves]).collect::<Vec<_>>().join("\n")
}

fn proof_words(proof: &Proof) -> String {
    let unchecked: Vec<&str> = proof
        .checks
        .iter()
        .filter(|check| check.verdict == Verdict::Unchecked)
        .map(|check| check.name.as_str())
        .collect();
    let named = if unchecked.is_empty() { String::new() } else { format!(" ({})", unchecked.join(", ")) };
    format!("{}{named}", counts(proof))
}
