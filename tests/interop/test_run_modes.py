"""Real clients in the two modes without a server: with keys in their environment, and through a credential_process in the
user's own configuration.
"""
import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from client_case import BOTO3, AwsTest, policy, rule
from harness import CLEAN_ENVIRONMENT, MARK, Run

PYTHON, AWS = "/usr/bin/python3", "/usr/bin/aws"


def only_in(mode, effect="allow"):
    return policy(rule(effect, conditions=f"{{ profiles: [ledger-prod], mode: [{mode}] }}"))


class RunModes(AwsTest):
    def clients(self):
        """The commands that print the caller's ARN as JSON, of the clients that are there."""
        found = []
        if os.path.exists(AWS):
            found.append((AWS, "--endpoint-url", self.aws.url, "--output", "json", "sts", "get-caller-identity"))
        if subprocess.run([PYTHON, "-c", "import boto3"], capture_output=True).returncode == 0:
            found.append((PYTHON, "-c", BOTO3, self.aws.url, "1"))
        if not found:
            self.skipTest("neither Debian's awscli nor its boto3 is installed")
        return found

    def in_cli(self, client, text):
        arguments = ("exec", "--profile", "ledger-prod", "--policy-file", self.write("policy.yaml", text),
                     "--log-file", self.log_path, "--", *client)
        return Run(self, arguments, environment={**self.environment(), "AWS_PAGER": ""}, cwd=self.folder).finish()

    def setUp(self):
        super().setUp()
        words = (self.layout.sentinel, "credentials", "--profile", "ledger-prod", "--policy-file",
                 os.path.join(self.folder, "policy.yaml"), "--log-file", self.log_path)
        self.add_to_config(f"\n[profile brokered]\nregion = eu-central-1\ncredential_process = {' '.join(words)}\n")

    def through_process(self, client, text):
        """The client under a profile of the user's own, whose credential_process is sentinel."""
        self.write("policy.yaml", text)
        environment = {**CLEAN_ENVIRONMENT, MARK: self.mark, "HOME": self.user.home, **self.environment(), "AWS_PAGER": "",
                       "AWS_PROFILE": "brokered", "AWS_EC2_METADATA_DISABLED": "true"}
        return subprocess.run(client, env=environment, cwd=self.folder, capture_output=True, text=True, timeout=120,
                              **self.user.popen_arguments())

    def assert_is_the_role(self, code, stdout, stderr):
        self.assertEqual(0, code, stderr)
        answer = json.loads(stdout)
        self.assertIn(":assumed-role/ledger-prod/", answer["Arn"] if isinstance(answer, dict) else answer[0])
        issued = self.assume_role("ok")[-1]["issued"]
        self.assertEqual(issued, self.aws.calls("GetCallerIdentity", "ok")[-1]["access_key_id"])

    def test_a_policy_that_forbids_credential_process_leaves_the_client_without_keys(self):
        for client in self.clients():
            for text in (only_in("cli"), only_in("credential_process", "deny"), policy(rule("require_server"))):
                with self.subTest(client=client[0], text=text):
                    done = self.through_process(client, text)
                    self.assertNotEqual(0, done.returncode, done.stdout)
                    self.assertIn("refused credentials for profile ledger-prod", done.stderr)
                    self.assertEqual([], self.assume_role())

    def test_a_policy_that_forbids_cli_starts_no_client(self):
        for client in self.clients():
            for text in (only_in("credential_process"), only_in("cli", "deny"), policy(rule("require_server"))):
                with self.subTest(client=client[0], text=text):
                    run = self.in_cli(client, text)
                    self.assertEqual((run.own_failure, ""), (run.code, run.stdout))
                    self.assertEqual([], self.assume_role())

    def test_a_client_through_credential_process(self):
        for client in self.clients():
            with self.subTest(client=client[0]):
                done = self.through_process(client, only_in("credential_process"))
                self.assert_is_the_role(done.returncode, done.stdout, done.stderr)

    def test_a_client_with_keys_in_its_environment(self):
        for client in self.clients():
            with self.subTest(client=client[0]):
                run = self.in_cli(client, only_in("cli"))
                self.assert_is_the_role(run.code, run.stdout, run.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
