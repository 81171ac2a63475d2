//! Which process holds a lease, and whether it is certainly dead.
//!
//! A process that was killed cannot give its lease up. Another process of the same machine can see that it is gone, and
//! need not wait for the lease to expire. It must be sure: the same boot of the same kernel, the same process namespace, and
//! no process, or one that started at another time, under the number.

use std::fs;

use rustix::{
    io::Errno,
    process::{Pid, test_kill_process},
};
use serde::{Deserialize, Serialize};

/// One process among all of all machines and times. Linux only; elsewhere a lease simply expires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Process {
    /// The host's name.
    host: String,
    /// The kernel's boot id: another one after every start of the machine.
    boot: String,
    /// The namespaces in which `pid` and `started` count.
    namespaces: [String; 2],
    pid: u32,
    /// When it started, in clock ticks since the boot.
    started: u64,
}

impl Process {
    /// This process, where the kernel tells all of that.
    pub(super) fn this() -> Option<Self> {
        let namespace =
            |name: &str| Some(fs::read_link(format!("/proc/self/ns/{name}")).ok()?.to_string_lossy().into_owned());
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        Some(Self {
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            boot: fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned(),
            namespaces: [namespace("pid")?, namespace("time")?],
            pid: std::process::id(),
            started: Stat::parse(&stat)?.started,
        })
    }

    /// Whether this process can see that the other one has ended.
    pub(super) fn is_dead(&self) -> bool {
        let Some(here) = Self::this() else { return false };
        if (&self.host, &self.boot, &self.namespaces) != (&here.host, &here.boot, &here.namespaces) {
            return false;
        }
        match fs::read_to_string(format!("/proc/{}/stat", self.pid)) {
            Ok(stat) => Stat::parse(&stat).is_some_and(|stat| stat.ended || stat.started != self.started),
            // Where /proc hides the processes of other users, only the kernel's own answer counts.
            Err(_) => {
                let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
                pid.is_some_and(|pid| test_kill_process(pid) == Err(Errno::SRCH))
            }
        }
    }
}

/// What is needed of `/proc/PID/stat`.
struct Stat {
    /// It has ended, and only its parent has not taken notice.
    ended: bool,
    started: u64,
}

impl Stat {
    /// See `proc(5)`: the second field is the program's name in parentheses, which may contain anything; the third is the state,
    /// the 22nd the start.
    fn parse(text: &str) -> Option<Self> {
        let (_, rest) = text.rsplit_once(')')?;
        let mut fields = rest.split_ascii_whitespace();
        let ended = matches!(fields.next()?, "Z" | "X");
        Some(Self { ended, started: fields.nth(18)?.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// This process as it would be seen with another number and start.
    fn process(pid: u32, started: u64) -> Process {
        Process { pid, started, ..Process::this().expect("Linux tells") }
    }

    fn started(pid: u32) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process that is there");
        Stat::parse(&stat).expect("a line of proc(5)").started
    }

    #[test]
    fn the_living_are_not_dead() {
        assert!(!Process::this().expect("Linux tells").is_dead());
        let parent = std::os::unix::process::parent_id();
        assert!(!process(parent, started(parent)).is_dead());
    }

    #[test]
    fn a_process_that_has_ended_is_dead_before_and_after_its_parent_knows() {
        let mut child = Command::new("cat").stdin(std::process::Stdio::piped()).spawn().expect("start cat");
        let other = process(child.id(), started(child.id()));
        assert!(!other.is_dead());
        drop(child.stdin.take());
        let ended = || fs::read_to_string(format!("/proc/{}/stat", other.pid)).expect("a zombie").contains(") Z ");
        while !ended() {
            std::thread::yield_now();
        }
        assert!(other.is_dead(), "nobody has waited for it");
        child.wait().expect("its end");
        assert!(other.is_dead());
    }

    #[test]
    fn a_number_that_another_process_has_got_is_dead() {
        let parent = std::os::unix::process::parent_id();
        assert!(process(parent, started(parent) + 1).is_dead());
    }

    #[test]
    fn of_processes_elsewhere_nothing_is_known() {
        // No process has so great a number, so this one would be dead.
        let gone = process(u32::from(u16::MAX) << 15, 1);
        assert!(gone.is_dead());
        assert!(!Process { host: "elsewhere".to_owned(), ..gone.clone() }.is_dead());
        assert!(!Process { boot: "another".to_owned(), ..gone.clone() }.is_dead());
        let namespaces = ["pid:[1]".to_owned(), gone.namespaces[1].clone()];
        assert!(!Process { namespaces, ..gone }.is_dead());
    }

    #[test]
    fn a_program_may_have_any_name() {
        let stat = "7 (a) Z 1 (b) R) S 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4711 2 3";
        let stat = Stat::parse(stat).expect("a line of proc(5)");
        assert_eq!((stat.ended, stat.started), (false, 4711));
        assert!(Stat::parse("7 (cut").is_none() && Stat::parse("").is_none() && Stat::parse("7 (x) S 1").is_none());
    }
}
