"""What tests of the sources of keys share: a profile that names one, a run of it over the Unix socket, the real `aws` inside
of the run, and what the log says of the source.
"""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import AwsTest, Asker, policy, rule, wait_until  # noqa: E402,F401
from standin_client import REGION, role_arn  # noqa: E402,F401

AWS = "/usr/bin/aws"


class SourceTest(AwsTest):
    word = ""   # of the source, in broker/profile/sources.def

    def add_profile(self, name, **members):
        """Adds [profile NAME] to the config file; returns where its last line stands, as FILE:LINE."""
        lines = [f"[profile {name}]", f"region = {REGION}", *(f"{key} = {value}" for key, value in members.items())]
        self.add_to_config("\n" + "\n".join(lines) + "\n")
        with open(self.aws_file("config")) as file:
            return f"{self.aws_file('config')}:{len(file.read().splitlines())}"

    def add_role(self, name, source, role="ledger-ci"):
        """A profile that assumes a role with the keys of another one."""
        self.add_profile(name, role_arn=role_arn(role), source_profile=source)

    def policy_for(self, profile, more=""):
        return ("--policy-file", self.write("policy.yaml", policy(rule(conditions=f"{{ profiles: [{profile}] }}", more=more))))

    def served(self, profile, more="", options=(), transport="unix", **rest):
        """A run of this profile whose command asks when it is told to."""
        return self.asker(*options, profile=profile, policy=self.policy_for(profile, more), transport=transport, **rest)

    def refused(self, profile, *said, more="", options=(), **rest):
        """The run does not start, and says this; returns what it said."""
        run = self.refused_start(*options, profile=profile, policy=self.policy_for(profile, more), transport="unix", **rest)
        for text in said:
            self.assertIn(text, run.stderr)
        return run.stderr

    def who_am_i(self, asker):
        """What the real AWS CLI is told in the run, with the run's own credentials."""
        done = asker.order("run", argv=[AWS, "--endpoint-url", self.aws.url, "--output", "json", "sts", "get-caller-identity"])
        self.assertEqual(0, done["code"], done["stderr"])
        return json.loads(done["stdout"])["Arn"]

    def issued(self):
        return [line for line in self.decisions() if line["outcome"] == "issued"]

    def assert_logged(self, **members):
        """Each issue is in the log with its source."""
        lines = self.issued()
        self.assertTrue(lines, "nothing was issued")
        for line in lines:
            for name, value in {"credential_source": self.word, **members}.items():
                self.assertEqual(value, line.get(name), line)
        with open(self.log_path) as file:
            self.assert_no_secret(file.read(), "the log")
