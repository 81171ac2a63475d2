//! Read-only probation, where the profile wants it: begun before anything of the cutover, so that it is taken back behind it; lifted
//! before the watch.

use super::{Wish, planned};
use crate::{
    recovery::fence::SurveyedFence,
    run::plan::Planned,
    steps::{
        probation::{BeginProbation, LiftProbation},
        step::Step,
        target::TargetName,
        watch::Watch,
    },
};

/// The application's roles held.
pub fn begin(wish: &Wish<'_>, fence: &SurveyedFence, target: &TargetName) -> Planned<Step> {
    let (target, access, roles) = (target.identifier.clone(), fence.target.clone(), fence.roles.clone());
    planned(wish.database.deadlines.pointer, Step::BeginProbation(BeginProbation { target, access, roles }))
}

/// Let go once these probes pass.
pub fn lift(wish: &Wish<'_>, fence: &SurveyedFence, probes: Watch, target: &TargetName) -> Planned<Step> {
    let watch = &wish.database.watch;
    let step = LiftProbation { target: target.identifier.clone(), access: fence.target.clone(), probes };
    let patience = wish.database.deadlines.pointer + watch.interval * (2 * watch.failures);
    planned(patience, Step::LiftProbation(step))
}
