#!/usr/bin/python3
"""Why, where it is needed: a program that passed every check hears the rule and its reason, and its SDK shows them; nobody else hears
anything. The terminal prints the command that shows how it was judged, and tells the policy's users from logins. The log
names the program that asked, behind the helper as well. With the real aws and boto3."""
import json
import os
import re
import shlex
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import PYTHON, TRANSPORTS, AwsTest, Run, policy, rule
from harness import BUILD, copy_program

AWS = ("/usr/bin/aws", "--no-cli-pager", "sts", "get-caller-identity")
BOTO = (PYTHON, "-c", "import boto3\ntry:\n    print(boto3.client('sts', region_name='eu-central-1').get_caller_identity())\n"
                      "except Exception as error:\n    print(type(error).__name__, error)\n    raise SystemExit(1)\n")
GENERIC = "Sentinel refused this request"
CLOSED = rule("deny", name="month-end", reason="'the books are closed: #ledger-help opens them'")


class Refused(AwsTest):
    def refused(self, *options, now=CLOSED, transport="tcp"):
        """A run whose policy has changed: nothing is permitted any more."""
        asker = self.asker(*options, transport=transport, policy=("--policy-file", self.write("policy.yaml", policy(rule()))))
        self.write("policy.yaml", policy(now))
        return asker

    def message(self, asker, **order):
        answer = asker.ask(**order)
        self.assertEqual(403, answer["status"])
        self.assertEqual(answer["body"]["Message"], answer["body"]["message"])
        self.assertEqual(["AccessDenied"] * 2, [answer["body"]["Code"], answer["body"]["code"]])
        return answer["body"]["message"]


class WhoHearsNothing(Refused):
    def test_strangers_hear_all_the_same(self):
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                asker = self.refused(transport=transport)
                for order in ({"token": "x" * 43}, {"token": ""}, {"token": "Bearer x"}):
                    self.assertEqual(GENERIC, self.message(asker, **order))
                asker.end()

    def test_a_policy_that_cannot_be_used_is_not_told(self):
        asker = self.refused()
        self.write("policy.yaml", "nonsense")
        self.assertEqual(GENERIC, self.message(asker))
        self.assertEqual("policy-unusable", self.decisions()[-1]["check"])

    def test_quiet_reasons(self):
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                asker = self.refused("--quiet-reasons", transport=transport)
                self.assertEqual(GENERIC, self.message(asker))
                done = asker.order("run", argv=[*AWS])
                asker.end()
                self.assertNotEqual(0, done["code"])
                self.assertNotIn("month-end", done["stderr"])
                self.assertIn("month-end", asker.run.stderr, "the terminal tells it all the same")
                self.assertEqual("month-end", self.decisions()[-1]["rule"])


class WhatAProgramHears(Refused):
    def test_aws_and_boto3_show_rule_and_reason(self):
        for transport in TRANSPORTS:
            asker = self.refused(transport=transport)
            for argv in (AWS, BOTO):
                with self.subTest(transport=transport, program=argv[0]):
                    done = asker.order("run", argv=[*argv])
                    self.assertNotEqual(0, done["code"])
                    shown = done["stdout"] + done["stderr"]
                    self.assertIn("policy rule 'month-end' answers deny: the books are closed: #ledger-help opens them", shown)
                    self.assertIn("you are 'marta' to the policy, the IAM user of the key", shown)
                    self.assertNotIn("policy explain", shown, "that is for the terminal")
            asker.end()

    def test_where_no_rule_matches(self):
        asker = self.refused(now=rule(conditions="{ profiles: [other] }"))
        self.assertEqual(GENERIC + ": no rule of the policy matches; you are 'marta' to the policy, the IAM user of the key",
                         self.message(asker))

    def test_a_rule_without_words_of_its_own_says_its_name_once(self):
        asker = self.refused(now=rule("deny", name="mute").replace("    reason: a test\n", ""))
        self.assertEqual(1, self.message(asker).count("mute"))
        asker.end()
        told, = [line for line in asker.run.stderr.splitlines() if "refused credentials" in line]
        self.assertEqual(1, told.count("mute"))

    def test_a_lifetime_that_is_too_short(self):
        asker = self.refused(now=rule(more="max_server_duration: 1m"))
        self.assertIn('rule "the-rule" caps the lifetime below the 15 minutes', self.message(asker))

    def test_odd_reasons_are_escaped_and_bounded(self):
        for reason, shown in (("Bücher \"zu\" <heute> & \\ „morgen“", "Bücher \"zu\" <heute> & \\ „morgen“"),
                              ("ä" * 512, "ä" * 512), ("&" * 1024, "&" * 1024)):
            for transport in TRANSPORTS:
                with self.subTest(reason=reason[:12], transport=transport):
                    asker = self.refused(now=rule("deny", name="n" * 256, reason=json.dumps(reason, ensure_ascii=False)),
                                         transport=transport)
                    answer = asker.ask()
                    told = answer["body"]["message"]
                    self.assertLess(len(json.dumps(answer["body"], ensure_ascii=False).encode()), 10_000)
                    self.assertTrue(shown in told or told.endswith("..."), told)
                    if transport == "unix":
                        done = asker.order("run", argv=[self.layout.credential_process])
                        self.assertEqual((1, ""), (done["code"], done["stdout"]))
                        self.assertIn("sentinel: refused: policy rule '" + "n" * 256, done["stderr"])
                        self.assertIn(shown if shown in told else shown[:700], done["stderr"])
                    asker.end()


class WhatTheTerminalTells(Refused):
    def setUp(self):
        super().setUp()
        tool = os.path.join(self.layout.folder, "broker", "sentinel-policy")
        copy_program(os.path.join(BUILD, "broker", "sentinel-policy"), tool)
        os.chmod(tool, 0o755)

    def typed(self, line):
        """What the first command of a line prints, typed by the user."""
        program, *words = shlex.split(line)
        self.assertEqual("sentinel", program)
        done = Run(self, words, environment=self.environment(), cwd=self.folder).finish()
        self.assertEqual((0, ""), (done.code, done.stderr))
        return done.stdout

    def told(self, **more):
        asker = self.refused(**more)
        self.message(asker)
        asker.end()
        line, = [line for line in asker.run.stderr.splitlines() if "refused credentials" in line]
        return line

    def explained(self, line):
        return self.typed(line[line.index("sentinel policy explain"):])

    def test_the_command_that_explains_it_can_be_typed(self):
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                self.assertIn('deny by rule 1 "month-end"', self.explained(self.told(transport=transport)))

    def test_words_that_a_shell_would_take_apart_are_quoted(self):
        name = "it's $HOME; `id`"
        self.add_to_config(f'\n[profile "{name}"]\n' "role_arn = arn:aws:iam::111122223333:role/ledger-prod\nsource_profile = marta\n"
                           "region = eu-central-1\n")
        run = self.refused_start(profile=name, policy=("--policy-file", self.write("policy.yaml", policy(rule()))))
        self.assertNotIn("(no matching rule)", run.stderr)
        self.assertIn(f'profile "{name}"', self.explained(run.stderr))

    def test_a_policy_of_a_parameter_is_fetched_first(self):
        run = self.refused_start(profile="ledger-audit")
        self.assertRegex(run.stderr, "sentinel policy pull --policy-parameter /sentinel/policies/default --profile ledger-audit > "
                                     "policy.yaml && sentinel policy explain policy.yaml --user marta --profile ledger-audit")
        self.assertIn("ledger-production", self.typed(re.search("sentinel policy pull[^>]*", run.stderr).group()))


class WhoAsked(Refused):
    def callers(self, line):
        return tuple(line.get(key) for key in ("caller_pid", "caller_executable", "caller_name"))

    def test_behind_the_helper_it_is_the_program_that_ran_it(self):
        asker = self.refused(transport="unix")
        asker.order("run", argv=[*AWS])
        asker.end()
        line = self.decisions()[-1]
        pid, executable, name = self.callers(line)
        self.assertEqual("[sentinel-creden]", line["peer_executable"])
        self.assertNotIn(pid, (None, line["peer_pid"], asker.run.pid))
        self.assertEqual((os.path.realpath(PYTHON), "aws"), (executable, name))
        self.assertRegex(asker.run.stderr, rf"refused credentials for profile ledger-prod to process {pid} \(aws, {re.escape(executable)}\)")

    def test_an_issue_names_it_too(self):
        asker = self.asker(transport="unix")
        done = asker.order("run", argv=["/bin/sh", "-c", f"{self.layout.credential_process}; true"])
        asker.end()
        self.assertEqual(0, done["code"], done["stderr"])
        pid, executable, name = self.callers(self.decisions()[-1])
        self.assertEqual((os.path.realpath("/bin/sh"), "sh"), (executable, name))

    def test_a_program_that_asks_itself_is_its_own_caller(self):
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                asker = self.asker(transport=transport)
                self.assert_served(asker.ask())
                asker.end()
                line = self.decisions()[-1]
                self.assertEqual((line["peer_pid"], line["peer_executable"]), self.callers(line)[:2])

    # Its parent has ended, and ours has it now: that ran nothing.
    def test_a_helper_without_a_parent_names_nobody(self):
        orphan = ("import os, sys, time\nparent = os.getpid()\nif os.fork(): os._exit(0)\n"
                  "while os.getppid() == parent: time.sleep(0.01)\nos.execv(sys.argv[1], sys.argv[1:])")
        asker = self.asker(transport="unix")
        done = asker.order("run", argv=[PYTHON, "-c", orphan, self.layout.credential_process])
        asker.end()
        self.assertIn("AccessKeyId", done["stdout"])
        line = self.decisions()[-1]
        self.assertEqual("[sentinel-creden]", line["peer_executable"])
        self.assertEqual(line["peer_pid"], line["caller_pid"], "nothing better is known than the helper itself")


if __name__ == "__main__":
    unittest.main(verbosity=2)
