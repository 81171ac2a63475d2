//! The steps: one file each, one side effect each.
//!
//! A step is data: a plan stores it, prints it and executes it as stored. What it needs to know of the past it asks the
//! journal for (outputs of earlier steps); what it needs to know of the present it observes. Steps never print, sleep
//! or read a clock.

mod absence;
pub mod access;
pub mod add_role;
pub mod add_tags;
pub mod admit_writers;
pub mod await_readers;
pub mod await_record;
pub mod await_replicas;
pub mod body;
pub mod brief;
pub mod compare_settings;
pub mod configured;
pub mod configured_instance;
pub mod copy_instance_snapshot;
pub mod copy_snapshot;
pub mod create_endpoint;
pub mod create_instance;
pub mod enable_data_api;
pub mod failure;
pub mod fence;
mod final_snapshot;
pub mod guard_cutover;
pub mod keep_snapshot;
pub mod ledger;
pub mod list_writers;
mod made;
pub mod manage_password;
pub mod modify_cluster;
pub mod modify_instance;
pub mod move_record;
pub mod move_secret;
pub mod moves;
pub mod page;
pub mod probation;
pub mod promotion;
pub mod prove;
pub mod proxy;
pub mod purpose;
pub mod put_scaling_policy;
pub mod register_scaling;
pub mod renaming;
pub mod restore_cluster;
pub mod restore_instance;
pub mod serving;
pub mod stage_secret;
pub mod step;
pub mod surroundings;
pub mod tags;
pub mod take_snapshot;
pub mod target;
pub mod watch;
pub mod window;
pub mod world;
pub mod writers;
