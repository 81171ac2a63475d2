//! The file as it is printed.

use serde_json::{Value, json};

use super::{state::State, *};
use crate::{
    report::evidence::Evidence,
    run::{
        record::{Entry, Scope},
        step::Until,
    },
    steps::window::Family,
    ui::testing::{Story, plan, plan_without_pointer},
};

fn printed(story: Story, given: &[Given], state: Option<&Value>) -> String {
    let state = state.map(|state| State::parse(&state.to_string()).expect("a state"));
    render(&advise(&story.history(), given, state.as_ref()))
}

fn recovered() -> Story {
    Story::begun().proven().moved().recovered()
}

fn resource(module: &str, kind: &str, name: &str, instances: Value) -> Value {
    let mut resource = json!({ "mode": "managed", "type": kind, "name": name, "instances": instances });
    if !module.is_empty() {
        resource["module"] = json!(module);
    }
    resource
}

fn cluster(module: &str, name: &str) -> Value {
    let attributes = json!({
        "id": "loanserve-prod-aurora",
        "cluster_identifier": "loanserve-prod-aurora",
        "cluster_resource_id": "cluster-SOURCE17",
        "arn": "arn:aws:rds:eu-west-1:123456789012:cluster:loanserve-prod-aurora",
        "master_password": "hunter2",
    });
    resource(module, "aws_rds_cluster", name, json!([{ "attributes": attributes }]))
}

fn members(module: &str, keys: &[Value]) -> Value {
    let member = |key: &Value| {
        let id = format!("loanserve-prod-aurora-{}", key.to_string().trim_matches('"'));
        json!({ "index_key": key, "attributes": {
            "id": id, "identifier": id, "cluster_identifier": "loanserve-prod-aurora",
            "arn": format!("arn:aws:rds:eu-west-1:123456789012:db:{id}"),
        } })
    };
    resource(module, "aws_rds_cluster_instance", "loans", keys.iter().map(member).collect())
}

fn state(resources: &[Value]) -> Value {
    json!({ "version": 4, "resources": resources })
}

#[test]
fn without_a_state_the_addresses_are_placeholders_and_it_says_how_to_find_them() {
    insta::assert_snapshot!(printed(recovered(), &[], None), @r#"
    # Run 20261120-150000-k3fa of daybreak, database loans: loanserve-prod-aurora was recovered as
    # loanserve-prod-aurora-db-k3fa.
    # The application is on the target.

    # The addresses with SOURCE in them are made up: what manages the source was not told. Either name
    # it, or better let the state tell:
    #   terraform show -json > state.json
    #   daybreak report 20261120-150000-k3fa --terraform --terraform-state state.json
    #   terraform state list | grep -E 'aws_rds_cluster|aws_db_instance'   # by hand: compare the identifiers

    # 1. Save this file beside the configuration (it needs Terraform 1.7 or later).
    # 2. Rename the resources as the import blocks have it, with all references to them, and change
    #    their arguments as below.
    # 3. terraform plan must say "0 to destroy" and name no replacement. If it does not, do not apply:
    #    it would destroy a database.
    # 4. terraform apply; then delete this file.

    removed {
      from = aws_rds_cluster.SOURCE
      lifecycle {
        destroy = false
      }
    }

    removed {
      from = aws_rds_cluster_instance.SOURCE
      lifecycle {
        destroy = false
      }
    }

    import {
      to = aws_rds_cluster.SOURCE_k3fa
      id = "loanserve-prod-aurora-db-k3fa"
    }

    import {
      to = aws_rds_cluster_instance.SOURCE_k3fa
      id = "loanserve-prod-aurora-db-k3fa-1"
    }

    # In the aws_rds_cluster of the target:
    # - With any other name, or with cluster_identifier_prefix, Terraform would replace the target.
    #     cluster_identifier = "loanserve-prod-aurora-db-k3fa"
    # - Never add snapshot_identifier, restore_to_point_in_time to say where the target comes from: each
    #   forces a replacement, and so does a zone other than the one that AWS chose. master_password
    #   would be set anew in the database: it is not in what is imported. prevent_destroy has Terraform
    #   refuse whatever would still replace the target.
    #     lifecycle {
    #       prevent_destroy = true
    #       ignore_changes  = [snapshot_identifier, restore_to_point_in_time, availability_zones, master_password]
    #     }
    # - An import cannot know this, and takes it as true: no snapshot would be left of a database that
    #   is destroyed.
    #     skip_final_snapshot = false
    #     final_snapshot_identifier = "loanserve-prod-aurora-db-k3fa-final"
    # - iam_roles: the source has arn:aws:iam::123456789012:role/aurora-s3-export, the target none, not
    #   carried over. Terraform would change it as the configuration says.

    # In the aws_rds_cluster_instance of the target:
    # - identifier must become loanserve-prod-aurora-db-k3fa-1, each where it is imported, and
    #   cluster_identifier loanserve-prod-aurora-db-k3fa: either forces a replacement. With count:
    #   identifier = "loanserve-prod-aurora-db-k3fa-${count.index + 1}".
    # - A zone other than the one that AWS chose forces a replacement. What differs in place, such as
    #   promotion_tier, is set as the configuration says, and 0 where it says nothing.
    #     lifecycle {
    #       prevent_destroy = true
    #       ignore_changes  = [availability_zone]
    #     }

    # In the provider "aws": daybreak knows by these tags what is its own, for a rollback and for a
    # cleanup, and Terraform would take them away:
    #     ignore_tags {
    #       key_prefixes = ["daybreak:"]
    #     }

    # If the configuration has an aws_secretsmanager_secret_version of
    # arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/loans/db-AbCdEf: clients now get version
    # v-after. Import it as
    # arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/loans/db-AbCdEf|v-after, and have it
    # ignore_changes = [secret_string, version_stages], or Terraform makes a further version, which
    # clients get at once.

    # Afterwards, if the old names are wanted back: delete the blocks above, rename the resources again,
    # and apply once with
    # moved {
    #   from = aws_rds_cluster.SOURCE_k3fa
    #   to   = aws_rds_cluster.SOURCE
    # }
    # moved {
    #   from = aws_rds_cluster_instance.SOURCE_k3fa
    #   to   = aws_rds_cluster_instance.SOURCE
    # }

    # The source, loanserve-prod-aurora, still exists and costs, and nothing manages it now. While a
    # rollback is possible, keep it.
    "#);
}

#[test]
fn a_state_tells_the_addresses_and_what_follows_the_source() {
    let secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/loans/db-AbCdEf";
    let version = json!({ "id": format!("{secret}|v-before"), "secret_id": secret, "version_id": "v-before",
        "secret_string": "{\"password\":\"hunter2\",\"host\":\"loanserve-prod-aurora.cluster-c1.eu-west-1.rds.amazonaws.com\"}" });
    let follows = |kind: &str, attributes: Value| resource("", kind, "loans", json!([{ "attributes": attributes }]));
    let text = printed(
        recovered(),
        &[],
        Some(&state(&[
            cluster("", "loans"),
            members("", &[json!(0)]),
            follows("aws_secretsmanager_secret_version", version),
            follows("aws_appautoscaling_target", json!({ "id": "x", "resource_id": "cluster:loanserve-prod-aurora" })),
            follows("aws_db_cluster_snapshot", json!({ "db_cluster_identifier": "loanserve-prod-aurora" })),
            follows(
                "aws_cloudwatch_metric_alarm",
                json!({ "dimensions": { "DBClusterIdentifier": "loanserve-prod-aurora" } }),
            ),
            follows(
                "aws_route53_record",
                json!({ "records": ["loanserve-prod-aurora.cluster-c1.eu-west-1.rds.amazonaws.com"] }),
            ),
            follows("aws_s3_bucket", json!({ "bucket": "loanserve-prod-aurora" })),
        ])),
    );
    assert!(!text.contains("hunter2") && !text.contains("SOURCE_"), "{text}");
    insta::assert_snapshot!(text, @r#"
    # Run 20261120-150000-k3fa of daybreak, database loans: loanserve-prod-aurora was recovered as
    # loanserve-prod-aurora-db-k3fa.
    # The application is on the target.

    # 1. Save this file beside the configuration (it needs Terraform 1.7 or later).
    # 2. Rename the resources as the import blocks have it, with all references to them, and change
    #    their arguments as below.
    # 3. terraform plan must say "0 to destroy" and name no replacement. If it does not, do not apply:
    #    it would destroy a database.
    # 4. terraform apply; then delete this file.

    removed {
      from = aws_rds_cluster.loans
      lifecycle {
        destroy = false
      }
    }

    removed {
      from = aws_rds_cluster_instance.loans
      lifecycle {
        destroy = false
      }
    }

    removed {
      from = aws_secretsmanager_secret_version.loans
      lifecycle {
        destroy = false
      }
    }

    import {
      to = aws_rds_cluster.loans_k3fa
      id = "loanserve-prod-aurora-db-k3fa"
    }

    import {
      to = aws_rds_cluster_instance.loans_k3fa[0]
      id = "loanserve-prod-aurora-db-k3fa-1"
    }

    import {
      to = aws_secretsmanager_secret_version.loans_k3fa
      id = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/loans/db-AbCdEf|v-after"
    }

    # In the aws_rds_cluster of the target:
    # - With any other name, or with cluster_identifier_prefix, Terraform would replace the target.
    #     cluster_identifier = "loanserve-prod-aurora-db-k3fa"
    # - Never add snapshot_identifier, restore_to_point_in_time to say where the target comes from: each
    #   forces a replacement, and so does a zone other than the one that AWS chose. master_password
    #   would be set anew in the database: it is not in what is imported. prevent_destroy has Terraform
    #   refuse whatever would still replace the target.
    #     lifecycle {
    #       prevent_destroy = true
    #       ignore_changes  = [snapshot_identifier, restore_to_point_in_time, availability_zones, master_password]
    #     }
    # - An import cannot know this, and takes it as true: no snapshot would be left of a database that
    #   is destroyed.
    #     skip_final_snapshot = false
    #     final_snapshot_identifier = "loanserve-prod-aurora-db-k3fa-final"
    # - iam_roles: the source has arn:aws:iam::123456789012:role/aurora-s3-export, the target none, not
    #   carried over. Terraform would change it as the configuration says.

    # In the aws_rds_cluster_instance of the target:
    # - identifier must become loanserve-prod-aurora-db-k3fa-1, each where it is imported, and
    #   cluster_identifier loanserve-prod-aurora-db-k3fa: either forces a replacement. With count:
    #   identifier = "loanserve-prod-aurora-db-k3fa-${count.index + 1}".
    # - A zone other than the one that AWS chose forces a replacement. What differs in place, such as
    #   promotion_tier, is set as the configuration says, and 0 where it says nothing.
    #     lifecycle {
    #       prevent_destroy = true
    #       ignore_changes  = [availability_zone]
    #     }

    # In the aws_secretsmanager_secret_version of the target:
    # - The imported version is the one that clients get. Another value would make a further one of it,
    #   which becomes AWSCURRENT at once, and take the labels from the former, which a rollback needs.
    #     lifecycle {
    #       prevent_destroy = true
    #       ignore_changes  = [secret_string, secret_binary, version_stages]
    #     }

    # In the provider "aws": daybreak knows by these tags what is its own, for a rollback and for a
    # cleanup, and Terraform would take them away:
    #     ignore_tags {
    #       key_prefixes = ["daybreak:"]
    #     }

    # What else in the state names the source. Once its reference leads to the target:
    # - aws_appautoscaling_target.loans is replaced: the source is no longer scaled, the target is
    # - aws_cloudwatch_metric_alarm.loans is changed in place
    # - aws_db_cluster_snapshot.loans is replaced, which DELETES the snapshot of the source: write the
    #   source's identifier out, so that it does not change
    # - aws_route53_record.loans is changed in place, which moves the clients that follow the record

    # Afterwards, if the old names are wanted back: delete the blocks above, rename the resources again,
    # and apply once with
    # moved {
    #   from = aws_rds_cluster.loans_k3fa
    #   to   = aws_rds_cluster.loans
    # }
    # moved {
    #   from = aws_rds_cluster_instance.loans_k3fa
    #   to   = aws_rds_cluster_instance.loans
    # }
    # moved {
    #   from = aws_secretsmanager_secret_version.loans_k3fa
    #   to   = aws_secretsmanager_secret_version.loans
    # }

    # The source, loanserve-prod-aurora, still exists and costs, and nothing manages it now. While a
    # rollback is possible, keep it.
    "#);
}

/// A module may be somebody else's, and a resource's other keys other databases': there nothing is renamed.
#[test]
fn what_cannot_be_renamed_keeps_its_address() {
    let mut others = members("", &[json!("a")]);
    let other = json!({ "index_key": "cards", "attributes": { "id": "cards-1", "cluster_identifier": "cards" } });
    others["instances"].as_array_mut().expect("a list").push(other);
    let text = printed(recovered(), &[], Some(&state(&[cluster("module.db[\"eu\"]", "this"), others])));
    for line in [
        "#   terraform state rm 'module.db[\"eu\"].aws_rds_cluster.this'",
        "#   terraform state rm 'aws_rds_cluster_instance.loans[\"a\"]'",
        "  to = module.db[\"eu\"].aws_rds_cluster.this",
        "  to = aws_rds_cluster_instance.loans[\"a\"]",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}: {text}");
    }
    assert!(!text.contains("removed {") && !text.contains("moved {"), "{text}");
}

#[test]
fn instances_that_the_target_has_not_are_to_be_dropped() {
    let text = printed(recovered(), &[], Some(&state(&[cluster("", "loans"), members("", &[json!(1), json!(0)])])));
    assert!(
        text.contains("  to = aws_rds_cluster_instance.loans_k3fa[0]\n  id = \"loanserve-prod-aurora-db-k3fa-1\""),
        "{text}"
    );
    assert!(text.contains("The target has nothing in the place of aws_rds_cluster_instance.loans[1]"), "{text}");
    assert_eq!(text.matches("\nremoved {").count(), 2, "one for each resource, whatever its keys: {text}");
}

/// A name that was given again, or is another region's, is another database.
#[test]
fn a_namesake_is_not_taken_for_the_source() {
    let mut namesake = cluster("", "elsewhere");
    namesake["instances"][0]["attributes"]["cluster_resource_id"] = json!("cluster-OTHER");
    let text = printed(recovered(), &[], Some(&state(&[namesake])));
    assert!(text.contains("aws_rds_cluster.SOURCE") && !text.contains("elsewhere"), "{text}");
}

#[test]
fn what_is_imported_already_is_not_imported_again() {
    let mut target = cluster("", "loans");
    for name in ["id", "cluster_identifier"] {
        target["instances"][0]["attributes"][name] = json!("loanserve-prod-aurora-db-k3fa");
    }
    target["instances"][0]["attributes"]["cluster_resource_id"] = json!("cluster-TARGET42");
    let text = printed(recovered(), &[], Some(&state(&[target])));
    assert!(!text.contains("to = aws_rds_cluster."), "{text}");
    assert!(text.contains("loanserve-prod-aurora-db-k3fa is in the state already."), "{text}");
}

#[test]
fn addresses_can_be_given() {
    let given = |text: &str, identifier: &str| Given {
        address: text.parse().expect("an address"),
        identifier: identifier.to_owned(),
    };
    let all = [
        given("aws_rds_cluster.loans", "loanserve-prod-aurora"),
        given("aws_rds_cluster_instance.one", "loanserve-prod-aurora-a"),
        given("aws_rds_cluster.cards", "cards"),
    ];
    let text = printed(recovered(), &all, None);
    assert!(
        text.contains("  from = aws_rds_cluster.loans\n") && text.contains("  to = aws_rds_cluster.loans_k3fa\n"),
        "{text}"
    );
    assert!(text.contains("  to = aws_rds_cluster_instance.one_k3fa\n"), "{text}");
    assert!(text.contains("aws_rds_cluster.cards was given for cards, which is not the source"), "{text}");
    assert!(!text.contains("SOURCE_"), "{text}");
}

#[test]
fn a_run_that_did_not_cut_over_gives_no_blocks() {
    let undone = Story::undone_restore();
    let cases = [
        ("on the source", Story::begun().proven()),
        ("on the source", Story::rolled_back()),
        ("not certain", Story::stuck_back()),
        ("was removed", undone),
        ("was removed", recovered().then(1200, Story::removing(None))),
        (
            "on the source",
            Story::of(plan_without_pointer(), Until::Validated)
                .proven()
                .then(846, Entry::Stopped { after: Until::Validated }),
        ),
    ];
    for (words, story) in cases {
        let text = printed(story, &[], Some(&state(&[cluster("", "loans")])));
        assert!(text.contains(words) && text.contains("Dangerous, as things are:"), "{words}: {text}");
        assert!(text.lines().all(|line| line.is_empty() || line.starts_with('#')), "{text}");
    }
    insta::assert_snapshot!(printed(Story::rolled_back(), &[], None), @r"
    # Run 20261120-150000-k3fa of daybreak, database loans: loanserve-prod-aurora was recovered as
    # loanserve-prod-aurora-db-k3fa.
    # The application is on the source, which the configuration goes on managing: nothing is to be
    # changed.

    # Dangerous, as things are:
    # - to write another cluster_identifier, a snapshot_identifier or a restore_to_point_in_time into
    #   the resource of loanserve-prod-aurora: each has Terraform destroy it and make a new one.
    # - to import loanserve-prod-aurora-db-k3fa, or to give it the source's address: a rollback or a
    #   cancel removes it, and the next apply would make an empty one of its name.
    # - to apply a file that an earlier report of this run printed. If that has been done, turn it
    #   round: forget what manages loanserve-prod-aurora-db-k3fa with a removed block, and import
    #   loanserve-prod-aurora again.
    ");
}

#[test]
fn a_run_without_a_pointer_is_done_when_it_has_ended() {
    let story = Story::of(plan_without_pointer(), Until::Cutover)
        .proven()
        .done("lift-quarantine", 850, 860)
        .done("tag-cluster", 1163, 1165)
        .done("settle", 1165, 1180)
        .then(1180, Entry::Ended { outcome: crate::run::record::Outcome::Recovered });
    let text = printed(story, &[], None);
    assert!(text.contains("use this once the application is on the target") && text.contains("import {"), "{text}");
    assert!(!text.contains("aws_secretsmanager_secret_version"), "{text}");
}

/// An RDS instance is one resource; its id in a state is not its name, and another name renames it.
#[test]
fn an_instance_is_handed_over_as_one() {
    let mut of_instance = plan();
    (of_instance.brief.source.family, of_instance.brief.target.family) = (Family::Instance, Family::Instance);
    let instance = |name: &str, id: &str| {
        let attributes = json!({ "id": id, "resource_id": id, "identifier": name });
        resource("", "aws_db_instance", "loans", json!([{ "attributes": attributes }]))
    };
    let story = || Story::of(of_instance.clone(), Until::Cutover).proven().moved().recovered();
    let text = printed(story(), &[], Some(&state(&[instance("loanserve-prod-aurora", "cluster-SOURCE17")])));
    assert!(text.contains("  from = aws_db_instance.loans\n"), "{text}");
    let import = "  to = aws_db_instance.loans_k3fa\n  id = \"loanserve-prod-aurora-db-k3fa\"\n";
    assert!(text.contains(import) && !text.contains("aws_rds_cluster"), "{text}");
    assert!(
        text.contains("#     identifier = \"loanserve-prod-aurora-db-k3fa\"") && text.contains("would rename"),
        "{text}"
    );
    let text = printed(story(), &[], Some(&state(&[instance("loanserve-prod-aurora-db-k3fa", "db-TARGET42")])));
    assert!(text.contains("is in the state already.") && !text.contains("import {"), "{text}");
}

#[test]
fn every_line_is_a_comment_or_of_a_block_and_no_comment_is_too_wide() {
    let mut odd = plan();
    odd.database = "loans\nresource \"aws_rds_cluster\" \"x\" {}\u{1b}[31m".to_owned();
    let text = printed(Story::of(odd, Until::Cutover).proven().moved().recovered(), &[], None);
    assert!(!text.contains('\u{1b}') && !text.lines().any(|line| line.starts_with("resource")), "{text}");
    let beginnings = ["#", "removed {", "import {", "  ", "}"];
    for line in text.lines() {
        assert!(line.is_empty() || beginnings.iter().any(|beginning| line.starts_with(beginning)), "{line}");
        let copied = line.contains("aws-cli") || line.starts_with("#   ") || line.contains(':');
        assert!(line.chars().count() <= 100 || copied, "{line}");
    }
}

/// The evidence as a document has nothing of it; the advice is a document of its own.
#[test]
fn the_advice_is_a_document() {
    let history = recovered().history();
    let advice = json!(advise(&history, &[], None));
    assert_eq!((&advice["stands"], &advice["blocks"][0]["block"]), (&json!("moved"), &json!("removed")));
    assert_eq!(advice["blocks"][2]["to"], json!("aws_rds_cluster.SOURCE_k3fa"));
    assert!(json!(Evidence::of(&history, &crate::report::stuck::Around::default())).get("blocks").is_none());
    let turned = recovered().then(1300, Story::turned_back(Scope::Cutover)).history();
    assert_eq!(json!(advise(&turned, &[], None))["stands"], json!("moved"), "until the pointer is seen to be back");
}
