//! A forwarder of TCP connections: the local end of a tunnel, or a service seen through altered glass.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

type Glass = dyn Fn(Vec<u8>) -> Vec<u8> + Send + Sync;
type Target = dyn Fn() -> Option<SocketAddr> + Send + Sync;

/// Forwards what connects to it, for as long as the process lives.
pub(crate) struct Forwarder {
    pub(crate) port: u16,
    connections: Arc<AtomicUsize>,
}

impl Forwarder {
    /// Forwards to `target` unaltered.
    pub(crate) fn to(target: SocketAddr) -> Self {
        Self::through(target, |bytes| bytes)
    }

    /// Forwards to `target`; what comes back passes through `glass`, in the pieces in which it is sent.
    pub(crate) fn through(target: SocketAddr, glass: impl Fn(Vec<u8>) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::start(Arc::new(move || Some(target)), Arc::new(glass))
    }

    /// Forwards to wherever `target` says at the time of each connection, and nowhere while it does not know.
    pub(crate) fn following(target: impl Fn() -> Option<SocketAddr> + Send + Sync + 'static) -> Self {
        Self::start(Arc::new(target), Arc::new(|bytes| bytes))
    }

    fn start(target: Arc<Target>, glass: Arc<Glass>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::Relaxed);
                let Some(Ok(server)) = target().map(TcpStream::connect) else { continue };
                let (from_client, to_server) =
                    (client.try_clone().expect("a handle"), server.try_clone().expect("a handle"));
                let glass = Arc::clone(&glass);
                thread::spawn(move || copy(from_client, to_server, &|bytes| bytes));
                thread::spawn(move || copy(server, client, &*glass));
            }
        });
        Self { port, connections }
    }

    /// How many connections were made through it.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

/// Copies until one side closes; whole answers of a service that answers at once come in one piece.
fn copy(mut from: TcpStream, mut to: TcpStream, glass: &Glass) {
    let mut buffer = vec![0; 1 << 20];
    while let Ok(read) = from.read(&mut buffer) {
        if read == 0 || to.write_all(&glass(buffer[..read].to_vec())).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
