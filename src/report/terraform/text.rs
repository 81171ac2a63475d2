//! The advice as a file of Terraform's language: blocks as they are to be applied, everything else as comments.

use super::{
    address::quoted,
    advice::{Advice, Block, Stands},
    arguments::ignored_tags,
};
use crate::ui::words::clean;

/// Columns of a comment.
const WIDTH: usize = 100;

/// The advice, to be read from top to bottom and saved beside the configuration.
#[must_use]
pub fn render(advice: &Advice) -> String {
    let mut file = File::default();
    let Advice { run, database, source, target, .. } = advice;
    file.comment(&format!("Run {run} of daybreak, database {database}: {source} was recovered as {target}."));
    match advice.stands {
        Stands::Moved => file.comment("The application is on the target."),
        Stands::Done => {
            file.comment("The run is done, and moved no pointer: use this once the application is on the target.")
        }
        Stands::OnSource | Stands::Unsure | Stands::Removed => {
            without_target(&mut file, advice);
            return file.text;
        }
    }
    file.gap();
    steps(&mut file, advice);
    if !advice.commands.is_empty() {
        file.gap();
        file.comment(
            "Before the plan. These addresses are in a module, or share a resource with other databases, so they stay and the \
             state is told that the source is nobody's any more. Nothing is destroyed by it:",
        );
        advice.commands.iter().for_each(|command| file.line(&format!("#   {command}")));
    }
    advice.blocks.iter().for_each(|block| file.block(block, ""));
    arguments(&mut file, advice);
    if !advice.followers.is_empty() {
        file.gap();
        file.comment("What else in the state names the source. Once its reference leads to the target:");
        for follower in &advice.followers {
            file.comment(&format!("- {} {}", follower.address, follower.becomes));
        }
    }
    for note in &advice.notes {
        file.gap();
        file.comment(note);
    }
    if !advice.afterwards.is_empty() {
        file.gap();
        file.comment(
            "Afterwards, if the old names are wanted back: delete the blocks above, rename the resources again, and apply once with",
        );
        advice.afterwards.iter().for_each(|block| file.block(block, "# "));
    }
    file.gap();
    file.comment(&format!(
        "The source, {source}, still exists and costs, and nothing manages it now. While a rollback is possible, keep it."
    ));
    file.text
}

fn steps(file: &mut File, advice: &Advice) {
    if advice.placeholders {
        file.comment(
            "The addresses with SOURCE in them are made up: what manages the source was not told. Either name it, or better let \
             the state tell:",
        );
        file.line("#   terraform show -json > state.json");
        file.line(&format!("#   daybreak report {} --terraform --terraform-state state.json", advice.run));
        file.line(
            "#   terraform state list | grep -E 'aws_rds_cluster|aws_db_instance'   # by hand: compare the identifiers",
        );
        file.gap();
    }
    file.comment("1. Save this file beside the configuration (it needs Terraform 1.7 or later).");
    file.comment("2. Rename the resources as the import blocks have it, with all references to them, and change their arguments as below.");
    file.comment(
        "3. terraform plan must say \"0 to destroy\" and name no replacement. If it does not, do not apply: it would destroy a \
         database.",
    );
    file.comment("4. terraform apply; then delete this file.");
}

fn arguments(file: &mut File, advice: &Advice) {
    let mut resources: Vec<&str> = advice.arguments.iter().map(|argument| argument.resource).collect();
    resources.dedup();
    for resource in resources {
        file.gap();
        file.comment(&format!("In the {resource} of the target:"));
        for argument in advice.arguments.iter().filter(|argument| argument.resource == resource) {
            file.comment(&format!("- {}", argument.why));
            argument.write.iter().for_each(|line| file.line(&format!("#     {line}")));
        }
    }
    file.gap();
    file.comment(
        "In the provider \"aws\": daybreak knows by these tags what is its own, for a rollback and for a cleanup, and Terraform would \
         take them away:",
    );
    ignored_tags().iter().for_each(|line| file.line(&format!("#     {line}")));
}

/// There is no target to hand anything over to: what would be dangerous.
fn without_target(file: &mut File, advice: &Advice) {
    let Advice { run, source, target, .. } = advice;
    file.comment(match advice.stands {
        Stands::Removed => "The target was removed, or is being: there is nothing to import, and nothing to change.",
        Stands::Unsure => {
            "Whether the application is on the source or on the target is not certain: no blocks are given."
        }
        _ => "The application is on the source, which the configuration goes on managing: nothing is to be changed.",
    });
    file.gap();
    if advice.stands == Stands::Unsure {
        file.line(&format!("#   daybreak status {run}   # first end what was begun"));
        file.gap();
    }
    file.comment("Dangerous, as things are:");
    file.comment(&format!(
        "- to write another cluster_identifier, a snapshot_identifier or a restore_to_point_in_time into the resource of {source}: \
         each has Terraform destroy it and make a new one."
    ));
    if advice.stands != Stands::Removed {
        file.comment(&format!(
            "- to import {target}, or to give it the source's address: a rollback or a cancel removes it, and the next apply \
             would make an empty one of its name."
        ));
    }
    file.comment(&format!(
        "- to apply a file that an earlier report of this run printed. If that has been done, turn it round: forget what \
         manages {target} with a removed block, and import {source} again."
    ));
}

#[derive(Default)]
struct File {
    text: String,
}

impl File {
    fn line(&mut self, line: &str) {
        self.text.push_str(&clean(line));
        self.text.push('\n');
    }

    /// An empty line, but never two.
    fn gap(&mut self) {
        if !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A paragraph of comments. What begins with a dash or a number is an item, whose further lines are indented.
    fn comment(&mut self, text: &str) {
        let text = clean(text);
        let further = match text.split_once(' ') {
            Some((first, _)) if first == "-" || first.ends_with('.') && first.len() == 2 => first.len() + 1,
            _ => 0,
        };
        let mut line = "#".to_owned();
        for word in text.split(' ') {
            if line.chars().count() + 1 + word.chars().count() > WIDTH && line.len() > further + 1 {
                self.line(&line);
                line = format!("#{}", " ".repeat(further));
            }
            line.push(' ');
            line.push_str(word);
        }
        self.line(&line);
    }

    /// A block; `lead` makes a comment of it.
    fn block(&mut self, block: &Block, lead: &str) {
        if lead.is_empty() {
            self.gap();
        }
        let lines = match block {
            Block::Removed { from } => vec![
                "removed {".to_owned(),
                format!("  from = {from}"),
                "  lifecycle {".to_owned(),
                "    destroy = false".to_owned(),
                "  }".to_owned(),
                "}".to_owned(),
            ],
            Block::Import { to, id } => {
                vec!["import {".to_owned(), format!("  to = {to}"), format!("  id = {}", quoted(id)), "}".to_owned()]
            }
            Block::Moved { from, to } => {
                vec!["moved {".to_owned(), format!("  from = {from}"), format!("  to   = {to}"), "}".to_owned()]
            }
        };
        lines.iter().for_each(|line| self.line(&format!("{lead}{line}")));
    }
}
