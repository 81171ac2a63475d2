//! The arguments that must change, and why.

use serde::Serialize;

use super::takeover::{CLUSTER, INSTANCE, MEMBER, VERSION};
use crate::steps::{
    brief::{Brief, Setting},
    window::Family,
};

/// What is to be written in a resource's block, or kept out of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Argument {
    /// The resource's type.
    pub resource: &'static str,
    /// The lines to write; empty where something is to be left out.
    pub write: Vec<String>,
    /// What and why.
    pub why: String,
}

/// Arguments that say where a database comes from: naming one replaces what has it not.
const ORIGINS: &str = "snapshot_identifier, restore_to_point_in_time";

/// The arguments of the database's own block.
pub(super) fn of_database(brief: &Brief) -> Vec<Argument> {
    let target = &brief.target.identifier;
    let (resource, name, replaced, zone, password) = match brief.source.family {
        Family::Cluster => (CLUSTER, "cluster_identifier", true, "availability_zones", "master_password"),
        Family::Instance => (INSTANCE, "identifier", false, "availability_zone", "password"),
    };
    let renames = if replaced { "Terraform would replace the target" } else { "Terraform would rename the target" };
    let mut arguments = vec![
        Argument {
            resource,
            write: vec![format!("{name} = \"{target}\"")],
            why: format!("With any other name, or with {name}_prefix, {renames}."),
        },
        Argument {
            resource,
            write: vec![
                "lifecycle {".to_owned(),
                "  prevent_destroy = true".to_owned(),
                format!("  ignore_changes  = [{ORIGINS}, {zone}, {password}]"),
                "}".to_owned(),
            ],
            why: format!(
                "Never add {ORIGINS} to say where the target comes from: each forces a replacement, and so does a \
                 zone other than the one that AWS chose. {password} would be set anew in the database: it is not in what \
                 is imported. prevent_destroy has Terraform refuse whatever would still replace the target."
            ),
        },
        Argument {
            resource,
            write: vec!["skip_final_snapshot = false".to_owned(), format!("final_snapshot_identifier = \"{target}-final\"")],
            why: "An import cannot know this, and takes it as true: no snapshot would be left of a database that is destroyed."
                .to_owned(),
        },
    ];
    arguments.extend(brief.settings.iter().filter_map(|setting| differs(resource, setting)));
    arguments
}

/// The arguments of the blocks of a cluster's instances.
pub(super) fn of_members(brief: &Brief, members: &[String]) -> Vec<Argument> {
    if members.is_empty() {
        return Vec::new();
    }
    let names = members.join(", ");
    vec![
        Argument {
            resource: MEMBER,
            write: Vec::new(),
            why: format!(
                "identifier must become {names}, each where it is imported, and cluster_identifier {}: either forces a \
                 replacement. With count: identifier = \"{}-${{count.index + 1}}\".",
                brief.target.identifier, brief.target.identifier
            ),
        },
        Argument {
            resource: MEMBER,
            write: vec![
                "lifecycle {".to_owned(),
                "  prevent_destroy = true".to_owned(),
                "  ignore_changes  = [availability_zone]".to_owned(),
                "}".to_owned(),
            ],
            why: "A zone other than the one that AWS chose forces a replacement. What differs in place, such as promotion_tier, \
                  is set as the configuration says, and 0 where it says nothing."
                .to_owned(),
        },
    ]
}

/// The arguments of a secret's version.
pub(super) fn of_version() -> Argument {
    Argument {
        resource: VERSION,
        write: vec![
            "lifecycle {".to_owned(),
            "  prevent_destroy = true".to_owned(),
            "  ignore_changes  = [secret_string, secret_binary, version_stages]".to_owned(),
            "}".to_owned(),
        ],
        why: "The imported version is the one that clients get. Another value would make a further one of it, which becomes \
              AWSCURRENT at once, and take the labels from the former, which a rollback needs."
            .to_owned(),
    }
}

/// The tags, as the provider's own business.
pub(super) fn ignored_tags() -> [String; 3] {
    ["ignore_tags {".to_owned(), "  key_prefixes = [\"daybreak:\"]".to_owned(), "}".to_owned()]
}

/// A setting that the target has otherwise than the source, whose configuration this is.
fn differs(resource: &'static str, setting: &Setting) -> Option<Argument> {
    let Setting { name, source, target, when, .. } = setting;
    if name == "tags" || name == "security groups" || source == target {
        return None;
    }
    let (argument, forces) = match name.as_str() {
        "subnet group" => ("db_subnet_group_name", true),
        "encryption key" => ("kms_key_id", true),
        "RDS-managed password" => ("manage_master_user_password", false),
        "IAM roles" => ("iam_roles", false),
        "Data API" => ("enable_http_endpoint", false),
        "Database Insights" => ("database_insights_mode", false),
        "global database" => ("global_cluster_identifier", false),
        "instance class" => ("instance_class", false),
        "public access" => ("publicly_accessible", false),
        "port" => ("port", false),
        other => (other, false),
    };
    let effect = if forces {
        "Leave the source's value in, and Terraform replaces the target."
    } else if name == "RDS-managed password" {
        "With true, Terraform has RDS make a new secret with a new password, which clients must then read."
    } else {
        "Terraform would change it as the configuration says."
    };
    let when = if when == "not carried over" { ", not carried over" } else { "" };
    Some(Argument {
        resource,
        write: Vec::new(),
        why: format!("{argument}: the source has {source}, the target {target}{when}. {effect}"),
    })
}
