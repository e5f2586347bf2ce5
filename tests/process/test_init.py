"""`sentinel init`: a first config and a first policy, which overwrite nothing, and the statements that IAM needs. Against the
stand-in."""
import json
import os
import re
import stat
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import AwsTest, Run
from standin_client import role_arn, user_arn

TRUST = "The trust policy of {}:"
CALLER = "A policy of {}, so that it may assume that role:"


class Init(AwsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.layout._copy("broker/sentinel-policy", "broker/sentinel-policy")

    def setUp(self):
        super().setUp()
        self.config_home = os.path.join(self.folder, "config-home")
        self.made = os.path.join(self.config_home, "sentinel")

    def init(self, profile, *options, environment=None):
        run = Run(self, ["init", "--profile", profile, *options],
                  environment={**self.environment(), "XDG_CONFIG_HOME": self.config_home, **(environment or {})}, cwd=self.folder).finish()
        self.assert_no_secret(run.stdout + run.stderr, "the answer")
        self.assert_nothing_left()
        return run

    def refused(self, profile, **more):
        run = self.init(profile, **more)
        self.assertEqual((1, ""), (run.code, run.stdout), run.stderr)
        return run.stderr

    def begun(self, profile, **more):
        run = self.init(profile, **more)
        self.assertEqual(0, run.code, run.stderr)
        return run.stdout

    def there(self, name):
        with open(os.path.join(self.made, name)) as file:
            return file.read()

    def made_by_hand(self, name, text):
        for folder in (self.config_home, self.made):
            os.makedirs(folder, exist_ok=True)
            self.owned(folder)
        self.write(os.path.join("config-home/sentinel", name), text)

    def policies(self, text):
        """Each JSON document of the answer, by the line above it."""
        return {title: json.loads(document) for title, document in re.findall(r"^([^\n]+:)\n(\{\n.*?^\})$", text, re.M | re.S)}

    def policy_tool(self, *words):
        return Run(self, ["policy", *words], cwd=self.folder).finish()

    def test_a_profile_that_is_not_there_is_refused_and_nothing_is_written(self):
        self.assertIn("nobody", self.refused("nobody"))
        self.assertFalse(os.path.exists(self.made))

    def test_a_name_that_a_policy_would_take_for_a_pattern_is_refused(self):
        self.add_to_config("[profile ledger*]\nsource_profile = marta\nrole_arn = " + role_arn("ledger-prod") + "\n")
        self.assertIn("patterns in a policy", self.refused("ledger*"))
        self.assertFalse(os.path.exists(self.made))

    def test_a_folder_that_others_can_write_is_refused(self):
        os.makedirs(self.made)
        for folder in (self.config_home, self.made):
            self.owned(folder)
        os.chmod(self.made, 0o777)
        self.assertIn(self.made, self.refused("ledger-prod"))
        self.assertEqual([], os.listdir(self.made))

    def test_what_is_there_stays_and_is_named(self):
        self.made_by_hand("policy.yaml", "mine\n")
        text = self.begun("ledger-prod")
        self.assertIn(f"is there, and stays as it is: {self.made}/policy.yaml\n", text)
        self.assertIn(f"wrote {self.made}/config\n", text)
        self.assertEqual("mine\n", self.there("policy.yaml"))
        before = self.there("config")
        text = self.begun("marta")
        self.assertIn(f"is there, and stays as it is: {self.made}/config\n", text)
        self.assertEqual(("mine\n", before), (self.there("policy.yaml"), self.there("config")))
        self.assertEqual(["config", "policy.yaml"], sorted(os.listdir(self.made)))

    def test_a_link_that_leads_nowhere_is_there_and_is_not_followed(self):
        self.made_by_hand("other", "")
        target = os.path.join(self.folder, "elsewhere")
        os.symlink(target, os.path.join(self.made, "policy.yaml"))
        self.assertIn(f"is there, and stays as it is: {self.made}/policy.yaml\n", self.begun("ledger-prod"))
        self.assertFalse(os.path.exists(target))

    def test_the_policy_is_valid_and_lint_finds_nothing(self):
        for profile, names in (("ledger-prod", ("ledger-prod", "marta")), ("marta", ("marta", "marta"))):
            self.begun(profile, environment={"XDG_CONFIG_HOME": self.config_home + "-" + profile})
            path = os.path.join(self.config_home + "-" + profile, "sentinel/policy.yaml")
            self.assertEqual(0o600, stat.S_IMODE(os.stat(path).st_mode))
            validated, linted = self.policy_tool("validate", path), self.policy_tool("lint", "--json", path)
            self.assertEqual(0, validated.code, validated.stdout + validated.stderr)
            self.assertEqual(0, linted.code, linted.stdout + linted.stderr)
            self.assertEqual([], json.loads(linted.stdout)["findings"])
            for asked, user, mode, allowed in ((*names, "server", True), (*names, "cli", False), (names[0], "other", "server", False),
                                               ("other", names[1], "server", False)):
                told = self.policy_tool("explain", path, "--json", "--profile", asked, "--user", user, "--mode", mode, "--account", "111122223333")
                self.assertEqual(allowed, json.loads(told.stdout)["verdict"]["allowed"], told.stdout + told.stderr)

    def test_a_run_is_served_under_the_policy_and_an_environment_gets_no_keys(self):
        self.begun("ledger-prod")
        path = os.path.join(self.made, "policy.yaml")
        asker = self.asker(transport="unix", policy=("--policy-file", path))
        self.assert_served(asker.ask())
        asker.end()
        run = Run(self, ["exec", "--profile", "ledger-prod", "--policy-file", path, "--log-file", self.log_path, "--", "touch", self.marker],
                  environment=self.environment(), cwd=self.folder).finish()
        self.assertIn("ledger-prod", run.stderr)
        self.assertFalse(os.path.exists(self.marker))

    def test_the_config_makes_a_run_of_two_words(self):
        self.begun("ledger-prod")
        environment = {**self.environment(), "XDG_CONFIG_HOME": self.config_home, "XDG_STATE_HOME": os.path.join(self.folder, "state")}
        script = 'echo "$AWS_SENTINEL $SENTINEL_UNIX_SOCKET"; ' + self.layout.credential_process
        run = Run(self, ["exec", "ledger-prod", "--", "sh", "-c", script], environment=environment, cwd=self.folder).finish()
        self.assertEqual(0, run.code, run.stderr)
        self.assertRegex(run.stdout, r"^ledger-prod /\S+\n\{")
        refused = Run(self, ["exec", "ledger-audit", "--", "touch", self.marker], environment=environment, cwd=self.folder).finish()
        self.assertIn("no rule", refused.stderr)
        self.assertFalse(os.path.exists(self.marker))

    def test_a_path_that_a_config_cannot_hold_is_refused(self):
        odd = self.config_home + "\nodd"
        self.assertIn("a config cannot hold the path", self.refused("ledger-prod", environment={"XDG_CONFIG_HOME": odd}))
        self.assertFalse(os.path.exists(odd))

    def test_it_says_which_ways_are_stronger_and_what_comes_next(self):
        text = self.begun("ledger-prod")
        for words in ("sentinel policy sign", "/etc/sentinel/policies", "sentinel policy push", "Next: sentinel exec"):
            self.assertIn(words, text)

    def test_statements_for_a_role_and_its_caller(self):
        policies = self.policies(self.begun("ledger-prod"))
        trust = policies[TRUST.format(role_arn("ledger-prod"))]["Statement"]
        self.assertEqual(["sts:AssumeRole", "sts:SetSourceIdentity"], [statement["Action"] for statement in trust])
        self.assertEqual([{"AWS": user_arn("marta")}] * 2, [statement["Principal"] for statement in trust])
        self.assertEqual({"StringLike": {"sts:SourceIdentity": "sentinel.marta.*"}}, trust[1]["Condition"])
        [caller] = policies[CALLER.format(user_arn("marta"))]["Statement"]
        self.assertEqual({"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"], "Resource": [role_arn("ledger-prod")]}, caller)
        [parameter] = [policy for title, policy in policies.items() if title.startswith("Once the policy lies in Parameter Store")]
        self.assertEqual(["ssm:GetParameter", "ssm:GetParameters"], parameter["Statement"][0]["Action"])
        self.assertIn("arn:aws:ssm:eu-central-1:111122223333:parameter/sentinel/policies/*", parameter["Statement"][0]["Resource"])

    def test_statements_follow_a_chain_of_roles(self):
        policies = self.policies(self.begun("ledger-chained"))
        second = policies[TRUST.format(role_arn("ledger-chained"))]["Statement"][0]
        self.assertEqual(role_arn("ledger-prod"), second["Principal"]["AWS"])
        self.assertIn(CALLER.format(role_arn("ledger-prod")), policies)

    def test_tags_and_an_external_id_are_in_the_statements(self):
        self.add_to_config(f"[profile tagged]\nsource_profile = marta\nrole_arn = {role_arn('ledger-prod')}\nexternal_id = a-b-c\n"
                           "session_tags = team=ledger\n")
        policies = self.policies(self.begun("tagged"))
        assume, name, tag = policies[TRUST.format(role_arn("ledger-prod"))]["Statement"]
        self.assertEqual(("sts:AssumeRole", {"StringEquals": {"sts:ExternalId": "a-b-c"}}), (assume["Action"], assume["Condition"]))
        self.assertNotIn("sts:ExternalId", json.dumps(name))
        self.assertEqual("sts:TagSession", tag["Action"])
        self.assertEqual(["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"],
                         policies[CALLER.format(user_arn("marta"))]["Statement"][0]["Action"])


if __name__ == "__main__":
    unittest.main()
