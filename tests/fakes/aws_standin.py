#!/usr/bin/python3
"""A local AWS for tests and the demo: STS and SSM, every SigV4 signature verified with botocore's own signer.

  aws_standin.py [--port 0] [--ready-file F] [--tls --ca-out F] [--config WORLD.json]

Prints one line, its URL, when it serves; --ready-file gets the same as JSON {url, control_url, ca_file, pid}, whole or
not at all. Ends with its parent. What account it plays: world.py. What can be made to go wrong: faults.py.
How tests start and steer it: standin_client.py.
"""
import argparse
import ctypes
import http.client
import json
import os
import re
import select
import shutil
import signal
import socket
import ssl
import struct
import sys
import tempfile
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import faults as fault_kinds  # noqa: E402
import sigv4_check  # noqa: E402
import ssm_actions  # noqa: E402
import sts_actions  # noqa: E402
import throwaway_ca  # noqa: E402
import wire  # noqa: E402
from control import Control, ControlHandler  # noqa: E402
from world import World  # noqa: E402

MAX_BODY = 1 << 20
PR_SET_PDEATHSIG = 1
STS_VERSION = "2011-06-15"


class Call:
    """One request as read from the wire: which service, which action, with which parameters."""

    def __init__(self, handler, body):
        self.method, self.path, self.headers, self.body = handler.command, handler.path, handler.headers, body
        self.url = f"{handler.server.scheme}://{handler.headers.get('Host', '')}{handler.path}"
        target = self.headers.get("X-Amz-Target")
        self.service = "sts" if target is None else "ssm"
        self.action, self.params, self.malformed = "", {}, None
        self._read_ssm(target) if target is not None else self._read_sts()

    def _read_sts(self):
        query = urllib.parse.urlsplit(self.path).query
        text = self.body.decode("utf-8", "replace") if self.method == "POST" else query
        pairs = urllib.parse.parse_qsl(text, keep_blank_values=True)
        self.params = dict(pairs)
        self.action = self.params.pop("Action", "")
        version = self.params.pop("Version", None)
        if len(self.params) + (version is not None) + bool(self.action) != len(pairs):
            self.malformed = wire.Refusal("MalformedQueryString", "A parameter is given more than once.")
        elif self.action not in sts_actions.ACTIONS or version != STS_VERSION:
            self.malformed = wire.Refusal("UnknownAction", f"Could not find operation {self.action or '(none)'} for "
                                                           f"version {version or 'NO_VERSION_SPECIFIED'}")

    def _read_ssm(self, target):
        prefix, _, self.action = target.partition(".")
        content_type = self.headers.get("Content-Type", "")
        if prefix != "AmazonSSM" or self.action not in ssm_actions.ACTIONS or self.method != "POST":
            self.malformed = wire.Refusal("UnknownAction")
        elif content_type != "application/x-amz-json-1.1":
            self.malformed = wire.Refusal("UnknownAction", f"not a content type of SSM: {content_type}")
        try:
            self.params = json.loads(self.body)
        except ValueError:
            self.params = None
        if not isinstance(self.params, dict):
            self.params, self.malformed = {}, wire.Refusal("SerializationException")

    def run(self, world, key, note):
        if self.malformed:
            raise self.malformed
        actions = sts_actions.ACTIONS if self.service == "sts" else ssm_actions.ACTIONS
        return actions[self.action](world, key, self.params, note)


class AwsHandler(BaseHTTPRequestHandler):
    """One connection of a client. Answers go out in one send."""
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        if self.server.tls:   # here, not in accept: a silent client must hold up nobody but its own thread
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def do_POST(self):
        body = self._read_body()
        if body is None:
            return
        call = Call(self, body)
        entry = {"time": self.server.world.now(), "service": call.service, "action": call.action,
                 "params": call.params, "path": call.path, "peer": list(self.client_address[:2]),
                 "user_agent": self.headers.get("User-Agent", ""), "outcome": "refused", "code": "", "fault": ""}
        try:
            answer = self._decide(call, entry)
        except wire.Refusal as error:
            answer = wire.refusal(call.service, error)
            entry["code"], entry["message"] = error.code_and_status(call.service)[0], error.message
            entry["status"] = answer.status
            self._log(entry)
        if answer:
            self._send(answer, entry)

    do_GET = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = do_PATCH = do_POST

    def _read_body(self):
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") or not re.fullmatch("[0-9]{1,9}", length) or int(length) > MAX_BODY:
            self.close_connection = True
            self._write(wire.Answer(413 if length.isdigit() else 400, "text/plain", "request body not acceptable\n"))
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            return None
        return body

    def _log(self, entry):
        with self.server.world.lock:
            self.server.log.append(entry)

    def _decide(self, call, entry):
        """Checks the signature, lets a fault act, runs the call. None: the connection is simply to be closed."""
        world, faults = self.server.world, self.server.faults
        with world.lock:
            key = sigv4_check.verify(world, call.service, call.method, call.url, call.headers, call.body, entry)
            fault = faults.take(call.action, call.params)
            generation = faults.generation
        note = {"region": entry["region"]}
        if fault:
            entry["fault"], entry["outcome"] = fault["kind"], "fault"
            answer = self._before(fault, generation, entry, note)
            if answer is not Ellipsis:
                self._log(entry)
                return answer
        with world.lock:
            answer = call.run(world, key, note)
            note.pop("lifetime", None)
            entry.update(note, outcome="ok" if entry["outcome"] == "refused" else "fault", status=answer.status)
            self.server.log.append(entry)
        return self._after(fault, answer) if fault else answer

    def _before(self, fault, generation, entry, note):
        """The part of a fault that comes before the effect: an answer, None (close), or Ellipsis (go on)."""
        kind = fault["kind"]
        if kind == "latency":
            time.sleep(fault.get("seconds", 1))
            entry["outcome"] = "refused"   # late, but decided as ever
        elif kind == "lifetime":
            note["lifetime"] = fault.get("seconds", 1)
            entry["outcome"] = "refused"
        elif kind == "hang":
            self._hang(fault.get("seconds", 600), generation)
            return self._hang_up(False)
        elif kind == "drop_before":
            return self._hang_up(fault.get("reset", False))
        else:
            answer = fault_kinds.instead(fault)
            if answer:
                entry["status"] = answer.status
                return answer
        return Ellipsis

    def _after(self, fault, answer):
        """The part of a fault that comes after the effect."""
        if fault["kind"] == "drop_after":
            return self._hang_up(fault.get("reset", False))
        if fault["kind"] == "truncate":
            self.close_connection = True
            keep = fault.get("keep", len(answer.body) // 2)
            self.wfile.write(self._head(answer) + answer.body[:keep])
            return None
        if fault["kind"] == "dribble":
            for byte in self._head(answer) + answer.body:
                self.wfile.write(bytes([byte]))
                time.sleep(fault.get("seconds", 0.05))
            return None
        return answer

    def _hang(self, seconds, generation):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.server.faults.generation == generation:
            readable, _, _ = select.select([self.connection], [], [], 0.05)
            if readable:   # the client is gone (it has nothing more to say)
                return

    def _hang_up(self, reset):
        self.close_connection = True
        if reset:   # zero linger turns the close into a reset
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _head(self, answer):
        date = self.date_time_string(self.server.world.now())
        lines = [f"HTTP/1.1 {answer.status} {http.client.responses.get(answer.status, 'Unknown')}", f"Date: {date}",
                 f"Content-Type: {answer.content_type}", f"Content-Length: {len(answer.body)}"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        if self.close_connection:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _send(self, answer, entry):
        self._write(answer)

    def _write(self, answer):
        self.wfile.write(self._head(answer) + (b"" if self.command == "HEAD" else answer.body))

    def log_message(self, *arguments):
        pass


class Server(ThreadingHTTPServer):
    """Listens on 127.0.0.1 only, one thread per connection."""
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port, handler, **members):
        for name, value in members.items():
            setattr(self, name, value)
        super().__init__(("127.0.0.1", port), handler)

    def handle_error(self, request, client_address):
        error = sys.exc_info()[1]
        if not isinstance(error, (OSError, ssl.SSLError, ValueError)):   # a peer that went away is no news
            super().handle_error(request, client_address)


def end_with_parent():
    """The kernel ends this process when its parent does. Meant is the thread that started it, see prctl(2)."""
    parent = os.getppid()
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        sys.exit(1)


def tls_context(ca_out):
    directory = tempfile.mkdtemp(prefix="aws-standin-")
    try:
        ca, certificate, key = throwaway_ca.make(directory)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        shutil.copyfile(ca, ca_out)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return context


def write_whole(path, text):
    """Nobody who waits for the file sees half of it."""
    with open(path + ".part", "w") as file:
        file.write(text)
    os.rename(path + ".part", path)


def parse_arguments():
    parser = argparse.ArgumentParser(description="A local STS and SSM that verifies every signature.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--ready-file")
    parser.add_argument("--config", help="JSON file, see world.py; without it the default world")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--ca-out", help="where the certificate of the throw-away CA is written")
    arguments = parser.parse_args()
    if arguments.tls != bool(arguments.ca_out):
        parser.error("--tls and --ca-out go together")
    return arguments


def main():
    end_with_parent()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    arguments = parse_arguments()
    config = None
    if arguments.config:
        with open(arguments.config) as file:
            config = json.load(file)
    world, faults, log = World(config), fault_kinds.Faults(), []
    tls = tls_context(arguments.ca_out) if arguments.tls else None
    server = Server(arguments.port, AwsHandler, world=world, faults=faults, log=log, tls=tls,
                    scheme="https" if tls else "http")
    control = Server(arguments.control_port, ControlHandler, control=Control(world, faults, log))
    threading.Thread(target=control.serve_forever, daemon=True).start()
    url = f"{server.scheme}://127.0.0.1:{server.server_port}"
    ready = {"url": url, "control_url": f"http://127.0.0.1:{control.server_port}", "ca_file": arguments.ca_out,
             "pid": os.getpid()}
    if arguments.ready_file:
        write_whole(arguments.ready_file, json.dumps(ready))
    print(url, flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
