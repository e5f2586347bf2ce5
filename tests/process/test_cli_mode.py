"""`sentinel exec` without --server: the broker answers once, and this very process becomes the command. Doubles show the
supervisor's part, misbehaviour included."""
import json
import os
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))
import harness
from aws_case import AwsTest, Run, policy, rule
from harness import Terminal, children_of, command_line, wait_until

LEAST = ("--policy-file", "p", "--log-file", "decisions")
SECRETS = ("secret/double+", "session==")


class WithoutServer(harness.ProcessTest):
    doubles = True

    def cli(self, profile, *words, **more):
        return self.start_sentinel("exec", "--profile", profile, *LEAST, *words, **more)

    def refused(self, profile, sentence, *words):
        run = self.cli(profile, *words, "--", "touch", "the-command-ran").finish()
        self.assertEqual((run.own_failure, ""), (run.code, run.stdout), run.stderr)
        self.assertIn(sentence, run.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.user.home, "the-command-ran")))
        for secret in SECRETS:
            self.assertNotIn(secret, run.stderr)
        self.assertEqual([], self.own_processes())

    def test_a_broker_that_breaks_the_protocol_is_refused(self):
        for profile, sentence in (("served", "Ready in a run that is not served"),
                                  ("issued-first", "IssuedKeys before BrokerLockedDown"),
                                  ("no-secret", "IssuedKeys without keys"),
                                  ("issued-twice", "the broker broke the protocol"),
                                  ("stray-message", "the broker broke the protocol"),
                                  ("foreign-build", "of another build"), ("unprotected", "says that it is locked down"),
                                  ("early-exit", "ended before it was ready: it ended with code 7"),
                                  ("fail", "the double refuses")):
            with self.subTest(profile=profile):
                self.refused(profile, sentence)

    def test_keys_in_a_served_run_are_refused(self):
        self.refused("issues", "IssuedKeys in a run that is served", "--server")

    def test_inside_a_run_it_is_refused(self):
        run = self.cli("ok", "--", "true", environment={"AWS_SENTINEL": "outer"}).finish()
        self.assertEqual(run.own_failure, run.code)
        self.assertIn("already inside a sentinel run, for profile outer", run.stderr)

    def test_a_state_folder_that_cannot_be_written_is_refused_where_a_signature_is_demanded(self):
        state = os.path.join(self.user.home, "state")
        os.makedirs(os.path.join(state, "sentinel"), exist_ok=True)
        with open(os.path.join(state, "sentinel/policy-versions"), "w"):
            pass
        os.chmod(os.path.join(state, "sentinel/policy-versions"), 0o666)
        run = self.cli("echo", "--policy-key", "k", "--", "true", environment={"XDG_STATE_HOME": state}).finish()
        self.assertEqual(run.own_failure, run.code)
        self.assertIn("can be written by others", run.stderr)

    def test_where_a_signature_is_demanded_the_broker_gets_the_versions(self):
        if self.user.made:
            run = self.cli("echo", "--policy-key", "k", "--", "true").finish()
            self.assertEqual(0, run.code, run.stderr)
            self.assertIn("versions ", run.stderr)
            path = os.path.join(self.user.home, ".local/state/sentinel/policy-versions")
            self.assertEqual(0o600, os.stat(path).st_mode & 0o777)
        run = self.cli("echo", "--", "true").finish()
        if not os.path.exists("/etc/sentinel/policy.pub"):
            self.assertNotIn("versions ", run.stderr)

    def test_a_command_that_cannot_run_has_the_shells_codes(self):
        missing = self.cli("ok", "--", "no-such-command").finish()
        self.assertEqual((127, ""), (missing.code, missing.stdout), missing.stderr)
        found = self.cli("ok", "--", "/etc/passwd").finish()
        self.assertEqual((126, ""), (found.code, found.stdout), found.stderr)

    def test_status_and_signals_are_the_commands_own(self):
        self.assertEqual(7, self.cli("ok", "--", "sh", "-c", "exit 7").finish().code)
        self.assertEqual(-signal.SIGTERM, self.cli("ok", "--", "sh", "-c", "kill -TERM $$").finish().code)

    def test_the_command_is_this_very_process_in_the_callers_group(self):
        run = self.cli("ok", "--", "sh", "-c", "echo $$; cut -d' ' -f4-6 /proc/$$/stat")
        run.finish()
        pid, rest = run.stdout.splitlines()
        self.assertEqual(run.pid, int(pid))
        self.assertEqual(str(os.getpid()), rest.split()[0])
        self.assertEqual(str(os.getpgid(0)), rest.split()[1])
        self.assertEqual(str(os.getsid(0)), rest.split()[2])

    def test_the_command_has_the_keys_and_no_server(self):
        stale = {"AWS_PROFILE": "other", "AWS_ACCESS_KEY_ID": "AKIASTALE", "AWS_SESSION_TOKEN": "stale",
                 "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://stale", "AWS_CONFIG_FILE": "/own/config"}
        run = self.cli("ok", "--", "env", environment=stale).finish()
        self.assertEqual(0, run.code, run.stderr)
        given = dict(line.split("=", 1) for line in run.stdout.splitlines())
        self.assertEqual({"AWS_ACCESS_KEY_ID": "ASIADOUBLE", "AWS_SECRET_ACCESS_KEY": "secret/double+",
                          "AWS_SESSION_TOKEN": "session==", "AWS_CREDENTIAL_EXPIRATION": "2099-01-01T00:00:00Z",
                          "AWS_REGION": "eu-double-1", "AWS_DEFAULT_REGION": "eu-double-1", "AWS_SENTINEL": "ok",
                          "AWS_VAULT": "ok", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/own/config"},
                         {name: value for name, value in given.items() if name.startswith("AWS_")})

    def test_descriptors_and_signals_are_as_the_caller_had_them(self):
        tell = ("import os; print(sorted(os.listdir('/proc/self/fd')));"
                "print([line for line in open('/proc/self/status') if line.startswith(('SigP', 'SigB', 'SigI', 'SigC', 'Shd'))])")
        bare = subprocess.run(["/usr/bin/python3", "-c", tell], capture_output=True, text=True)
        run = self.cli("ok", "--", "/usr/bin/python3", "-c", tell).finish()
        self.assertEqual(bare.stdout, run.stdout, run.stderr)

    def test_a_broker_that_does_not_end_is_ended_before_the_command_begins(self):
        run = self.cli("lingers", "--", "bash", "-c", "read -r c < /proc/$$/task/$$/children; echo \"alone$c\"").finish()
        self.assertEqual((0, "alone\n"), (run.code, run.stdout), run.stderr)

    def test_it_is_told_what_the_options_say(self):
        run = self.cli("echo", "--duration", "20m", "--region", "r-1", "--log-max-size", "2MiB", "--", "true",
                       environment={"SENTINEL_SESSION_TABLE": "not-without-server"}).finish()
        for part in ("duration=1200", "region=r-1", "mode=2", "table= ", "size=2097152"):
            self.assertIn(part, run.stderr)
        self.assertIn("duration=0", self.cli("echo", "--", "true").finish().stderr)
        served = self.cli("echo", "--server", "--", "true", environment={"SENTINEL_SESSION_TABLE": "tbl"}).finish()
        self.assertIn("table=tbl ", served.stderr)

    def waiting(self, **more):
        run = self.cli("silent", "--", "touch", "the-command-ran", **more)
        wait_until(lambda: any(command_line(pid).endswith("sentinel-broker") for pid in children_of(run.pid)), "the broker")
        return run

    def test_while_it_waits_no_secret_and_no_memory_of_it_can_be_read(self):
        if not self.user.made:
            self.skipTest("needs a user of its own")
        run = self.waiting()
        tried = subprocess.run(["cat", f"/proc/{run.pid}/environ"], capture_output=True, **self.user.popen_arguments())
        self.assertNotEqual(0, tried.returncode, "the waiting process is dumpable")
        run.process.send_signal(signal.SIGTERM)
        run.finish()

    def test_a_signal_that_asks_for_the_end_ends_all_and_shows(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number=number):
                run = self.waiting()
                run.process.send_signal(number)
                run.finish()
                self.assertEqual((-number, "", ""), (run.code, run.stdout, run.stderr))
                self.assertEqual([], self.own_processes())
                self.assertFalse(os.path.exists(os.path.join(self.user.home, "the-command-ran")))

    @harness.needs_own_home
    def test_ctrl_c_and_ctrl_z_while_it_waits(self):
        shell = Terminal(self, ["/bin/bash", "--norc", "-i"])
        shell.expect("ready> ")
        shell.send(f"{self.layout.sentinel} exec --profile silent {' '.join(LEAST)} -- touch the-command-ran\n")
        wait_until(lambda: any(command_line(pid).endswith("sentinel-broker") for pid in self.own_processes()), "the broker")
        shell.send("\x1a")
        shell.expect("Stopped")
        shell.expect("ready> ")
        shell.send("fg\n")
        shell.expect("sentinel exec")
        shell.send("\x03")
        shell.expect("ready> ")
        shell.send("echo code=$?\n")
        shell.expect("^code=130")
        self.assertFalse(any(command_line(pid).endswith("sentinel-broker") for pid in self.own_processes()))
        shell.send("exit\n")
        shell.wait()

    def test_nothing_is_made_but_the_log(self):
        before = set(os.listdir(self.user.home))
        self.assertEqual(0, self.cli("ok", "--", "true").finish().code)
        self.assertEqual(set(), set(os.listdir(self.user.home)) - before - {"decisions"})
        self.assertEqual([], self.own_files())
        with open(os.path.join(self.user.home, "decisions")) as log:
            text = log.read()
        for secret in SECRETS:
            self.assertNotIn(secret, text)


class AgainstAws(AwsTest):
    """The real broker, against the stand-in."""

    def test_sentinel_policy_in_a_run_signs_with_the_keys_of_the_run(self):
        tool = self.layout._copy("broker/sentinel-policy", "broker/sentinel-policy")
        answer = self.aws.process_answer()
        self.write("answer", answer)
        self.add_to_config(f"\n[profile admin]\nregion = eu-central-1\ncredential_process = cat {self.folder}/answer\n")
        pushed = self.write("pushed.yaml", policy(rule()))
        words = (self.layout.sentinel, "policy", "push", pushed, "--policy-parameter", "/pushed", "--profile", "admin")
        permit = policy(rule(conditions="{ profiles: [admin] }"))
        alone = self.in_cli(permit, command=words, profile="admin").finish()
        self.assertIn("add --env-keys", alone.stderr)
        run = self.in_cli(permit, command=(*words, "--env-keys"), profile="admin").finish()
        self.assertEqual(0, run.code, run.stderr)
        put, = self.aws.calls("PutParameter", "ok")
        self.assertEqual(json.loads(answer)["AccessKeyId"], put["access_key_id"])
        os.remove(tool)

    def once(self, words, policy_text, profile="ledger-prod", command=(), log=True, **more):
        path = self.write("policy.yaml", policy_text)
        arguments = [*words, "--profile", profile, "--policy-file", path, *(["--log-file", self.log_path] if log else []),
                     *(["--", *command] if command else [])]
        return Run(self, arguments, environment=self.environment(), cwd=self.folder, **more)

    def in_cli(self, policy_text, *options, command=("env",), **more):
        return self.once(("exec", *options), policy_text, command=command, **more)

    def as_credentials(self, policy_text, *options, **more):
        return self.once(("credentials", *options), policy_text, **more)

    def assert_refused(self, run, *sentences):
        run.finish()
        self.assertEqual((run.own_failure, ""), (run.code, run.stdout), run.stderr)
        for sentence in sentences:
            self.assertIn(sentence, run.stderr)
        self.assert_no_secret(run.stderr, "stderr")
        self.assertEqual([], self.assume_role(), "AWS was asked for what policy refused")

    def test_a_rule_that_demands_a_server_refuses_both_and_names_the_option(self):
        demands = policy(rule("require_server"))
        self.assert_refused(self.in_cli(demands), "may have these credentials", "run the command under `sentinel exec --server`")
        self.assert_refused(self.as_credentials(demands), "may have these credentials", "run the command under `sentinel exec --server`")
        for line, mode in zip(self.decisions(), ("cli", "credential_process"), strict=True):
            self.assertEqual(("deny", "refused", mode), (line["effect"], line["outcome"], line["mode"]))

    def test_a_rule_for_one_mode_is_no_yes_in_the_others(self):
        for mode, other in (("credential_process", self.in_cli), ("server", self.in_cli), ("cli", self.as_credentials),
                            ("server", self.as_credentials)):
            with self.subTest(mode=mode, other=other.__name__):
                text = policy(rule(conditions=f"{{ profiles: [ledger-prod], mode: [{mode}] }}"))
                self.assert_refused(other(text), "no rule of the policy matches")

    def test_a_transport_is_nothing_that_these_modes_have(self):
        text = policy(rule(conditions="{ profiles: [ledger-prod], transport: [unix, tcp] }"))
        self.assert_refused(self.in_cli(text), "no rule of the policy matches")
        self.assert_refused(self.as_credentials(text), "no rule of the policy matches")

    def test_a_policy_that_is_not_signed_is_refused_where_a_key_is_demanded(self):
        key = os.path.join(self.folder, "policy.pub")
        subprocess.run(["openssl", "genrsa", "-out", key + ".key", "3072"], check=True, capture_output=True)
        subprocess.run(["openssl", "rsa", "-in", key + ".key", "-pubout", "-out", key], check=True, capture_output=True)
        os.chmod(self.owned(key), 0o644)
        for start in (self.in_cli, self.as_credentials):
            self.assert_refused(start(policy(rule()), "--policy-key", key), "sign")

    def test_no_line_no_credentials(self):
        full, limited = self.full_log()
        run = self.once(("exec", "--log-file", full), policy(rule()), command=("touch", self.marker), log=False, **limited).finish()
        self.assertEqual(run.own_failure, run.code)
        self.assertFalse(os.path.exists(self.marker))
        self.assertIn(f"{full} cannot be written: ", run.stderr)

    def test_aws_that_refuses_is_said(self):
        run = self.in_cli(policy(rule(conditions="{ profiles: [ledger-denied] }")), profile="ledger-denied",
                          command=("touch", self.marker)).finish()
        self.assertEqual(run.own_failure, run.code)
        self.assertIn("AccessDenied", run.stderr)
        self.assertFalse(os.path.exists(self.marker))

    def test_the_command_gets_what_aws_issued_and_the_log_says_so(self):
        run = self.in_cli(policy(rule(conditions="{ profiles: [ledger-prod], mode: [cli] }")), "--duration", "30m").finish()
        self.assertEqual(0, run.code, run.stderr)
        given = dict(line.split("=", 1) for line in run.stdout.splitlines() if "=" in line)
        issued = self.assume_role("ok")
        self.assertEqual([given["AWS_ACCESS_KEY_ID"]], [call["issued"] for call in issued])
        self.assertIn(given["AWS_SECRET_ACCESS_KEY"], self.aws.secrets())
        self.assertEqual("1800", issued[0]["params"]["DurationSeconds"])
        (line,) = self.decisions()
        self.assertEqual(("allow", "issued", "cli", given["AWS_CREDENTIAL_EXPIRATION"]),
                         (line["effect"], line["outcome"], line["mode"], line["expires_at"]))
        for member in ("transport", "peer_pid", "peer_uid", "peer_executable", "caller_pid", "caller_executable", "caller_name"):
            self.assertNotIn(member, line)
        with open(self.log_path) as log:
            self.assert_no_secret(log.read(), "the log")
        self.assert_no_secret(run.stderr, "stderr")

    def test_without_a_wish_it_is_the_profiles_duration_or_an_hour(self):
        self.assertEqual(0, self.in_cli(policy(rule())).finish().code)
        self.assertEqual("3600", self.assume_role("ok")[-1]["params"]["DurationSeconds"])
        with open(self.aws_file("config")) as config:
            text = config.read()
        with open(self.aws_file("config"), "w") as config:
            config.write(text.replace("[profile ledger-prod]", "[profile ledger-prod]\nduration_seconds = 1200"))
        self.assertEqual(0, self.as_credentials(policy(rule())).finish().code)
        self.assertEqual("1200", self.assume_role("ok")[-1]["params"]["DurationSeconds"])

    def test_credentials_prints_what_aws_issued(self):
        run = self.as_credentials(policy(rule(conditions="{ profiles: [ledger-prod], mode: [credential_process] }"))).finish()
        self.assertEqual((0, ""), (run.code, run.stderr))
        printed = json.loads(run.stdout)
        self.assertEqual(self.assume_role("ok")[0]["issued"], printed["AccessKeyId"])
        (line,) = self.decisions()
        self.assertEqual(("issued", "credential_process", printed["Expiration"]), (line["outcome"], line["mode"], line["expires_at"]))

    def test_a_profile_that_asks_sentinel_itself_does_not_turn_in_a_circle(self):
        self.add_to_config(f"\n[profile loop]\ncredential_process = {self.layout.sentinel} credentials --profile loop\n")
        run = self.as_credentials(policy(rule(conditions="{ profiles: [loop] }")), profile="loop").finish()
        self.assertEqual((run.own_failure, ""), (run.code, run.stdout))
        self.assertIn("credential_process", run.stderr)

    def test_the_secret_is_in_no_command_line_and_no_file(self):
        run = self.in_cli(policy(rule()), command=("sh", "-c", "echo $AWS_SECRET_ACCESS_KEY; read x"))
        secret = run.line()
        self.assertIn(secret, self.aws.secrets())
        for entry in filter(str.isdigit, os.listdir("/proc")):
            if int(entry) != os.getpid():
                self.assertNotIn(secret, command_line(int(entry)))
        for folder, _, files in os.walk(self.folder):
            for name in files:
                with open(os.path.join(folder, name), errors="replace") as file:
                    self.assertNotIn(secret, file.read(), name)
        run.finish("\n")


if __name__ == "__main__":
    unittest.main(verbosity=2)
