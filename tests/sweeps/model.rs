//! What each operation does and leaves when nobody disturbs it: observed, so that a new step or call joins the sweeps by being
//! there.

use std::{collections::BTreeMap, ops::Index, sync::Arc};

use crate::{
    ground::{Ground, Keeper},
    operation::Operation,
    runner::{Case, Chain},
    world::World,
};

/// What an undisturbed operation does and leaves.
pub(crate) struct Model {
    /// How many calls change something.
    pub(crate) changes: usize,
    /// How many calls there are.
    pub(crate) calls: usize,
    /// How many records are written.
    pub(crate) records: usize,
    /// What is left.
    pub(crate) after: World,
}

/// All operations.
pub(crate) struct Observed {
    operations: BTreeMap<Operation, Model>,
    /// What there is when the data is proven and the application was not moved.
    pub(crate) validated: World,
}

pub(crate) type Models = Arc<Observed>;

impl Index<Operation> for Observed {
    type Output = Model;

    fn index(&self, operation: Operation) -> &Model {
        &self.operations[&operation]
    }
}

/// The order in which one recovered target serves all operations.
const ORDER: [Operation; 5] =
    [Operation::Recover, Operation::Rollback, Operation::Cutover, Operation::Rollback, Operation::Cancel];

/// Watches each operation.
pub(crate) fn observed(keeper: Keeper) -> Models {
    let mut ground = Ground::new(keeper);
    let mut operations = BTreeMap::new();
    for operation in ORDER {
        let arguments = ground.ready_for(operation);
        let count = |ground: &Ground| (ground.changes(), ground.calls(), ground.records());
        let before = count(&ground);
        let ended = ground.call(&arguments);
        assert_eq!(ended.code, Some(0), "undisturbed: {ended}");
        let after = count(&ground);
        ground.state = operation.end();
        let model = Model {
            changes: after.0 - before.0,
            calls: after.1 - before.1,
            records: after.2 - before.2,
            after: World::of(&ground.scene, &ground.runs, &ground.status()),
        };
        operations.insert(operation, model);
    }
    Arc::new(Observed { operations, validated: proven(keeper) })
}

/// What a recovery leaves that stops before it moves the application.
fn proven(keeper: Keeper) -> World {
    let mut ground = Ground::new(keeper);
    let mut arguments = ground.ready_for(Operation::Recover);
    arguments.iter_mut().filter(|argument| *argument == "cutover").for_each(|until| "validated".clone_into(until));
    let ended = ground.call(&arguments);
    assert_eq!(ended.code, Some(0), "undisturbed: {ended}");
    World::of(&ground.scene, &ground.runs, &ground.status())
}

/// Chains that each recover once, so that the operations after it need no restore of their own.
pub(crate) fn woven(mut lanes: BTreeMap<Operation, Vec<Case<Ground>>>) -> Vec<Chain<Ground>> {
    let mut chains: Vec<Chain<Ground>> = Vec::new();
    lanes.values_mut().for_each(|lane| lane.reverse());
    while lanes.values().any(|lane| !lane.is_empty()) {
        chains.push(ORDER.iter().filter_map(|operation| lanes.get_mut(operation)?.pop()).collect());
    }
    chains
}
