//! A terminal that can be taken away.

use std::{
    cell::RefCell,
    fs::File,
    io::Read,
    os::fd::OwnedFd,
    process::{Command, Stdio},
};

use rustix::{
    fs::{Mode, OFlags, fcntl_setfl, open},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
};

/// The near end of a terminal. Dropped, the terminal hangs up: its session gets SIGHUP, and whoever reads or writes it an error.
pub(crate) struct Pty {
    near: RefCell<File>,
    far: String,
    shown: RefCell<Vec<u8>>,
}

impl Pty {
    /// A new terminal.
    pub(crate) fn open() -> Self {
        let near: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
        grantpt(&near).expect("its rights");
        unlockpt(&near).expect("its far end");
        let far = ptsname(&near, Vec::new()).expect("its name").into_string().expect("UTF-8");
        fcntl_setfl(&near, OFlags::NONBLOCK | OFlags::RDWR).expect("reads that do not block");
        Self { near: RefCell::new(File::from(near)), far, shown: RefCell::default() }
    }

    /// The command with the far end as its standard streams.
    pub(crate) fn attach<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        let end = || {
            Stdio::from(
                open(&self.far, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())
                    .expect("open the far end"),
            )
        };
        command.stdin(end()).stdout(end()).stderr(end())
    }

    /// Takes what has been written so far, so that the writer is never held up.
    pub(crate) fn drain(&self) {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = self.near.borrow_mut().read(&mut bytes) {
            self.shown.borrow_mut().extend_from_slice(&bytes[..count]);
        }
    }

    /// All that has been taken.
    pub(crate) fn shown(&self) -> String {
        String::from_utf8_lossy(&self.shown.borrow()).into_owned()
    }
}
