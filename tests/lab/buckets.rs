//! State in S3: a run begun on one machine is gone on with on another.

use serde_json::json;

use crate::support::{Scene, assert_refused, bucket::Bucket, until};

#[test]
fn a_run_killed_on_one_machine_is_resumed_on_another() {
    let scene = Scene::new();
    let bucket = Bucket::new(scene.lab, "killed-and-resumed");
    let state = bucket.state();
    let mut running = scene.start(&scene.recovery(&["--until", "cutover", "--state", &state]));
    until("the fifth record", || (bucket.records() >= 5).then_some(()));
    running.kill().expect("kill daybreak");
    running.wait().expect("its end");

    let resumed = scene.run(&["resume", "--state", &state, "--output", "json"]);
    assert_eq!((resumed.code, resumed.json()["outcome"].clone()), (Some(0), json!("recovered")), "{resumed}");
    scene.assert_recovered(resumed.json()["target"]["cluster"].as_str().expect("a target"));
    assert_eq!(scene.runs(), Vec::<String>::new(), "nothing is kept on this machine");
    let run = resumed.json()["run"].as_str().expect("a run").to_owned();
    assert_eq!(bucket.read(&format!("daybreak/runs/{run}/lease"))["free"], true, "the lease is given up");
}
