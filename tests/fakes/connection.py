"""One client's connection to the stand-in: reads requests, has them verified, lets faults act, writes answers."""
import http.client
import re
import select
import socket
import struct
import time
from http.server import BaseHTTPRequestHandler

import aws_hosts
import faults
import wire

MAX_BODY = 1 << 20
POLL = 0.02        # seconds between looks at a fault that waits
MAX_POUR = 600     # seconds that an endless answer lasts at most
GO_ON = object()   # said by a fault that lets the call have its effect


class StandinHandler(BaseHTTPRequestHandler):
    """self.server: world, faults, log, tls (SSLContext or None), scheme, and read_call, which makes a Call (call.py) of what
    came in. Answers go out in one send."""
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    abrupt = False     # the connection ends without TLS's goodbye

    def setup(self):
        if self.server.tls:   # here, not in accept: a silent client must hold up nobody but its own thread
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self):
        super().finish()
        if self.server.tls:
            try:
                self.request.settimeout(0)   # says goodbye, does not wait for the client's
                if not self.abrupt:
                    self.request.unwrap()
            except (OSError, ValueError):
                pass
            self.request.close()

    def do_POST(self):
        body = self._read_body()
        if body is None:
            return
        call = self.server.read_call(self.server.scheme, self.command, self.path, self.headers, body)
        entry = {"time": self.server.world.now(), "service": call.service, "action": call.action,
                 "params": call.params, "path": call.path, "host": self.headers.get("Host", ""), "peer": list(self.client_address[:2]),
                 "user_agent": self.headers.get("User-Agent", ""), "signed": "Authorization" in self.headers, "outcome": "pending", "code": "", "status": 0,
                 "fault": ""}
        with self.server.world.lock:
            self.server.log.append(entry)
        try:
            answer = self._decide(call, entry)
        except wire.Refusal as error:
            code, answer = call.refused(error)
            self._settle(entry, code=code, message=error.message or "", status=answer.status, outcome="fault" if entry["fault"] == "error" else "refused")
        if answer:
            self.wfile.write(self._head(answer) + (b"" if self.command == "HEAD" else answer.body))

    do_GET = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = do_PATCH = do_POST

    def _read_body(self):
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") or not re.fullmatch("[0-9]{1,9}", length) or int(length) > MAX_BODY:
            self.close_connection = True
            self.wfile.write(self._head(wire.Answer(400, "text/plain", "")))
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            return None
        return body

    def _settle(self, entry, **members):
        with self.server.world.lock:   # the control interface reads entries under the same lock
            entry.update(members)

    def _decide(self, call, entry):
        """Checks who asks, lets a fault act, runs the call. None: nothing (more) is to be written."""
        world, note = self.server.world, {}
        with world.lock:
            key = call.authorise(world, self.client_address[0], entry)
            complaint = aws_hosts.check(world.hosts, call, entry)
            if complaint:
                raise wire.Refusal("BadSignature", complaint)
            fault = self.server.faults.take(call.action, call.params)
            generation = self.server.faults.generation
            entry["fault"] = fault["kind"] if fault else ""
        if fault:
            answer = self._before(fault, generation, note)
            if answer is not GO_ON:
                self._settle(entry, outcome="fault", status=answer.status if answer else 0)
                return answer
        with world.lock:
            note["region"] = entry.get("region", "")
            answer = call.run(world, key, note)
            note.pop("lifetime", None)
            entry.update(note, outcome="ok", status=answer.status)
        return self._after(fault, answer) if fault else answer

    def _before(self, fault, generation, note):
        """What a fault does before the effect: its answer, None (the connection ends), or GO_ON."""
        kind = fault["kind"]
        if kind == "latency":
            self._wait(fault.get("seconds", 1), None)
        elif kind == "hold":
            self._wait(fault.get("seconds", 600), generation)
        elif kind == "hang":
            self._wait(fault.get("seconds", 600), generation)
            return self._hang_up(False)
        elif kind == "drop_before":
            return self._hang_up(fault.get("reset", False))
        elif kind == "lifetime":
            note["lifetime"] = fault.get("seconds", 1)
        elif kind == "endless":
            return self._pour(fault.get("bytes", " ").encode())
        else:
            return faults.instead(fault) or GO_ON
        return GO_ON

    def _pour(self, pattern):
        """An answer without an end, until the client has had enough (its kernel's buffers take some of it, too)."""
        self._hang_up(False)
        self.wfile.write(self._head(wire.Answer(200, "application/json", b""), endless=True))
        block = pattern * (1 + (64 << 10) // len(pattern))
        deadline = time.monotonic() + MAX_POUR
        try:
            while time.monotonic() < deadline:
                self.wfile.write(block)
        except OSError:
            pass
        return None

    def _after(self, fault, answer):
        """What a fault does to the answer of a call that had its effect."""
        kind = fault["kind"]
        if kind in faults.EDITS:
            return faults.edited(fault, answer)
        if kind == "drop_after":
            return self._hang_up(fault.get("reset", False))
        if kind == "truncate":
            self._hang_up(False)
            self.wfile.write(self._head(answer) + answer.body[:fault.get("keep", len(answer.body) // 2)])
            return None
        if kind == "dribble":
            for byte in self._head(answer) + answer.body:
                self.wfile.write(bytes([byte]))
                time.sleep(fault.get("seconds", 0.05))
            return None
        return answer

    def _wait(self, seconds, generation):
        """Until the time is over, the fault is released (another generation), or the client is gone."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and generation in (None, self.server.faults.generation):
            readable, _, _ = select.select([self.connection], [], [], min(POLL, seconds))
            if readable:   # it has nothing more to say, so it went away
                return

    def _hang_up(self, reset):
        self.close_connection = self.abrupt = True
        if reset:   # zero linger turns the close into a reset
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _head(self, answer, endless=False):
        date = self.date_time_string(self.server.world.now())
        lines = [f"HTTP/1.1 {answer.status} {http.client.responses.get(answer.status, 'Unknown')}", f"Date: {date}",
                 f"Content-Type: {answer.content_type}"]
        if not endless:
            lines.append(f"Content-Length: {len(answer.body)}")
        lines += [f"{name}: {value}" for name, value in answer.headers]
        if self.close_connection:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def log_message(self, *arguments):
        pass
