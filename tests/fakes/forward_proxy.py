"""A company's proxy: the only way out, to every host of AWS at once. CONNECT to one of them leads to the stand-in.

A request in plain (GET http://...) is refused with 403 and logged as action "Plain": nothing of ours may travel so. Both
actions stand in the log under the service "proxy", with params {host, port}. control.proxy(password="user:secret") demands
that; faults of action CONNECT: status, hang, latency, drop_before.
"""
import base64
import select
import socket
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler

import aws_hosts

BLOCK = 1 << 16


def pump(one, other):
    """Copies both ways until either side has ended."""
    other_of = {one: other, other: one}
    while True:
        for readable in select.select([one, other], [], [])[0]:
            data = readable.recv(BLOCK)
            if not data:
                return
            other_of[readable].sendall(data)


class ProxyHandler(BaseHTTPRequestHandler):
    """self.server: world, faults, log, and ports ({listener: port})."""
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_CONNECT(self):
        host, _, port = self.path.rpartition(":")
        entry = self._logged("CONNECT", host, port)
        port = self._port(host, port)
        if not self._permitted():
            self._refuse(entry, 407, [("Proxy-Authenticate", 'Basic realm="ledger"')])
        elif port is None:
            self._refuse(entry, 502)
        elif self._let_through(entry):
            self._connect(entry, port)

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        self._refuse(self._logged("Plain", url.hostname or "", url.port or 80), 403)

    do_POST = do_PUT = do_HEAD = do_DELETE = do_GET

    def _logged(self, action, host, port):
        entry = {"time": self.server.world.now(), "service": "proxy", "action": action,
                 "params": {"host": host, "port": str(port)}, "path": self.path, "peer": list(self.client_address[:2]),
                 "user_agent": self.headers.get("User-Agent", ""), "outcome": "pending", "code": "", "status": 0, "fault": ""}
        with self.server.world.lock:
            self.server.log.append(entry)
        return entry

    def _port(self, host, port):
        """Which of our listeners plays that host; what is on this machine anyway is itself."""
        if host in self.server.world.hosts and port == "443":
            return self.server.ports["aws"]
        if aws_hosts.GATEWAY.fullmatch(host) and port == "443":
            return self.server.ports["tvm"]
        return int(port) if host in ("127.0.0.1", "localhost") and port.isdigit() else None

    def _permitted(self):
        wanted = self.server.world.proxy_password
        sent = self.headers.get("Proxy-Authorization", "")
        return wanted is None or sent == "Basic " + base64.b64encode(wanted.encode()).decode()

    def _let_through(self, entry):
        """False: a fault came instead."""
        with self.server.world.lock:
            fault = self.server.faults.take("CONNECT", entry["params"])
            entry["fault"] = fault["kind"] if fault else ""
        kind = fault["kind"] if fault else None
        if kind in ("latency", "hang"):
            time.sleep(fault.get("seconds", 1 if kind == "latency" else 600))
        if kind == "status":
            self._refuse(entry, fault.get("status", 503), outcome="fault")
        self.close_connection = True
        return kind in (None, "latency")

    def _connect(self, entry, port):
        with socket.create_connection(("127.0.0.1", port)) as onward:
            with self.server.world.lock:
                entry.update(outcome="ok", status=200)
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            try:
                pump(self.connection, onward)
            except OSError:
                pass

    def _refuse(self, entry, status, headers=(), outcome="refused"):
        with self.server.world.lock:
            entry.update(outcome=outcome, status=status)
        self.close_connection = True
        self.send_response(status)
        for name, value in [*headers, ("Content-Length", "0"), ("Connection", "close")]:
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *arguments):
        pass
