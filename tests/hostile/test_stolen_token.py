#!/usr/bin/python3
"""A token taken from the command's environment is worth nothing outside the command's tree: the kernel says who calls."""
import array
import json
import os
import re
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import puppet  # noqa: E402
from scene import (AS_ROOT, PATIENCE, PYTHON, HostileTest, OrdinaryUser, free_port, main, needs_root,  # noqa: E402
                   wait_until)


class StolenToken(HostileTest):
    def steal(self, transport, check, **thief):
        stage = self.stage(transport=transport)
        self.assert_served(stage.order("fetch"))
        self.assert_refused(self.as_stranger("fetch", stage.stolen(), **thief))
        self.assertEqual(("refused", check), (stage.last()["outcome"], stage.last()["check"]))
        self.assert_still_serves(stage)
        self.assertEqual(0, stage.end().code)

    def test_same_user_outside_the_tree_is_refused_over_unix(self):
        self.steal("unix", "peer-outside-tree")

    def test_same_user_outside_the_tree_is_refused_over_tcp(self):
        self.steal("tcp", "tcp-holder")

    @needs_root
    def test_root_outside_the_tree_is_refused_over_unix(self):
        self.steal("unix", "peer-user", user="root")

    @needs_root
    def test_root_outside_the_tree_is_refused_over_tcp(self):
        self.steal("tcp", "peer-user", user="root")

    @needs_root
    def test_another_user_is_refused_over_tcp(self):
        other = OrdinaryUser()
        self.addCleanup(other.remove)
        self.steal("tcp", "peer-user", user=other)

    # Each refusal is written or counted, the count is told at the latest with the run's end, and what the run's own
    # command is refused meanwhile is written each time and told of its own.
    @needs_root
    def test_another_users_noise_is_counted_and_hides_nothing_of_ours(self):
        other = OrdinaryUser()
        self.addCleanup(other.remove)
        stage = self.stage(transport="tcp")
        stolen = stage.stolen()
        noise = ("import http.client, os, urllib.parse\nurl = urllib.parse.urlsplit(os.environ['AWS_CONTAINER_CREDENTIALS_FULL_URI'])\n"
                 "for _ in range(300):\n    link = http.client.HTTPConnection(url.hostname, url.port)\n"
                 "    link.request('GET', url.path, headers={'Authorization': os.environ['AWS_CONTAINER_AUTHORIZATION_TOKEN']})\n"
                 "    assert link.getresponse().status == 403\n    link.close()\n")
        subprocess.run([PYTHON, "-c", noise], env=stolen, check=True, timeout=PATIENCE, **other.popen_arguments())
        for _ in range(20):
            self.assert_refused(stage.order("fetch", token=""))
        self.assert_still_serves(stage)
        self.assertEqual(0, stage.end().code)
        lines = [line for line in stage.log() if line.get("peer_uid") == other.uid]
        told = [re.search(r"and ([0-9,]+) more of uid (\d+), counted and not written", line.get("detail", "")) for line in lines]
        counts = [int(found.group(1).replace(",", "")) for found in told if found]
        ends = [line for line in lines if "transport" not in line]  # of several, told at the end
        self.assertEqual(300, len(lines) - len(ends) + sum(counts), lines[-1])
        self.assertLess(len(lines), 300)
        self.assertEqual(20, sum(line.get("check") == "token-missing" for line in stage.log()))
        self.assertIn("runs as another user", stage.run.stderr)
        self.assertLess(stage.run.stderr.count("runs as another user"), 15)
        self.assertIn("carries no token", stage.run.stderr, "what ours was refused is told of its own")

    @needs_root
    def test_another_user_cannot_even_connect_to_the_unix_socket(self):
        other = OrdinaryUser()
        self.addCleanup(other.remove)
        stage = self.stage()
        answer = self.as_stranger("fetch", stage.stolen(), user=other)
        self.assertEqual(0, answer["status"])
        self.assertIn("Permission denied", answer["error"])
        self.assert_still_serves(stage)
        stage.end()

    def test_a_wrong_token_from_inside_is_refused_on_both_transports(self):
        for transport in ("unix", "tcp"):
            with self.subTest(transport):
                stage = self.stage(transport=transport)
                self.assert_served(stage.order("fetch"))
                wrong = stage.token[:-1] + ("A" if stage.token[-1] != "A" else "B")
                for token, check in ((wrong, "token-wrong"), (stage.token[:-1], "token-wrong"), ("", "token-missing"),
                                     (stage.token + "A", "token-wrong"), ("Bearer " + stage.token, "token-scheme"), ("Bearer x", "token-scheme")):
                    self.assert_refused(stage.order("fetch", token=token))
                    self.assertEqual(check, stage.last()["check"])
                self.assert_still_serves(stage)
                stage.end()

    def test_the_token_of_another_run_is_refused(self):
        one, other = self.stage(), self.stage()
        self.assertNotEqual(one.token, other.token)
        self.assert_refused(one.order("fetch", token=other.token))
        self.assertEqual("token-wrong", one.last()["check"])
        # And the command of one run is a stranger to the other.
        self.assert_refused(one.order("fetch", token=other.token, env=other.stolen()))
        self.assertEqual("peer-outside-tree", other.last()["check"])
        one.end()
        other.end()

    def test_all_refusals_look_alike_to_the_client(self):
        stage = self.stage()
        outside = self.as_stranger("fetch", stage.stolen())
        wrong_token = stage.order("fetch", token="x" * len(stage.token))
        no_token = stage.order("fetch", token="")
        self.assertEqual(outside, wrong_token)
        self.assertEqual(outside, no_token)
        stage.end()


class PassedOn(HostileTest):
    """Connections that leave the tree, and members that seem to."""

    def receive_connection(self, stage):
        """The puppet connects and passes its connection out; we hold it now."""
        path = os.path.join(self.user.home, f"out-{self.number()}")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(path)
            os.chmod(path, 0o777)
            listener.listen()
            listener.settimeout(PATIENCE)
            stage.run.process.stdin.write(json.dumps({"do": "give_connection", "to": path}) + "\n")
            stage.run.process.stdin.flush()
            other, _ = listener.accept()
            with other:
                other.settimeout(PATIENCE)
                _, control, _, _ = other.recvmsg(1, socket.CMSG_SPACE(4))
            self.assertEqual({"ok": None}, json.loads(stage.run.line()))
        os.unlink(path)
        fd = array.array("i", control[0][2][:4])[0]
        sock = socket.socket(fileno=fd)
        sock.settimeout(PATIENCE)
        return sock

    def test_a_tcp_connection_passed_out_of_the_tree_is_refused(self):
        # The member closed its own descriptor: no process of the tree holds the client's socket.
        stage = self.stage(transport="tcp")
        with self.receive_connection(stage) as sock:
            self.assert_refused(puppet.ask(sock, puppet.head(stage.token)))
        self.assertEqual("tcp-holder", stage.last()["check"])
        self.assert_still_serves(stage)
        stage.end()

    def test_a_unix_connection_of_a_member_that_has_ended_is_refused(self):
        stage = self.stage()
        stage.order("connect_and_die")
        self.assert_refused(stage.order("ask_on", name="of-the-dead"))
        self.assertEqual("peer-gone", stage.last()["check"])
        self.assert_still_serves(stage)
        stage.end()

    def test_a_unix_connection_made_outside_is_refused_even_when_a_member_asks_on_it(self):
        # Who connected counts, not who writes.
        stage = self.stage()
        at = os.path.join(self.user.home, f"in-{self.number()}")
        stage.run.process.stdin.write(json.dumps({"do": "ask_on_given", "at": at}) + "\n")
        stage.run.process.stdin.flush()
        wait_until(lambda: os.path.exists(at), "the puppet's socket")
        given = wait_until(lambda: self.as_stranger("give_connection", stage.stolen(), to=at) is None, "the stranger")
        self.assertTrue(given)
        self.assert_refused(json.loads(stage.run.line())["ok"])
        self.assertIn(stage.last()["check"], ("peer-gone", "peer-outside-tree"))  # the stranger may have ended
        stage.end()

    def test_a_unix_connection_passed_out_counts_as_its_maker_and_ends_with_it(self):
        # A member that gives its connection away could as well give the credentials; but the right ends with the member.
        stage = self.stage()
        with self.receive_connection(stage) as sock:
            self.assert_served(puppet.ask(sock, puppet.head(stage.token)))
            self.assertEqual(stage.puppet, stage.last()["peer_pid"])
            stage.end()
            self.assertEqual(0, puppet.ask(sock, puppet.head(stage.token))["status"])

    def daemon_answer(self, stage, wait_for=""):
        report = os.path.join(self.user.home, f"report-{self.number()}")
        stage.order("daemon", report=report, wait_for=wait_for)

        def answer():
            wait_until(lambda: os.path.exists(report), "the daemon's answer")
            with open(report) as file:
                return json.load(file)
        return answer

    def test_a_double_forked_daemon_is_still_served_while_the_command_lives(self):
        for transport in ("unix", "tcp"):
            with self.subTest(transport):
                stage = self.stage(transport=transport)
                answer = self.daemon_answer(stage)()
                self.assertEqual(200, answer["status"], (answer, stage.log()))
                self.assertEqual(answer["parent"], stage.run.keeper, "an orphan goes to the keeper, a subreaper")
                stage.end()

    def test_after_the_command_nothing_is_served_and_no_daemon_is_left(self):
        for transport in ("unix", "tcp"):
            with self.subTest(transport):
                stage = self.stage(transport=transport)
                go = os.path.join(self.user.home, f"go-{self.number()}")
                report = os.path.join(self.user.home, f"report-{self.number()}")
                stage.order("daemon", report=report, wait_for=go)
                issued = [line for line in stage.log() if line["outcome"] == "issued"]
                stolen = stage.stolen()
                self.assertEqual(0, stage.end().code)
                with open(go, "w"):
                    pass
                answer = self.as_stranger("fetch", stolen)
                self.assertEqual(0, answer["status"])
                self.assertEqual([], self.own_processes() if AS_ROOT else [])
                self.assertFalse(os.path.exists(report), "the daemon outlived its command")
                self.assertEqual(issued, [line for line in stage.log() if line["outcome"] == "issued"])


class TcpPeers(HostileTest):
    def test_a_client_that_has_closed_is_never_taken_for_root(self):
        stage = self.stage(transport="tcp")
        self.assert_served(stage.order("fetch"))
        stage.order("send_and_close", count=60)
        self.assert_still_serves(stage)
        lines = stage.log()
        checks = {line["check"] for line in lines if line["outcome"] == "refused"}
        # Each is a client that the kernel no longer knows, or whose holder is gone; none is served as uid 0.
        self.assertLessEqual(checks, {"tcp-orphan", "tcp-no-socket", "tcp-holder", "tcp-state", "tcp-holder-changed",
                                      "socket-unconnected", "peer-changed"}, checks)
        self.assertEqual(set(), {line.get("peer_uid") for line in lines if line["outcome"] == "issued"} - {self.user.uid})
        stage.end()

    def test_nobody_gets_the_port_while_a_command_without_broker_lives(self):
        # A stale URI sends the token to whoever has the port: so the supervisor keeps it.
        port = free_port()
        stage = self.stage("--server-port", str(port), "--on-broker-exit", "keep", transport="tcp")
        os.kill(stage.run.helper("broker"), signal.SIGKILL)
        wait_until(lambda: not stage.order("fetch")["status"], "the end of service")
        for reuse in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            with socket.socket() as squatter:
                squatter.setsockopt(socket.SOL_SOCKET, reuse, 1)
                with self.assertRaises(OSError):
                    squatter.bind(("127.0.0.1", port))
                    squatter.listen()
        answer = stage.order("fetch")
        self.assertEqual(0, answer["status"])
        stage.end()

    def test_nobody_gets_the_port_while_the_frontend_is_restarted(self):
        port = free_port()
        stage = self.stage("--server-port", str(port), transport="tcp")
        os.kill(stage.run.helper("frontend"), signal.SIGKILL)
        with socket.socket() as squatter:
            squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            with self.assertRaises(OSError):
                squatter.bind(("127.0.0.1", port))
        self.assert_still_serves(stage)
        stage.end()


# Runs in a pid namespace of its own, as root: numbers can be chosen there, as an attacker would by forking until they
# come round. argv: uid gid program arguments...
WRAP = r"""
import json, os, socket, subprocess, sys
sys.path.insert(0, os.path.dirname(sys.argv[1]))
import puppet
uid, gid = int(sys.argv[2]), int(sys.argv[3])
run = subprocess.Popen(sys.argv[4:], user=uid, group=gid, extra_groups=[], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
def order(do, **more):
    run.stdin.write(json.dumps({"do": do, **more}) + "\n"); run.stdin.flush()
    return json.loads(run.stdout.readline())["ok"]
json.loads(run.stdout.readline())
env = order("environment")
shared = puppet.new_socket(env)
stranger = os.fork()
if stranger == 0:                     # outside the tree, same user: connects and ends
    os.setgroups([]); os.setresgid(gid, gid, gid); os.setresuid(uid, uid, uid)
    puppet.join(shared, env)
    os._exit(0)
os.waitpid(stranger, 0)
member = 0
for _ in range(200):                  # a member of the tree gets the stranger's number
    with open("/proc/sys/kernel/ns_last_pid", "w") as file: file.write(str(stranger - 1))
    member = order("sleeper")
    if member == stranger: break
credentials = shared.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
answer = puppet.ask(shared, puppet.head(puppet.own_token(env)))
good = order("fetch")
run.stdin.close(); run.wait()
print(json.dumps({"stranger": stranger, "member": member, "answer": answer, "good": good["status"]}))
"""


class PidWrapAround(HostileTest):
    @needs_root
    def test_a_number_used_again_by_a_member_does_not_vouch_for_the_stranger(self):
        log = os.path.join(self.user.home, "wrapped.jsonl")
        sentinel = [self.layout.sentinel, "exec", "--server", "--unix-socket", "--profile", "ledger-prod", "--policy-file",
                    self.policy, "--log-file", log, "--", PYTHON, "-B", self.puppet_path]
        env = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": self.user.home, **self.environment()}
        done = subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", PYTHON, "-B", "-c", WRAP, self.puppet_path,
                               str(self.user.uid), str(self.user.gid), *sentinel], env=env, capture_output=True, text=True,
                              cwd="/", timeout=PATIENCE * 3)
        if re.search(r"unshare.*(Operation not permitted|Invalid argument)", done.stderr):
            self.skipTest("no pid namespaces here")
        self.assertEqual(0, done.returncode, done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual(told["stranger"], told["member"], "the number was not used again")
        self.assert_refused(told["answer"])
        self.assertEqual(200, told["good"])
        with open(log) as file:
            refused = [json.loads(line) for line in file if '"refused"' in line]
        self.assertEqual(["peer-gone"], [line["check"] for line in refused])


if __name__ == "__main__":
    main()
