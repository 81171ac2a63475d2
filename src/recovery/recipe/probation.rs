//! Read-only probation, where the profile wants it: begun before anything of the cutover, so that it is taken back behind it; lifted
//! before the watch.

use super::{Wish, after, planned};
use crate::{
    recovery::fence::SurveyedFence,
    run::plan::Planned,
    steps::{
        access::Access,
        probation::{BeginProbation, LiftProbation},
        step::Step,
        target::TargetName,
    },
};

/// The application's roles held.
pub fn begin(wish: &Wish<'_>, fence: &SurveyedFence, target: &TargetName) -> Planned<Step> {
    let (target, access, roles) = (target.identifier.clone(), fence.target.clone(), fence.roles.clone());
    planned(wish.database.deadlines.pointer, Step::BeginProbation(BeginProbation { target, access, roles }))
}

/// Let go once the probes pass, as `client` asks them.
pub fn lift(wish: &Wish<'_>, fence: &SurveyedFence, client: Access, target: &TargetName) -> Planned<Step> {
    let watch = &wish.database.watch;
    let probes = after::probing(watch, client);
    let step = LiftProbation { target: target.identifier.clone(), access: fence.target.clone(), probes };
    let patience = wish.database.deadlines.pointer + watch.interval * (2 * watch.failures);
    planned(patience, Step::LiftProbation(step))
}
