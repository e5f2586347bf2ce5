"""What root says of the device decides rules with device conditions: read where root alone can write, again and again, and
never believed longer than it may be. Each run sees an /etc of its own, in a mount namespace of its own."""
import os
import sys
import time
import unittest
from unittest import mock

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import Asker, AwsTest, Run, policy, rule, wait_until
from harness import children_of, name_of, processes_of_user
from own_etc import OwnEtc, can_mount

ENCRYPTED = '{"disk_encrypted": true}'
DEMAND = policy(rule(conditions="{ profiles: [ledger-prod], device: { require_encryption: true } }"))
DENIAL = policy(rule("deny", "first", conditions="{ profiles: [ledger-prod], device: { require_encryption: true } }"), rule())
UNUSABLE = "sentinel: the posture of this device cannot be used"


@unittest.skipUnless(can_mount(), "needs root and a mount namespace, to lay another /etc before sentinel: start the tests as root")
class Posture(OwnEtc, AwsTest):
    def setUp(self):
        super().setUp()
        self.make_etc()
        self.policy_path = self.write("policy.yaml", DEMAND)

    def say(self, text, name="posture.json", mode=0o644):
        return super().say(text, name, mode)

    def say_by_program(self, text):
        return self.say("#!/usr/bin/python3 -I\n" + text, "posture", 0o755)

    def start(self, *options, command, **more):
        arguments = ["exec", "--server", "--profile", "ledger-prod", "--policy-file", self.policy_path, "--log-file",
                     self.log_path, "--", *command]
        with mock.patch.object(self.user, "popen_arguments", return_value={}):
            return Run(self, arguments, environment=self.environment(), cwd=self.folder,
                       command_line_prefix=self.in_its_etc())

    def refused(self, *sentences):
        run = self.start(command=("touch", self.marker)).finish()
        self.assertFalse(os.path.exists(self.marker), "the command ran")
        self.assertNotEqual(0, run.code)
        for sentence in sentences:
            self.assertIn(sentence, run.stderr)
        self.assert_nothing_left()
        return run

    def allowed(self):
        asker = Asker(self)
        self.assert_served(asker.ask())
        self.assertEqual(0, asker.end().code, asker.run.stderr)
        self.assert_nothing_left()
        return asker.run

    def reader(self, run):
        found = [pid for pid in children_of(run.helper("broker")) if name_of(pid) == "sentinel-post"]
        return found[0] if found else None

    # ---- what does not count

    def test_where_nobody_says_anything_a_demand_is_refused_and_no_process_is_started(self):
        run = self.refused("device: nothing is known of it")
        self.assertNotIn("posture", run.stderr, "nothing is wrong with a host that says nothing")
        self.policy_path = self.write("policy.yaml", policy(rule()))
        asker = Asker(self)
        self.assertIsNone(self.reader(asker.run))
        asker.end()

    def test_what_others_than_root_can_write_is_unknown_and_warned_of(self):
        path = self.say(ENCRYPTED, mode=0o666)
        self.refused(UNUSABLE, "/etc/sentinel/posture.json can be written by others than root")
        os.chmod(path, 0o644)
        os.chown(path, self.user.uid, 0)
        self.refused(UNUSABLE, "/etc/sentinel/posture.json does not belong to root")
        os.chown(path, 0, 0)
        os.chmod(self.sentinel_etc, 0o777)
        self.refused("/etc/sentinel can be written by others than root, so that it binds nobody")
        os.chmod(self.sentinel_etc, 0o755)
        self.allowed()

    def test_a_program_that_others_than_root_can_write_is_not_run(self):
        mark = os.path.join(self.folder, "it-ran")
        os.chmod(self.say_by_program(f"open({mark!r}, 'w'); print('{ENCRYPTED}')"), 0o777)
        self.refused(UNUSABLE, "/etc/sentinel/posture can be written by others than root")
        self.assertFalse(os.path.exists(mark))

    def test_what_cannot_be_understood_is_unknown_and_warned_of(self):
        for text, why in (("{", "not one JSON object"), ('{"disk_encryptd": true}', 'did you mean "disk_encrypted"?'),
                          ('{"disk_encrypted": "yes"}', "neither true nor false"), (" " * 20000, "longer than 16384 bytes"),
                          ('{"disk_encrypted": true, "valid_until": "2020-01-01T00:00:00Z"}', "valid_until has passed")):
            with self.subTest(text=text[:60]):
                self.say(text)
                self.refused(UNUSABLE, why)

    def test_an_unmet_demand_is_refused_and_a_denial_holds_until_its_demand_is_known_to_be_unmet(self):
        self.say('{"disk_encrypted": false}')
        self.refused("the disk is not encrypted")
        self.policy_path = self.write("policy.yaml", DENIAL)
        self.allowed()
        self.say('{}')
        self.refused('"first" answers deny')

    def test_a_program_that_hangs_delays_the_start_by_its_deadline_and_leaves_nothing(self):
        self.say("#!/bin/sh\nsleep 1000 & sleep 1000\n", "posture", 0o755)
        before = time.monotonic()
        self.refused(UNUSABLE, "/etc/sentinel/posture did not end within 5 seconds")
        self.assertLess(time.monotonic() - before, 15)

    def test_a_program_that_fails_or_says_too_much_is_unknown(self):
        for text, why in ((f"print('{ENCRYPTED}'); raise SystemExit(1)", "/etc/sentinel/posture failed"),
                          ("print(' ' * 20000)", "prints more than 16 KiB"), ("", "not one JSON object")):
            with self.subTest(text=text):
                self.say_by_program(text)
                self.refused(UNUSABLE, why)

    # ---- what does

    def test_a_met_demand_is_served_and_a_change_bites_without_a_new_start(self):
        self.say(ENCRYPTED)
        asker = Asker(self)
        self.assert_served(asker.ask())
        self.say('{"disk_encrypted": false}')
        wait_until(lambda: asker.ask()["status"] == 403, "the changed posture bites", 60)
        self.say(ENCRYPTED)
        wait_until(lambda: asker.ask()["status"] == 200, "the mended posture counts", 60)
        self.assertEqual(0, asker.end().code)

    def test_a_program_is_asked_with_nothing_of_ours(self):
        self.say_by_program(
            "import os, sys, json\n"
            "open_ones = [n for n in os.listdir('/proc/self/fd') if os.path.exists(f'/proc/self/fd/{n}')]\n"
            "alone = (set(os.environ) <= {'PATH', 'LC_CTYPE'} and os.environ['PATH'] == '/usr/bin:/bin' and\n"
            "         sys.stdin.read() == '' and sorted(open_ones) == ['0', '1', '2'] and os.getcwd() == '/' and\n"
            "         'NoNewPrivs:\\t1' in open('/proc/self/status').read())\n"
            "print(json.dumps({'disk_encrypted': alone}))\n")
        self.allowed()

    def test_the_reader_is_locked_away_and_ends_with_its_broker(self):
        self.say(ENCRYPTED)
        asker = Asker(self)
        reader = self.reader(asker.run)
        self.assertEqual({"0": "/dev/null", "1": "/dev/null", "2": "/dev/null"},
                         {n: os.readlink(f"/proc/{reader}/fd/{n}") for n in "012"})
        self.assertEqual(4, len(os.listdir(f"/proc/{reader}/fd")))
        self.assertTrue(os.readlink(f"/proc/{reader}/fd/3").startswith("socket:"))
        with open(f"/proc/{reader}/status") as status:
            self.assertIn("NoNewPrivs:\t1", status.read())
        self.assertEqual(0, os.stat(f"/proc/{reader}/environ").st_uid, "dumpable: its user may look into it")
        os.kill(asker.run.helper("broker"), 9)
        wait_until(lambda: reader not in processes_of_user(self.user.uid), "the reader ends with its broker")
        asker.end()


if __name__ == "__main__":
    unittest.main()
