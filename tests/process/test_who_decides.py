"""Who decides what a run may have must not come from a file that another user, or the command, can write: what is asked where,
by which key a policy is signed, and which files are believed at all."""
import http.server
import os
import shutil
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import PARAMETER, AwsTest, Run, policy, rule
from harness import BUILD, CLEAN_ENVIRONMENT, PATIENCE, needs_own_home
from signed_case import ALIAS, SignedTest, allowing

import kms_actions

BY_KMS = ("--policy-kms-key", ALIAS)
CAN_CHANGE = "the command can change this policy: "


class YesToAll:
    """A local port of an attacker's, that says of each signature that it is good, and hands out a policy that allows all."""

    def __init__(self, case):
        self.asked = asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                asked.append(self.headers.get("X-Amz-Target"))
                body = b'{"KeyId":"k","SignatureValid":true,"SigningAlgorithm":"RSASSA_PSS_SHA_256"}'
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        thread = threading.Thread(target=self.server.serve_forever)
        thread.start()
        case.addCleanup(lambda: (self.server.shutdown(), thread.join(), self.server.server_close()))


class Endpoints(SignedTest):
    tls, standin = True, {"proxy": True}

    def environment(self):
        return {**super().environment(), "AWS_ENDPOINT_URL": "", **self.aws.proxy_environment()}

    # A config file is the user's, and so the command's.
    def test_a_config_file_names_nobody_who_judges(self):
        thief = YesToAll(self)
        self.put_signed(allowing())
        self.put_kms_key()
        for service, what in (("ssm", "SSM"), ("kms", "KMS")):
            with self.subTest(service=service):
                self.write(".aws/config", self.profile_with(
                    f"services = mine\n[services mine]\n{service} =\n  endpoint_url = {thief.url}\n"))
                run = self.refused_start(*BY_KMS)
                self.assertIn("what judges a run is not asked where a file says that the command may write", run.stderr)
                self.assertRegex(run.stderr, rf"\.aws/config:\d+ names an endpoint for {what}")
                self.assertIn(f"AWS_ENDPOINT_URL_{what}", run.stderr)
        self.write(".aws/config", self.profile_with(f"endpoint_url = {thief.url}\n"))  # STS, too
        self.refused_start(*BY_KMS)
        self.assertEqual([], [call for call in thief.asked if call])

    def test_a_config_file_that_names_sts_is_said_at_the_start_and_in_each_line(self):
        self.put_signed(allowing())
        self.write(".aws/config", self.profile_with(
            f"services = mine\n[services mine]\nsts =\n  endpoint_url = {self.aws.url}\n"))
        asker = self.asker(*self.by_file)
        self.assert_served(asker.ask())
        asker.end()
        self.assertRegex(asker.run.at_start + asker.run.stderr,
                         rf"STS is asked at {self.aws.url}, which \S+config:\d+ names: who may write")
        self.assertRegex(self.decisions()[-1]["endpoints"], rf"^sts {self.aws.url} \(\S+config:\d+\)$")

    def setUp(self):
        super().setUp()
        with open(self.aws_file("config")) as file:
            self.config = file.read()

    def profile_with(self, lines):
        text = self.config
        self.assertIn("[profile ledger-prod]\n", text)
        return text.replace("[profile ledger-prod]\n", "[profile ledger-prod]\n" + lines.split("[", 1)[0]) + \
            ("\n[" + lines.split("[", 1)[1] if "[" in lines else "")

    def test_a_key_that_kms_answered_otherwise_before_is_refused(self):
        self.put_signed(allowing())
        self.put_kms_key()
        asker = self.asker(*BY_KMS)
        self.assert_served(asker.ask())
        asker.end()
        other = kms_actions.new_key_pem(2048)
        self.aws.control.put_kms_key(name="1234abcd", alias=ALIAS, pem=other)
        self.put_signed(allowing(), pem=other, version=2)
        run = self.refused_start(*BY_KMS)
        self.assertIn("another public key was answered for", run.stderr)
        self.assertIn("policy-versions", run.stderr)

    def test_at_awss_own_endpoints_nothing_is_said(self):
        self.put_signed(allowing())
        asker = self.asker(*self.by_file)
        self.assert_served(asker.ask())
        asker.end()
        self.assertEqual(("", ""), (asker.run.stderr, asker.run.at_start))
        self.assertNotIn("endpoints", self.decisions()[-1])


class Variables(SignedTest):
    def test_an_endpoint_of_a_variable_is_said_at_the_start_and_in_each_line(self):
        thief = YesToAll(self)
        self.put_signed(allowing())
        self.put_kms_key()
        asker = self.asker(*BY_KMS, environment={"AWS_ENDPOINT_URL_KMS": self.aws.url})
        self.assert_served(asker.ask())
        asker.ask(token="wrong")
        asker.end()
        where = f"ssm {self.aws.url} (AWS_ENDPOINT_URL), kms {self.aws.url} (AWS_ENDPOINT_URL_KMS)"
        self.assertEqual(1, asker.run.at_start.count("what judges this run is asked where variables say: " + where))
        self.assertEqual([where] * 2, [line["endpoints"] for line in self.decisions()][-2:])
        # Its yes is no signature.
        run = self.refused_start(*BY_KMS, environment={"AWS_ENDPOINT_URL_KMS": thief.url})
        self.assertIn("could not be verified", run.stderr)
        self.assertIn("TrentService.GetPublicKey", thief.asked)


class PolicyFiles(AwsTest):
    def once(self, path, *words, **more):
        words = words or ("exec",)
        command = ("--", "true") if words[0] == "exec" else ()
        return Run(self, [*words, "--profile", "ledger-prod", "--policy-file", path, "--log-file", self.log_path, *command],
                   environment=self.environment(), cwd=self.folder, **more).finish()

    def test_one_that_the_command_can_change_is_named_once(self):
        path = self.write("policy.yaml", policy(rule()))
        asker = self.asker(policy=("--policy-file", path))
        self.assertEqual([200] * 3, asker.statuses(3))
        asker.end()
        self.assertEqual(1, asker.run.at_start.count(CAN_CHANGE + path), asker.run.at_start)
        self.assertEqual(1, self.once(path).at_start.count(CAN_CHANGE + path))
        self.assertEqual("", self.once(path, "credentials").at_start, "with each fetch of an SDK")

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to make a file of root's: start the tests as root")
    def test_roots_own_is_not_named(self):
        folder = os.path.join(self.user.folder, "roots")
        os.makedirs(folder)
        self.addCleanup(shutil.rmtree, folder)
        path = os.path.join(folder, "policy.yaml")
        with open(path, "w") as file:
            file.write(policy(rule()))
        run = self.once(path)
        self.assertEqual((0, "", ""), (run.code, run.stderr, run.at_start))

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to make a file of another user's: start the tests as root")
    def test_what_another_user_can_write_or_replace_is_refused(self):
        path = self.write("policy.yaml", policy(rule()), 0o644)
        config = self.aws_file("config")
        for file, named in ((path, "policy.yaml"), (config, "config")):
            with self.subTest(file=named):
                os.chown(file, 65534, 65534)
                run = self.once(path)
                self.owned(file)
                self.assertEqual(run.own_failure, run.code)
                self.assertIn(f"does not belong to root or uid {self.user.uid} but to uid 65534", run.stderr)
                self.assertEqual([], self.aws.calls("GetCallerIdentity"), "nothing of the file was used")
        os.chmod(self.folder, 0o777)
        run = self.once(path)
        os.chmod(self.folder, 0o700)
        self.assertEqual(run.own_failure, run.code)
        self.assertIn(f"the folder {self.folder} can be written by others", run.stderr)

    def test_a_pipe_is_read_once_as_a_policy(self):
        for words in (("exec",), ("credentials",)):
            reading, writing = os.pipe()
            with os.fdopen(writing, "w") as pipe:
                pipe.write(policy(rule()))
            run = self.once(f"/dev/fd/{reading}", *words, pass_fds=(reading,))
            os.close(reading)
            self.assertEqual(0, run.code, run.stderr)
            self.assertEqual(f"/dev/fd/{reading}", self.decisions()[-1]["policy_path"])
        reading, writing = os.pipe()
        with os.fdopen(writing, "w") as pipe:
            pipe.write(policy(rule()))
        asker = self.asker(policy=("--policy-file", f"/dev/fd/{reading}"), pass_fds=(reading,))
        os.close(reading)
        self.assertEqual([200] * 2, asker.statuses(2))
        asker.end()
        self.assertIn("was read once, from a pipe", asker.run.stderr)
        self.assertEqual("", asker.run.at_start, "nobody can change it any more")

    def test_what_is_no_policy_in_a_pipe_is_refused(self):
        for text, sentence in (("nonsense", "/dev/fd/"), ("# " + "x" * 300_000, "is longer than 256 KiB")):
            reading, writing = os.pipe()
            thread = threading.Thread(target=self.fill, args=(writing, text))
            thread.start()
            run = self.once(f"/dev/fd/{reading}", pass_fds=(reading,))
            os.close(reading)
            thread.join()
            self.assertEqual(run.own_failure, run.code)
            self.assertIn(sentence, run.stderr)
        run = self.once("/dev/fd/77")
        self.assertEqual(run.own_failure, run.code)
        self.assertIn("cannot open the policy /dev/fd/77", run.stderr)

    @staticmethod
    def fill(writing, text):
        try:
            with os.fdopen(writing, "w") as pipe:
                pipe.write(text)
        except BrokenPipeError:
            pass


class Tools(AwsTest):
    """What a tool is told to read neither keeps it waiting nor goes on without end."""

    def run_tool(self, name, *arguments, **more):
        return subprocess.run([os.path.join(BUILD, "broker", name), *arguments], env=CLEAN_ENVIRONMENT, capture_output=True,
                              text=True, timeout=PATIENCE, cwd=self.folder, **more)

    def test_a_pipe_with_a_name_or_a_device_is_refused(self):
        pipe = os.path.join(self.folder, "pipe")
        os.mkfifo(pipe)
        for words in (("sentinel-policy", "validate"), ("sentinel-policy", "lint"), ("sentinel-audit", "verify"),
                      ("sentinel-audit", "show")):
            for path in (pipe, "/dev/zero"):
                with self.subTest(words=words, path=path):
                    run = self.run_tool(*words, path)
                    self.assertNotEqual(0, run.returncode)
                    self.assertIn("is not a regular file", run.stderr)

    def test_a_pipe_that_is_open_is_read(self):
        reading, writing = os.pipe()
        with os.fdopen(writing, "w") as pipe:
            pipe.write(policy(rule()))
        run = self.run_tool("sentinel-policy", "validate", f"/dev/fd/{reading}", pass_fds=(reading,))
        os.close(reading)
        self.assertEqual(0, run.returncode, run.stderr)
        run = self.run_tool("sentinel-audit", "show", "-", stdin=subprocess.DEVNULL)
        self.assertIn("is not a regular file", run.stderr, "a device as stdin")

    def test_a_key_that_others_can_read_signs_nothing(self):
        key = self.write("key.pem", kms_actions.new_key_pem(2048), 0o644)
        path = self.write("policy.yaml", policy(rule()))
        run = self.run_tool("sentinel-policy", "sign", f"--sign-key={key}", path, **self.user.popen_arguments())
        self.assertNotEqual(0, run.returncode)
        self.assertIn("can be read by other users", run.stderr)
        self.assertFalse(os.path.exists(path + ".sig"))


class Proxies(AwsTest):
    # libcurl went past a proxy whose URL it could not decode, without a word.
    def test_a_proxy_that_cannot_be_read_is_refused(self):
        for url in ("http://u:p%1b@127.0.0.1:1", "http://u:p%00@127.0.0.1:1", "http://u:p%0d%0a@127.0.0.1:1"):
            run = self.refused_start(environment={"HTTPS_PROXY": url})
            self.assertIn("HTTPS_PROXY: the proxy's URL has a user, password or host that cannot be read", run.stderr)
            self.assertEqual([], self.aws.calls("GetCallerIdentity"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
