//! What `report --terraform` prints, applied by Terraform itself: nothing is destroyed, neither the target nor the source.
//!
//! Terraform and its provider for AWS are not part of this project's tools. Where they are missing the test says that it was
//! skipped. `DAYBREAK_TERRAFORM_PLUGINS` names a directory with the provider, as `terraform init -plugin-dir` takes it; without it
//! Terraform finds the provider as it is configured to.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::support::{Scene, source::ALL_ROWS, sql::MASTER};

/// A directory with a configuration.
struct Terraform {
    home: PathBuf,
    endpoint: String,
}

impl Terraform {
    /// None where there is no Terraform, or no provider for it: then it says so, for the test has shown nothing.
    fn find(scene: &Scene) -> Option<Self> {
        let home = scene.daybreak.path("terraform");
        fs::create_dir_all(&home).expect("a directory");
        let terraform = Self { home, endpoint: scene.lab.endpoint.clone() };
        terraform.write("provider.tf", PROVIDER);
        let mut init = terraform.command(&["init", "-input=false"]);
        if let Some(plugins) = std::env::var_os("DAYBREAK_TERRAFORM_PLUGINS") {
            let mut option = std::ffi::OsString::from("-plugin-dir=");
            option.push(plugins);
            init.arg(option);
        }
        match init.output() {
            Ok(output) if output.status.success() => return Some(terraform),
            Ok(output) => {
                let why = String::from_utf8_lossy(&output.stderr);
                let why = why.lines().find(|line| line.contains("Error")).unwrap_or("no reason given").to_owned();
                skipped(&format!("terraform init has no provider hashicorp/aws ({why})"));
            }
            Err(error) => skipped(&format!("terraform cannot be started ({error})")),
        }
        None
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.home.join(file), text).expect("write the configuration");
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("terraform");
        let home = std::env::var_os("HOME").unwrap_or_default();
        command.args(arguments).arg("-no-color").current_dir(&self.home).stdin(Stdio::null());
        command.env_clear().env("HOME", home).env("PATH", std::env::var_os("PATH").unwrap_or_default());
        for kept in ["TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR"] {
            if let Some(value) = std::env::var_os(kept).filter(|value| PathBuf::from(value).exists()) {
                command.env(kept, value);
            }
        }
        command.env("AWS_ENDPOINT_URL", &self.endpoint).env("CHECKPOINT_DISABLE", "1");
        command.env("AWS_ACCESS_KEY_ID", "lab-admin").env("AWS_SECRET_ACCESS_KEY", "lab-admin");
        command
    }

    /// What it prints when it does well.
    fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("start terraform");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "terraform {arguments:?}: {said}");
        said
    }

    /// The plan: what is to become of each resource, and the line that sums it up.
    fn plan(&self) -> (Vec<(String, Value)>, String) {
        let said = self.run(&["plan", "-input=false", "-out=saved"]);
        let shown = self.command(&["show", "-json", "saved"]).output().expect("start terraform");
        let plan: Value = serde_json::from_slice(&shown.stdout).expect("a plan is JSON");
        let changes = plan["resource_changes"].as_array().cloned().unwrap_or_default();
        let of = |change: &Value| {
            (change["address"].as_str().unwrap_or_default().to_owned(), change["change"]["actions"].clone())
        };
        let sum = said.lines().find(|line| line.starts_with("Plan:") || line.starts_with("No changes."));
        (changes.iter().map(of).collect(), sum.unwrap_or_else(|| panic!("{said}")).to_owned())
    }
}

/// A test that shows nothing must not look as if it had.
#[expect(clippy::print_stderr, reason = "whoever runs the tests has to see that this one showed nothing")]
fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}

const PROVIDER: &str = r#"
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}
provider "aws" {
  region                  = "eu-west-1"
  skip_metadata_api_check = true
  ignore_tags {
    key_prefixes = ["daybreak:"]
  }
}
"#;

/// A configuration of a cluster with two instances, as somebody would have written it. `lifecycle` is daybreak's.
fn configuration(label: &str, cluster: &str, more: [&str; 2]) -> String {
    let [of_cluster, of_members] = more;
    format!(
        r#"
resource "aws_rds_cluster" "{label}" {{
  cluster_identifier                  = "{cluster}"
  engine                              = "aurora-postgresql"
  database_name                       = "loans"
  master_username                     = "{MASTER}"
  master_password                     = "not the password at all"
  port                                = 5444
  backup_retention_period             = 3
  db_cluster_parameter_group_name     = "loans-prod-parameters"
  iam_database_authentication_enabled = true
  enabled_cloudwatch_logs_exports     = ["postgresql"]
  deletion_protection                 = true
  apply_immediately                   = true
  skip_final_snapshot                 = true
  serverlessv2_scaling_configuration {{
    min_capacity = 0.5
    max_capacity = 4
  }}
  tags = {{
    environment = "production"
    team        = "loans"
  }}
  {of_cluster}
}}
resource "aws_rds_cluster_instance" "{label}" {{
  count              = 2
  identifier         = "{cluster}-${{count.index + 1}}"
  cluster_identifier = aws_rds_cluster.{label}.id
  engine             = aws_rds_cluster.{label}.engine
  instance_class     = "db.r6g.large"
  promotion_tier     = 1
  {of_members}
}}
"#
    )
}

/// The lines that the report gives for the block of a resource, out of its comments.
fn lifecycles(advice: &Value) -> [String; 2] {
    ["aws_rds_cluster", "aws_rds_cluster_instance"].map(|resource| {
        let arguments =
            advice["arguments"].as_array().expect("a list").iter().filter(|one| one["resource"] == resource);
        let lines = arguments
            .filter_map(|one| one["write"].as_array().filter(|lines| lines.iter().any(|line| line == "lifecycle {")));
        lines.flatten().map(|line| line.as_str().expect("a line")).collect::<Vec<_>>().join("\n  ")
    })
}

#[test]
fn terraform_takes_the_target_over_and_destroys_nothing() {
    let scene = Scene::new();
    let Some(terraform) = Terraform::find(&scene) else { return };
    // The source becomes Terraform's by import: creating it would wait half a minute for each resource.
    let adopt = |key: usize| {
        format!("import {{\n  to = aws_rds_cluster_instance.loans[{key}]\n  id = \"loans-prod-{}\"\n}}\n", key + 1)
    };
    let imports =
        format!("import {{\n  to = aws_rds_cluster.loans\n  id = \"loans-prod\"\n}}\n{}{}", adopt(0), adopt(1));
    let ignored = "lifecycle {\n    ignore_changes = [master_password]\n  }";
    terraform.write("main.tf", &configuration("loans", "loans-prod", [ignored, ""]));
    terraform.write("adopt.tf", &imports);
    let (changes, sum) = terraform.plan();
    let updates = changes.iter().filter(|(_, actions)| *actions != json!(["no-op"]) && *actions != json!(["update"]));
    assert_eq!(updates.count(), 0, "the configuration is the source's: {changes:?}");
    assert!(sum.contains("3 to import") && sum.contains("0 to destroy"), "{sum}");
    let before = scene.source.fingerprint(scene.lab);
    terraform.run(&["apply", "-input=false", "saved"]);
    fs::remove_file(terraform.home.join("adopt.tf")).expect("remove the imports");
    assert_eq!(scene.source.fingerprint(scene.lab), before, "adopted as it is");

    let recovered = scene.recovered("cutover");
    let text = |path: &str| recovered.pointer(path).and_then(Value::as_str).expect(path).to_owned();
    let (run, target) = (text("/run"), text("/target/identifier"));
    let state = scene.daybreak.path("state.json");
    let shown = terraform.command(&["show", "-json"]).output().expect("start terraform");
    fs::write(&state, shown.stdout).expect("write the state");
    let state = state.to_str().expect("UTF-8");
    let calls = scene.lab.calls(scene.identity()).len();
    let report = scene.run(&["report", &run, "--terraform", "--terraform-state", state]);
    assert_eq!((report.code, report.stderr.as_str()), (Some(0), ""), "{report}");
    let advice = scene.run(&["report", &run, "--terraform", "--terraform-state", state, "--output", "json"]).json();
    assert_eq!(scene.lab.calls(scene.identity()).len(), calls, "AWS is not asked");

    // As it was printed, with the arguments that it names.
    let label = format!("loans_{}", run.rsplit('-').next().expect("a suffix"));
    terraform.write("daybreak.tf", &report.stdout);
    terraform.write("main.tf", &configuration(&label, &target, lifecycles(&advice).each_ref().map(String::as_str)));
    let (changes, sum) = terraform.plan();
    assert!(sum.contains("3 to import, 0 to add") && sum.ends_with("0 to destroy."), "{sum}");
    for (address, actions) in &changes {
        let harmless = [json!(["no-op"]), json!(["update"]), json!(["forget"])].contains(actions);
        assert!(harmless, "{address}: {actions}");
    }
    terraform.run(&["apply", "-input=false", "saved"]);
    fs::remove_file(terraform.home.join("daybreak.tf")).expect("remove the blocks");
    let (changes, sum) = terraform.plan();
    assert!(sum.starts_with("No changes."), "{sum}: {changes:?}");
    assert_eq!(scene.source.fingerprint(scene.lab), before, "the source is as it was, and nobody's");
    scene.assert_recovered(&target);
    assert_eq!(scene.application().rows(ALL_ROWS), scene.source.rows, "the password is still the source's");

    // The guards hold what the report says of them: with another name the target would be replaced, and is not.
    terraform
        .write("main.tf", &configuration(&label, "loans-prod", lifecycles(&advice).each_ref().map(String::as_str)));
    let refused = terraform.command(&["plan", "-input=false"]).output().expect("start terraform");
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && why.contains("Instance cannot be destroyed"), "{why}");

    // The old names can be had back.
    terraform.write("main.tf", &configuration("loans", &target, lifecycles(&advice).each_ref().map(String::as_str)));
    let moved = advice["afterwards"].as_array().expect("a list").iter().map(|block| {
        let path = |name: &str| block[name].as_str().expect("an address").to_owned();
        format!("moved {{\n  from = {}\n  to = {}\n}}\n", path("from"), path("to"))
    });
    terraform.write("moved.tf", &moved.collect::<String>());
    let (changes, sum) = terraform.plan();
    assert!(changes.iter().all(|(_, actions)| *actions == json!(["no-op"])), "{sum}: {changes:?}");
}

#[test]
fn a_run_that_did_not_cut_over_gives_nothing_to_apply() {
    let scene = Scene::new();
    let stopped = scene.recovered("validated");
    let run = stopped["run"].as_str().expect("a run");
    let report = scene.run(&["report", run, "--terraform"]);
    assert_eq!(report.code, Some(0), "{report}");
    assert!(
        report.stdout.contains("The application is on the source") && !report.stdout.contains("import {"),
        "{report}"
    );
}

#[test]
fn what_is_no_state_or_no_address_is_refused() {
    let scene = Scene::new();
    scene.daybreak.write("state.json", "{ \"password\": hunter2 }");
    let cases = [
        (vec!["--terraform", "--terraform-state", "state.json"], "state.json holds no Terraform state"),
        (vec!["--terraform", "--terraform-state", "none.json"], "none.json cannot be read"),
        (vec!["--terraform", "--terraform-address", "loans=loans-prod"], "is no address of a resource"),
        (vec!["--terraform-state", "state.json"], "--terraform"),
    ];
    for (arguments, why) in cases {
        let ended = scene.run(&[&["report"], arguments.as_slice()].concat());
        assert_eq!(ended.code, Some(2), "{ended}");
        assert!(ended.stderr.contains(why) && !ended.stderr.contains("hunter2"), "{ended}");
    }
}
