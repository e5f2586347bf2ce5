#!/usr/bin/python3
"""A frontend that was taken over cannot read or redirect what the broker writes to a client
(broker/caller/KERNEL.md, facts 1 and 2): with the real filter each such call is its last, and behind the filter stands
the broker's own second line. That the tricks work on this kernel where nothing prevents them is shown, too.
"""
import ctypes
import os
import socket
import struct
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from scene import main, wait_until  # noqa: E402
from harness import SANITIZED  # noqa: E402
from taken_over import TakenOver  # noqa: E402

SIGSYS = "killed by signal 31"


class ReadingTheAnswer(TakenOver):
    """With the real filter each of these calls is the caller's last."""
    CALLS = ["recvmsg-errqueue", "recvmsg-errqueue-as-allowed", "recvfrom-errqueue", "recvfrom-blocking", "recvmmsg",
             "read", "readv", "splice", "junk-flags", "timestamping", "timestamping-new", "nodelay", "repair",
             "connect-nowhere", "connect-elsewhere", "sendto-elsewhere", "sendmsg-zerocopy", "sendmsg-fastopen",
             "unsent-bytes", "getsockopt-other", "fcntl", "dup", "socket", "socketpair", "bind", "listen", "pidfd-open",
             "pidfd-getfd", "ptrace", "vm-readv", "open", "openat2", "memfd", "fork", "clone3", "execve", "io-uring",
             "unshare", "kill", "prctl", "executable-page", "mprotect", "write", "bpf"]

    def test_every_forbidden_call_ends_in_sigsys_and_a_new_frontend_serves(self):
        calls = [name for name in self.CALLS if name != "write" or not SANITIZED]  # a sanitizer writes its report
        for group in self.chunks(calls):
            stage = self.hostile(transport="tcp")
            survived = {}
            for name in group:
                answer = self.attack(stage, "call/" + name)
                if answer["status"]:
                    survived[name] = answer["body"]
                self.assert_still_serves(stage)
            stage.end()
            self.assertEqual({}, survived, "calls that returned")
            self.assertEqual(len(group), stage.run.stderr.count(SIGSYS), stage.run.stderr)

    def test_the_frontends_own_duplicate_shows_nothing_of_the_answer(self):
        for transport in ("unix", "tcp"):
            with self.subTest(transport):
                stage = self.hostile(transport=transport)
                self.assert_served(stage.order("fetch", path="/attack/listen/plainly"))
                self.assertEqual("done, closed 1; heard 0 bytes: ", self.attack(stage, "result")["body"])
                stage.end()


class BehindTheFilter(TakenOver):
    """The broker's own second line, shown with a frontend whose filter (against all rules) forbids nothing."""

    def test_the_trick_works_here_when_nobody_prevents_it(self):
        stage = self.hostile("lax", transport="tcp")
        stage.order("fetch", path="/attack/show-trick")
        said = self.attack(stage, "result")["body"]
        if "canary" not in said:
            self.skipTest("this kernel loops nothing back (tstamp_allow_data)")
        stage.end()

    def test_the_broker_stops_timestamping_before_it_writes(self):
        stage = self.hostile("lax", transport="tcp")
        self.assert_served(stage.order("fetch", path="/attack/listen/timestamping"))
        self.assertIn("error queue -1", self.attack(stage, "result")["body"])
        stage.end()

    def test_a_connection_led_elsewhere_gets_nothing(self):
        stage = self.hostile("lax", transport="tcp")
        answer = stage.order_last("fetch", path="/attack/listen/redirect")
        self.assertNotEqual(200, answer["status"])
        wait_until(stage.log, "the decision")  # the client saw the end of its connection before there was one
        self.assertEqual("refused", stage.last()["outcome"])
        self.attack(stage, "result")
        self.assert_still_serves(stage)
        stage.end()


class ControlOnPlainSockets(unittest.TestCase):
    """What the tests above prevent does work on this kernel between two ordinary processes; else they prove nothing."""

    def pair(self):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            client = socket.create_connection(listener.getsockname())
            server, _ = listener.accept()
        self.addCleanup(client.close)
        self.addCleanup(server.close)
        return client, server

    def write_in_another_process(self, server):
        child = os.fork()
        if child == 0:
            server.send(b"secret-of-the-broker")
            os._exit(0)
        os.waitpid(child, 0)

    def test_an_unfiltered_holder_reads_what_another_process_wrote(self):
        client, server = self.pair()
        server.setsockopt(socket.SOL_SOCKET, 37, struct.pack("i", 1 << 1 | 1 << 4 | 1 << 8))  # SO_TIMESTAMPING
        self.write_in_another_process(server)

        def looped_back():
            try:
                return server.recv(4096, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
            except BlockingIOError:
                return None
        try:
            data = wait_until(looped_back, "the looped packet", patience=2)
        except AssertionError:
            self.skipTest("this kernel loops nothing back (tstamp_allow_data)")
        self.assertIn(b"secret-of-the-broker", data)

    def test_an_unfiltered_holder_redirects_what_another_process_writes(self):
        client, server = self.pair()
        with socket.socket() as evil:
            evil.bind(("127.0.0.1", 0))
            evil.listen()
            libc_connect_nowhere(server)
            server.connect(evil.getsockname())
            caught, _ = evil.accept()
            with caught:
                self.write_in_another_process(server)
                self.assertEqual(b"secret-of-the-broker", caught.recv(100))


def libc_connect_nowhere(sock):
    libc = ctypes.CDLL(None, use_errno=True)
    address = struct.pack("H14x", socket.AF_UNSPEC)
    if libc.connect(sock.fileno(), address, len(address)) != 0:
        raise OSError(ctypes.get_errno(), "connect(AF_UNSPEC)")


if __name__ == "__main__":
    main()
