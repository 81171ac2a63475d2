//! The old writer fenced, before the pointer moves: the same for every recipe, however its target came to be.

use super::{Wish, planned};
use crate::{
    config::FenceMode,
    recovery::{fence::SurveyedFence, pointer::SurveyedSecret, survey::Survey},
    run::plan::Planned,
    steps::{
        access::{Access, Credentials},
        admit_writers::AdmitWriters,
        fence::Fence,
        list_writers::ListWriters,
        promotion::{Accepted, Promotion, catch_up::CatchUp},
        step::Step,
        target::TargetName,
    },
};

/// The source fenced, then the target open. Backwards: the target shut, then the source open; so at no time do both take the
/// application's writes.
pub fn fence(
    wish: &Wish<'_>,
    fence: Option<&SurveyedFence>,
    secret: Option<&SurveyedSecret>,
    target: &TargetName,
) -> Vec<Planned<Step>> {
    let (Some(fence), Some(secret)) = (fence, secret) else { return Vec::new() };
    let mut steps = close(wish, fence, secret, None);
    steps.push(open(wish, fence, target));
    steps
}

/// The source fenced; of a promotion the target has everything then, where no loss was accepted.
pub fn close(
    wish: &Wish<'_>,
    fence: &SurveyedFence,
    secret: &SurveyedSecret,
    promotion: Option<&Promotion>,
) -> Vec<Planned<Step>> {
    let SurveyedFence { server, target, roles, seen, when_unreachable, .. } = fence;
    let application = Access {
        credentials: Credentials::Secret { id: secret.pointer.arn.clone(), url_key: secret.url_key.clone() },
        ..server.access.clone()
    };
    let list = ListWriters { server: server.clone(), roles: roles.clone(), when_unreachable: *when_unreachable };
    let (server, roles, seen) = (server.clone(), roles.clone(), seen.clone());
    let fence = Fence { server, roles, seen, application, promotion: promotion.cloned().map(Box::new) };
    let mut steps = vec![Step::ListWriters(list), Step::Fence(fence.clone())];
    if let Some(promotion) = promotion.filter(|promotion| promotion.accepted == Accepted::Nothing) {
        let Fence { server, roles, .. } = fence;
        let (access, promotion) = (target.clone(), Box::new(promotion.clone()));
        steps.push(Step::CatchUp(CatchUp { server, access, roles, promotion }));
    }
    steps.into_iter().map(|step| planned(wish.database.deadlines.pointer, step)).collect()
}

/// The target open: also where replication has brought the fence along, before it was promoted.
pub fn open(wish: &Wish<'_>, fence: &SurveyedFence, target: &TargetName) -> Planned<Step> {
    let SurveyedFence { target: access, roles, .. } = fence;
    let admit = AdmitWriters { target: target.identifier.clone(), access: access.clone(), roles: roles.clone() };
    planned(wish.database.deadlines.pointer, Step::AdmitWriters(admit))
}

/// What the plan's reader should know of it.
pub fn warnings(wish: &Wish<'_>, survey: &Survey) -> Vec<String> {
    match (&survey.fence, survey.secret.is_some() || survey.record.is_some()) {
        (Some(fence), _) => fence.warnings.clone(),
        (None, false) => Vec::new(),
        (None, true) => {
            let source = survey.source.identifier();
            let advice = match wish.database.fence.mode {
                FenceMode::None => "the profile says so",
                FenceMode::Roles => "",
                FenceMode::Unset => "set [databases.….fence]",
            };
            vec![format!(
                "the old writer is not fenced: what still holds a connection to {source} after the cutover, or its address, can go on writing to it, and those writes are not on the target ({advice})"
            )]
        }
    }
}
