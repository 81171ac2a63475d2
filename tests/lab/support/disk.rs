//! A file system of a few pages, or a few files, for the state.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use rustix::process::getuid;

/// A tmpfs; unmounted in the end.
pub(crate) struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts one at `place` with tmpfs's `options`; none where this process may not mount anything.
    pub(crate) fn mount(place: PathBuf, options: &str) -> Option<Self> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(&place)
            .output()
            .expect("start mount");
        assert!(mounted.status.success() || !getuid().is_root() || !can_mount(), "root cannot mount a tmpfs");
        mounted.status.success().then_some(Self(place))
    }

    /// Where it is.
    pub(crate) fn place(&self) -> &Path {
        &self.0
    }

    /// Takes all the room there is; the file that takes it.
    pub(crate) fn fill(&self) -> PathBuf {
        let ballast = self.0.join("ballast");
        // The last write is the one that fails, and everything before it stays.
        let _ = fs::write(&ballast, vec![0; 1 << 20]);
        ballast
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// Whether this root may mount at all: that of a container may not.
fn can_mount() -> bool {
    const CAP_SYS_ADMIN: u32 = 21;
    let status = fs::read_to_string("/proc/self/status").expect("what this process may do");
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:")).expect("its capabilities").trim();
    u64::from_str_radix(effective, 16).expect("hexadecimal") >> CAP_SYS_ADMIN & 1 == 1
}
