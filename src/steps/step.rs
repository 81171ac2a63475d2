//! The closed list of steps a plan can hold.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{
    add_role::AddRole,
    add_tags::AddTags,
    admit_writers::AdmitWriters,
    await_readers::AwaitReaders,
    await_record::AwaitRecord,
    await_replicas::AwaitReplicas,
    body::{Body, Description, Makes},
    brief::Brief,
    compare_settings::CompareSettings,
    copy_instance_snapshot::CopyInstanceSnapshot,
    copy_snapshot::CopySnapshot,
    create_endpoint::CreateEndpoint,
    create_instance::CreateInstance,
    enable_data_api::EnableDataApi,
    fence::Fence,
    guard_cutover::GuardCutover,
    keep_snapshot::KeepSnapshot,
    ledger::{close::CloseLedger, horizon::ReadHorizon, open::OpenLedger},
    list_writers::ListWriters,
    manage_password::ManagePassword,
    modify_cluster::ModifyCluster,
    modify_instance::ModifyInstance,
    move_record::MoveRecord,
    move_secret::MoveSecret,
    probation::{BeginProbation, LiftProbation},
    promotion::{catch_up::CatchUp, guard::Guard, promote::Promote},
    prove::Prove,
    proxy::{await_target::AwaitProxy, rehearse::RehearseProxy, release::ReleaseProxy, take::MoveProxy},
    put_scaling_policy::PutScalingPolicy,
    register_scaling::RegisterScaling,
    renaming::{rename_source::RenameSource, rename_target::RenameTarget},
    restore_cluster::RestoreCluster,
    restore_instance::RestoreInstance,
    stage_secret::StageSecret,
    take_snapshot::TakeSnapshot,
    watch::Watch,
    world::World,
};
use crate::run::{
    self,
    step::{Context, Observed, StepError, StepId, Undo, Undone, Until},
};

/// One step of a recovery, with everything it needs. A new step joins by being listed here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each variant is documented at its own type")]
pub enum Step {
    CopySnapshot(CopySnapshot),
    RestoreCluster(RestoreCluster),
    CopyInstanceSnapshot(CopyInstanceSnapshot),
    RestoreInstance(RestoreInstance),
    CreateInstance(CreateInstance),
    ModifyCluster(ModifyCluster),
    ModifyInstance(ModifyInstance),
    Prove(Prove),
    AwaitReaders(AwaitReaders),
    AddTags(AddTags),
    ReadHorizon(ReadHorizon),
    OpenLedger(OpenLedger),
    CloseLedger(CloseLedger),
    BeginProbation(BeginProbation),
    LiftProbation(LiftProbation),
    ListWriters(ListWriters),
    Fence(Fence),
    GuardCutover(GuardCutover),
    AdmitWriters(AdmitWriters),
    StageSecret(StageSecret),
    MoveSecret(MoveSecret),
    RenameSource(RenameSource),
    RenameTarget(RenameTarget),
    MoveRecord(MoveRecord),
    AwaitRecord(AwaitRecord),
    AwaitReplicas(AwaitReplicas),
    RehearseProxy(RehearseProxy),
    ReleaseProxy(ReleaseProxy),
    MoveProxy(MoveProxy),
    AwaitProxy(AwaitProxy),
    Watch(Watch),
    AddRole(AddRole),
    ManagePassword(ManagePassword),
    EnableDataApi(EnableDataApi),
    CreateEndpoint(CreateEndpoint),
    RegisterScaling(RegisterScaling),
    PutScalingPolicy(PutScalingPolicy),
    CompareSettings(CompareSettings),
    Guard(Guard),
    CatchUp(CatchUp),
    Promote(Promote),
    KeepSnapshot(KeepSnapshot),
    TakeSnapshot(TakeSnapshot),
}

impl Step {
    fn body(&self) -> &dyn Body {
        match self {
            Self::CopySnapshot(step) => step,
            Self::RestoreCluster(step) => step,
            Self::CopyInstanceSnapshot(step) => step,
            Self::RestoreInstance(step) => step,
            Self::CreateInstance(step) => step,
            Self::ModifyCluster(step) => step,
            Self::ModifyInstance(step) => step,
            Self::Prove(step) => step,
            Self::AwaitReaders(step) => step,
            Self::AddTags(step) => step,
            Self::ReadHorizon(step) => step,
            Self::OpenLedger(step) => step,
            Self::CloseLedger(step) => step,
            Self::BeginProbation(step) => step,
            Self::LiftProbation(step) => step,
            Self::ListWriters(step) => step,
            Self::Fence(step) => step,
            Self::GuardCutover(step) => step,
            Self::AdmitWriters(step) => step,
            Self::StageSecret(step) => step,
            Self::MoveSecret(step) => step,
            Self::RenameSource(step) => step,
            Self::RenameTarget(step) => step,
            Self::MoveRecord(step) => step,
            Self::AwaitRecord(step) => step,
            Self::AwaitReplicas(step) => step,
            Self::RehearseProxy(step) => step,
            Self::ReleaseProxy(step) => step,
            Self::MoveProxy(step) => step,
            Self::AwaitProxy(step) => step,
            Self::Watch(step) => step,
            Self::AddRole(step) => step,
            Self::ManagePassword(step) => step,
            Self::EnableDataApi(step) => step,
            Self::CreateEndpoint(step) => step,
            Self::RegisterScaling(step) => step,
            Self::PutScalingPolicy(step) => step,
            Self::CompareSettings(step) => step,
            Self::Guard(step) => step,
            Self::CatchUp(step) => step,
            Self::Promote(step) => step,
            Self::KeepSnapshot(step) => step,
            Self::TakeSnapshot(step) => step,
        }
    }

    /// What the step tells the reader of a plan.
    pub fn describe(&self) -> Description {
        self.body().describe()
    }

    /// What the step makes, if it makes something.
    pub fn makes(&self) -> Option<Makes<'_>> {
        self.body().makes()
    }

    /// The settings that the target lacks where the step is not done.
    pub fn settings(&self) -> Vec<String> {
        self.body().settings()
    }
}

#[async_trait]
impl run::step::Step for Step {
    type World = World;
    type Brief = Brief;

    fn id(&self) -> StepId {
        self.body().id()
    }

    fn until(&self) -> Until {
        self.body().until()
    }

    fn reversibility(&self) -> Undo {
        self.body().reversibility()
    }

    fn is_optional(&self) -> bool {
        self.body().is_optional()
    }

    fn goes_with_the_target(&self) -> bool {
        self.body().goes_with_the_target()
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        self.body().observe(world, cx).await
    }

    async fn act(&self, world: &World, cx: &Context<'_>) -> Result<(), StepError> {
        self.body().act(world, cx).await
    }

    async fn undo(&self, world: &World, cx: &Context<'_>) -> Result<Undone, StepError> {
        self.body().undo(world, cx).await
    }
}
