//! What a restore drops of a cluster and of an instance alike, put back before the application is moved: the IAM roles, and the
//! password that RDS manages; and the target read back in the end.

use super::{Wish, parity::Parity, planned};
use crate::{
    aws::rds::model::{AssociatedRole, MasterUserSecret},
    recovery::{
        settings::{AT_CUTOVER, NOT_CARRIED, setting},
        survey::Survey,
    },
    run::plan::Planned,
    steps::{
        add_role::AddRole, brief::Setting, compare_settings::CompareSettings, configured,
        manage_password::ManagePassword, step::Step, target::TargetName,
    },
};

/// A row of something that the target gets, if the plan gets so far.
pub(super) fn row(reached: bool, name: &str, source: String, default: &str, target: String, when: &str) -> Setting {
    if reached {
        setting(name, source, default, target, when)
    } else {
        setting(name, source, default, default.to_owned(), NOT_CARRIED)
    }
}

/// What clusters and instances have alike: the target as whose it is put back.
pub(super) struct Owner<'a> {
    /// What is wanted.
    pub(super) wish: &'a Wish<'a>,
    /// What was seen.
    pub(super) survey: &'a Survey,
    /// The target.
    pub(super) name: TargetName,
}

impl Owner<'_> {
    fn step(&self, step: Step) -> Planned<Step> {
        planned(self.wish.database.deadlines.settings, step)
    }

    /// The target read back, where the plan gets as far as the cutover; with the instances of a cluster, the writer first.
    pub(super) fn read_back(&self, members: Vec<String>) -> Option<Planned<Step>> {
        self.survey.access.as_ref()?;
        Some(self.step(Step::CompareSettings(CompareSettings { target: self.name.clone(), members })))
    }

    /// The IAM roles, where the plan gets as far as the cutover.
    pub(super) fn roles(&self, roles: &[AssociatedRole], parity: &mut Parity) {
        if roles.is_empty() {
            return;
        }
        let reached = self.survey.access.is_some();
        // One that RDS cannot use on the source would hold the recovery up, and be of no use to anybody.
        let (usable, broken): (Vec<&AssociatedRole>, Vec<_>) =
            roles.iter().partition(|role| role.status.as_deref() != Some("INVALID"));
        let carried: Vec<AssociatedRole> = usable.iter().map(|role| (*role).clone()).collect();
        let (all, kept) = (configured::roles(roles), configured::roles(&carried));
        parity.settings.push(row(reached, "IAM roles", all, "none", kept, AT_CUTOVER));
        parity.warnings.extend(
            broken
                .iter()
                .map(|role| format!("role {} is INVALID on the source and is not given to the target", role.role_arn)),
        );
        if reached {
            parity.before_the_move.extend(usable.into_iter().map(|role| {
                self.step(Step::AddRole(AddRole {
                    target: self.name.clone(),
                    role_arn: role.role_arn.clone(),
                    feature_name: role.feature_name.clone(),
                }))
            }));
        }
    }

    /// The password that RDS manages for the source in `secret`; it must not lock the application out.
    pub(super) fn password(&self, master: Option<&str>, secret: Option<&MasterUserSecret>, parity: &mut Parity) {
        let Some(secret) = secret else { return };
        let (managed, name) = (configured::managed_password(Some(secret)), "RDS-managed password");
        let follower = self.survey.pointers.secrets.iter().find(|secret| secret.logs_in_as(master));
        if let Some(follower) = follower {
            parity.settings.push(setting(name, managed, "no", "no".to_owned(), NOT_CARRIED));
            parity.warnings.push(format!(
                "the master password is not handed to RDS: secret {}, which the application follows, logs in as {}",
                follower.pointer.secret,
                follower.user.as_deref().unwrap_or_default()
            ));
            return;
        }
        let reached = self.survey.access.is_some();
        parity.settings.push(row(reached, name, managed.clone(), "no", managed, AT_CUTOVER));
        if let Some(access) = &self.survey.access {
            // A key is one region's.
            let key = secret.kms_key_id.clone().filter(|_| self.survey.region == self.survey.into);
            let step = ManagePassword { target: self.name.clone(), key, access: access.clone() };
            parity.before_the_move.push(self.step(Step::ManagePassword(step)));
        }
    }
}
