//! A web site of the application: one address that a watch asks, which can break.

use std::{
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

/// Serves until the process ends.
pub(crate) struct Site {
    pub(crate) address: String,
    broken: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

impl Site {
    /// A site that answers 200 until it is broken, then 503.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = format!("http://{}/health", listener.local_addr().expect("its address"));
        let (broken, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (state, count) = (Arc::clone(&broken), Arc::clone(&asked));
        thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                let request = BufReader::new(client.try_clone().expect("a handle"));
                request.lines().map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
                count.fetch_add(1, Ordering::Relaxed);
                let status = if state.load(Ordering::Relaxed) { "503 Service Unavailable" } else { "200 OK" };
                // A probe that has gone away needs no answer.
                let _ = write!(client, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            }
        });
        Self { address, broken, asked }
    }

    /// From now on it answers 503.
    pub(crate) fn breaks(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}
