"""A rule that restricts: what AssumeRole is told, exactly; that AWS then keeps to it; and that keys of a wider rule are never
served under a narrower one."""
import calendar
import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import TRANSPORTS, AwsTest, policy, rule

READ_ONLY, AUDIT = "arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/SecurityAudit"
OBJECTS = {"Version": "2012-10-17",
           "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "ssm:GetParameter"], "Resource": "*",
                          "Condition": {"Bool": {"aws:SecureTransport": "true"}}}]}
EVERYTHING = ("restrict: { session_policy: %s, managed_policies: [%s, %s], source_ips: [203.0.113.0/24, '2001:db8::/32'], "
              "source_vpcs: [vpc-0abc1234], tags: { team: ledger, cost-center: '7' }, hard_expiry: 2m }"
              % (json.dumps(OBJECTS), READ_ONLY, AUDIT))
NO_ROLE = "{ profiles: [marta, ledger-prod, ledger-chained] }"


def seconds_of(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def narrowing_of(call):
    """Everything of a call that narrows: the policy as parsed JSON, and the members of its lists."""
    params = call["params"]
    found = {name: value for name, value in params.items() if name.startswith(("PolicyArns", "Tags", "TransitiveTagKeys"))}
    if "Policy" in params:
        found["Policy"] = json.loads(params["Policy"])
    return found


def hard_end_of(call):
    end, = [statement["Condition"]["DateGreaterThan"]["aws:CurrentTime"] for statement in json.loads(call["params"]["Policy"])["Statement"]
            if "DateGreaterThan" in statement.get("Condition", {})]
    return end


class WhatIsRefused(AwsTest):
    def test_a_rule_that_narrows_a_profile_without_a_role_is_refused_when_it_is_loaded(self):
        text = policy(rule(name="other", conditions="{ users: [otto] }"), rule(name="narrowed", conditions=NO_ROLE,
                                                                               more="restrict: { hard_expiry: 2m }"))
        for transport in TRANSPORTS:
            run = self.refused_start(profile="marta", transport=transport, policy=("--policy-file", self.write("policy.yaml", text)))
            self.assertIn("narrowed", run.stderr)
            self.assertIn("has no role", run.stderr)
            self.assertIn("7", run.stderr.split("policy.yaml", 1)[1].split(" ")[0], "no line: " + run.stderr)
        self.assertEqual([], self.aws.calls("GetSessionToken"))

    def test_a_change_to_such_a_rule_refuses_everything_and_is_told_at_once(self):
        asker = self.with_policy(policy(rule(conditions=NO_ROLE)), profile="marta")
        self.assert_served(asker.ask())
        self.write("policy.yaml", policy(rule("deny", "never", conditions="{ users: [otto] }"),
                                         rule(conditions=NO_ROLE, more="restrict: { source_ips: [203.0.113.0/24] }")))
        self.assertEqual(403, asker.ask()["status"])
        self.assertEqual("policy-unusable", self.decisions()[-1]["check"])
        self.write("policy.yaml", policy(rule(conditions=NO_ROLE)))
        self.assert_served(asker.ask())
        asker.end()
        self.assertIn("has no role", asker.run.stderr)
        self.assertIn("cannot be used, so every request is refused", asker.run.stderr)

    def test_where_tags_may_not_be_set_the_missing_permission_is_named(self):
        self.aws.control.put_role(name="ledger-prod", trust=["arn:aws:iam::111122223333:user/marta"], tags=False, max_session=43200)
        run = self.refused_start(policy=("--policy-file", self.write("policy.yaml", policy(rule(more="restrict: { tags: { team: ledger } }")))))
        self.assertIn("must allow sts:TagSession", run.stderr)

    def test_what_sts_says_of_the_session_policy_has_a_next_step(self):
        for code, advice in (("PackedPolicyTooLarge", "shorten the rule's restrict"),
                             ("MalformedPolicyDocument", "check its actions, resources and conditions")):
            with self.subTest(code=code):
                self.aws.control.fault("error", action="AssumeRole", code=code, status=400, count=0)
                run = self.refused_start(policy=("--policy-file", self.write("policy.yaml", policy(rule(more=EVERYTHING)))))
                self.assertIn(code, run.stderr)
                self.assertIn(advice, run.stderr)
                self.aws.control.clear()


class WhatStsIsTold(AwsTest):
    def test_a_rule_that_restricts_nothing_sends_nothing(self):
        asker = self.with_policy(policy(rule()))
        self.assert_served(asker.ask())
        asker.end()
        self.assertEqual([{}], [narrowing_of(call) for call in self.assume_role()])
        self.assertNotIn("narrowed", self.decisions()[0])

    def test_everything_that_a_rule_restricts_arrives_as_written(self):
        asker = self.with_policy(policy(rule(more=EVERYTHING)))
        body = asker.ask()["body"]
        asker.end()
        call, = self.assume_role("ok")
        told = narrowing_of(call)
        self.assertEqual("900", call["params"]["DurationSeconds"])
        self.assertEqual([READ_ONLY, AUDIT], [told.pop(f"PolicyArns.member.{n}.arn") for n in (1, 2)])
        tags = {told.pop(f"Tags.member.{n}.Key"): told.pop(f"Tags.member.{n}.Value") for n in (1, 2)}
        self.assertEqual({"team": "ledger", "cost-center": "7"}, tags)
        document = told.pop("Policy")
        self.assertEqual({}, told, "more was sent than the rule says")
        self.assertEqual(OBJECTS["Statement"][0], document["Statement"][0])
        added = document["Statement"][1:]
        self.assertEqual({"Deny"}, {statement["Effect"] for statement in added}, "what is added may only deny")
        self.assertEqual({"*"}, {statement["Resource"] for statement in added})
        conditions = [statement["Condition"] for statement in added]
        self.assertIn(["203.0.113.0/24", "2001:db8::/32"], [c.get("NotIpAddress", {}).get("aws:SourceIp") for c in conditions])
        self.assertTrue(any("vpc-0abc1234" in json.dumps(c) for c in conditions))
        self.assertEqual(body["Expiration"], hard_end_of(call))
        self.assertEqual("session_policy,managed_policies,source_ips,source_vpcs,tags,hard_expiry", self.decisions()[0]["narrowed"])

    def test_of_a_chain_the_last_link_alone_is_narrowed(self):
        asker = self.with_policy(policy(rule(conditions="{ profiles: [ledger-chained] }", more=EVERYTHING)), profile="ledger-chained")
        self.assert_served(asker.ask())
        asker.end()
        first, last = self.assume_role("ok")
        self.assertEqual({}, narrowing_of(first))
        self.assertIn("Policy", narrowing_of(last))
        self.assertEqual("900", last["params"]["DurationSeconds"])


class WhatIsServed(AwsTest):
    def test_under_a_narrower_rule_the_wide_keys_are_never_served_again(self):
        narrow = policy(rule(more="restrict: { managed_policies: [%s] }" % READ_ONLY))
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                asker = self.with_policy(policy(rule()), transport=transport)
                wide = asker.ask()["body"]["AccessKeyId"]
                self.write("policy.yaml", narrow)
                served = {answer["body"].get("AccessKeyId") for answer in asker.asks(40, at_once=8)}
                self.assertNotIn(wide, served)
                self.write("policy.yaml", narrow + "# the same\n")
                self.assertEqual(served, {asker.ask()["body"]["AccessKeyId"]}, "the same restriction is no reason for new keys")
                asker.end()
        self.assertEqual([False, True] * 2, ["PolicyArns.member.1.arn" in call["params"] for call in self.assume_role()])

    def test_a_policy_that_changes_often_goes_on_being_served(self):
        asker = self.with_policy(policy(rule()))
        for number in range(20):  # more than the broker keeps issuers
            self.write("policy.yaml", policy(rule(more="restrict: { tags: { turn: t%d } }" % number)))
            self.assert_served(asker.ask())
        asker.end()
        self.assertEqual([f"t{n}" for n in range(20)], [call["params"].get("Tags.member.1.Value") for call in self.assume_role()[1:]])

    def test_two_minutes_are_advertised_and_aws_ends_them_at_that_second(self):
        asker = self.with_policy(policy(rule(more="restrict: { hard_expiry: 2m }")))
        body = asker.ask()["body"]
        asker.end()
        call, = self.assume_role("ok")
        self.assertEqual(hard_end_of(call), body["Expiration"])
        left = seconds_of(body["Expiration"]) - time.time()
        self.assertLessEqual(left, 120)
        self.assertGreater(left, 100)
        self.assertGreater(call["expires"] - seconds_of(body["Expiration"]), 700, "STS's own end is the later")
        self.assertEqual(body["Expiration"], self.decisions()[0]["expires_at"])
        self.assertEqual(120, self.decisions()[0]["session_duration_seconds"])


class Renewal(AwsTest):
    def test_under_a_hard_expiry_of_a_minute_nobody_is_left_without_keys(self):
        asker = self.with_policy(policy(rule(more="restrict: { hard_expiry: 1m }")))
        answer = asker.ask()
        used, begin = {}, seconds_of(answer["body"]["Expiration"]) - 60  # when the first keys were made, however slow the start was
        while time.time() < begin + 70:
            self.assert_served(answer)
            left = seconds_of(answer["body"]["Expiration"]) - time.time()
            self.assertLessEqual(left, 60)
            self.assertGreater(left, 10, "keys that are about to end were served")
            used.setdefault(answer["body"]["AccessKeyId"], None)
            time.sleep(0.5)
            answer = asker.ask()
        asker.end()
        self.assertEqual(2, len(used), "one renewal in 70 seconds")
        self.assertEqual({"issued"}, {line["outcome"] for line in self.decisions()})


if __name__ == "__main__":
    unittest.main(verbosity=2)
