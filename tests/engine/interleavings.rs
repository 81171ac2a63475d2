//! Seeded interleavings of cutover, failing probes, kills, resumes and rollbacks, under an application that writes wherever it can:
//! it never can on both sides, and every write that was acknowledged is on the side that ends up current, or in the ledger.
//!
//! `DAYBREAK_INTERLEAVINGS` says how many, `DAYBREAK_SEED` which first; a failure names its seed.

use std::env;

use daybreak::{
    report::ledger::LedgerResult,
    run::{
        clock::Clock,
        executor::{Advance, Executor},
        interrupt::Interrupt,
        record::{Outcome, Scope},
        state::Stage,
        step::Until,
    },
    steps::step::Step,
};

use crate::support::{Scene, actor};

const SOURCE: &str = "loans-prod.cluster.example";
const TARGET: &str = "loans-prod-db-k3fa.cluster.example";

/// What the application was told that it had written.
#[derive(Default)]
struct Acknowledged {
    source: i64,
    target: i64,
    /// How much of the target's had been given up by earlier rollbacks.
    given_up: i64,
}

/// One interleaving, and the application in it.
struct Interleaving {
    seed: u64,
    chance: fastrand::Rng,
    acknowledged: Acknowledged,
}

fn number(name: &str, otherwise: u64) -> u64 {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

impl Interleaving {
    /// The application connects where its secret leads, and writes wherever it is connected.
    fn write(&mut self, scene: &Scene) {
        scene.cloud.client_connects();
        let hosts = scene.cloud.hosts_written_to();
        assert!(hosts.len() <= 1, "seed {}: both sides take writes: {hosts:?}", self.seed);
        for host in hosts {
            let rows = self.chance.i64(0..4);
            scene.cloud.is_written(&host, rows);
            match host.as_str() {
                SOURCE => self.acknowledged.source += rows,
                TARGET => self.acknowledged.target += rows,
                _ => panic!("seed {}: a write to {host}", self.seed),
            }
        }
    }

    /// Executes until the run rests, by one process after the other, each killed somewhere.
    async fn drive(&mut self, scene: &Scene, mut word: Option<Word>) -> Stage {
        loop {
            let lives = if self.chance.u8(0..4) == 0 { usize::MAX } else { self.chance.usize(1..40) };
            let mut executor: Executor<'_, Step> = scene.executor(scene.open().await);
            match word.take() {
                Some(Word::CutOver) => executor.allow(Until::Cutover, actor()).await.unwrap(),
                Some(Word::RollBack) => executor.turn_back(Scope::Cutover, actor()).await.unwrap(),
                None => {}
            }
            for _ in 0..lives {
                let (_raise, interrupt) = Interrupt::new();
                let advanced = executor.advance(&interrupt).await.unwrap();
                self.write(scene);
                match advanced {
                    Advance::Resting => return executor.journal().state().stage,
                    Advance::Wait(span) => scene.clock.sleep(span).await,
                    Advance::Moved | Advance::Interrupted => {}
                }
            }
        }
    }

    /// Every acknowledged write is where the application is now, or in the ledger.
    async fn account(&mut self, scene: &Scene, stage: Stage) {
        let (seed, acknowledged) = (self.seed, &mut self.acknowledged);
        let ledger = LedgerResult::of(&scene.history().await);
        match stage {
            Stage::Ended(Outcome::Recovered) => {
                let told = ledger.and_then(|ledger| ledger.source).and_then(|source| source.rows);
                assert_eq!(told, u64::try_from(acknowledged.source).ok(), "seed {seed}: given up by recovering");
                assert_eq!(scene.cloud.secret_points_at(), TARGET, "seed {seed}");
            }
            Stage::Ended(Outcome::RolledBack) => {
                let told = ledger.and_then(|ledger| ledger.target).and_then(|target| target.rows).unwrap_or(0);
                let lost = acknowledged.target - acknowledged.given_up;
                assert_eq!(i64::try_from(told).unwrap(), lost, "seed {seed}: given up by rolling back");
                acknowledged.given_up = acknowledged.target;
                assert_eq!(scene.cloud.secret_points_at(), SOURCE, "seed {seed}");
            }
            other => panic!("seed {seed}: {other:?}"),
        }
    }
}

/// A person's word.
enum Word {
    CutOver,
    RollBack,
}

#[tokio::test]
async fn no_acknowledged_write_is_unaccounted_for_whatever_comes_in_between() {
    let (first, count) = (number("DAYBREAK_SEED", 1), number("DAYBREAK_INTERLEAVINGS", 60));
    for seed in first..first + count {
        let scene = Scene::fenced();
        drop(scene.begin(Until::Cutover).await);
        let chance = fastrand::Rng::with_seed(seed);
        let mut one = Interleaving { seed, chance, acknowledged: Acknowledged::default() };
        let mut word = None;
        for _ in 0..one.chance.usize(2..6) {
            // The least that rolls back is three failing rounds in a row.
            let failing = [0, 0, 1, 2, 3, 4][one.chance.usize(0..6)];
            scene.servers.probes_fail(failing);
            let stage = one.drive(&scene, word).await;
            one.account(&scene, stage).await;
            word = Some(match stage {
                Stage::Ended(Outcome::Recovered) => Word::RollBack,
                _ => Word::CutOver,
            });
        }
    }
}
