#!/usr/bin/python3
"""Issuing in whole runs, beside test_issuing.py: in which order faults are named and that STS is asked for keys last, whose
stamp the log names when keys change, what a client hears of STS, and that keys are those of the judged profile."""
import json
import unittest

from aws_case import PARAMETER, TRANSPORTS, AwsTest, policy, rule, wait_until
from standin_client import key_id_of, role_arn, secret_of

ABSENT = ("--policy-parameter", "/absent")
GENERIC = {403: ("AccessDenied", "Sentinel refused this request"), 500: ("InternalError", "Sentinel could not answer this request"),
           503: ("ServiceUnavailable", "Sentinel has no credentials yet")}


class TheOrder(AwsTest):
    # Everything is wrong at once; each fault is mended in turn, and the next one is named.
    def test_profile_then_key_then_policy_then_role_and_sts_is_asked_for_keys_last(self):
        def refused(sentence, calls, **more):
            self.aws.control.clear_log()
            self.assertIn(sentence, self.refused_start(profile="late", **more).stderr)
            self.assertLessEqual({call["action"] for call in self.aws.calls()}, calls)
        deny = policy(rule("deny", conditions="{ profiles: [late] }"))
        refused("late", set(), policy=ABSENT)
        self.add_to_config(f"\n[profile late]\nrole_arn = {role_arn('ledger-denied')}\nsource_profile = newcomer\nregion = eu-central-1\n")
        refused("newcomer", set(), policy=ABSENT)
        self.add_to_config(f"\n[newcomer]\naws_access_key_id = {key_id_of('newcomer')}\naws_secret_access_key = {secret_of('newcomer')}\n",
                           name="credentials")
        asked = {"GetCallerIdentity", "GetParameter"}
        refused("InvalidClientTokenId", asked, policy=ABSENT)
        self.aws.control.put_user(name="newcomer")
        refused("there is no SSM parameter", asked, policy=ABSENT)
        self.aws.control.put_parameter(name=PARAMETER, value="nonsense")
        refused(PARAMETER, asked)
        self.aws.control.put_parameter(name=PARAMETER, value=deny)
        refused("answers deny", asked)
        self.aws.control.put_parameter(name=PARAMETER, value=policy(rule(conditions="{ profiles: [late] }", more="max_duration: 10m")))
        refused("caps the lifetime below", asked)
        self.aws.control.put_parameter(name=PARAMETER, value=policy(rule(conditions="{ profiles: [late] }")))
        refused("AccessDenied", asked | {"AssumeRole"})

    # The key's own refusal comes first even where the policy's is there sooner.
    def test_a_key_that_aws_does_not_know_comes_before_a_policy_that_cannot_be_used(self):
        self.aws.control.fault("error", action="GetCallerIdentity", code="InvalidClientTokenId", status=403, count=0)
        bad = ("--policy-parameter", "/bad")
        self.aws.control.put_parameter(name="/bad", value="nonsense")
        for _ in range(3):
            run = self.refused_start(policy=bad)
            self.assertIn("InvalidClientTokenId", run.stderr)
            self.assertNotIn("/bad", run.stderr)


class WhatIsHeard(AwsTest):
    def assert_generic(self, answer, status):
        code, message = GENERIC[status]
        self.assertEqual((status, {"Code": code, "code": code, "Message": message, "message": message}),
                         (answer["status"], answer["body"]))

    def test_a_client_hears_nothing_of_what_sts_said(self):
        self.aws.control.fault("error", action="AssumeRole", code="AccessDenied", count=0,
                               message=f"User: arn:aws:iam::111122223333:user/marta is not authorized on {role_arn('ledger-prod')}")
        for transport in TRANSPORTS:
            asker = self.asker("--lazy", transport=transport)
            self.assert_generic(asker.ask(), 500)
            self.assertIn("not authorized", self.decisions()[-1]["detail"], "who reads the log is told")
            asker.end()

    def test_a_client_that_must_wait_hears_only_that(self):
        self.aws.control.fault("hold", action="AssumeRole")
        asker = self.asker("--lazy")
        self.assert_generic(asker.ask(), 503)


class WhatIsStamped(AwsTest):
    # The first keys, those of a new cap, and those of a second run.
    def test_every_retrieve_is_stamped_and_the_log_names_the_stamp_of_the_keys_it_hands_out(self):
        path = self.write("policy.yaml", policy(rule()))
        for _ in range(2):
            asker = self.asker("--server-duration", "1h", policy=("--policy-file", path))
            answers = [asker.ask()]
            self.write("policy.yaml", policy(rule(more="max_server_duration: 20m")))
            answers.append(asker.ask())
            asker.end()
            self.write("policy.yaml", policy(rule()))
            issued = [line for line in self.decisions() if line["outcome"] == "issued"][-2:]
            keys = {key["id"]: key for key in self.aws.control.keys()}
            for answer, line in zip(answers, issued, strict=True):
                self.assertEqual(keys[answer["body"]["AccessKeyId"]]["source_identity"], line["source_identity"])
        stamps = [call["params"]["SourceIdentity"] for call in self.assume_role("ok")]
        self.assertEqual((4, 4), (len(stamps), len(set(stamps))))


class WhoseKeys(AwsTest):
    # There is no second profile that keys could come from.
    def test_no_option_or_variable_names_another_profile_than_the_judged_one(self):
        self.assertIn("--aws-profile", self.refused_start("--aws-profile", "otto").stderr)
        asker = self.asker(environment={"AWS_PROFILE": "otto", "AWS_DEFAULT_PROFILE": "otto", "AWS_ROLE_ARN": role_arn("ledger-audit")})
        self.assert_served(asker.ask())
        asker.end()
        call, = self.assume_role()
        self.assertEqual(role_arn("ledger-prod"), call["params"]["RoleArn"])

    # A longer session that is there already is not handed out under a shorter cap, nor said to end later.
    def test_a_cached_session_that_is_longer_than_the_cap_is_not_handed_out(self):
        path = self.write("policy.yaml", policy(rule()))
        asker = self.asker("--server-duration", "2h", policy=("--policy-file", path))
        long = asker.ask()["body"]
        self.write("policy.yaml", policy(rule(more="max_server_duration: 15m")))
        short = wait_until(lambda: next((a["body"] for a in [asker.ask()] if a["status"] == 200), None), "keys under the cap")
        self.assertNotEqual(long["AccessKeyId"], short["AccessKeyId"])
        self.assertLess(short["Expiration"], long["Expiration"])
        self.assertEqual(json.dumps(short["Expiration"]), json.dumps(self.decisions()[-1]["expires_at"]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
