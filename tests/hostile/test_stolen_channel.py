#!/usr/bin/python3
"""A descriptor of a channel between two of Sentinel's own processes, in the hands of another: taken while they could still be
read, by pidfd_getfd. Root takes it here, in the test's place, and gives it to a process of the run's own user."""
import ctypes
import json
import os
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from puppet import SYS_PIDFD_GETFD, SYS_PIDFD_OPEN  # noqa: E402
from scene import HostileTest, main, needs_root  # noqa: E402

CONTROL, BROKER = 3, 4  # in the frontend; the broker has its control channel at 3, too
DONE = b"\x0e\x00" + (1).to_bytes(4, "little") + b"\x01"  # what the broker would say of a request


def steal(pid, number):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    handle = libc.syscall(SYS_PIDFD_OPEN, pid, 0)
    taken = libc.syscall(SYS_PIDFD_GETFD, handle, number, 0)
    os.close(handle)
    if taken < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    try:
        return socket.socket(fileno=taken)
    except OSError:
        os.close(taken)
        raise


@needs_root
class StolenChannel(HostileTest):
    def use(self, channel, packet):
        """The thief: a process of the user's that sends `packet`. Its pid."""
        child = os.fork()
        if child == 0:
            try:
                os.setgroups([])
                os.setresgid(self.user.gid, self.user.gid, self.user.gid)
                os.setresuid(self.user.uid, self.user.uid, self.user.uid)
                channel.send(packet)
                os._exit(0)
            finally:
                os._exit(1)
        self.assertEqual(0, os.waitpid(child, 0)[1])
        return child

    def thief(self, helper, number, packet):
        stage = self.stage()
        self.assert_served(stage.order("fetch"))
        with steal(stage.helpers()[helper], number) as channel:
            thief = self.use(channel, packet)
            stage.end_by_itself()
        self.assertIn(f"a packet of process {thief} of user {self.user.uid} came on the channel of process", stage.run.stderr)
        return stage, thief

    def test_of_the_frontends_to_the_broker_ends_the_run_and_is_in_the_log(self):
        for packet in (b"\xff\xff", b"", b"\x0d\x00" + bytes(10)):
            with self.subTest(packet):
                stage, thief = self.thief("frontend", BROKER, packet)
                self.assertIn("another process uses a channel between Sentinel's own", stage.run.stderr)
                line = stage.last()
                self.assertEqual(("refused", "channel-stranger", thief, self.user.uid),
                                 (line["outcome"], line["check"], line["peer_pid"], line["peer_uid"]))

    def test_of_the_frontends_to_the_supervisor_ends_the_run(self):
        stage, _ = self.thief("frontend", CONTROL, b"\x0a\x00")
        self.assertIn("another process uses the channel of the frontend", stage.run.stderr)

    def test_of_the_brokers_to_the_supervisor_ends_the_run(self):
        notice = b"\x09\x00\x01" + (5).to_bytes(4, "little") + b"howdy"
        stage, _ = self.thief("broker", CONTROL, notice)
        self.assertIn("another process uses the channel of the broker", stage.run.stderr)
        self.assertNotIn("howdy", stage.run.stderr)

    def test_of_the_brokers_to_the_frontend_ends_the_run(self):
        stage = self.stage()
        self.assert_served(stage.order("fetch"))
        broker = stage.helpers()["broker"]
        used = 0
        for number in os.listdir(f"/proc/{broker}/fd"):
            try:
                channel = steal(broker, int(number))
            except OSError:
                continue  # a connection, gone meanwhile, or no socket
            with channel:
                # The witness's and the posture reader's are packets, too, but of a pair that tells no sender.
                if int(number) != CONTROL and channel.type == socket.SOCK_SEQPACKET and \
                        channel.getsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED):
                    self.use(channel, DONE)
                    used += 1
        self.assertEqual(1, used)
        stage.end_by_itself()
        self.assertIn("another process uses the channel of the frontend: the run ends", stage.run.stderr)


if __name__ == "__main__":
    main()
