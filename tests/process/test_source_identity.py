#!/usr/bin/python3
"""source_identity of a rule: required, if_allowed, off. A role that lacks the right to it is assumed without the name only where
the rule says so, with everything else that the rule asks for; what forbids it is obeyed; the log says what was left out; and a
denial prints the statements that the role's trust policy needs. In whole runs, against the stand-in of STS."""
import json
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import AwsTest, policy, rule
from standin_client import role_arn, user_arn

NAMELESS = "ledger-no-source-identity"   # its trust policy lacks sts:SetSourceIdentity
SOURCE = r"^sentinel\.marta\.direct\.[0-9a-f]{8}$"
EVERYBODY = "{ time: {} }"


def statements_in(text):
    """The trust statements that a sentence ends in or holds, as JSON."""
    start = text.index('{"Effect":"Allow"')
    decoder, found = json.JSONDecoder(), []
    while text.startswith("{", start):
        statement, end = decoder.raw_decode(text, start)
        found.append(statement)
        start = end + 1 if text.startswith(",", end) else end
        if not text.startswith(",", end):
            break
    return found


class SourceIdentity(AwsTest):
    def with_word(self, word, more="", **arguments):
        text = policy(rule(conditions=EVERYBODY, more=f"source_identity: {word}" + (f"\n    {more}" if more else "")))
        return ("--policy-file", self.write("policy.yaml", text))

    def served(self, profile, word, more=""):
        """The line of what was issued, after a run that asked once."""
        asker = self.asker(profile=profile, policy=self.with_word(word, more))
        self.assert_served(asker.ask())
        asker.end()
        return self.decisions()[-1]

    def add_role(self, name, trust, source="marta", more="", **role):
        self.aws.control.put_role(name=name, trust=trust, **role)
        self.add_to_config(f"\n[profile {name}]\nrole_arn = {role_arn(name)}\nsource_profile = {source}\n"
                           f"region = eu-central-1\n{more}")

    def names_sent(self, outcome=None):
        return [("SourceIdentity" in call["params"], call["params"]["RoleArn"].rsplit("/", 1)[1], call["outcome"])
                for call in self.assume_role(outcome)]


class Refusals(SourceIdentity):
    def test_required_is_what_holds_without_the_key(self):
        path = self.write("policy.yaml", policy(rule(conditions=EVERYBODY)))
        for given in (("--policy-file", path), self.with_word("required")):
            self.refused_start(profile=NAMELESS, policy=given)
        self.assertEqual([], self.assume_role("ok"))

    def test_a_policy_that_forbids_the_name_is_not_led_around(self):
        self.add_role("forbids", [user_arn("marta")], source_identity="denied")
        run = self.refused_start(profile="forbids", policy=self.with_word("if_allowed"))
        self.assertIn("explicit deny", run.stderr)
        self.assertEqual([(True, "forbids", "refused")], self.names_sent())

    def test_another_denial_is_no_reason_to_leave_the_name_out(self):
        run = self.refused_start(profile="ledger-denied", policy=self.with_word("if_allowed"))
        self.assertIn("sts:AssumeRole on resource", run.stderr)
        encoded = "You are not authorized to perform this operation. Encoded authorization failure message: 9tNpVgDq"
        for message in (encoded, "sts:SetSourceIdentity", "User: x is not authorized to perform: sts:SetSourceIdentityX on y"):
            with self.subTest(message=message):
                self.aws.control.clear()
                self.aws.control.clear_log()
                self.aws.control.fault(kind="error", action="AssumeRole", count=0, code="AccessDenied", status=403, message=message)
                self.refused_start(profile="ledger-prod", policy=self.with_word("if_allowed"))
                self.assertEqual(1, len(self.assume_role()))

    def test_a_rule_that_asks_for_approval_or_looks_at_the_name_must_have_it(self):
        looks = ('{ session_policy: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "*", Resource: "*", '
                 'Condition: { StringLike: { "aws:sourceidentity": "sentinel.*" } } }] } }')
        for word in ("if_allowed", "off"):
            for text, said in ((rule("require_approval", more=f"source_identity: {word}"), "asks for approval"),
                               (rule("deny", more=f"source_identity: {word}"), "denies"),
                               (rule(more=f"source_identity: {word}\n    restrict: {looks}"), "looks at the source identity")):
                with self.subTest(word=word, said=said):
                    run = self.refused_start(policy=("--policy-file", self.write("policy.yaml", policy(text))))
                    self.assertRegex(run.stderr, r"policy\.yaml:7:5: rule \"the-rule\": .*" + said)
        self.assertEqual([], self.assume_role())


class WithoutTheName(SourceIdentity):
    def test_if_allowed_sends_it_wherever_it_may(self):
        line = self.served("ledger-prod", "if_allowed")
        self.assertRegex(line["source_identity"], SOURCE)
        self.assertNotIn("source_identity_left_out", line)
        self.assertEqual([(True, "ledger-prod", "ok")], self.names_sent())

    def test_if_allowed_asks_once_more_without_and_keeps_the_narrowing(self):
        line = self.served(NAMELESS, "if_allowed", "restrict: { source_ips: [127.0.0.0/8], tags: { team: ledger }, hard_expiry: 5m }")
        self.assertNotIn("source_identity", line)
        self.assertEqual(f"{role_arn(NAMELESS)} does not allow sts:SetSourceIdentity", line["source_identity_left_out"])
        self.assertEqual("source_ips,tags,hard_expiry", line["narrowed"])
        self.assertEqual([(True, NAMELESS, "refused"), (False, NAMELESS, "ok")], self.names_sent())
        first, second = (call["params"] for call in self.assume_role())
        first.pop("SourceIdentity")
        policies = [json.loads(params.pop("Policy")) for params in (first, second)]
        self.assertEqual(first, second, "nothing but the name was left out")
        self.assertEqual([len(policies[0]["Statement"])] * 2, [len(each["Statement"]) for each in policies])

    def test_off_never_sends_it(self):
        for profile in ("ledger-prod", NAMELESS):
            line = self.served(profile, "'off'")
            self.assertNotIn("source_identity", line)
            self.assertEqual("the rule says source_identity: off", line["source_identity_left_out"])
        self.assertEqual([(False, "ledger-prod", "ok"), (False, NAMELESS, "ok")], self.names_sent())

    # The keys that were issued without the name must not answer for a rule that demands it.
    def test_keys_without_the_name_are_not_served_once_the_rule_demands_it(self):
        asker = self.asker(profile="ledger-prod", policy=self.with_word("off"))
        without = asker.ask()["body"]["AccessKeyId"]
        self.with_word("required")
        answer = asker.ask(again=60)
        self.assert_served(answer)
        asker.end()
        self.assertNotEqual(without, answer["body"]["AccessKeyId"])
        self.assertRegex(self.decisions()[-1]["source_identity"], SOURCE)


    # A key that is a session with a name of its own: AWS keeps that, and the log says what AWS says.
    def test_a_name_that_the_key_brings_along_stays(self):
        first = self.served("ledger-prod", "required")["source_identity"]
        key, = (key for key in self.aws.control.keys() if key["arn"].endswith(":assumed-role/ledger-prod/sentinel-marta"))
        self.add_to_config(f"\n[borrowed]\naws_access_key_id = {key['id']}\naws_secret_access_key = {key['secret']}\n"
                           f"aws_session_token = {key['token']}\n", name="credentials")
        self.add_to_config("\n[profile borrowed]\nregion = eu-central-1\n")
        self.add_role("of-borrowed", [role_arn("ledger-prod")], source="borrowed")
        self.aws.control.clear_log()
        line = self.served("of-borrowed", "if_allowed")
        self.assertEqual([(True, "of-borrowed", "refused"), (False, "of-borrowed", "ok")], self.names_sent())
        self.assertEqual(first, line["source_identity"])
        self.assertIn(role_arn("of-borrowed"), line["source_identity_left_out"])


class Chains(SourceIdentity):
    """From marta to hub to a last role; either may lack the right."""

    def chain(self, hub, last):
        self.add_role("hub", [user_arn("marta")], source_identity=hub)
        self.add_role("last", [role_arn("hub")], source="hub", source_identity=last)

    def test_a_first_role_without_the_right_leaves_the_name_to_the_second(self):
        self.chain(hub=False, last=True)
        line = self.served("last", "if_allowed")
        self.assertRegex(line["source_identity"], SOURCE)
        self.assertEqual(f"{role_arn('hub')} does not allow sts:SetSourceIdentity", line["source_identity_left_out"])
        self.assertEqual([(True, "hub", "refused"), (False, "hub", "ok"), (True, "last", "ok")], self.names_sent())

    # AWS passes the name on that the first role has set, so that the chain begins anew.
    def test_a_last_role_without_the_right_begins_the_chain_anew(self):
        self.chain(hub=True, last=False)
        line = self.served("last", "if_allowed")
        self.assertNotIn("source_identity", line)
        self.assertEqual(f"{role_arn('last')} does not allow sts:SetSourceIdentity", line["source_identity_left_out"])
        self.assertEqual([(True, "hub", "ok"), (True, "last", "refused"), (False, "hub", "ok"), (False, "last", "ok")],
                         self.names_sent())

    def test_neither_may(self):
        self.chain(hub=False, last=False)
        line = self.served("last", "if_allowed")
        self.assertNotIn("source_identity", line)
        self.assertIn(role_arn("hub"), line["source_identity_left_out"])
        self.assertIn(role_arn("last"), line["source_identity_left_out"])
        self.assertEqual(2, len(self.assume_role("ok")))

    def test_a_denial_names_the_link_and_who_assumes_it(self):
        self.chain(hub=True, last=False)
        run = self.refused_start(profile="last", policy=self.with_word("required"))
        self.assertIn("role 2 of 2", run.stderr)
        self.assertEqual([{"AWS": role_arn("hub")}] * 2, [each["Principal"] for each in statements_in(run.stderr)])


class Statements(SourceIdentity):
    def test_they_can_be_pasted(self):
        run = self.refused_start(profile=NAMELESS, policy=self.with_word("required"))
        self.assertEqual([{"Effect": "Allow", "Principal": {"AWS": user_arn("marta")}, "Action": "sts:AssumeRole"},
                          {"Effect": "Allow", "Principal": {"AWS": user_arn("marta")}, "Action": "sts:SetSourceIdentity",
                           "Condition": {"StringLike": {"sts:SourceIdentity": "sentinel.marta.*"}}}], statements_in(run.stderr))
        self.assertIn("source_identity: if_allowed", run.stderr)
        sent = self.assume_role()[0]["params"]["SourceIdentity"]
        self.assertTrue(re.fullmatch(r"sentinel\.marta\..*", sent), "the condition is what is sent: " + sent)

    # What AWS compares for sts:AssumeRole alone stands in that statement alone.
    def test_with_an_external_id_and_tags(self):
        self.add_role("tagged", [user_arn("otto")], more="external_id = invoice-77\n")
        run = self.refused_start(profile="tagged", policy=self.with_word("if_allowed", "restrict: { tags: { team: ledger } }"))
        first, second, third = statements_in(run.stderr)
        self.assertEqual(("sts:AssumeRole", {"StringEquals": {"sts:ExternalId": "invoice-77"}}), (first["Action"], first["Condition"]))
        self.assertEqual(("sts:SetSourceIdentity", ["StringLike"]), (second["Action"], list(second["Condition"])))
        self.assertEqual(("sts:TagSession", None), (third["Action"], third.get("Condition")))
        self.assertNotIn("or write source_identity", run.stderr.lower())

    def test_off_asks_for_no_right_to_the_name(self):
        run = self.refused_start(profile="ledger-denied", policy=self.with_word("'off'"))
        self.assertEqual(["sts:AssumeRole"], [each["Action"] for each in statements_in(run.stderr)])


if __name__ == "__main__":
    unittest.main(verbosity=2)
