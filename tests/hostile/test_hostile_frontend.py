#!/usr/bin/python3
"""A frontend that was taken over gets no secret, cannot speak for a stranger, and cannot break the protocol unpunished.

The real supervisor and the real broker run; hostile_frontend stands where sentinel-frontend stands, in the real sandbox,
and does what the command of the run names (hostile_frontend.cc). What a shared connection can be used for:
broker/caller/KERNEL.md, facts 1, 2 and 11.
"""
import json
import os
import re
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from scene import AS_ROOT, main, wait_until  # noqa: E402
from taken_over import TakenOver  # noqa: E402


class Descriptors(TakenOver):
    """None of these is taken for a client's connection; the log says why; the command's own client is served on."""
    BOTH = {"unix-listener": "socket-listening", "unix-own-connection": "listener-address",
            "socketpair": "listener-address", "tcp-listener": "socket-listening", "tcp-own-connection": "listener-address",
            "tcp-self-connection": "listener-address", "tcp-unconnected": "listener-address", "udp": "socket-type",
            "netlink": "socket-domain", "unix-datagram": "socket-type", "unix-packets": "socket-type",
            "tcp6": "socket-domain", "pipe": "not-a-socket", "dev-null": "not-a-socket", "path-only": "not-a-socket",
            "folder": "not-a-socket", "memfd": "not-a-socket", "epoll": "not-a-socket",
            "pidfd": "not-a-socket", "control-channel": "socket-type", "broker-channel": "socket-type",
            "listener": "socket-listening", "client-end": "listener-address"}

    def refuse_all(self, stage, expected):
        for name, check in expected.items():
            with self.subTest(name):
                said = self.attack(stage, "descriptor/" + name)["body"]
                self.assertIn("done, closed 1", said)
                last = stage.last()
                self.assertEqual(("refused", check), (last["outcome"], last["check"]))
                # A refusal may be written to a connection that is really one; nothing else may.
                read = re.search(r"read \d+ bytes: (.*)", said, re.S).group(1)
                self.assertTrue(read == "" or read.startswith("HTTP/1.1 403"), read)
        self.assert_still_serves(stage)
        self.assertEqual(0, stage.end().code)

    def test_no_descriptor_passes_for_a_client_over_unix(self):
        self.refuse_all(self.hostile(knows_listener=True),
                        {**self.BOTH, "own-connection": "peer-ours", "rebound": "peer-ours",
                         "rebound-by-child": "peer-below-helper", "rebound-listener": "socket-listening"})

    def test_no_descriptor_passes_for_a_client_over_tcp(self):
        self.refuse_all(self.hostile(transport="tcp", knows_listener=True), {**self.BOTH, "own-connection": "tcp-holder"})


class Messages(TakenOver):
    """Whatever the table forbids cuts the frontend off and ends the run; it never brings an answer."""
    TO_BROKER = ["unknown-id", "id-zero", "of-the-supervisor", "begin-again", "another-listener", "another-frontend",
                 "another-log", "of-the-broker", "ready", "locked-down", "oversize", "huge", "short", "trailing", "one-byte",
                 "id-alone", "transport-unknown", "keep-alive-unknown", "long-authorization", "nul-in-authorization", "lying-length",
                 "no-descriptor", "two-descriptors", "credentials", "odd-nonce", "short-nonce", "upper-nonce",
                 "newline-in-profile", "escape-in-profile"]

    def test_a_bad_packet_to_the_broker_ends_the_run(self):
        for name in self.TO_BROKER:
            with self.subTest(name):
                stage = self.hostile()
                answer = stage.order_last("fetch", path="/attack/message/" + name)
                if answer and "the kernel refused" in answer["body"]:
                    self.assert_still_serves(stage)
                    stage.end()
                    continue
                self.assert_no_secret(json.dumps(answer))
                stage.end_by_itself()
                self.assertRegex(stage.run.stderr, "the frontend sent what it must not")
                self.assertEqual([], [line for line in stage.log() if line["outcome"] == "issued"])

    def test_an_empty_packet_to_the_broker_is_the_end_of_that_frontend_alone(self):
        stage = self.hostile()
        self.assertEqual(0, stage.order("fetch", path="/attack/message/empty")["status"])
        self.assert_still_serves(stage)
        self.assertEqual(0, stage.end().code)

    def test_a_bad_packet_to_the_supervisor_ends_the_run(self):
        for name in ("unknown-id", "of-the-supervisor", "of-the-broker", "ready", "locked-down", "oversize", "short",
                     "two-descriptors", "trailing", "id-alone"):
            with self.subTest(name):
                stage = self.hostile()
                answer = stage.order_last("fetch", path="/attack/control/" + name)
                self.assert_no_secret(json.dumps(answer))
                stage.end_by_itself()
                self.assertRegex(stage.run.stderr, "the frontend broke the protocol")


class Beginnings(TakenOver):
    """A frontend that does not begin as it must never gets a listener, and the command is never started."""

    def test_a_frontend_that_is_not_what_it_says_is_refused(self):
        for behaviour, reason in (
                ("unlocked", "the kernel says that it is not"), ("unfiltered", "the kernel says that it is not"),
                ("other-build", "of another build"), ("says-unknown-id", "broke the protocol"),
                ("says-of-the-supervisor", "broke the protocol"), ("says-ready", "broke the protocol"),
                ("says-no-descriptor", "broke the protocol"), ("says-locked-down", "broke the protocol|kernel says|build"),
                ("adds-descriptor", "broke the protocol"), ("crash", "the frontend ended before it was ready")):
            with self.subTest(behaviour):
                self.begin(behaviour + " -")
                log = os.path.join(self.user.home, f"log-{self.number()}")
                run = self.run_sentinel("exec", "--server", "--unix-socket", "--profile", "ledger-prod", "--policy-file",
                                        self.policy, "--log-file", log, "--", "echo", "started",
                                        environment=self.environment())
                self.assertNotEqual(0, run.code)
                self.assertNotIn("started", run.stdout)
                self.assertRegex(run.stderr, reason)


class Answers(TakenOver):
    """Answers that the broker never gave: a client that has the answer key notices them."""

    def test_the_helper_takes_no_answer_but_the_brokers(self):
        for behaviour in ("own-keys", "own-keys-and-mac", "own-keys-first", "another-nonce", "no-nonce", "another-profile"):
            with self.subTest(behaviour):
                stage = self.hostile(behaviour)
                answer = stage.order("run_helper")
                self.assertEqual((3, ""), (answer["code"], answer["stdout"]))
                self.assertIn("the answer is not the broker's: Sentinel's frontend, or what stands in its place, was tampered with",
                              answer["stderr"])
                self.assert_no_secret(json.dumps(answer))
                stage.end()

    def test_it_takes_the_brokers_through_any_frontend(self):
        stage = self.hostile()
        answer = stage.order("run_helper")
        self.assertEqual((0, ""), (answer["code"], answer["stderr"]))
        self.assertIn(json.loads(answer["stdout"])["SecretAccessKey"], self.aws.secrets())
        self.assertEqual(0, stage.end().code)


class Requests(TakenOver):
    """Requests that nobody made."""

    def test_another_token_is_refused(self):
        stage = self.hostile()
        self.assert_refused(stage.order("fetch", path="/attack/forge"))
        self.assertEqual("token-wrong", stage.last()["check"])
        self.assert_still_serves(stage)
        stage.end()

    def test_a_members_token_does_not_open_the_door_to_a_stranger(self):
        for transport, check in (("unix", "peer-outside-tree"), ("tcp", "tcp-holder")):
            with self.subTest(transport):
                stage = self.hostile(transport=transport)
                # A stranger's connection, and the true token of a member: the kernel knows whose connection it is.
                got = []
                stranger = threading.Thread(target=lambda: got.append(self.as_stranger(
                    "fetch", stage.stolen(), path="/attack/keep", token="")))
                stranger.start()
                wait_until(lambda: "closed" in self.attack(stage, "use-kept")["body"], "the stranger's connection")
                stranger.join()
                self.assert_refused(got[0])
                self.assertEqual(check, stage.last()["check"])
                stage.end()

    def test_an_answer_to_a_request_that_a_member_never_made_goes_to_that_member_alone(self):
        for transport in ("unix", "tcp"):
            with self.subTest(transport):
                stage = self.hostile(transport=transport)
                stage.order("open_connection", name="quiet",
                            data="GET /attack/keep HTTP/1.1\r\nHost: localhost\r\n\r\n")
                said = self.attack(stage, "use-kept")["body"]
                self.assertEqual("done, closed 1; heard: ", said)
                self.assert_served(stage.order("hear_on", name="quiet"))
                stage.end()


class Endurance(TakenOver):
    """A frontend that crashes, stalls or floods: others are served, or the run ends; never is anything left or leaked."""

    def test_five_crashes_are_survived_and_the_sixth_ends_the_run(self):
        stage = self.hostile()
        for _ in range(5):
            self.assertEqual(0, stage.order("fetch", path="/attack/crash")["status"])
            self.assert_still_serves(stage)
        stage.order_last("fetch", path="/attack/crash")
        stage.end_by_itself()
        self.assertIn("too often within a minute", stage.run.stderr)

    def test_a_frontend_that_reads_no_answers_is_cut_off(self):
        stage = self.hostile()
        stage.order("fetch", path="/attack/stall/3000")  # its own client may have been answered, or not
        self.assert_still_serves(stage)
        self.assertEqual(0, stage.end().code)

    def test_a_flood_of_false_clients_costs_the_broker_no_descriptor_and_no_client(self):
        stage = self.hostile()
        broker = stage.run.helper("broker")
        before = len(os.listdir(f"/proc/{broker}/fd")) if AS_ROOT else 0
        self.assertEqual("3000", self.attack(stage, "flood/3000")["body"])
        self.assertEqual(before, len(os.listdir(f"/proc/{broker}/fd")) if AS_ROOT else 0)
        self.assert_still_serves(stage)
        # Of callers whom the kernel does not name, ten are written and the others counted, so that a flood fills no disk.
        written = len([line for line in stage.log() if line.get("check") == "listener-address"])
        self.assertTrue(10 <= written < 3000, written)
        self.assertEqual(0, stage.end().code)

    def test_a_frontend_that_leaves_is_replaced(self):
        stage = self.hostile()
        self.assertEqual(0, stage.order("fetch", path="/attack/leave")["status"])
        self.assert_still_serves(stage)
        self.assertEqual(0, stage.end().code)


if __name__ == "__main__":
    main()
