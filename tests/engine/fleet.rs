//! Many runs in one process: together they ask as often as one, and apart from that they have nothing to do with each other.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use daybreak::{
    aws::rds::Gather,
    run::{
        clock::Clock,
        drive::{Drive, drive},
        event::Silent,
        executor::Executor,
        fleet::drive_all,
        grid::Grid,
        id::RunId,
        interrupt::Interrupt,
        journal::{Journal, JournalError},
        record::{Entry, Scope},
        state::Stage,
        step::Until,
        store::StoreError,
    },
    steps::{step::Step, world::World},
};
use futures_util::future::join_all;
use tokio::time::Instant;

use crate::support::{CONFIG, MemoryStore, PausedClock, Scene, actor, holder};

/// The looks that each creation takes, and a few more: a wait of more than a minute.
const LOOKS: u32 = 110;

/// Many runs over one cloud, whose looks are gathered.
struct Fleet {
    scene: Scene,
    world: World,
    stores: Vec<MemoryStore>,
}

impl Fleet {
    fn new() -> Self {
        let scene = Scene::new();
        scene.cloud.takes(LOOKS);
        let world = World { rds: Arc::new(Gather::new(scene.cloud.clone())), ..scene.world.clone() };
        Self { scene, world, stores: Vec::new() }
    }

    /// The journals of `count` runs, each in a store of its own.
    async fn begin(&mut self, count: u32, clock: &dyn Clock) -> Vec<Journal<Step>> {
        let mut journals = Vec::new();
        for number in 0..count {
            let run = RunId::new(clock.now(), number);
            let plan = self.scene.plan_of(run, Until::Restored, CONFIG, "2026-11-20T14:22:05Z").await.unwrap();
            let store = MemoryStore::default();
            self.stores.push(store.clone());
            let (store, holder, now) = (Arc::new(store), holder(), clock.now());
            journals.push(Journal::begin(store, plan, Until::Restored, actor(), &holder, now).await.unwrap());
        }
        journals
    }

    fn executors<'a>(&'a self, journals: Vec<Journal<Step>>, clock: &'a dyn Clock) -> Vec<Executor<'a, Step>> {
        journals.into_iter().map(|journal| Executor::new(journal, &self.world, clock, &Silent)).collect()
    }

    /// How many calls were made at each instant since `began`, by kind, after the first `skipped`.
    fn by_instant(&self, began: Instant, skipped: usize) -> BTreeMap<(Duration, &'static str), usize> {
        let mut calls = BTreeMap::new();
        for (at, kind) in self.scene.cloud.looks().into_iter().skip(skipped) {
            *calls.entry((at - began, kind)).or_default() += 1;
        }
        calls
    }
}

/// Recovers `count` databases, the first look of each a little later than the one before; the describe calls made per
/// minute from when all wait, and the time that it took.
async fn calls_per_minute(count: u32) -> (f64, Duration) {
    let clock = PausedClock::start(0.37);
    let grid = Grid::new(&clock);
    let mut fleet = Fleet::new();
    let journals = fleet.begin(count, &clock).await;
    let (_raise, interrupt) = Interrupt::new();
    let started = Instant::now();
    let mut executors = fleet.executors(journals, &grid);
    let late = executors.iter_mut().zip(0..).map(async |(executor, number)| {
        clock.sleep(Duration::from_millis(number * 37)).await;
        drive(executor, &grid, &interrupt).await
    });
    for ended in join_all(late).await {
        assert_eq!(ended.unwrap(), Drive::Rested);
    }
    let took = started.elapsed();
    for executor in &executors {
        assert_eq!(executor.journal().state().stage, Stage::Stopped(Until::Restored));
    }
    // The last one begins to wait at 37 ms times `count`; for a third of the whole time all wait for their clusters.
    let waiting = Duration::from_millis(37) * (count + 1)..took / 3;
    let mut calls = 0;
    for ((at, kind), made) in fleet.by_instant(started, 0) {
        if waiting.contains(&at) {
            assert!(made <= count.div_ceil(100) as usize, "{made} calls for {kind} at one tick, for {count} runs");
            calls += made;
        }
    }
    (calls as f64 / (waiting.end - waiting.start).as_secs_f64() * 60.0, took)
}

#[tokio::test(start_paused = true)]
async fn calls_per_minute_grow_with_each_hundred_runs_and_not_with_each_run() {
    let (alone, took_alone) = calls_per_minute(1).await;
    assert!(alone > 20.0, "a lone run looks: {alone}");
    for (count, times) in [(10, 1.0), (100, 1.0), (250, 3.0)] {
        let (calls, took) = calls_per_minute(count).await;
        // Of some levels of the grid the fleet has two at a time, since not all have waited equally long.
        assert!(calls <= alone * times * 1.25, "{calls} calls a minute for {count} runs, {alone} for one");
        assert!(took < took_alone + Duration::from_secs(20), "{took:?} for {count} runs, {took_alone:?} for one");
    }
}

/// The describe calls of `count` runs that begin at once, are recovered and then cancelled, by when they were made.
async fn there_and_back(count: u32) -> BTreeMap<(Duration, &'static str), usize> {
    let clock = PausedClock::start(0.0);
    let grid = Grid::new(&clock);
    let began = Instant::now();
    let mut fleet = Fleet::new();
    let journals = fleet.begin(count, &clock).await;
    let planning = fleet.scene.cloud.looks().len();
    let (_raise, interrupt) = Interrupt::new();
    let mut executors = fleet.executors(journals, &grid);
    for back in [false, true] {
        for executor in executors.iter_mut().filter(|_| back) {
            executor.turn_back(Scope::Everything, actor()).await.unwrap();
        }
        for ended in drive_all(&mut executors, &grid, &interrupt).await {
            assert_eq!(ended.unwrap(), Drive::Rested);
        }
        let clusters = if back { 1 } else { count as usize + 1 };
        assert_eq!(fleet.scene.cloud.clusters().len(), clusters);
    }
    fleet.by_instant(began, planning)
}

/// At every instant of the whole way, and of each kind: what one run costs, for each hundred of them.
#[tokio::test(start_paused = true)]
async fn a_tick_costs_what_it_costs_one_run_for_each_hundred() {
    let alone = there_and_back(1).await;
    assert!(alone.len() > 2 * LOOKS as usize, "a cluster and its writer: {}", alone.len());
    for count in [10_u32, 100, 250] {
        let batches = count.div_ceil(100) as usize;
        let calls = there_and_back(count).await;
        assert_eq!(
            calls.keys().collect::<Vec<_>>(),
            alone.keys().collect::<Vec<_>>(),
            "{count} runs look when one does"
        );
        for (at, made) in calls {
            assert!(made <= batches * alone[&at], "{made} calls at {at:?} for {count} runs, {} for one", alone[&at]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_journal_fails_stops_alone() {
    let clock = PausedClock::start(0.5);
    let grid = Grid::new(&clock);
    let mut fleet = Fleet::new();
    let journals = fleet.begin(3, &clock).await;
    fleet.stores[1].room_for(2);
    let (_raise, interrupt) = Interrupt::new();
    let mut executors = fleet.executors(journals, &grid);
    let ended = drive_all(&mut executors, &grid, &interrupt).await;
    assert!(matches!((&ended[0], &ended[2]), (Ok(Drive::Rested), Ok(Drive::Rested))), "{ended:?}");
    assert!(matches!(ended[1], Err(JournalError::Store(StoreError::Io { .. }))), "{ended:?}");
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_stops_all_and_each_can_be_resumed() {
    let clock = PausedClock::start(0.5);
    let grid = Grid::new(&clock);
    let mut fleet = Fleet::new();
    let journals = fleet.begin(20, &clock).await;
    let (raise, interrupt) = Interrupt::new();
    let mut executors = fleet.executors(journals, &grid);
    let raising = async {
        clock.sleep(Duration::from_secs(60)).await;
        raise.send(Some("SIGTERM")).unwrap();
    };
    let (ended, ()) = tokio::join!(drive_all(&mut executors, &grid, &interrupt), raising);
    assert_eq!(clock.awake(), Duration::from_secs(60), "nobody sleeps on");
    for (ended, executor) in ended.into_iter().zip(executors) {
        assert_eq!(ended.unwrap(), Drive::Interrupted);
        let history = executor.into_journal().close().await;
        assert!(matches!(&history.records.last().unwrap().entry, Entry::Interrupted { by } if by == "SIGTERM"));
    }
    let (_raise, interrupt) = Interrupt::new();
    let mut journals = Vec::new();
    for store in &fleet.stores {
        let run = daybreak::run::store::Store::runs(store).await.unwrap().remove(0);
        journals.push(Journal::open(Arc::new(store.clone()), &run, &holder()).await.unwrap());
    }
    let mut executors = fleet.executors(journals, &grid);
    for ended in drive_all(&mut executors, &grid, &interrupt).await {
        assert_eq!(ended.unwrap(), Drive::Rested);
    }
    assert_eq!(fleet.scene.cloud.clusters().len(), 21, "one target each");
}
