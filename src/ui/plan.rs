//! A plan as its reader sees it before saying yes: what will be, what it costs, what each step calls and how it is taken
//! back.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::{
    history::title,
    page::Page,
    theme::{Theme, Tone},
    words::{clean, pad, plural, width},
};
use crate::{
    moment::{ago, in_words, show},
    recovery::recipe::CLONE,
    run::{
        clock::elapsed,
        plan::{Plan, Planned},
        step::{Step as _, Undo, Until},
    },
    steps::{
        brief::{Promotion, Setting},
        step::Step,
    },
};

/// The order in which the target gets its settings; others come last.
const OCCASIONS: [&str; 7] = [
    "at restore",
    "with the writer",
    "with the readers",
    "after restore",
    "at cutover",
    "after the watch",
    "not carried over",
];

/// The plan in lines of at most `width` columns (never less than 40).
#[must_use]
pub fn render(plan: &Plan<Step>, now: Timestamp, theme: Theme, width: usize) -> String {
    let mut page = Page::new(theme, width);
    headline(&mut page, plan, now);
    warnings(&mut page, &plan.brief.warnings);
    steps(&mut page, plan);
    settings(&mut page, &plan.brief.settings);
    execution(&mut page, plan);
    page.finish()
}

fn headline(page: &mut Page, plan: &Plan<Step>, now: Timestamp) {
    let brief = &plan.brief;
    if let Some(promotion) = &brief.promotion {
        return promoted(page, plan, promotion);
    }
    let data = show(brief.data_time());
    let given_up = ago(elapsed(brief.data_time(), now));
    page.heading(Tone::Heading, &format!("Plan {}: recover {}", plan.run, clean(&plan.database)));
    page.blank();
    let source = format!("{} ({})", brief.source.identifier, brief.source.region);
    page.put(
        Tone::Strong,
        "",
        &format!(
            "{} {source} as it was at {data}, {given_up} ago, into the new {} {}{}.",
            if plan.recipe == CLONE { "Clones" } else { "Restores" },
            brief.target.family.word(),
            brief.target.identifier,
            if brief.source.region == brief.target.region {
                String::new()
            } else {
                format!(" ({})", brief.target.region)
            }
        ),
    );
    if brief.data_time() != brief.requested_time {
        page.put(Tone::Strong, "", &format!("That is not the time asked for: {}.", brief.data_time_words()));
    }
    page.put(Tone::Strong, "", &format!("Gives up everything written after {data}: {given_up}."));
    page.blank();
    let rows = [
        ("from", format!("{} {} ({})", brief.window.kind.words(), brief.window.name, brief.window.region)),
        ("because", brief.window.why.clone()),
        ("window", brief.window.span().unwrap_or_else(|| "its present state".to_owned())),
        ("source", source_words(plan)),
        ("pointer", pointer_words(plan)),
        (
            "quarantine",
            match brief.quarantine.as_slice() {
                [] => "none".to_owned(),
                groups => format!("only {} may connect until the data is proven", groups.join(", ")),
            },
        ),
    ];
    for (name, value) in rows {
        page.field(name, 12, &clean(&value));
    }
    if let Some(seconds) = plan.deadline_seconds {
        let limit = in_words(Duration::from_secs(seconds));
        page.field("limit", 12, &format!("{limit} up to the cutover; then it holds, with everything kept"));
    }
}

/// Both sides, what is lost, what stops, and what becomes of the old primary.
fn promoted(page: &mut Page, plan: &Plan<Step>, promotion: &Promotion) {
    let brief = &plan.brief;
    let (old, new) = (&brief.source.identifier, &brief.target.writer);
    page.heading(Tone::Heading, &format!("Plan {}: promote {}", plan.run, clean(&plan.database)));
    page.blank();
    page.put(
        Tone::Strong,
        "",
        &format!("Makes {new} ({}) the primary in place of {old} ({}).", brief.target.region, brief.source.region),
    );
    let tone = if promotion.loses == "nothing" { Tone::Strong } else { Tone::Caution };
    page.put(tone, "", &clean(&format!("Loses {}.", promotion.loses)));
    page.blank();
    page.field("way", 12, &format!("{}: {}", promotion.way, promotion.call));
    page.field("why", 12, &clean(&promotion.why));
    for side in &promotion.sides {
        page.field("side", 12, &clean(&format!("{}: {}; becomes: {}", side.name, side.is, side.becomes)));
    }
    page.field("stops", 12, &clean(&promotion.stops));
    page.field("old primary", 12, &clean(&promotion.old_primary));
    page.field("way back", 12, &clean(&promotion.back));
    page.field("pointer", 12, &clean(&pointer_words(plan)));
    for line in &promotion.afterwards {
        page.field("afterwards", 12, &clean(line));
    }
}

fn warnings(page: &mut Page, warnings: &[String]) {
    if warnings.is_empty() {
        return;
    }
    page.heading(Tone::Caution, "Warnings");
    for warning in warnings {
        page.put(Tone::Caution, "  ! ", &clean(warning));
    }
}

fn steps(page: &mut Page, plan: &Plan<Step>) {
    page.heading(
        Tone::Heading,
        &format!("{}, in this order; undone in reverse", capital(&plural(plan.steps.len(), "step"))),
    );
    let mut before: Option<Until> = None;
    for (number, planned) in (1..).zip(&plan.steps) {
        let until = planned.step.until();
        if until == Until::Cutover && before != Some(Until::Cutover) {
            let promotes = |planned: &Planned<Step>| matches!(planned.step, Step::Promote(_));
            let words = if plan.steps.iter().any(|planned| promotes(planned) && planned.step.until() == until) {
                "cutover: what follows changes who takes the writes"
            } else if plan.brief.moves_the_application() {
                "cutover: what follows moves the application"
            } else {
                "what follows comes after the proof"
            };
            boundary(page, words, Tone::Strong);
        }
        before = Some(until);
        if planned.step.reversibility() == Undo::PointOfNoReturn {
            boundary(page, "point of no return: from here on daybreak no longer rolls back by itself", Tone::Caution);
        }
        step(page, number, plan, planned);
    }
    if plan.brief.point_of_no_return.is_none() {
        page.blank();
        page.put(Tone::Plain, "  ", "No point of no return: every step can be taken back.");
    }
}

fn boundary(page: &mut Page, words: &str, tone: Tone) {
    page.blank();
    page.put(tone, "  -- ", words);
}

fn step(page: &mut Page, number: usize, plan: &Plan<Step>, planned: &Planned<Step>) {
    let described = planned.step.describe();
    page.blank();
    page.put(Tone::Strong, &format!("{number:>3}. "), &title(plan, &planned.step));
    for call in &described.calls {
        page.put(Tone::Plain, "     call  ", &format!("{}:{}", call.service, call.action));
        page.put(Tone::Quiet, "             ", &parameters(&call.parameters));
    }
    page.put(Tone::Plain, "     undo  ", &clean(&described.undo));
    page.put(Tone::Quiet, "     limit ", &in_words(Duration::from_secs(planned.deadline_seconds)));
}

fn settings(page: &mut Page, settings: &[Setting]) {
    if settings.is_empty() {
        return;
    }
    page.heading(Tone::Heading, "Settings of the target");
    page.put(Tone::Quiet, "  ", "! differs from the source; * AWS alone would have chosen otherwise");
    let known = |when: &str| OCCASIONS.iter().position(|known| *known == when);
    let mut occasions: Vec<&str> = Vec::new();
    for setting in settings {
        if !occasions.contains(&setting.when.as_str()) {
            occasions.push(&setting.when);
        }
    }
    let columns = settings.iter().map(|setting| width(&clean(&setting.name))).max().unwrap_or(0) + 2;
    occasions.sort_by_key(|when| known(when).unwrap_or(OCCASIONS.len()));
    for when in occasions {
        page.put(Tone::Strong, "  ", &clean(when));
        for setting in settings.iter().filter(|setting| setting.when == when) {
            setting_row(page, setting, columns);
        }
    }
}

fn setting_row(page: &mut Page, setting: &Setting, columns: usize) {
    let name = |mark: &str| format!("  {mark} {}", pad(&clean(&setting.name), columns));
    let value = |text: &str| clean(text);
    if setting.target != setting.source {
        page.put(Tone::Caution, &name("!"), &format!("source: {}", value(&setting.source)));
        let below = " ".repeat(width(&name("!")));
        page.put(Tone::Plain, &below, &format!("target: {}", value(&setting.target)));
        page.put(Tone::Quiet, &below, &format!("AWS alone: {}", value(&setting.default)));
    } else if setting.default == setting.source || setting.default == "the source's" {
        page.put(Tone::Plain, &name(" "), &value(&setting.target));
    } else {
        page.put(
            Tone::Plain,
            &name("*"),
            &format!("{} (AWS alone: {})", value(&setting.target), value(&setting.default)),
        );
    }
}

fn execution(page: &mut Page, plan: &Plan<Step>) {
    page.heading(Tone::Heading, "To execute it");
    for policy in &plan.brief.policies {
        page.put(Tone::Plain, "  allow       ", &format!("{}: {}", policy.bundle, policy.actions.join(", ")));
    }
    page.put(Tone::Plain, "  made        ", &format!("{} by {}", show(plan.made_at), clean(&plan.made_by.who)));
    page.put(Tone::Plain, "  run         ", plan.run.as_str());
    page.put(Tone::Strong, "  execute     ", "daybreak recover --plan FILE");
    page.put(Tone::Quiet, "              ", "does exactly this, once, and refuses if the world has moved meanwhile");
}

fn source_words(plan: &Plan<Step>) -> String {
    let source = &plan.brief.source;
    let version = source.engine_version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
    format!("{} ({}{version}), left as it is", source.resource_id, source.engine)
}

fn pointer_words(plan: &Plan<Step>) -> String {
    let secrets = plan.brief.secrets.iter().map(|pointer| {
        format!("secret {}, which leads to {} (version {})", pointer.secret, pointer.points_at, pointer.version)
    });
    let record = plan.brief.record.iter().map(|record| {
        let ttl = record.set.ttl.unwrap_or_default();
        format!(
            "record {} of {}, which leads to {} (TTL {ttl} s), as told by {}",
            record.set.words(),
            record.zone_words,
            record.points_at,
            record.resolver.map_or_else(|| "the system's resolver".to_owned(), |server| server.to_string())
        )
    });
    let name = plan.brief.swap.iter().map(|swap| {
        format!(
            "the name {}, which the target takes with its endpoint {}; the source is then called {}",
            swap.name, swap.host, swap.aside
        )
    });
    let words: Vec<String> = secrets.chain(record).chain(name).collect();
    match words.as_slice() {
        [] => "none: the application is not moved".to_owned(),
        [only] => only.clone(),
        [one, other] => format!("{one}; and {other}: both are moved, or neither is"),
        several => format!("{}: all are moved, or none is", several.join("; ")),
    }
}

/// Parameters as `Name=value`, separated by spaces so that they wrap between parameters.
fn parameters(parameters: &Value) -> String {
    match parameters {
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| format!("{name}={}", compact(value))).collect::<Vec<_>>().join(" ")
        }
        other => compact(other),
    }
}

/// A value as short as it can be without becoming ambiguous: words bare, texts with other characters quoted.
fn compact(value: &Value) -> String {
    match value {
        Value::String(text) if is_word(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(compact).collect::<Vec<_>>().join(",")),
        // Tags are many, and known by this shape: `key=value` says it all.
        Value::Object(fields) => {
            match (fields.get("Key").and_then(Value::as_str), fields.get("Value").and_then(Value::as_str)) {
                (Some(key), Some(value)) if fields.len() == 2 && is_word(key) && is_word(value) => {
                    format!("{key}={value}")
                }
                _ => format!(
                    "{{{}}}",
                    fields
                        .iter()
                        .map(|(name, value)| format!("{name}={}", compact(value)))
                        .collect::<Vec<_>>()
                        .join(",")
                ),
            }
        }
        other => clean(&other.to_string()),
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:/@+()#%".contains(c))
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ui::testing::{after, has_long_word, plan, plan_without_pointer};

    #[test]
    fn the_whole_plan_at_eighty_columns() {
        insta::assert_snapshot!(render(&plan(), after(0), Theme::plain(), 80), @r#"
        Plan 20261120-150000-k3fa: recover loans

        Restores loanserve-prod-aurora (eu-west-1) as it was at 2026-11-20 14:22:05 UTC,
        37 min ago, into the new cluster loanserve-prod-aurora-db-k3fa.
        Gives up everything written after 2026-11-20 14:22:05 UTC: 37 min.

          from        continuous backup of loanserve-prod-aurora (eu-west-1)
          because     it gives the time itself
          window      2026-11-13 15:00:00 UTC to 2026-11-20 14:56:10 UTC
          source      cluster-SOURCE17 (aurora-postgresql 15.10), left as it is
          pointer     secret prod/loans/db, which leads to
                      loanserve-prod-aurora.cluster-c1.eu-west-1.rds.amazonaws.com:5432
                      (version v-before)
          quarantine  only sg-quarantine may connect until the data is proven

        Warnings
          ! not carried over to the target: IAM roles

        10 steps, in this order; undone in reverse

          1. restore into a new cluster loanserve-prod-aurora-db-k3fa
             call  rds:RestoreDBClusterToPointInTime
                     DBClusterIdentifier=loanserve-prod-aurora-db-k3fa
                     SourceDBClusterIdentifier=loanserve-prod-aurora
                     RestoreType=full-copy RestoreToTime=2026-11-20T14:22:05Z Port=5432
                     VpcSecurityGroupIds=[sg-quarantine] DeletionProtection=false
                     Tags=[daybreak:run=20261120-150000-k3fa]
             undo  delete cluster loanserve-prod-aurora-db-k3fa, with a final snapshot
                   only after a cutover
             limit 6 h

          2. create the writer loanserve-prod-aurora-db-k3fa-1 (db.r6g.large)
             call  rds:CreateDBInstance
                     DBInstanceIdentifier=loanserve-prod-aurora-db-k3fa-1
                     DBClusterIdentifier=loanserve-prod-aurora-db-k3fa
                     DBInstanceClass=db.r6g.large Engine=aurora-postgresql
                     PubliclyAccessible=false Tags=[daybreak:run=20261120-150000-k3fa]
             undo  delete instance loanserve-prod-aurora-db-k3fa-1
             limit 2 h

          3. give loanserve-prod-aurora-db-k3fa the settings a restore does not take
             call  rds:ModifyDBCluster
                     DBClusterIdentifier=loanserve-prod-aurora-db-k3fa
                     ApplyImmediately=true
                     PreferredMaintenanceWindow=sun:03:00-sun:03:30
             undo  none needed: the cluster goes as a whole
             limit 30 min

          4. prove the data of loanserve-prod-aurora-db-k3fa: the built-in checks and 1
             of the profile's
             undo  nothing to undo: it only reads
             limit 2 h

          -- cutover: what follows moves the application

          5. lift the quarantine: the source's security groups on
             loanserve-prod-aurora-db-k3fa
             call  rds:ModifyDBCluster
                     DBClusterIdentifier=loanserve-prod-aurora-db-k3fa
                     ApplyImmediately=true VpcSecurityGroupIds=[sg-app]
             undo  quarantine again: security groups sg-quarantine
             limit 30 min

          6. stage a version of prod/loans/db that points at
             loanserve-prod-aurora-db-k3fa, and log in with it
             call  secretsmanager:PutSecretValue
                     SecretId=arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/loans/db-AbCdEf
                     ClientRequestToken=v-after VersionStages=[daybreak-k3fa]
                     SecretString="(not shown)"
             undo  take the label daybreak-k3fa away; AWS discards versions without a
                   label
             limit 5 min

          7. move the application: AWSCURRENT of prod/loans/db to the staged version
             call  secretsmanager:UpdateSecretVersionStage
                     SecretId=arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/loans/db-AbCdEf
                     VersionStage=AWSCURRENT MoveToVersionId=v-after
                     RemoveFromVersionId=v-before
             call  secretsmanager:UpdateSecretVersionStage
                     SecretId=arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/loans/db-AbCdEf
                     VersionStage=daybreak-k3fa RemoveFromVersionId=v-after
             undo  move AWSCURRENT back to version v-before, exactly
             limit 5 min

          8. watch for 5 min, every 5 s: GET https://api.example.com/health; 3 failing
             rounds in a row roll back
             undo  nothing to undo: it only looks
             limit 15 min

          9. give loanserve-prod-aurora-db-k3fa the source's own tags
             call  rds:AddTagsToResource
                     ResourceName="(ARN of loanserve-prod-aurora-db-k3fa)"
                     Tags=[env=prod]
             undo  remove these tags from loanserve-prod-aurora-db-k3fa
             limit 30 min

          -- point of no return: from here on daybreak no longer rolls back by itself

         10. protect loanserve-prod-aurora-db-k3fa like the source
             call  rds:ModifyDBCluster
                     DBClusterIdentifier=loanserve-prod-aurora-db-k3fa
                     ApplyImmediately=true DeletionProtection=true
             undo  none: from here on daybreak no longer rolls back by itself
             limit 30 min

        Settings of the target
          ! differs from the source; * AWS alone would have chosen otherwise
          at restore
          * subnet group              loans-subnets (AWS alone: default)
            backup retention          7 days
          with the writer
          * instance parameter group  loans-instances (AWS alone:
                                      default.aurora-postgresql15)
          at cutover
          ! security groups           source: sg-app
                                      target: sg-quarantine until proven, then sg-app
                                      AWS alone: the VPC's default group
          not carried over
          ! IAM roles                 source:
                                      arn:aws:iam::123456789012:role/aurora-s3-export
                                      target: none
                                      AWS alone: none

        To execute it
          allow       observe: rds:DescribeDBClusters, rds:DescribeDBInstances
          made        2026-11-20 14:59:50 UTC by ann@bastion
          run         20261120-150000-k3fa
          execute     daybreak recover --plan FILE
                      does exactly this, once, and refuses if the world has moved
                      meanwhile
        "#);
    }

    #[test]
    fn no_line_is_wider_than_asked_but_for_a_long_word() {
        for columns in [40, 60, 80, 200] {
            for line in render(&plan(), after(0), Theme::plain(), columns).lines() {
                assert!(width(line) <= columns || has_long_word(line, columns), "{columns}: {line}");
            }
        }
    }

    #[test]
    fn without_a_pointer_it_says_that_nothing_is_moved() {
        let text = render(&plan_without_pointer(), after(0), Theme::plain(), 80);
        assert!(text.contains("pointer     none: the application is not moved"), "{text}");
    }

    #[test]
    fn every_parameter_of_every_call_is_shown() {
        let plan = plan();
        let text = render(&plan, after(0), Theme::plain(), 80);
        for call in plan.steps.iter().flat_map(|planned| planned.step.describe().calls) {
            for name in call.parameters.as_object().expect("named parameters").keys() {
                assert!(text.contains(&format!("{name}=")), "{}: {name}", call.action);
            }
        }
    }

    #[test]
    fn values_are_compact_and_unambiguous() {
        let value = json!({ "A": "plain", "B": "two words", "C": ["x", "y"], "D": true, "E": [{ "Key": "env", "Value": "prod" }], "F": { "MinCapacity": 0.5 }, "G": "\u{1b}[2J", "H": "" });
        assert_eq!(
            parameters(&value),
            r#"A=plain B="two words" C=[x,y] D=true E=[env=prod] F={MinCapacity=0.5} G="\u001b[2J" H="""#
        );
    }
}
