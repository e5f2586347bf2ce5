"""The decision log: one line for each decision, written before the answer, with these keys in this order and no secret. No
line, no credentials. The terminal is told once of what a client tries many times."""
import hashlib
import json
import os
import re
import resource
import signal
import socket
import stat
import subprocess
import sys
import unittest
from unittest import mock

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import PYTHON, TRANSPORTS, AwsTest, Run, policy, rule
from harness import BUILD, wait_until
from standin_client import role_arn, user_arn

KEYS = ["timestamp", "user", "profile", "effect", "rule", "rule_index", "reason", "policy_path", "request_id", "source_identity",
        "source_identity_left_out", "role_arn", "session_duration_seconds", "approved_request_id", "break_glass_event_id", "outcome", "mode", "transport",
        "peer_pid", "peer_uid", "peer_uid_outside", "peer_executable", "caller_pid", "caller_executable",
        "caller_name", "check", "policy_hash", "policy_serial", "policy_age_seconds",
        "endpoints", "session_table", "expires_at", "access_key_id", "principal", "narrowed", "credential_source", "detail", "sequence", "previous", "torn"]
ISSUED_ONLY = {"access_key_id", "principal", "request_id", "source_identity", "role_arn", "session_duration_seconds", "expires_at"}
PEER = {"transport", "peer_pid", "peer_uid", "peer_executable", "caller_pid", "caller_executable", "caller_name"}
ALWAYS = set(KEYS[:8]) | {"outcome", "mode", "sequence", "previous"}


class TheLines(AwsTest):
    def lines(self):
        with open(self.log_path) as file:
            text = file.read()
        self.assertTrue(text.endswith("\n"))
        return [json.loads(line, object_pairs_hook=list) for line in text.splitlines()]

    def test_an_issued_line_says_who_got_what(self):
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                asker = self.asker(transport=transport)
                self.assert_served(asker.ask())
                asker.end()
                line = dict(self.lines()[-1])
                self.assertEqual([key for key in KEYS if key in line], list(line), "order, or a key that is unknown")
                self.assertLessEqual(ALWAYS | ISSUED_ONLY | PEER, set(line))
                self.assertRegex(line["policy_hash"], "^[0-9a-f]{64}$")
                self.assertRegex(line["expires_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
                self.assertRegex(line["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
                self.assertRegex(line["request_id"], r"^[0-9a-f]{8}$")
                self.assertRegex(line["source_identity"], r"^sentinel\.marta\.direct\.[0-9a-f]{8}$")
                wanted = {"user": "marta", "profile": "ledger-prod", "effect": "allow", "rule": "ledger-production", "rule_index": 0,
                          "reason": "marta runs the ledger", "policy_path": "/sentinel/policies/default",
                          "role_arn": role_arn("ledger-prod"), "session_duration_seconds": 900, "outcome": "issued",
                          "mode": "server", "transport": transport, "peer_uid": self.user.uid}
                self.assertEqual(wanted, {key: line[key] for key in wanted})
                self.assertEqual(os.path.realpath(PYTHON), line["peer_executable"])

    def test_the_peer_is_the_process_that_asked(self):
        asker = self.asker(transport="unix")
        done = asker.order("run", argv=[self.layout.credential_process])
        self.assertEqual(0, done["code"], done["stderr"])
        line = self.decisions()[-1]
        # It is unreadable, so that the kernel shows its name, and not its file.
        self.assertEqual("[sentinel-creden]", line["peer_executable"])
        self.assertNotIn(line["peer_pid"], (0, asker.run.pid))

    # Eight ask at once.
    def test_the_line_of_an_issue_names_the_key_and_its_principal(self):
        for profile, principal in (("ledger-prod", "arn:aws:sts::111122223333:assumed-role/ledger-prod/"), ("marta", user_arn("marta"))):
            with self.subTest(profile=profile):
                asker = self.asker(profile=profile, transport="unix")
                answer = asker.ask()
                asker.end()
                line = self.decisions()[-1]
                self.assertEqual(answer["body"]["AccessKeyId"], line["access_key_id"])
                self.assertTrue(line["principal"].startswith(principal), line)

    def test_each_request_has_a_line_and_an_id_of_its_own(self):
        asker = self.asker()
        self.assertEqual([200] * 40, asker.statuses(40, at_once=8))
        issued = self.decisions()
        self.assertEqual((40, 40), (len(issued), len({line["request_id"] for line in issued})))

    def test_refusals_name_the_check_that_failed(self):
        asker = self.asker(policy=("--policy-file", self.write("policy.yaml", policy(rule()))))
        for members, check in (({"token": "x" * 43}, "token-wrong"), ({"token": ""}, "token-missing")):
            self.assertEqual(403, asker.ask(**members)["status"])
            self.assertEqual(("refused", check), tuple(self.decisions()[-1][key] for key in ("outcome", "check")))
        for text, check in ((policy(rule("deny")), "policy"), ("nonsense", "policy-unusable"),
                            (policy(rule(more="max_server_duration: 1m")), "lifetime")):
            self.write("policy.yaml", text)
            self.assertEqual(403, asker.ask()["status"])
            self.assertEqual(("refused", check), tuple(self.decisions()[-1][key] for key in ("outcome", "check")))
        for line in self.lines():
            keys = [key for key, _ in line]
            self.assertEqual([key for key in KEYS if key in keys], keys, "order, or a key that is unknown")
            self.assertLessEqual(ALWAYS, set(keys))
            self.assertFalse(ISSUED_ONLY & set(keys), "a refusal that looks like an issue")

    def test_a_failure_of_aws_is_a_line_with_its_detail(self):
        self.aws.control.fault("error", action="AssumeRole", code="AccessDenied", message="not today", count=0)
        asker = self.asker("--lazy")
        self.assertEqual(500, asker.ask()["status"])
        line = self.decisions()[-1]
        self.assertEqual("failed", line["outcome"])
        self.assertIn("not today", line["detail"])

    def test_a_refused_start_is_logged(self):
        self.refused_start(profile="ledger-audit")
        line, = self.decisions()
        self.assertEqual(("refused", "policy", "no-audit-from-desks"), tuple(line[key] for key in ("outcome", "check", "rule")))

    def test_no_secret_is_in_any_line_or_on_the_terminal(self):
        tokens = set()
        for transport in TRANSPORTS:
            asker = self.asker("--log-stderr", transport=transport, policy=("--policy-file", self.write("policy.yaml", policy(rule()))))
            tokens |= {value for name, value in asker.order("environment").items() if name.endswith("_TOKEN")}
            asker.asks(3)
            asker.ask(token="x" * 43)
            asker.ask(path="/creds?AKIA=" + "y" * 40)
            self.write("policy.yaml", policy(rule("deny")))
            asker.ask()
            asker.end()
            self.assertIn('"outcome":"issued"', asker.run.stderr)
            with open(self.log_path) as file:
                logged = file.read()
            for text, where in ((logged, "the log"), (asker.run.stderr, "stderr")):
                self.assert_no_secret(text, where)
                for token in tokens | {"x" * 43, "y" * 40}:
                    self.assertNotIn(token, text, "the run's token is in " + where)
        self.assertEqual(2, len(tokens))

    def test_what_a_stranger_wrote_stays_one_line(self):
        text = policy(rule("deny", reason='"a \\"quoted\\" reason \\\\ and more"', name='"a\\"b"'))
        run = self.refused_start(policy=("--policy-file", self.write("policy.yaml", text)))
        self.assertIn("quoted", run.stderr)
        self.assertEqual(1, len(self.lines()))
        with open(self.log_path, "rb") as file:
            self.assertNotRegex(file.read(), rb"[\x00-\x09\x0b-\x1f\x7f]")


class WhereItGoes(AwsTest):
    def test_a_log_is_added_to_and_private(self):
        for _ in range(2):
            asker = self.asker()
            asker.ask()
            asker.end()
        self.assertEqual(2, len(self.decisions()))
        self.assertEqual(0, stat.S_IMODE(os.stat(self.log_path).st_mode) & 0o137)

    def test_without_a_flag_it_is_in_the_state_folder(self):
        state = self.owned_folder("state")
        asker = self.asker(log=False, environment={"XDG_STATE_HOME": state})
        asker.ask()
        asker.end()
        path = os.path.join(state, "sentinel", "decisions.jsonl")
        self.assertEqual((0o600, 0o700), tuple(stat.S_IMODE(os.stat(p).st_mode) for p in (path, os.path.dirname(path))))
        with open(path) as file:
            self.assertEqual("issued", json.loads(file.read())["outcome"])

    def owned_folder(self, name):
        path = os.path.join(self.folder, name)
        os.mkdir(path, 0o700)
        return self.owned(path)

    def test_stderr_alone_writes_no_file(self):
        state = self.owned_folder("state")
        asker = self.asker("--log-stderr", log=False, environment={"XDG_STATE_HOME": state})
        asker.ask()
        asker.end()
        self.assertEqual(["run"], os.listdir(os.path.join(state, "sentinel")), "nothing is shared; the run's own files lay there")
        self.assertEqual("issued", json.loads(asker.run.stderr)["outcome"])

    # There is no setting that issues without a line.
    def test_no_line_no_credentials(self):
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                full, limited = self.full_log()
                asker = self.asker("--log-file", full, log=False, transport=transport, **limited)
                answer = asker.ask()
                self.assertEqual((500, False), (answer["status"], "SecretAccessKey" in answer["body"]))
                asker.end()
                self.assertIn(f"{full} cannot be written: ", asker.run.stderr)

    def test_a_device_is_no_log(self):
        for device in ("/dev/null", "/dev/full", "/dev/stderr"):
            run = Run(self, ["exec", "--profile", "ledger-prod", "--policy-file", self.write("policy.yaml", policy(rule())),
                             "--log-file", device, "--", "true"], environment=self.environment(), cwd=self.folder).finish()
            self.assertEqual(run.own_failure, run.code)
            self.assertIn(f"cannot open the decision log {device}: ", run.stderr)

    # Whoever may read the log may lock it.
    @unittest.skipUnless(os.geteuid() == 0, "needs root, to be another user: start the tests as root")
    def test_another_users_lock_on_a_log_that_he_may_read_keeps_no_line_out(self):
        asker = self.asker()
        self.assertEqual(200, asker.ask()["status"])
        os.chmod(self.folder, 0o755)
        os.chmod(self.log_path, 0o644)
        hold = "import fcntl, sys; fcntl.flock(open(sys.argv[1]), fcntl.LOCK_EX); print('held', flush=True); sys.stdin.read()"
        other = subprocess.Popen([PYTHON, "-c", hold, self.log_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                 user=65534, group=65534, extra_groups=[], cwd="/")
        self.addCleanup(lambda: (other.stdin.close(), other.stdout.close(), other.wait()))
        self.assertEqual("held\n", other.stdout.readline())
        self.assertEqual(200, asker.ask()["status"])
        asker.end()
        self.assertEqual(200, self.asker().ask()["status"])

    def test_when_the_log_fills_up_no_credentials_go_out_without_a_line(self):
        limit = 4 << 20
        old = '{"timestamp":"2026-01-01T00:00:00Z","effect":"deny"}\n'  # of before lines were chained
        self.write("decisions.jsonl", old * ((limit - 1500) // len(old)))  # a file that may grow by two lines
        asker = self.asker(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        served = 0
        for _ in range(6):
            asker.begin("asks")
            told = asker.run.line()
            if not told or json.loads(told)[0]["status"] != 200:  # "": the run has ended with its broker
                break
            served += 1
        else:
            self.fail("the log cannot have taken all of this")
        with open(self.log_path, "rb") as file:
            written = [line for line in file.read().splitlines() if b'"sequence"' in line]
        self.assertEqual(served, sum(line.endswith(b"}") for line in written))
        self.assertGreater(served, 0)

    def test_one_broken_log_of_two_stops_the_service_and_not_the_other_log(self):
        full, limited = self.full_log()
        asker = self.asker("--log-stderr", "--log-file", full, log=False, **limited)
        self.assertEqual(500, asker.ask()["status"])
        asker.end()
        self.assertIn('"outcome":"failed"', asker.run.stderr)

    def test_synced_lines_are_the_same_lines(self):
        asker = self.asker("--log-sync")
        self.assertEqual([200] * 32, asker.statuses(32, at_once=16))
        self.assertEqual(["issued"] * 32, [line["outcome"] for line in self.decisions()])


class OneFileForMany(AwsTest):
    def verify(self, *paths):
        done = subprocess.run([os.path.join(BUILD, "broker/sentinel-audit"), "verify", "--", *paths], capture_output=True, text=True)
        self.assertEqual((0, ""), (done.returncode, done.stderr), done.stdout[:2000])
        return int(re.search(r"head: (\d+) ", done.stdout).group(1))

    def files(self):
        """Oldest first."""
        kept = sorted(name for name in os.listdir(self.folder) if name.startswith("decisions.jsonl."))
        return [os.path.join(self.folder, name) for name in sorted(kept, key=self.first_number)] + [self.log_path]

    def first_number(self, name):
        with open(os.path.join(self.folder, name)) as file:
            return json.loads(file.readline()).get("sequence", 0)

    def issued(self):
        count = 0
        for path in self.files():
            with open(path) as file:
                count += sum(json.loads(line).get("outcome") == "issued" for line in file)
        return count

    def ask_at_once(self, askers, times, again=0):
        for asker in askers:
            asker.begin("asks", times=times, at_once=4, again=again)
        statuses = [answer["status"] for asker in askers for answer in asker.answer()]
        for asker in askers:
            asker.end()
        return statuses

    def test_eight_brokers_that_write_to_one_file_keep_one_chain(self):
        askers = [self.asker() for _ in range(8)]
        self.assertEqual([200] * 320, self.ask_at_once(askers, 40))
        self.assertEqual(320, self.verify(self.log_path))

    def test_rotation_under_load_keeps_the_chain(self):
        text = self.write("policy.yaml", policy(rule(reason="many words " * 90)))  # so that a line is long
        askers = [self.asker("--log-max-size", "1MiB", policy=("--policy-file", text)) for _ in range(3)]
        statuses = self.ask_at_once(askers, 700, again=30)
        self.assertEqual({200}, set(statuses), "between two files a client is told to ask again, and is then served")
        files = self.files()
        self.assertGreater(len(files), 2, "nothing was rotated")
        self.verify(*files)
        self.assertEqual(len(statuses), self.issued())
        self.assertEqual({stat.S_IMODE(os.stat(self.log_path).st_mode)}, {stat.S_IMODE(os.stat(path).st_mode) for path in files})
        self.assertFalse([name for name in os.listdir(self.folder) if name.endswith(".next")])
        for asker in askers:
            self.assertEqual("", asker.run.stderr, "rotating is nothing to tell")

    def test_a_rotation_that_was_left_half_way_is_made_good_by_the_next_run(self):
        asker = self.asker()
        asker.asks(3)
        asker.end()
        with open(self.log_path, "rb") as file:
            previous = hashlib.sha256(file.read().splitlines()[-1]).hexdigest()
        with open(self.log_path, "a") as file:
            file.write(f'{{"timestamp":"2026-02-02T00:00:00Z","event":"rotated","sequence":4,"previous":"{previous}"}}\n')
        asker = self.asker()
        asker.asks(2)
        asker.end()
        self.assertEqual(2, len(self.files()))
        self.assertEqual(6, self.verify(*self.files()))

    def test_runs_without_a_server_rotate_too(self):
        old = '{"timestamp":"2026-01-01T00:00:00Z","effect":"deny"}\n'
        self.write("decisions.jsonl", old * ((1 << 20) // len(old) + 1))
        for _ in range(3):
            run = Run(self, ["exec", "--profile", "ledger-prod", "--policy-file", self.write("policy.yaml", policy(rule())),
                             "--log-file", self.log_path, "--log-max-size", "1MiB", "--", "true"],
                      environment=self.environment(), cwd=self.folder).finish()
            self.assertEqual((0, ""), (run.code, run.stderr))
        self.assertEqual(2, len(self.files()), "the log was not rotated")
        self.verify(*self.files())
        self.assertEqual(3, self.issued())

    def test_a_folder_that_may_not_be_written_stops_the_service_and_says_so(self):
        old = '{"timestamp":"2026-01-01T00:00:00Z","effect":"deny"}\n'
        self.write("decisions.jsonl", old * ((1 << 20) // len(old)))
        asker = self.asker("--log-max-size", "1MiB")
        os.chmod(self.folder, 0o500)
        self.addCleanup(os.chmod, self.folder, 0o700)
        statuses = asker.statuses(20, at_once=4)
        os.chmod(self.folder, 0o700)
        self.assertIn(503, statuses)
        self.assertEqual(200, wait_until(lambda: asker.ask()["status"] == 200 and 200, "the next file, once it can be made"))
        asker.end()
        self.assertIn("next decision log", asker.run.stderr)
        self.verify(*self.files())

    def test_a_broker_that_is_killed_while_it_writes_leaves_a_chain_that_goes_on(self):
        for _ in range(4):
            asker = self.asker()
            asker.begin("asks", times=400, at_once=8)
            wait_until(lambda: os.path.getsize(self.log_path) > 0, "a line")
            os.kill(asker.run.helper("broker"), signal.SIGKILL)
            asker.run.finish()
        asker = self.asker()
        self.assertEqual(200, asker.ask()["status"])
        asker.end()
        self.verify(self.log_path)

    def test_a_log_that_is_cut_or_removed_hands_nothing_out(self):
        for harm, told in ((lambda: os.truncate(self.log_path, 0), "was cut"), (lambda: os.unlink(self.log_path), "was removed")):
            asker = self.asker()
            self.assertEqual([200] * 2, asker.statuses(2))
            harm()
            answer = asker.ask()
            self.assertEqual((500, False), (answer["status"], "SecretAccessKey" in answer["body"]))
            asker.end()
            self.assertIn(told, asker.run.stderr)


@unittest.skipUnless(os.geteuid() == 0, "needs root, to put a socket of its own in the place of /dev/log: start the tests as root")
class TheSystemsLog(AwsTest):
    # In a mount namespace of its own a socket of the test lies over /dev/log.
    OVER_DEV_LOG = 'mount --bind "$0" /dev/log && exec setpriv --reuid "$1" --regid "$2" --clear-groups --bounding-set -all -- "${@:3}"'

    def listen(self):
        path = os.path.join(self.folder, "log.socket")
        if os.path.exists(path):
            os.unlink(path)
        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(receiver.close)
        receiver.bind(path)
        os.chmod(path, 0o666)
        receiver.settimeout(20)
        return receiver

    def start_with_system_log(self, *options):
        if not os.path.lexists("/dev/log"):
            open("/dev/log", "w").close()
            self.addCleanup(os.unlink, "/dev/log")
        prefix = ["unshare", "--mount", "--propagation", "private", "/bin/bash", "-c", self.OVER_DEV_LOG,
                  os.path.join(self.folder, "log.socket"), str(self.user.uid), str(self.user.gid)]
        with mock.patch.object(self.user, "popen_arguments", return_value={}):  # setpriv becomes the user
            return self.asker("--log-file", self.log_path, "--log-syslog", *options, log=False, command_line_prefix=prefix)

    def test_each_decision_is_a_datagram_and_a_chain_of_its_own(self):
        receiver = self.listen()
        asker = self.start_with_system_log()
        self.assert_served(asker.ask())
        asker.ask(token="wrong")
        issued, refused = receiver.recv(65536).decode(), receiver.recv(65536).decode()
        asker.end()
        self.assertRegex(issued, r'^<85>sentinel\[\d+\]: \{"timestamp":.*"outcome":"issued".*"sequence":1,"previous":"0{64}"\}$')
        self.assertRegex(refused, r'^<84>sentinel\[\d+\]: \{.*"outcome":"refused".*"sequence":2,')
        first = issued.split(": ", 1)[1]
        self.assertIn(hashlib.sha256(first.encode()).hexdigest(), refused)
        # Each carries the head of the file as it was then: what was cut off there later shows by it.
        with open(self.log_path, "rb") as file:
            hashes = [hashlib.sha256(line).hexdigest() for line in file.read().splitlines()]
        for number, packet in enumerate((issued, refused), 1):
            line = json.loads(packet.split(": ", 1)[1])
            self.assertEqual((self.log_path, number, hashes[number - 1]), tuple(line[key] for key in ("log", "log_sequence", "log_hash")))
        self.assertEqual(["issued", "refused"], [line["outcome"] for line in self.decisions()])

    def test_a_datagram_that_is_not_taken_refuses(self):
        receiver = self.listen()
        asker = self.start_with_system_log()
        self.assertEqual(200, asker.ask()["status"])
        receiver.close()
        for _ in range(2):
            answer = asker.ask()
            self.assertIn(answer["status"], (500, 503))
            self.assertNotIn("SecretAccessKey", answer["body"])
        asker.end()

    def test_without_a_system_log_nothing_starts(self):
        open(os.path.join(self.folder, "log.socket"), "w").close()
        with self.assertRaises(AssertionError) as told:
            self.start_with_system_log()
        self.assertIn("--log-syslog", str(told.exception))


class TheTerminal(AwsTest):
    def told_by(self, *options, tries=5):
        path = self.write("policy.yaml", policy(rule()))
        asker = self.asker(*options, policy=("--policy-file", path))
        self.write("policy.yaml", policy(rule("deny", reason="month end")))
        self.assertEqual([403] * tries, asker.statuses(tries))
        asker.end()
        self.assertEqual(tries, len(self.decisions()), "folding is for the terminal alone")
        return [line for line in asker.run.stderr.splitlines() if "refused" in line]

    def test_an_sdks_five_tries_are_one_line(self):
        line, = self.told_by()
        for part in ("ledger-prod", "the-rule", "month end", "policy.yaml", "sentinel policy explain"):
            self.assertIn(part, line)

    def test_quiet_tells_no_refusal(self):
        self.assertEqual([], self.told_by("--quiet"))

    def test_different_refusals_are_told_each(self):
        asker = self.asker(policy=("--policy-file", self.write("policy.yaml", policy(rule()))))
        asker.ask(token="wrong")
        asker.ask(token="")
        asker.end()
        self.assertEqual(2, len(re.findall("refused credentials", asker.run.stderr)), asker.run.stderr)

    def test_the_helper_tells_its_sdk_that_it_was_refused(self):
        asker = self.asker(transport="unix", policy=("--policy-file", self.write("policy.yaml", policy(rule()))))
        self.write("policy.yaml", policy(rule("deny")))
        done = asker.order("run", argv=[self.layout.credential_process])
        self.assertEqual((1, ""), (done["code"], done["stdout"]))
        # A client that passed every check hears the rule and its reason in the place of a sentence that says nothing.
        self.assertIn("sentinel: refused: policy rule 'the-rule' answers deny: a test", done["stderr"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
