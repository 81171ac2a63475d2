//! The default configuration and the schema, as they are printed.

use serde_json::Value;

use crate::support::Daybreak;

#[test]
fn the_default_configuration_is_one_that_loads() {
    let default = Daybreak::new().run(["config", "--default"]);
    assert_eq!((default.code, default.stderr.as_str()), (Some(0), ""));
    let daybreak = Daybreak::new().with_file("daybreak.toml", &default.stdout);
    insta::assert_snapshot!(daybreak.run(["windows"]), @r"
    exit code 2
    --- stderr
    error: there is no profile to list windows for
      now: nothing was created or changed
      next: daybreak windows CLUSTER-IDENTIFIER
      next: daybreak windows --all
    ");
}

#[test]
fn every_setting_it_explains_is_one() {
    let default = Daybreak::new().run(["config", "--default"]).stdout;
    let setting = |line: &str| {
        line.strip_prefix('#')
            .filter(|rest| rest.starts_with(|c: char| c == '[' || c.is_ascii_lowercase()))
            .map(str::to_owned)
    };
    let settings: Vec<String> = default.lines().filter_map(setting).collect();
    assert!(settings.len() > 30, "{settings:#?}");
    let daybreak = Daybreak::new().with_file("daybreak.toml", &settings.join("\n"));
    // Past the configuration there is nobody to ask AWS as: that is the error, and no fault of the file.
    let ended = daybreak.run(["windows", "loans"]);
    assert!(ended.stderr.starts_with("error: aws credentials: none found"), "{ended}");
}

#[test]
fn the_schema_knows_the_tables_of_a_database_and_no_others() {
    let schema = Daybreak::new().run(["config", "--schema"]).json();
    let root = &schema["properties"]["databases"]["additionalProperties"];
    let database = resolve(&schema, root);
    assert_eq!(database["additionalProperties"], Value::Bool(false));
    let keys: Vec<&str> = database["properties"].as_object().expect("properties").keys().map(String::as_str).collect();
    let known = [
        "cluster",
        "instance",
        "region",
        "restore",
        "connect",
        "checks",
        "proof",
        "cutover",
        "fence",
        "watch",
        "deadlines",
        "promote",
        "regions",
    ];
    assert_eq!(keys, known);
    assert_eq!(schema["additionalProperties"], Value::Bool(false));
}

/// Follows a `$ref` within the schema.
fn resolve<'a>(schema: &'a Value, place: &'a Value) -> &'a Value {
    match place["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        Some(pointer) => schema.pointer(pointer).expect("the reference leads somewhere"),
        None => place,
    }
}
