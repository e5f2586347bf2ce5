"""Issuing from end to end: whom AWS sees, what the client is told when there is nothing, and that nothing is asked of AWS for
those who get nothing."""
import os
import pwd
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import TRANSPORTS, AwsTest, policy, rule


class Issuing(AwsTest):
    def test_what_cannot_be_issued_is_refused_before_aws_is_asked_for_it(self):
        self.add_to_config("[profile homeless]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = nobody\n"
                           "[profile keyless]\nregion = eu-central-1\n")
        for profile, sentence in (("unheard", "unheard"), ("homeless", "nobody"), ("keyless", "keyless")):
            with self.subTest(profile=profile):
                run = self.refused_start(profile=profile, policy=("--policy-file", self.write("policy.yaml", "no: policy\n")))
                self.assertIn(sentence, run.stderr, "the profile is looked at before the policy")
        self.assertEqual([], self.aws.log())
        self.refused_start(policy=("--policy-file", self.write("policy.yaml", policy(rule("deny")))))
        self.assertEqual({"GetCallerIdentity"}, {call["action"] for call in self.aws.log()})

    def test_every_link_is_stamped_and_the_log_names_the_stamp(self):
        asker = self.with_policy(policy(rule(conditions="{ profiles: [ledger-prod, ledger-chained] }")), profile="ledger-chained")
        for answer in asker.asks(3):
            self.assert_served(answer)
        asker.end()
        stamps = {call["params"].get("SourceIdentity") for call in self.assume_role()}
        self.assertEqual(2, len(self.assume_role()))
        stamp, = stamps
        self.assertRegex(stamp, r"^sentinel\.marta\.direct\.[0-9a-f]{8}$")
        self.assertEqual({stamp}, {line["source_identity"] for line in self.decisions()})
        self.assertEqual(3, len({line["request_id"] for line in self.decisions()}), "one decision, one id")

    def test_the_user_is_aws_s_and_never_the_systems(self):
        system_user = pwd.getpwuid(self.user.uid).pw_name
        self.refused_start(policy=("--policy-file", self.write("policy.yaml", policy(rule(conditions="{ users: [%s] }" % system_user)))),
                           environment={"USER": "marta", "LOGNAME": "marta"})
        self.refused_start(policy=("--policy-file", self.write("policy.yaml", policy(rule(conditions="{ users: [otto] }")))),
                           environment={"USER": "otto", "LOGNAME": "otto", "SUDO_USER": "otto"})
        self.assertEqual({"marta"}, {line["user"] for line in self.decisions()})

    def refused_four_times(self, *options, transport):
        """What a client hears of a rule that denies, a policy that cannot be used, a cap that is too short, and STS's denial."""
        asker = self.asker(*options, transport=transport, policy=("--policy-file", self.write("policy.yaml", policy(rule()))))
        self.assert_served(asker.ask())
        answers = []
        for text in (policy(rule("deny")), "no: policy\n", policy(rule(more="max_duration: 5m"))):
            self.write("policy.yaml", text)
            answers.append(asker.ask())
        self.aws.control.fault("error", action="AssumeRole", code="AccessDenied", status=403, count=0)
        self.write("policy.yaml", policy(rule(more="restrict: { tags: { team: ledger } }")))
        answers.append(asker.ask())
        self.aws.control.clear()
        asker.end()
        self.assertEqual([403, 403, 403, 500], [answer["status"] for answer in answers])
        return answers

    def test_a_client_that_shall_hear_no_reasons_is_told_nothing_of_paths_arns_or_rules(self):
        secret_words = re.compile(r"arn:|/|policy\.yaml|the-rule|marta|ledger|STS|AssumeRole|profile", re.I)
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                for answer in self.refused_four_times("--quiet-reasons", transport=transport):
                    self.assertFalse(secret_words.search(str(answer["body"])), answer)

    # The rule and the policy's own reason are for the program; a rule's cap is its own words, too.
    def test_a_client_is_told_of_rules_and_nothing_of_paths_arns_or_what_aws_said(self):
        secret_words = re.compile(r"arn:|/|policy\.yaml|ledger|AssumeRole|explain", re.I)
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                answers = self.refused_four_times(transport=transport)
                for answer in answers:
                    self.assertFalse(secret_words.search(str(answer["body"])), answer)
                self.assertEqual([True, False, True, False], ["the-rule" in answer["body"]["message"] for answer in answers])


if __name__ == "__main__":
    unittest.main(verbosity=2)
