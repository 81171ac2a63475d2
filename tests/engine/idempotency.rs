//! Every step of the richest plan, and of the plans for other windows, done twice, undone twice, undone without having been done, cut off at each of its calls
//! and done again after its undo: what exists in the end is what a single application leaves. A new step joins by being in
//! the recipe.

use std::time::Duration;

use daybreak::{
    run::{
        clock::Clock,
        executor::Executor,
        interrupt::Interrupt,
        record::{Outcome, Scope},
        state::{Next, Stage},
        step::{Context, Observed, Step as _, StepError, Undo, Undone, Until},
    },
    steps::step::Step,
};

use crate::{
    support::{Fault, Scene, actor, run, sweep},
    ways,
};

const CUTS: [Fault; 2] = [Fault::LostBefore, Fault::LostAfter];

/// A world whose recovery needs every kind of step: readers, quarantine, settings, tags, a fence, and a secret with all its
/// labels.
fn rich() -> Scene {
    let scene = Scene::fenced();
    scene.cloud.edit_secret(|secret| {
        secret.versions.insert("v1".to_owned(), vec!["AWSCURRENT".to_owned(), "AWSPENDING".to_owned()]);
        secret.versions.insert("v0".to_owned(), vec!["AWSPREVIOUS".to_owned()]);
    });
    scene
}

/// A run that has come to one of its steps.
struct At<'a> {
    scene: &'a Scene,
    executor: Executor<'a, Step>,
    index: usize,
}

impl<'a> At<'a> {
    /// A run in which step `index` has started, and has not been looked at.
    async fn started(scene: &'a Scene, index: usize) -> Self {
        Self::when(scene, index, Next::Work(index)).await
    }

    /// A run in which step `index` is the last that is finished.
    async fn finished(scene: &'a Scene, index: usize) -> Self {
        let mut at = Self::started(scene, index).await;
        while at.next() == Next::Work(index) {
            at.advance().await;
        }
        at
    }

    async fn when(scene: &'a Scene, index: usize, next: Next) -> Self {
        let executor = scene.executor(scene.begin(Until::Cutover).await);
        let mut at = Self { scene, executor, index };
        while at.next() != next {
            at.advance().await;
        }
        at
    }

    fn next(&self) -> Next {
        self.executor.journal().state().next()
    }

    fn step(&self) -> Step {
        self.executor.journal().state().plan.steps[self.index].step.clone()
    }

    async fn advance(&mut self) {
        let (_raise, interrupt) = Interrupt::new();
        if let daybreak::run::executor::Advance::Wait(span) = self.executor.advance(&interrupt).await.unwrap() {
            self.scene.clock.sleep(span).await;
        }
    }

    /// What a step is told, as long as it is being called from here.
    fn context<'c>(&'c self, since: Duration, id: &'c daybreak::run::id::RunId) -> Context<'c> {
        self.noted(since, id, &[])
    }

    fn noted<'c>(
        &'c self,
        since: Duration,
        id: &'c daybreak::run::id::RunId,
        notes: &'c [(jiff::Timestamp, serde_json::Value)],
    ) -> Context<'c> {
        let state = self.executor.journal().state();
        let now = self.scene.clock.now();
        Context {
            run: id,
            now,
            started: state.steps[self.index].started.unwrap_or(now),
            attended: self.scene.clock.awake() - since,
            outputs: &state.outputs,
            notes,
            final_snapshot: None,
            tell: &|_| {},
        }
    }

    async fn observe(&self) -> Observed {
        let (id, since) = (run(), self.scene.clock.awake());
        self.step().observe(&self.scene.world, &self.context(since, &id)).await.unwrap()
    }

    async fn act(&self) -> Result<(), StepError> {
        let (id, since) = (run(), self.scene.clock.awake());
        self.step().act(&self.scene.world, &self.context(since, &id)).await
    }

    /// Undoes to the end; a call that was cut is tried again, as the executor does.
    async fn undo(&self) {
        let (id, since) = (run(), self.scene.clock.awake());
        let mut notes = Vec::new();
        for _ in 0..100 {
            let wait = match self.step().undo(&self.scene.world, &self.noted(since, &id, &notes)).await {
                Ok(Undone::Done(_)) => return,
                Ok(Undone::Wait(wait)) => wait.again_in,
                Ok(Undone::Note(note, wait)) => {
                    notes.push((self.scene.clock.now(), note));
                    wait.again_in
                }
                Err(error) if error.is_passing() => None,
                Err(error) => panic!("{}: {}", self.step().id(), error.failure),
            };
            self.scene.clock.sleep(wait.unwrap_or(Duration::from_secs(1))).await;
        }
        panic!("the undo of {} never ends", self.step().id());
    }

    /// Goes on to the recovery.
    async fn forward(mut self) -> Vec<String> {
        self.scene.drive(&mut self.executor).await.unwrap();
        assert_eq!(self.executor.journal().state().stage, Stage::Ended(Outcome::Recovered));
        exists(self.scene)
    }

    /// Takes everything back, the application first.
    async fn back(mut self) -> Vec<String> {
        let cutover = self.executor.journal().state().cutover_begun();
        let scopes = [Scope::Cutover, Scope::Everything].into_iter().skip(usize::from(!cutover));
        for scope in scopes {
            self.executor.turn_back(scope, actor()).await.unwrap();
            self.scene.drive(&mut self.executor).await.unwrap();
        }
        assert_eq!(self.executor.journal().state().stage, Stage::Ended(Outcome::Undone));
        labelled(self.scene)
    }
}

/// What exists, with every label of the secret.
fn exists(scene: &Scene) -> Vec<String> {
    let mut exists = scene.what_exists();
    exists.extend(scene.cloud.labels().into_iter().map(|(version, labels)| format!("labels of {version}: {labels:?}")));
    exists
}

/// The same, without the versions that no label keeps: AWS discards them.
fn labelled(scene: &Scene) -> Vec<String> {
    exists(scene).into_iter().filter(|line| !(line.starts_with("secret version") && line.ends_with("[]"))).collect()
}

/// What the sweep compares with, and what it has counted.
struct Sweep {
    make: fn() -> Scene,
    recovered: Vec<String>,
    before: Vec<String>,
    cases: usize,
    failed: Vec<String>,
}

impl Sweep {
    fn recovered(&mut self, case: String, found: &[String]) {
        let expected = self.recovered.clone();
        self.judge(case, found, &expected);
    }

    fn gone(&mut self, case: String, found: &[String]) {
        let expected = self.before.clone();
        self.judge(case, found, &expected);
    }

    fn judge(&mut self, case: String, found: &[String], expected: &[String]) {
        self.cases += 1;
        if found != expected {
            self.failed.push(format!("{case}: {found:#?}\ninstead of {expected:#?}"));
        }
    }
}

/// Brings the run to where step `index` wants to act; false where it only looks.
async fn wants_to_act(at: &mut At<'_>) -> bool {
    for _ in 0..200 {
        if at.next() != Next::Work(at.index) {
            return false;
        }
        match at.observe().await {
            Observed::Act => return true,
            Observed::Done(_) => return false,
            Observed::Wait(_) | Observed::Note(..) => at.advance().await,
        }
    }
    panic!("step {} neither acts nor ends", at.index);
}

/// How many changing calls the act of step `index` makes, and its undo; none where it does not act.
async fn calls(make: fn() -> Scene, index: usize, undoes: bool) -> Option<(usize, usize)> {
    let scene = make();
    let mut at = At::started(&scene, index).await;
    if !wants_to_act(&mut at).await {
        return None;
    }
    let before = scene.cloud.changes().len();
    at.act().await.unwrap();
    let acted = scene.cloud.changes().len();
    while undoes && at.next() == Next::Work(index) {
        at.advance().await;
    }
    let finished = scene.cloud.changes().len();
    if undoes {
        at.undo().await;
    }
    Some((acted - before, scene.cloud.changes().len() - finished))
}

async fn acts_again(sweep: &mut Sweep, index: usize, name: &str, cuts: usize) {
    let scene = (sweep.make)();
    let mut at = At::started(&scene, index).await;
    wants_to_act(&mut at).await;
    at.act().await.unwrap();
    at.act().await.unwrap();
    sweep.recovered(format!("{name}: act twice"), &at.forward().await);
    for fault in CUTS {
        for call in 0..cuts {
            let scene = (sweep.make)();
            let mut at = At::started(&scene, index).await;
            wants_to_act(&mut at).await;
            scene.cloud.fail(call, fault);
            let cut = at.act().await;
            assert!(cut.is_err_and(|error| error.is_passing()), "{name}: {fault:?} at call {call}");
            at.act().await.unwrap();
            sweep.recovered(format!("{name}: act again after {fault:?} at call {call}"), &at.forward().await);
        }
    }
}

async fn undoes_again(sweep: &mut Sweep, index: usize, name: &str, cuts: usize) {
    let scene = (sweep.make)();
    let at = At::finished(&scene, index).await;
    at.undo().await;
    let once = exists(&scene);
    at.undo().await;
    sweep.judge(format!("{name}: undo twice"), &exists(&scene), &once);
    sweep.gone(format!("{name}: undo twice, and all the rest"), &at.back().await);
    for fault in CUTS {
        for call in 0..cuts {
            let scene = (sweep.make)();
            let at = At::finished(&scene, index).await;
            scene.cloud.fail(call, fault);
            at.undo().await;
            sweep.judge(format!("{name}: undo with {fault:?} at call {call}"), &exists(&scene), &once);
            sweep.gone(format!("{name}: undo with {fault:?} at call {call}, and all the rest"), &at.back().await);
        }
    }
}

async fn undoes_what_is_not_there(sweep: &mut Sweep, index: usize, name: &str, cuts: usize) {
    for forward in [false, true] {
        let scene = (sweep.make)();
        let at = At::started(&scene, index).await;
        let before = exists(&scene);
        at.undo().await;
        sweep.judge(format!("{name}: undo without act"), &exists(&scene), &before);
        if forward {
            sweep.recovered(format!("{name}: undo without act, then act"), &at.forward().await);
        } else {
            sweep.gone(format!("{name}: undo without act, and all the rest"), &at.back().await);
        }
    }
    for (fault, call) in CUTS.into_iter().flat_map(|fault| (0..cuts).map(move |call| (fault, call))) {
        for forward in [false, true] {
            let scene = (sweep.make)();
            let mut at = At::started(&scene, index).await;
            wants_to_act(&mut at).await;
            scene.cloud.fail(call, fault);
            at.act().await.unwrap_err();
            at.undo().await;
            let case = format!("{name}: undo after {fault:?} at call {call} of the act");
            if forward {
                sweep.recovered(format!("{case}, then act"), &at.forward().await);
            } else {
                sweep.gone(format!("{case}, and all the rest"), &at.back().await);
            }
        }
    }
}

async fn acts_after_undo(sweep: &mut Sweep, index: usize, name: &str) {
    let scene = (sweep.make)();
    let mut at = At::started(&scene, index).await;
    wants_to_act(&mut at).await;
    at.act().await.unwrap();
    at.undo().await;
    sweep.recovered(format!("{name}: act after undo"), &at.forward().await);
}

#[tokio::test]
async fn a_step_applied_again_leaves_what_it_leaves_once() {
    let (steps, acting) = sweep_over(rich).await;
    assert!(acting >= 10 && steps > acting, "the plan is not rich: {acting} of {steps} act");
}

#[tokio::test]
async fn so_does_a_step_of_every_other_way() {
    for make in ways::MAKERS {
        sweep_over(make).await;
    }
}

/// Sweeps over every step of the plan of that scene: how many steps there are, and how many of them act.
async fn sweep_over(make: fn() -> Scene) -> (usize, usize) {
    let (scene, untouched) = (make(), make());
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    let mut sweep =
        Sweep { make, recovered: exists(&scene), before: labelled(&untouched), cases: 0, failed: Vec::new() };
    let plan = scene.state().await.plan;
    let mut acting = 0;
    for (index, planned) in plan.steps.iter().enumerate() {
        let (name, undoes) = (planned.step.id().0, planned.step.reversibility() == Undo::Reversible);
        let calls = calls(make, index, undoes).await;
        if let Some((act, _)) = calls {
            acting += 1;
            acts_again(&mut sweep, index, &name, act).await;
        }
        if undoes {
            let (act, undo) = calls.unwrap_or_default();
            undoes_again(&mut sweep, index, &name, undo).await;
            undoes_what_is_not_there(&mut sweep, index, &name, act).await;
            acts_after_undo(&mut sweep, index, &name).await;
        }
    }
    sweep::report("idempotency", sweep.cases, "cases", sweep.failed.len());
    assert!(sweep.failed.is_empty(), "{}: {}", plan.recipe, sweep.failed.join("\n"));
    (plan.steps.len(), acting)
}
