#!/usr/bin/python3
"""A policy with an odd effect, an unknown key, an unknown zone or a reversed window is refused by everyone who reads one:
each way to get credentials, and each word of `sentinel policy`. (Row by row, unit: tests/unit/broker/policy/yaml;
while a run goes on: test_policy.py, tests/unit/broker/policy/source/parameter_test.cc.)"""
import os
import shutil
import subprocess
import unittest

from aws_case import PARAMETER, AwsTest, Run, policy, rule
from harness import BUILD

GOOD = policy(rule())
CASES = """cases:
  - name: served
    user: marta
    profile: ledger-prod
    mode: server
    at: "2026-02-06T14:00:00Z"
    expect: { effect: allow }
"""
# Each with a good rule before it, which would permit if the rest were passed over; and the word that the refusal quotes.
BAD = {"odd effect": (policy(rule(), rule("Deny", "odd")), "Deny"),
       "unknown key": (policy(rule(), rule("deny", "odd", conditions="{ profiles: [p], usres: [otto] }")), "usres"),
       "unknown zone": (policy(rule(), rule("deny", "odd", conditions="{ profiles: [p], time: { timezone: Mars/Base } }")), "Mars/Base"),
       "reversed window": (policy(rule(), rule("deny", "odd", conditions="{ profiles: [p], time: { hours: { start: '22:00', "
                                                                            "end: '06:00' }, timezone: UTC } }")), "before they start")}


class BadPolicy(AwsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        tool = os.path.join(os.path.dirname(cls.layout.broker), "sentinel-policy")  # where `sentinel policy` looks
        shutil.copy(os.path.join(BUILD, "broker/sentinel-policy"), tool)
        os.chmod(tool, 0o755)

    def each(self, look):
        """Calls look(path, text, the word to be quoted) for each bad policy; none of them may lead to keys."""
        for name, (text, said) in BAD.items():
            with self.subTest(name):
                look(self.write("policy.yaml", text), text, said)
        self.assertEqual([], self.assume_role(), "keys were asked for")

    def sentinel(self, *words):
        return Run(self, words, environment=self.environment(), cwd=self.folder).finish()

    def test_a_served_run_refuses_it_from_a_file_and_from_a_parameter(self):
        def look(path, text, said):
            self.assertIn(said, self.refused_start(policy=("--policy-file", path)).stderr)
            self.aws.control.put_parameter(name=PARAMETER, value=text)
            self.assertIn(said, self.refused_start().stderr)
        self.each(look)

    def test_exec_and_credentials_without_a_server_refuse_it(self):
        def look(path, _, said):
            for word, command in (("exec", ("--", "touch", self.marker)), ("credentials", ())):
                run = self.sentinel(word, "--profile", "ledger-prod", "--policy-file", path, "--log-file", self.log_path, *command)
                self.assertEqual((run.own_failure, ""), (run.code, run.stdout), run.stderr)
                self.assertIn(said, run.stderr)
                self.assertFalse(os.path.exists(self.marker), "the command ran")
        self.each(look)

    def uses(self, path):
        """Each word of `sentinel policy` that reads the policy at `path`."""
        good = self.write("good.yaml", GOOD)
        cases = self.write("cases.yaml", CASES)
        key = os.path.join(self.folder, "key")
        if not os.path.exists(key):
            subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key], check=True,
                           capture_output=True)
            self.owned(key)
        there = ("--policy-parameter", PARAMETER, "--profile", "marta")
        return (("validate", path), ("lint", path), ("explain", path, "--user", "marta", "--profile", "ledger-prod"),
                ("test", cases, "--policy", path), ("diff", good, path), ("diff", path, good), ("push", path, *there),
                ("push", path, *there, "--sign-key", key), ("sign", path, "--sign-key", key))

    def test_every_word_of_sentinel_policy_refuses_it(self):
        def look(path, _, said):
            for use in self.uses(path):
                run = self.sentinel("policy", *use)
                self.assertNotEqual(0, run.code, f"{use}: {run.stdout}")
                self.assertIn(said, run.stdout + run.stderr, use)
        self.each(look)
        self.assertEqual([], self.aws.calls("PutParameter"))
        self.assertEqual([], [name for name in os.listdir(self.folder) if name.endswith(".sig")])

    def test_every_word_of_sentinel_policy_takes_a_good_one(self):
        for use in self.uses(self.write("policy.yaml", GOOD)):
            run = self.sentinel("policy", *use)
            self.assertEqual(0, run.code, f"{use}: {run.stdout}{run.stderr}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
