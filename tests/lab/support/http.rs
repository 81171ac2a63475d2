//! One HTTP request, for the lab's control endpoints and for the one AWS service that no client here speaks.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

/// Sends a request to `endpoint` (`http://HOST:PORT`); status and body of the answer.
pub(crate) fn request(
    endpoint: &str,
    method: &str,
    path: &str,
    headers: &[(String, String)],
    body: &str,
) -> (u16, String) {
    let authority = endpoint.strip_prefix("http://").expect("the lab is plain HTTP");
    let mut head = format!("{method} {path} HTTP/1.0\r\nHost: {authority}\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut stream = TcpStream::connect(authority).expect("connect to the lab");
    stream.write_all(format!("{head}\r\n{body}").as_bytes()).expect("send the request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("read the answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, body.to_owned())
}
