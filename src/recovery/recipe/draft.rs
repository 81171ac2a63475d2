//! A plan in the making: what a recipe decides. The rest follows from what was asked and seen.

use jiff::Timestamp;

use super::{Wish, fence};
use crate::{
    recovery::{pointer, policies, settings, survey::Survey, swap},
    run::{
        clock::elapsed,
        plan::{FORMAT, Plan, Planned},
        step::{Step as _, Undo},
    },
    steps::{
        brief::{Brief, Setting, Source, Target},
        moves,
        step::Step,
        window::Window,
    },
};

/// What a recipe decides.
#[derive(Debug)]
pub struct Draft {
    /// The recipe's name.
    pub recipe: &'static str,
    /// What is made, or promoted.
    pub target: Target,
    /// The time asked for.
    pub requested_time: Timestamp,
    /// The window used.
    pub window: Window,
    /// The security groups of the quarantine.
    pub quarantine: Vec<String>,
    /// Whether the target gets the source's name, and so its endpoints.
    pub endpoints_return: bool,
    /// What the target takes from the source.
    pub settings: Vec<Setting>,
    /// What its reader should know besides what follows from all this.
    pub warnings: Vec<String>,
    /// The steps.
    pub steps: Vec<Planned<Step>>,
}

impl Draft {
    /// The plan.
    pub fn into_plan(self, wish: &Wish<'_>, survey: &Survey) -> Plan<Step> {
        let (endpoint, port) = survey.source.serves_at();
        let warnings = self.warnings(wish, survey);
        let data_time = self.window.restore_point.unwrap_or(self.requested_time);
        let brief = Brief {
            source: Source {
                family: survey.source.family(),
                identifier: survey.source.identifier().to_owned(),
                resource_id: survey.source.resource_id().to_owned(),
                account: wish.account.clone(),
                region: survey.region.clone(),
                engine: survey.source.engine().to_owned(),
                engine_version: survey.source.engine_version().map(str::to_owned),
                endpoint: endpoint.map(str::to_owned),
                port,
            },
            target: self.target,
            requested_time: self.requested_time,
            given_up_seconds: elapsed(data_time, survey.at).as_secs(),
            window: self.window,
            quarantine: self.quarantine,
            warnings,
            settings: self.settings,
            secrets: survey.pointers.secrets.iter().map(|secret| secret.pointer.clone()).collect(),
            record: survey.pointers.record.as_ref().map(|record| record.record.clone()),
            proxy: survey.pointers.proxy.as_ref().map(|proxy| proxy.proxy.clone()),
            swap: moves::swap(&self.steps).cloned(),
            point_of_no_return: self
                .steps
                .iter()
                .find(|planned| planned.step.reversibility() == Undo::PointOfNoReturn)
                .map(|planned| planned.step.id().0),
            policies: policies::needed(survey, &self.steps),
            promotion: None,
        };
        Plan {
            format: FORMAT,
            run: wish.run.clone(),
            recipe: self.recipe.to_owned(),
            database: wish.database.name.clone(),
            made_at: survey.at,
            made_by: wish.by.clone(),
            deadline_seconds: wish.database.deadlines.run.map(|run| run.as_secs()),
            brief,
            steps: self.steps,
        }
    }

    fn warnings(&self, wish: &Wish<'_>, survey: &Survey) -> Vec<String> {
        let mut warnings = self.warnings.clone();
        if survey.pointers.is_empty() {
            warnings.push(match self.endpoints_return {
                true => format!(
                    "no pointer has to be moved: the endpoints of {} return with its name",
                    survey.source.identifier()
                ),
                false => "no pointer: the profile names none under cutover, so the application is not moved".to_owned(),
            });
        }
        for secret in &survey.pointers.secrets {
            if survey.live && !pointer::leads_home(&secret.host, &survey.source) {
                let (name, host, source) = (&secret.pointer.secret, &secret.host, survey.source.identifier());
                warnings.push(format!("secret {name} points at {host}, which is no endpoint of {source}"));
            }
        }
        warnings.extend(survey.pointers.warnings());
        if let (Some(surveyed), Some(swap)) = (&survey.pointers.swap, moves::swap(&self.steps)) {
            warnings.extend(swap::warnings(survey, surveyed, &swap.aside));
        }
        warnings.extend(fence::warnings(wish, survey));
        if let Some(why) = &survey.rehearsal.incomparable {
            warnings.push(format!("the source cannot be compared with: {why}"));
        }
        warnings.extend(survey.rehearsal.doubts.iter().cloned());
        let lost = settings::lost(&self.settings);
        if !lost.is_empty() {
            warnings.push(format!("not carried over to the target: {}", lost.join(", ")));
        }
        warnings
    }
}
