"""What the real broker cannot work with is refused before the command starts: what is wrong and where, what to do next, a
code that is not 0, and nothing left behind. (Flags, ports and sockets: test_bad_input.py.)"""
import os
import socket
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import AwsTest, policy, rule
from harness import EXEC_FAILED
from standin_client import key_id_of, role_arn

KEYS = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = nothing\n"


class Profiles(AwsTest):
    def refused_with(self, *sentences, profile="bad", **more):
        run = self.refused_start(profile=profile, **more)
        for sentence in sentences:
            self.assertIn(sentence, run.stderr)
        self.assertEqual([], self.aws.calls(), "AWS was asked although the profile is no good")
        return run

    def test_a_profile_that_is_not_there(self):
        self.refused_with("ledger-prd", "ledger-prod", profile="ledger-prd")  # with the nearest name there is

    def test_no_files_at_all(self):
        self.refused_with("bad", environment={"AWS_CONFIG_FILE": "/no/such/file", "AWS_SHARED_CREDENTIALS_FILE": "/no/such/file"})

    def test_files_that_are_malformed(self):
        for text, sentence in (("[profile bad\nregion = x\n", "config:"), ("[profile bad]\nregion\n", "config:"),
                               ("region = x\n", "config:")):
            with self.subTest(text=text):
                path = self.write("broken-config", text)
                self.refused_with("broken-" + sentence, environment={"AWS_CONFIG_FILE": path})

    def test_a_file_that_may_not_be_read(self):
        path = self.write("secret-config", "[profile bad]\n", mode=0)
        self.refused_with("secret-config", environment={"AWS_CONFIG_FILE": path})

    # Each refusal names the key of the file that is wrong or incomplete.
    def test_loops_and_gaps_in_a_chain(self):
        role = f"role_arn = {role_arn('ledger-prod')}\n"
        for text, sentence in (
                (f"[profile bad]\n{role}source_profile = worse\n[profile worse]\n{role}source_profile = bad\n", "bad"),
                (f"[profile bad]\n{role}source_profile = nobody\n", "nobody"),
                (f"[profile bad]\n{role}", "source_profile"),
                ("[profile bad]\nregion = eu-central-1\n", "bad"),
                (f"[profile bad]\nrole_arn = not-an-arn\nsource_profile = marta\n", "role_arn"),
                (f"[profile bad]\n{role}source_profile = marta\nduration_seconds = soon\n", "duration_seconds"),
                (f"[profile bad]\n{role}source_profile = marta\nmfa_serial = a device\n", "mfa_serial"),
                ("[profile bad]\ncredential_process = /bin/true\n", "credential_process"),
                ("[profile bad]\nsso_start_url = https://x\n", "sso_start_url"),
                (f"[profile bad]\n{role}source_profile = marta\nendpoint_url = ftp://x\n", "bad-config:6: an endpoint URL")):
            with self.subTest(text=text):
                path = self.write("bad-config", "[profile marta]\nregion = eu-central-1\n" + text)
                environment = {"AWS_CONFIG_FILE": path}
                if "endpoint_url" in text:
                    environment["AWS_ENDPOINT_URL"] = ""
                self.refused_with(sentence, environment=environment)

    def test_half_a_key(self):
        self.add_to_config("[bad]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n", name="credentials")
        self.refused_with("bad", "aws_secret_access_key")

    def test_plain_http_to_another_machine(self):
        for url in ("http://203.0.113.9/", "http://sts.example.com", "http://127.0.0.1.example.com", "gopher://127.0.0.1", "127.0.0.1:1"):
            with self.subTest(url=url):
                self.refused_with("AWS_ENDPOINT_URL", profile="ledger-prod", environment={"AWS_ENDPOINT_URL": url})

    def test_a_missing_certificate_bundle(self):
        self.refused_with("/no/such/bundle", profile="ledger-prod", environment={"AWS_CA_BUNDLE": "/no/such/bundle"})
        path = self.write("no-bundle", "this is no certificate\n")
        self.refused_with("no-bundle", profile="ledger-prod", environment={"AWS_CA_BUNDLE": path})

    def test_an_error_quotes_no_secret_of_the_files(self):
        path = self.write("odd-credentials", f"[bad]\naws_access_key_id = {key_id_of('marta')}\naws_secret_access_key HuntedSecret\n")
        run = self.refused_with("odd-credentials", environment={"AWS_SHARED_CREDENTIALS_FILE": path})
        self.assertNotIn("HuntedSecret", run.stderr)


class Policies(AwsTest):
    def refused_policy(self, text, *sentences):
        path = self.write("policy.yaml", text)
        run = self.refused_start(policy=("--policy-file", path))
        for sentence in sentences:
            self.assertIn(sentence, run.stderr)

    def test_errors_are_told_with_file_and_line(self):
        for text, line, sentence in (
                (policy(rule()) + "extra: 1\n", 7, "extra"), (policy(rule("alow")), 4, "alow"),
                (policy(rule(conditions="{ profiles: [ledger-prod], user: [marta] }")), 6, "user"),
                (policy(rule(conditions="{ profiles: [a], time: { timezone: Mars/Base } }")), 6, "Mars/Base"),
                (policy(rule(conditions="{ profiles: [a], time: { days: [moonday] } }")), 6, "moonday"),
                (policy(rule(conditions="{ profiles: [a], time: { hours: { start: '9', end: '25:00' }, timezone: UTC } }")), 6, ""),
                (policy(rule(conditions="{ profiles: [a], mode: [servr] }")), 6, "servr"),
                (policy(rule(more="max_server_duration: soon")), 7, "soon"),
                ('version: "2"\nrules: []\n', 1, "2"), ('version: "1"\nrules: []\n', 2, "rules"),
                ('version: "1"\nrules:\n  - name: [\n', 0, "YAML")):
            with self.subTest(text=text):
                self.refused_policy(text, "policy.yaml:" + (str(line) + ":" if line else ""), sentence)

    def test_files_that_are_no_policy(self):
        self.refused_policy("", "policy.yaml")
        self.assertIn("/no/such", self.refused_start(policy=("--policy-file", "/no/such/policy")).stderr)
        for path in (self.folder, "/dev/zero", self.write("unreadable", policy(rule()), mode=0)):
            with self.subTest(path=path):
                self.assertIn(path, self.refused_start(policy=("--policy-file", path)).stderr)

    def test_a_policy_that_others_may_write(self):
        path = self.write("policy.yaml", policy(rule()))
        os.chmod(path, 0o666)
        self.assertIn("policy.yaml", self.refused_start(policy=("--policy-file", path)).stderr)

    def test_parameters_that_cannot_be_had(self):
        self.aws.control.put_parameter(name="/blank", value=" ")
        self.aws.control.put_parameter(name="/odd", value=policy(rule("alow")))
        for name, *sentences in (("/absent", "there is no SSM parameter"), ("/sentinel/policies/denied", "not allowed", "ssm:GetParameter"),
                                 ("/sentinel/policies/locked", "kms"), ("/blank", "/blank"),
                                 ("/odd", "/odd:4:", "alow"), ("bad name!", "bad name!")):
            with self.subTest(name=name):
                run = self.refused_start(policy=("--policy-parameter", name))
                for sentence in (name, *sentences):
                    self.assertIn(sentence.lower(), run.stderr.lower())


class Aws(AwsTest):
    def refused_by_aws(self, *sentences, **more):
        run = self.refused_start(**more)
        for sentence in sentences:
            self.assertIn(sentence, run.stderr)

    def test_keys_that_sts_does_not_take(self):
        path = self.write("wrong-keys", "[marta]\n" + KEYS)
        self.refused_by_aws("InvalidClientTokenId", environment={"AWS_SHARED_CREDENTIALS_FILE": path})
        path = self.write("wrong-keys", f"[marta]\naws_access_key_id = {key_id_of('marta')}\naws_secret_access_key = wrong\n")
        self.refused_by_aws("SignatureDoesNotMatch", environment={"AWS_SHARED_CREDENTIALS_FILE": path})

    def test_roles_that_sts_does_not_give(self):
        text = policy(rule(conditions="{ users: [marta] }"))
        for profile, sentence in (("ledger-denied", "sts:AssumeRole"), ("ledger-no-source-identity", "sts:SetSourceIdentity")):
            with self.subTest(profile=profile):
                self.refused_by_aws("AccessDenied", sentence, profile, profile=profile,
                                    policy=("--policy-file", self.write("policy.yaml", text)))

    def test_a_duration_that_the_role_does_not_allow(self):
        run = self.refused_start("--server-duration", "2h", profile="ledger-short")
        self.assertIn("MaxSessionDuration", run.stderr)

    def test_an_outage_that_lasts(self):
        for fault in ({"kind": "status", "status": 503}, {"kind": "not_xml"}, {"kind": "huge"},
                      {"kind": "error", "code": "Throttling", "status": 400}):
            with self.subTest(fault=fault):
                self.aws.control.clear()
                self.aws.control.fault(action="AssumeRole", count=0, **fault)
                self.refused_by_aws("role/ledger-prod")

    def test_an_endpoint_where_nobody_listens(self):
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
            self.refused_by_aws("127.0.0.1", "nothing listens there", environment={"AWS_ENDPOINT_URL": url})
        for url in ("http://127.0.0.2:9", "http://[::1]:9"):   # this machine as well, wherever it is asked
            with self.subTest(url):
                self.refused_by_aws(f"{url} gave no answer", environment={"AWS_ENDPOINT_URL": url})

    def test_a_redirect_is_not_followed(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            other.settimeout(0)
            self.aws.control.fault("status", action="AssumeRole", status=302, count=0,
                                   headers={"Location": f"http://127.0.0.1:{other.getsockname()[1]}/"})
            self.refused_by_aws("302")
            with self.assertRaises(BlockingIOError):
                other.accept()

    def test_a_proxy_of_the_environment_is_not_used(self):
        # The command keeps it; the broker, started without an environment, asks AWS directly.
        run = self.start(command=("sh", "-c", "echo $https_proxy"), environment={"http_proxy": "http://127.0.0.1:1",
                                                                                  "https_proxy": "http://127.0.0.1:1"}).finish()
        self.assertEqual((0, "http://127.0.0.1:1\n"), (run.code, run.stdout), run.stderr)


class Tls(AwsTest):
    tls = True

    def test_a_certificate_of_nobody_we_trust(self):
        for bundle in ("", "/etc/ssl/certs/ca-certificates.crt"):
            with self.subTest(bundle=bundle):
                if bundle and not os.path.exists(bundle):
                    continue
                run = self.refused_start(environment={"AWS_CA_BUNDLE": bundle})
                self.assertIn("certificate", run.stderr.lower())
                self.assertEqual([], self.aws.calls())

    def test_plain_http_to_a_tls_port(self):
        self.refused_start(environment={"AWS_ENDPOINT_URL": self.aws.url.replace("https:", "http:")})

    def test_trust_by_bundle_works(self):
        self.assertEqual(0, self.start(command=("true",)).finish().code)


class Commands(AwsTest):
    def test_codes_of_commands_that_cannot_start(self):
        for command, code in (("no-such-command", 127), ("/no/such/command", 127), (self.write("plain", "#!/bin/sh\n"), 126), ("/tmp", 126)):
            with self.subTest(command=command):
                run = self.start(command=(command,)).finish()
                self.assertEqual((code, ""), (run.code, run.stdout))
                self.assertEqual(2, len(run.stderr.splitlines()), run.stderr)
                self.assertEqual([], self.assume_role(), "keys were asked for a command that is not there")

    def test_a_run_inside_a_run_is_refused_and_the_outer_one_goes_on(self):
        asker = self.asker()
        done = asker.order("run", argv=[self.layout.sentinel, "exec", "--server", "--profile", "ledger-prod", "--policy-file", "x", "--",
                                        "touch", self.marker])
        self.assertEqual((EXEC_FAILED, False), (done["code"], os.path.exists(self.marker)))
        self.assertIn("already inside a sentinel run", done["stderr"])
        self.assert_served(asker.ask())

    def test_the_commands_own_code_and_output_come_through(self):
        for code in (0, 1, 42, 255):
            run = self.start(command=("sh", "-c", f"cat; echo problem >&2; exit {code}")).finish("piped\n")
            self.assertEqual((code, "piped\n", "problem\n"), (run.code, run.stdout, run.stderr))


if __name__ == "__main__":
    unittest.main(verbosity=2)
