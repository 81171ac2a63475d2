//! From a file, or the places where one may lie, to a [`Config`].

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, Deserializer};

use super::check;
use super::error::{ConfigError, Fault, Faults};
use super::model::Config;
use super::schema::schema;
use super::shape::{self, Lines};

/// The name of the file in either of its places.
const FILE: &str = "daybreak.toml";

/// Where a configuration is looked for when none is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The working directory, searched first.
    pub directory: PathBuf,
    /// The user's configuration directory (XDG), whose `daybreak` directory is searched next.
    pub config_home: Option<PathBuf>,
}

impl Lookup {
    /// Takes the user's configuration directory from the environment: `XDG_CONFIG_HOME` where
    /// it is an absolute path, as its specification demands, else `.config` under `HOME`.
    pub fn from_env(directory: PathBuf, variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let config_home = absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")));
        Self { directory, config_home }
    }
}

impl Config {
    /// Reads the configuration at `path`, which must exist, or else the first one that exists
    /// of `daybreak.toml` in the working directory and `daybreak/daybreak.toml` in the user's
    /// configuration directory. Where there is none, the configuration is empty.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or is not valid: then with every fault it has.
    pub fn load(path: Option<&Path>, lookup: &Lookup) -> Result<Self, ConfigError> {
        let read = |path: &Path| {
            fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })
        };
        if let Some(path) = path {
            return Self::parse(&read(path)?, path);
        }
        let at_home = lookup.config_home.as_ref().map(|home| home.join("daybreak").join(FILE));
        for path in [Some(lookup.directory.join(FILE)), at_home].into_iter().flatten() {
            match read(&path) {
                Err(ConfigError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
                Ok(text) => return Self::parse(&text, &path),
            }
        }
        Ok(Self::default())
    }

    /// Checks a configuration text. `origin` is the file it came from: faults name it, and
    /// relative paths in the text are taken from its directory.
    ///
    /// # Errors
    ///
    /// When the text is not valid, with every fault it has.
    pub fn parse(text: &str, origin: &Path) -> Result<Self, ConfigError> {
        let invalid = |faults| ConfigError::Invalid { origin: origin.to_owned(), faults };

        let (mut tree, errors) = DeTable::parse_recoverable(text);
        let lines = Lines::new(text);
        // Only the message is kept: the parser's own rendering repeats the line, and what
        // stands on a line that cannot be read may be a secret in the wrong place.
        let syntax = errors.iter().map(|error| {
            let line = error.span().map(|span| lines.at(span.start));
            Fault::new(origin, line, "", format_args!("not valid TOML: {}", error.message()))
        });
        if let Some(faults) = Faults::collect(syntax.collect()) {
            return Err(invalid(faults));
        }

        let (places, mut faults) = shape::prune(origin, &lines, tree.get_mut(), &schema());
        let config = match serde_path_to_error::deserialize(Deserializer::from(tree)) {
            Ok(raw) => {
                let (config, more) = check::config(raw, origin, &places);
                faults.extend(more);
                config
            }
            // What the schema cannot say, such as an integer of more than 64 bits.
            Err(error) => {
                let key = error.path().to_string();
                faults.push(Fault::new(origin, places.get(&key).copied(), &key, error.inner().message()));
                Self::default()
            }
        };
        match Faults::collect(faults) {
            Some(faults) => Err(invalid(faults)),
            None => Ok(config),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(name: &str) -> String {
        format!("[databases.{name}]\ncluster = \"{name}\"\n")
    }

    fn names(config: &Config) -> Vec<&str> {
        config.databases.keys().map(String::as_str).collect()
    }

    #[test]
    fn the_first_file_that_exists_is_read() {
        let root = tempfile::tempdir().expect("a directory");
        let lookup = Lookup { directory: root.path().join("work"), config_home: Some(root.path().join("home")) };
        assert!(Config::load(None, &lookup).expect("none is fine").databases.is_empty());

        let at_home = root.path().join("home/daybreak");
        fs::create_dir_all(&at_home).expect("a directory");
        fs::write(at_home.join(FILE), profile("home")).expect("a file");
        assert_eq!(names(&Config::load(None, &lookup).expect("valid")), ["home"]);

        fs::create_dir_all(&lookup.directory).expect("a directory");
        fs::write(lookup.directory.join(FILE), profile("work")).expect("a file");
        let found = Config::load(None, &lookup).expect("valid");
        assert_eq!(names(&found), ["work"]);
        assert_eq!(found.origin, Some(lookup.directory.join(FILE)));

        let named = root.path().join("named.toml");
        fs::write(&named, profile("named")).expect("a file");
        assert_eq!(names(&Config::load(Some(&named), &lookup).expect("valid")), ["named"]);
    }

    #[test]
    fn a_named_file_must_exist_and_any_file_must_be_readable() {
        let root = tempfile::tempdir().expect("a directory");
        let lookup = Lookup { directory: root.path().to_owned(), config_home: None };
        let missing = root.path().join("missing.toml");
        let error = Config::load(Some(&missing), &lookup).expect_err("missing");
        assert_eq!(error.to_string(), format!("read the configuration {}", missing.display()));
        assert!(error.hint().contains("--config"), "{}", error.hint());

        fs::write(root.path().join(FILE), b"# \xff\n").expect("a file");
        let error = Config::load(None, &lookup).expect_err("not UTF-8");
        let ConfigError::Read { source, .. } = error else { panic!("{error}") };
        assert_eq!(source.kind(), io::ErrorKind::InvalidData);

        let faulty = root.path().join("faulty.toml");
        fs::write(&faulty, "[databases]\nloans = 1\n").expect("a file");
        let error = Config::load(Some(&faulty), &lookup).expect_err("faulty").to_string();
        assert!(error.contains(&format!("{}:2: databases.loans: expected a table", faulty.display())), "{error}");
    }

    #[test]
    fn the_configuration_directory_follows_the_xdg_specification() {
        let home = |xdg: Option<&str>, home: Option<&str>| {
            let variable = |name: &str| match name {
                "XDG_CONFIG_HOME" => xdg.map(OsString::from),
                "HOME" => home.map(OsString::from),
                other => panic!("{other} is not asked for"),
            };
            Lookup::from_env(PathBuf::from("/srv"), variable).config_home
        };
        assert_eq!(home(Some("/xdg"), Some("/home/a")), Some(PathBuf::from("/xdg")));
        assert_eq!(home(Some("relative"), Some("/home/a")), Some(PathBuf::from("/home/a/.config")));
        assert_eq!(home(None, Some("/home/a")), Some(PathBuf::from("/home/a/.config")));
        assert_eq!(home(None, None), None);
    }
}
