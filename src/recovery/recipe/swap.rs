//! Source and target swap names: the source goes aside, the target takes its place.

use super::{Wish, planned};
use crate::{
    recovery::{names, survey::Survey, swap::SurveyedSwap},
    run::plan::Planned,
    steps::{
        access::Access,
        renaming::{Swap, rename_source::RenameSource, rename_target::RenameTarget},
        step::Step,
        target::TargetName,
    },
};

/// Who is renamed to what. Where clients land is asked with the fence's login, where there is one: the application's, which may be
/// daybreak's too, is shut out of the source on the way back.
pub fn swap(wish: &Wish<'_>, survey: &Survey, swap: &SurveyedSwap, access: &Access, target: &TargetName) -> Swap {
    let SurveyedSwap { name, resource_id, host, port } = swap.clone();
    Swap {
        aside: names::aside(&name, &wish.run),
        name,
        source: resource_id,
        target: target.identifier.clone(),
        host,
        port,
        region: survey.region.clone(),
        access: survey.fence.as_ref().map_or_else(|| access.clone(), |fence| fence.target.clone()),
    }
}

/// The two renames. A rename may take as long as any other change of a cluster's settings.
pub fn renames(wish: &Wish<'_>, swap: Swap) -> Vec<Planned<Step>> {
    let patience = wish.database.deadlines.settings;
    vec![
        planned(patience, Step::RenameSource(RenameSource { swap: swap.clone() })),
        planned(patience, Step::RenameTarget(RenameTarget { swap })),
    ]
}
