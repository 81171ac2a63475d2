//! The corpus that fuzzing begins from holds a plan and records as this program writes them.

use std::{env, fs, path::Path};

use daybreak::{
    run::{
        plan::Plan,
        record::{Record, Scope},
        step::Until,
        store::Store,
    },
    steps::step::Step,
};

use crate::support::{Scene, run};

/// Records from all over a run, and from its way back.
const RECORDS: [usize; 8] = [0, 1, 2, 3, 8, 14, 25, 40];

#[tokio::test]
async fn the_corpus_is_as_this_program_writes_it() {
    let scene = Scene::new();
    scene.recover(Until::Cutover).await;
    scene.turn_back(Scope::Cutover).await;
    let stored = scene.store.read(&run()).await.unwrap();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let plan = corpus.join("plan_file/recovery");
    let record = |number: usize| corpus.join(format!("journal_record/{number:06}"));
    if env::var_os("DAYBREAK_WRITE_CORPUS").is_some() {
        fs::create_dir_all(corpus.join("plan_file")).unwrap();
        fs::create_dir_all(corpus.join("journal_record")).unwrap();
        fs::write(&plan, scene.plan().await.to_file()).unwrap();
        for number in RECORDS {
            fs::write(record(number), &stored[number]).unwrap();
        }
    }
    let again = "write it anew: DAYBREAK_WRITE_CORPUS=1 cargo test --test engine corpus";
    assert!(Plan::<Step>::from_file(&fs::read_to_string(plan).unwrap()).is_ok(), "{again}");
    for number in RECORDS {
        let bytes = fs::read(record(number)).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let previous = value["record"]["previous"].as_str();
        let read = Record::<Step>::decode(&bytes, &run(), number as u64, previous);
        assert!(read.is_ok(), "record {number}: {again}");
    }
}
