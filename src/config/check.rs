//! From the configuration as written to the checked one, with every fault of its values.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use super::error::Fault;
use super::model::{
    Check, Config, Connect, Credentials, Cutover, CutoverDns, CutoverProxy, CutoverSecret, Database, Deadlines, Fence,
    FenceMode, InstanceClass, NewWrites, Page, Promote, Proof, Readers, Restore, Source, Unreachable, Watch, Zone,
};
use super::names;
use super::raw::{
    MOST_READERS, RawCheck, RawConfig, RawConnect, RawCutover, RawDatabase, RawDeadlines, RawDns, RawFence, RawPage,
    RawPromote, RawProof, RawReaders, RawRegional, RawRestore, RawWatch,
};
use super::regional::Regional;
use super::shape::{Places, join};
use crate::expect::Expect;
use crate::moment;

/// Checks all values. The configuration returned is only to be used where no fault is found:
/// faulty values stand in it as their defaults.
pub(super) fn config(raw: RawConfig, file: &Path, places: &Places) -> (Config, Vec<Fault>) {
    let mut checker = Checker { file, places, faults: Vec::new() };
    let databases = raw
        .databases
        .into_iter()
        .map(|(name, raw)| {
            let at = join("databases", &name);
            (name.clone(), checker.database(&at, name, raw))
        })
        .collect();
    (Config { origin: Some(file.to_owned()), databases }, checker.faults)
}

struct Checker<'a> {
    file: &'a Path,
    places: &'a Places,
    faults: Vec<Fault>,
}

impl Checker<'_> {
    fn database(&mut self, at: &str, name: String, raw: RawDatabase) -> Database {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if name.is_empty() || name.starts_with('-') || !name.bytes().all(allowed) {
            self.fault(at, "a database's name has only letters, digits and `-_.`, and does not start with `-`");
        }
        let source = self.source(at, raw.cluster, raw.instance);
        if matches!(source, Source::Instance(_)) && raw.restore.readers.is_some() {
            self.fault(&join(&join(at, "restore"), "readers"), "only a cluster has readers: the source is an instance");
        }
        let fences = raw.fence.as_ref().is_some_and(|fence| fence.mode.as_deref() != Some("none"));
        if raw.cutover.probation == Some(true) && !fences {
            let problem = "needs a fence, whose login alters the application's roles: set [databases.….fence]";
            self.fault(&join(&join(at, "cutover"), "probation"), problem);
        }
        if matches!(source, Source::Instance(_)) && raw.cutover.rename == Some(true) {
            let problem = "only a cluster swaps names: each rename of an instance restarts it, and the name can be gone for ten minutes";
            self.fault(&join(&join(at, "cutover"), "rename"), problem);
        }
        Database {
            source,
            region: self.value(at, "region", raw.region, names::region),
            restore: self.restore(&join(at, "restore"), raw.restore),
            connect: self.connect(&join(at, "connect"), raw.connect),
            checks: self.checks(&join(at, "checks"), raw.checks),
            proof: self.proof(&join(at, "proof"), raw.proof),
            cutover: self.cutover(&join(at, "cutover"), raw.cutover),
            fence: raw.fence.map(|raw| self.fence(&join(at, "fence"), raw)).unwrap_or_default(),
            watch: self.watch(&join(at, "watch"), raw.watch),
            deadlines: self.deadlines(&join(at, "deadlines"), raw.deadlines),
            promote: self.promote(&join(at, "promote"), raw.promote),
            regions: self.regions(&join(at, "regions"), raw.regions),
            name,
        }
    }

    /// The source, by the one of two keys that is there.
    fn source(&mut self, at: &str, cluster: Option<String>, instance: Option<String>) -> Source {
        match (cluster, instance) {
            (Some(_), Some(_)) => {
                self.fault(&join(at, "instance"), "set together with `cluster`: the source is one of them");
                Source::Either(String::new())
            }
            (None, Some(instance)) => {
                Source::Instance(self.value(at, "instance", Some(instance), names::identifier).unwrap_or_default())
            }
            (Some(cluster), None) => {
                Source::Cluster(self.value(at, "cluster", Some(cluster), names::identifier).unwrap_or_default())
            }
            (None, None) => {
                let problem = "missing, and so is `instance`: one of them names the source";
                let line = self.places.get(at).copied();
                self.faults.push(Fault::new(self.file, line, &join(at, "cluster"), problem));
                Source::Either(String::new())
            }
        }
    }

    fn restore(&mut self, at: &str, raw: RawRestore) -> Restore {
        let default = Restore::default();
        let instance_class = |text: &str| match text {
            "source" => Ok(InstanceClass::Source),
            class => names::instance_class(class).map(InstanceClass::Named),
        };
        Restore {
            quarantine_security_groups: self.list(
                at,
                "quarantine_security_groups",
                raw.quarantine_security_groups,
                names::security_group,
            ),
            instance_class: self
                .value(at, "instance_class", raw.instance_class, instance_class)
                .unwrap_or(default.instance_class),
            readers: raw.readers.map_or(default.readers, |readers| self.readers(at, readers)),
            kms_key: self.value(at, "kms_key", raw.kms_key, names::kms_key),
        }
    }

    fn regions(&mut self, at: &str, raw: BTreeMap<String, RawRegional>) -> BTreeMap<String, Regional> {
        let mut regions = BTreeMap::new();
        for (name, raw) in raw {
            let at = &join(at, &name);
            if let Err(problem) = names::region(&name) {
                self.fault(at, problem);
            }
            regions.insert(name, self.regional(at, raw));
        }
        regions
    }

    fn regional(&mut self, at: &str, raw: RawRegional) -> Regional {
        let group = names::security_group;
        Regional {
            subnet_group: self.value(at, "subnet_group", raw.subnet_group, not_blank),
            security_groups: self.list(at, "security_groups", raw.security_groups, group),
            quarantine_security_groups: self.list(
                at,
                "quarantine_security_groups",
                raw.quarantine_security_groups,
                group,
            ),
            parameter_group: self.value(at, "parameter_group", raw.parameter_group, not_blank),
            instance_parameter_group: self.value(
                at,
                "instance_parameter_group",
                raw.instance_parameter_group,
                not_blank,
            ),
            kms_key: self.value(at, "kms_key", raw.kms_key, names::kms_key),
            instance_class: self.value(at, "instance_class", raw.instance_class, names::instance_class),
            connect_secret: self.value(at, "connect_secret", raw.connect_secret, names::secret_id),
            cutover_secrets: self.secrets(
                at,
                ["cutover_secret", "cutover_secrets"],
                raw.cutover_secret,
                raw.cutover_secrets,
            ),
        }
    }

    fn deadlines(&mut self, at: &str, raw: RawDeadlines) -> Deadlines {
        let default = Deadlines::default();
        Deadlines {
            restore: self.timeout(at, "restore", raw.restore).unwrap_or(default.restore),
            instance: self.timeout(at, "instance", raw.instance).unwrap_or(default.instance),
            settings: self.timeout(at, "settings", raw.settings).unwrap_or(default.settings),
            proof: self.timeout(at, "proof", raw.proof).unwrap_or(default.proof),
            pointer: self.timeout(at, "pointer", raw.pointer).unwrap_or(default.pointer),
            run: self.timeout(at, "run", raw.run),
        }
    }

    fn promote(&mut self, at: &str, raw: RawPromote) -> Promote {
        let max_lag = self.value(at, "max_lag", raw.max_lag, moment::parse_span);
        Promote { max_lag: max_lag.unwrap_or(Promote::default().max_lag) }
    }

    fn readers(&mut self, at: &str, raw: RawReaders) -> Readers {
        let count = match raw {
            RawReaders::Named(name) if name == "source" => return Readers::Source,
            RawReaders::Count(count) => u8::try_from(count).ok().filter(|_| count <= MOST_READERS),
            RawReaders::Named(_) => None,
        };
        count.map(Readers::Count).unwrap_or_else(|| {
            self.fault(&join(at, "readers"), format_args!("write `\"source\"` or a number from 0 to {MOST_READERS}"));
            Readers::Source
        })
    }

    fn connect(&mut self, at: &str, raw: RawConnect) -> Connect {
        let default = Connect::default();
        let secret = self.value(at, "secret", raw.secret, names::secret_id);
        let user = self.value(at, "iam_user", raw.iam_user, not_blank);
        let credentials = match (secret, user) {
            (Some(_), Some(_)) => {
                self.fault(&join(at, "iam_user"), "set together with `secret`: daybreak logs in with one of them");
                Credentials::None
            }
            (Some(secret), None) => Credentials::Secret(secret),
            (None, Some(user)) => Credentials::Iam { user },
            (None, None) => Credentials::None,
        };
        Connect {
            credentials,
            database: self.value(at, "database", raw.database, not_blank),
            via: self.value(at, "via", raw.via, names::host_port),
            ca: self.value(at, "ca", raw.ca, not_blank).map(|ca| self.beside_file(&ca)),
            connect_timeout: self
                .timeout(at, "connect_timeout", raw.connect_timeout)
                .unwrap_or(default.connect_timeout),
        }
    }

    fn checks(&mut self, at: &str, raw: Vec<RawCheck>) -> Vec<Check> {
        let mut names = BTreeSet::new();
        let mut checks = Vec::new();
        for (index, raw) in raw.into_iter().enumerate() {
            let at = &format!("{at}[{index}]");
            let name = self.value(at, "name", raw.name, not_blank);
            if let Some(name) = &name
                && !names.insert(name.clone())
            {
                self.fault(&join(at, "name"), format_args!("`{name}` is the name of an earlier check"));
            }
            let query = self.value(at, "query", raw.query, not_blank);
            let expect = self.value(at, "expect", raw.expect, Expect::parse);
            let timeout = self.timeout(at, "timeout", raw.timeout);
            if let (Some(name), Some(query), Some(expect)) = (name, query, expect) {
                checks.push(Check { name, query, expect, timeout });
            }
        }
        checks
    }

    fn proof(&mut self, at: &str, raw: RawProof) -> Proof {
        let default = Proof::default();
        Proof {
            tables: self.list(at, "tables", raw.tables, not_blank),
            newest: self.value(at, "newest", raw.newest, not_blank),
            newest_within: self.timeout(at, "newest_within", raw.newest_within),
            statement_timeout: self
                .timeout(at, "statement_timeout", raw.statement_timeout)
                .unwrap_or(default.statement_timeout),
            lock_timeout: self.timeout(at, "lock_timeout", raw.lock_timeout).unwrap_or(default.lock_timeout),
            compare_with_source: raw.compare_with_source.unwrap_or(default.compare_with_source),
        }
    }

    fn cutover(&mut self, at: &str, raw: RawCutover) -> Cutover {
        if raw.secret_key.is_some() && !self.is_written(at, "secret") && !self.is_written(at, "secrets") {
            self.fault(&join(at, "secret_key"), "needs `secret`, the secret whose key it is");
        }
        let ids = self.secrets(at, ["secret", "secrets"], raw.secret, raw.secrets);
        let key = self.value(at, "secret_key", raw.secret_key, not_blank);
        let secrets: Vec<_> = ids.into_iter().map(|id| CutoverSecret { id, key: key.clone() }).collect();
        let rename = raw.rename.unwrap_or_default();
        let beside: Vec<&str> = ["secret", "secrets", "proxy", "dns"]
            .into_iter()
            .filter(|key| rename && self.is_written(at, key))
            .collect();
        for key in beside {
            let problem = format_args!(
                "not together with `{key}`: the endpoint keeps its name, so whatever leads to it follows by itself"
            );
            self.fault(&join(at, "rename"), problem);
        }
        let dns = raw.dns.and_then(|raw| self.dns(&join(at, "dns"), raw));
        if raw.proxy_via.is_some() && !self.is_written(at, "proxy") {
            self.fault(&join(at, "proxy_via"), "needs `proxy`, the proxy that the tunnel leads to");
        }
        let name = self.value(at, "proxy", raw.proxy, names::identifier);
        let via = self.value(at, "proxy_via", raw.proxy_via, names::host_port);
        let default = Cutover::default();
        Cutover {
            secrets,
            dns,
            proxy: name.map(|name| CutoverProxy { name, via }),
            rename,
            proof_within: self.timeout(at, "proof_within", raw.proof_within).unwrap_or(default.proof_within),
            accept_less: raw.accept_less.unwrap_or(default.accept_less),
            probation: raw.probation.unwrap_or(default.probation),
            snapshot: raw.snapshot.unwrap_or(default.snapshot),
        }
    }

    /// Secrets that are written as one, or as a list of several.
    fn secrets(&mut self, at: &str, [one, several]: [&str; 2], raw: Option<String>, raws: Vec<String>) -> Vec<String> {
        if self.is_written(at, one) && self.is_written(at, several) {
            self.fault(&join(at, several), format_args!("is written instead of `{one}`, not beside it"));
        } else if self.is_written(at, several) && raws.is_empty() {
            self.fault(&join(at, several), "names no secret");
        }
        let mut ids: Vec<String> = self.value(at, one, raw, names::secret_id).into_iter().collect();
        for id in self.list(at, several, raws, names::secret_id) {
            if ids.contains(&id) {
                self.fault(&join(at, several), format_args!("names `{id}` twice"));
            }
            ids.push(id);
        }
        ids
    }

    fn dns(&mut self, at: &str, raw: RawDns) -> Option<CutoverDns> {
        let zone = self.value(at, "zone", raw.zone, names::zone);
        let record = self.value(at, "record", raw.record, names::domain);
        if let (Some(Zone::Name(zone)), Some(record)) = (&zone, &record)
            && !record.ends_with(&format!(".{zone}"))
        {
            self.fault(&join(at, "record"), format_args!("`{record}` is not in the zone `{zone}`"));
        }
        let set_identifier = self.value(at, "set_identifier", raw.set_identifier, not_blank);
        let resolver = self.value(at, "resolver", raw.resolver, names::name_server);
        Some(CutoverDns { zone: zone?, record: record?, set_identifier, resolver })
    }

    fn fence(&mut self, at: &str, raw: RawFence) -> Fence {
        let mode = |text: &str| match text {
            "roles" => Ok(FenceMode::Roles),
            "none" => Ok(FenceMode::None),
            _ => Err("write `\"roles\"` or `\"none\"`"),
        };
        let unreachable = |text: &str| match text {
            "stop" => Ok(Unreachable::Stop),
            "go-on" => Ok(Unreachable::GoOn),
            _ => Err("write `\"stop\"` or `\"go-on\"`"),
        };
        Fence {
            mode: self.value(at, "mode", raw.mode, mode).unwrap_or(FenceMode::Roles),
            roles: self.list(at, "roles", raw.roles, not_blank),
            secret: self.value(at, "secret", raw.secret, names::secret_id),
            when_unreachable: self.value(at, "when_unreachable", raw.when_unreachable, unreachable).unwrap_or_default(),
        }
    }

    fn watch(&mut self, at: &str, raw: RawWatch) -> Watch {
        let default = Watch::default();
        let duration = self.value(at, "for", raw.duration, moment::parse_span).unwrap_or(default.duration);
        let interval = self.timeout(at, "interval", raw.interval).unwrap_or(default.interval);
        if !duration.is_zero() && interval > duration {
            let problem = format!(
                "watching for {} has no room for an interval of {}",
                moment::show_span(duration),
                moment::show_span(interval)
            );
            self.fault(&join(at, "for"), problem);
        }
        let failures = raw.failures.map_or(Some(default.failures), |failures| {
            u32::try_from(failures).ok().filter(|failures| (1..=1000).contains(failures))
        });
        if failures.is_none() {
            self.fault(&join(at, "failures"), "write a number from 1 to 1000");
        }
        let new_writes = |text: &str| match text {
            "roll-back" => Ok(NewWrites::RollBack),
            "hold" => Ok(NewWrites::Hold),
            _ => Err("write `\"roll-back\"` or `\"hold\"`"),
        };
        Watch {
            duration,
            interval,
            failures: failures.unwrap_or(default.failures),
            sql: self.list(at, "sql", raw.sql, not_blank),
            pages: self.pages(at, raw.http, raw.http_timeout, raw.pages),
            on_new_writes: self.value(at, "on_new_writes", raw.on_new_writes, new_writes).unwrap_or_default(),
        }
    }

    /// The pages that are written as an address alone, then those with more.
    fn pages(&mut self, at: &str, http: Vec<String>, timeout: Option<String>, raw: Vec<RawPage>) -> Vec<Page> {
        let most = self.timeout(at, "http_timeout", timeout).unwrap_or(LONGEST_PAGE);
        let plain = |url| Page { url, status: None, body: None, within: most };
        let mut pages: Vec<Page> = self.list(at, "http", http, probe_address).into_iter().map(plain).collect();
        for (index, raw) in raw.into_iter().enumerate() {
            let at = &format!("{}[{index}]", join(at, "pages"));
            let status = raw.status.map(|status| u16::try_from(status).ok().filter(|code| (100..600).contains(code)));
            if status == Some(None) {
                self.fault(&join(at, "status"), "write an HTTP status, from 100 to 599");
            }
            let (status, body) = (status.flatten(), self.value(at, "body", raw.body, not_blank));
            let within = self.timeout(at, "within", raw.within).unwrap_or(most);
            let url = self.value(at, "url", raw.url, probe_address);
            pages.extend(url.map(|url| Page { url, status, body, within }));
        }
        pages
    }

    /// Reads one value where it is set; a fault makes it `None`.
    fn value<T, E: fmt::Display>(
        &mut self,
        at: &str,
        key: &str,
        text: Option<String>,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match read(&text?) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.fault(&join(at, key), problem);
                None
            }
        }
    }

    fn list<T, E: fmt::Display>(
        &mut self,
        at: &str,
        key: &str,
        texts: Vec<String>,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<T> {
        let mut values = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            match read(text) {
                Ok(value) => values.push(value),
                Err(problem) => self.fault(&format!("{}[{index}]", join(at, key)), problem),
            }
        }
        values
    }

    /// Reads a duration that must not be zero.
    fn timeout(&mut self, at: &str, key: &str, text: Option<String>) -> Option<Duration> {
        let span = self.value(at, key, text, moment::parse_span)?;
        if span.is_zero() {
            self.fault(&join(at, key), "zero is not a length of time to wait");
            return None;
        }
        Some(span)
    }

    /// Whether a key is in the file, be its value right or wrong.
    fn is_written(&self, at: &str, key: &str) -> bool {
        self.places.contains_key(&join(at, key))
    }

    fn beside_file(&self, path: &str) -> PathBuf {
        self.file.parent().map_or_else(|| PathBuf::from(path), |directory| directory.join(path))
    }

    fn fault(&mut self, at: &str, problem: impl fmt::Display) {
        self.faults.push(Fault::new(self.file, self.places.get(at).copied(), at, problem));
    }
}

/// How long a page may take where nobody says.
const LONGEST_PAGE: Duration = Duration::from_secs(5);

fn not_blank(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() { Err("empty") } else { Ok(text.to_owned()) }
}

/// Checks the address of an HTTP probe. It goes into plans and journals, so it must not carry
/// a password; for the same reason a faulty one is not repeated.
fn probe_address(text: &str) -> Result<Url, &'static str> {
    const FORM: &str = "write a complete address, such as `https://api.example.com/health`";
    let url = Url::parse(text).map_err(|_| FORM)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(FORM);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an address with a user or a password in it would be stored in plans and journals: \
                    probe one that needs none");
    }
    if url.query().is_some() {
        return Err("an address with a query (`?…`), which may hold a token, would be stored in plans and journals: \
                    probe one without");
    }
    Ok(url)
}
