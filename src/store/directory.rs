//! Journals as files: `runs/RUN/000000.json`, `000001.json`, …
//!
//! A record is written to a temporary file, made durable, and then linked to its name: the link either appears whole or
//! not at all, and fails when the name is taken. So a record is never torn by the death of its writer, and record n is
//! created once. Documents that are no run's are written in the same way, and stand beside `runs`. The lease is a lock of the operating system on `runs/RUN/lease`: it ends with the process that holds it,
//! so a killed run can be resumed at once.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use async_trait::async_trait;

use crate::run::{
    id::RunId,
    store::{Document, Holder, Lease, Store, StoreError},
};

/// Keeps journals under one directory.
#[derive(Debug, Clone)]
pub struct DirectoryStore {
    root: PathBuf,
}

impl DirectoryStore {
    /// A store under `root`, which is made when the first record is written.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn runs_directory(&self) -> PathBuf {
        self.root.join("runs")
    }

    fn directory(&self, run: &RunId) -> PathBuf {
        self.runs_directory().join(run.as_str())
    }
}

fn file_name(number: u64) -> String {
    format!("{number:06}.json")
}

fn io_error(doing: impl Into<String>, place: &Path, source: io::Error) -> StoreError {
    StoreError::Io { doing: doing.into(), place: place.display().to_string(), source }
}

fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Writes a file whole and durably, unless there is one; whether there was none.
fn write_once(directory: &Path, path: &Path, bytes: &[u8]) -> io::Result<bool> {
    // No two writers share a temporary file, not even two of one process id on two hosts.
    let temporary = directory.join(format!(".writing.{:016x}", fastrand::u64(..)));
    make_directory(directory)?;
    let linked = write_new(&temporary, bytes).and_then(|()| fs::hard_link(&temporary, path));
    let removed = fs::remove_file(&temporary);
    match linked {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
        Err(error) => return Err(error),
    }
    removed.and_then(|()| sync_directory(directory))?;
    Ok(true)
}

/// The files in a directory and all below it, by their paths below `root`.
fn files(directory: &Path, root: &Path, found: &mut Vec<String>) -> io::Result<()> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            files(&entry.path(), root, found)?;
        } else if let Some(path) = entry.path().strip_prefix(root).ok().and_then(Path::to_str) {
            found.push(path.to_owned());
        }
    }
    Ok(())
}

/// Makes the names in a directory durable.
fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[async_trait]
impl Store for DirectoryStore {
    async fn check(&self) -> Result<(), StoreError> {
        let runs = self.runs_directory();
        let failed = |source| io_error("prepare the state directory", &runs, source);
        make_directory(&runs).map_err(failed)?;
        let probe = runs.join(format!(".writable-{}", std::process::id()));
        let written = write_new(&probe, &[b' '; 4096]);
        let removed = fs::remove_file(&probe);
        written.and(removed).map_err(|source| io_error("write to the state directory", &self.root, source))
    }

    async fn create(&self, run: &RunId, number: u64, bytes: &[u8]) -> Result<(), StoreError> {
        let directory = self.directory(run);
        let path = directory.join(file_name(number));
        let failed = |source| io_error(format!("write record {number} of run {run} to"), &path, source);
        if !write_once(&directory, &path, bytes).map_err(failed)? {
            return Err(StoreError::Exists { run: run.clone(), number });
        }
        if number == 0 {
            let runs = self.runs_directory();
            sync_directory(&runs).and_then(|()| sync_directory(&self.root)).map_err(failed)?;
        }
        Ok(())
    }

    async fn read(&self, run: &RunId) -> Result<Vec<Vec<u8>>, StoreError> {
        let directory = self.directory(run);
        let failed = |source| io_error(format!("read the journal of run {run} in"), &directory, source);
        let mut numbers = Vec::new();
        match fs::read_dir(&directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
            Ok(entries) => {
                for entry in entries {
                    let name = entry.map_err(failed)?.file_name();
                    let number = name
                        .to_str()
                        .and_then(|name| name.strip_suffix(".json"))
                        .and_then(|stem| stem.parse::<u64>().ok());
                    numbers.extend(number);
                }
            }
        }
        numbers.sort_unstable();
        if numbers.is_empty() {
            return Err(StoreError::NoSuchRun { run: run.clone(), place: self.place() });
        }
        let mut records = Vec::with_capacity(numbers.len());
        for (expected, number) in (0..).zip(numbers) {
            if number != expected {
                return Err(StoreError::Missing {
                    run: run.clone(),
                    number: expected,
                    place: directory.display().to_string(),
                });
            }
            records.push(fs::read(directory.join(file_name(number))).map_err(failed)?);
        }
        Ok(records)
    }

    async fn runs(&self) -> Result<Vec<RunId>, StoreError> {
        let directory = self.runs_directory();
        let failed = |source| io_error("list the runs in", &directory, source);
        let mut runs = Vec::new();
        match fs::read_dir(&directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
            Ok(entries) => {
                for entry in entries {
                    let entry = entry.map_err(failed)?;
                    // A directory without a first record is a run that never began.
                    if entry.path().join(file_name(0)).exists() {
                        runs.extend(entry.file_name().to_str().and_then(|name| name.parse::<RunId>().ok()));
                    }
                }
            }
        }
        runs.sort_unstable();
        Ok(runs)
    }

    async fn lease(&self, run: &RunId, holder: &Holder) -> Result<Box<dyn Lease>, StoreError> {
        let directory = self.directory(run);
        let path = directory.join("lease");
        let failed = |source| io_error(format!("take the lease of run {run} in"), &path, source);
        make_directory(&directory).map_err(failed)?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {
                let text = holder.to_string();
                let written =
                    file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(text.as_bytes()));
                written.map_err(failed)?;
                Ok(Box::new(FileLease { _locked: file }))
            }
            Err(TryLockError::WouldBlock) => {
                let mut by = String::new();
                let read = file.read_to_string(&mut by);
                let known = read.is_ok() && !by.is_empty();
                let by = if known { by } else { "another process".to_owned() };
                Err(StoreError::Held { run: run.clone(), by, heard: None })
            }
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    async fn keep(&self, document: &Document, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.root.join(document.path());
        let directory = path.parent().unwrap_or(&self.root);
        let failed = |source| io_error("keep", &path, source);
        if !write_once(directory, &path, bytes).map_err(failed)? {
            return Err(StoreError::Taken { document: document.path(), place: self.place() });
        }
        let above = directory.ancestors().skip(1).take_while(|above| above.starts_with(&self.root));
        above.into_iter().try_for_each(sync_directory).map_err(failed)
    }

    async fn kept(&self, shelf: &str) -> Result<Vec<Document>, StoreError> {
        let directory = self.root.join(shelf);
        let mut paths = Vec::new();
        let listed = files(&directory, &self.root, &mut paths);
        listed.map_err(|source| io_error("list what is kept in", &directory, source))?;
        let mut documents: Vec<Document> = paths.iter().filter_map(|path| Document::at(path)).collect();
        documents.sort_unstable();
        Ok(documents)
    }

    async fn document(&self, document: &Document) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.root.join(document.path());
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(io_error("read", &path, source)),
        }
    }

    fn place(&self) -> String {
        self.root.display().to_string()
    }
}

/// Holds the lock for as long as the file is open.
struct FileLease {
    _locked: File,
}

#[async_trait]
impl Lease for FileLease {
    /// The operating system takes the lock from nobody who lives.
    async fn confirm(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn release(self: Box<Self>) {}
}
