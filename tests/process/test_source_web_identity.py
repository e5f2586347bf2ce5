"""Web identity: a token of an identity provider assumes the role. The token comes from a file that is rotated, or from a
program; the rule's terms are kept where the role is the profile's only one."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from source_case import SourceTest, role_arn

SUBJECT = "system:serviceaccount:ledger:api"


class WebIdentityTest(SourceTest):
    word = "web_identity"

    def setUp(self):
        super().setUp()
        self.rotate()
        self.place = self.add_profile("api", role_arn=role_arn("ledger-web"),
                                      web_identity_token_file=os.path.join(self.folder, "token"))
        self.add_role("ci", "api")

    def rotate(self, **claims):
        token = self.aws.control.web_token(subject=SUBJECT, **claims)
        self.write("token", token + "\n")
        return token

    def exchanges(self, outcome=None):
        return self.aws.calls("AssumeRoleWithWebIdentity", outcome)

    # ---- refusals

    def test_a_file_that_holds_no_token_is_refused_and_never_shown(self):
        for text in ("", "hidden in the file", "hidden\nin-the-file", "h" * 20001):
            with self.subTest(text[:20]):
                self.write("token", text)
                said = self.refused("api", "profile 'api'", os.path.join(self.folder, "token"))
                self.assertNotIn("hidden", said)
        self.assertEqual([], self.exchanges())

    def test_a_missing_or_endless_file_is_refused(self):
        os.unlink(os.path.join(self.folder, "token"))
        self.refused("api", os.path.join(self.folder, "token"))
        os.symlink("/dev/zero", os.path.join(self.folder, "token"))
        self.refused("api", os.path.join(self.folder, "token"))

    def test_each_refusal_of_sts_says_what_to_do(self):
        token = self.rotate(lifetime=-10)
        self.assertNotIn(token, self.refused("api", "ExpiredTokenException", "renewing it"))
        self.rotate(audience="somebody-else")
        self.refused("api", "InvalidIdentityToken", "audience")
        self.write("token", self.aws.control.web_token(subject="system:serviceaccount:other:api"))
        self.refused("api", "AccessDenied", "trust policy")

    def test_a_rule_with_tags_is_refused_for_the_identitys_own_role_and_good_for_a_further_one(self):
        tags = "restrict: { tags: { team: ledger } }"
        self.refused("api", "sets tags", "further role", more=tags)
        self.assertIn(":assumed-role/ledger-ci/", self.who_am_i(self.served("ci", more=tags)))

    # ---- good ones

    def test_the_command_gets_the_role_by_the_rules_terms_and_the_log_claims_no_source_identity(self):
        asker = self.served("api", more="restrict: { source_ips: [127.0.0.0/8], hard_expiry: 5m }")
        self.assertIn(":assumed-role/ledger-web/", self.who_am_i(asker))
        asker.end()
        own = self.exchanges("ok")[-1]["params"]
        self.assertEqual("900", own["DurationSeconds"])
        self.assertIn("SentinelHardEnd", own["Policy"])
        self.assertNotIn("SourceIdentity", own)
        self.assertFalse(self.exchanges("ok")[-1]["signed"])
        self.assertEqual([], self.aws.calls("GetSessionToken"))
        self.assert_logged(role_arn=role_arn("ledger-web"))
        for line in self.issued():
            self.assertFalse(line.get("source_identity"), line)

    def test_a_further_role_is_assumed_with_it(self):
        asker = self.served("ci")
        self.assertIn(":assumed-role/ledger-ci/", self.who_am_i(asker))
        asker.end()
        self.assert_logged(role_arn=role_arn("ledger-ci"))
        self.assertEqual(1, len(self.exchanges("ok")))

    def test_a_program_may_print_the_token(self):
        self.add_profile("printed", role_arn=role_arn("ledger-web"),
                         web_identity_token_process=f"/usr/bin/cat {self.folder}/token")
        self.assertIn(":assumed-role/ledger-web/", self.who_am_i(self.served("printed")))

    def test_a_rotated_file_is_read_when_keys_are_renewed(self):
        asker = self.served("ci", options=("--lazy",))
        first = self.exchanges("ok")[0]
        # Two hours later, by AWS's clock: the first keys are gone, and so is the first token.
        self.aws.control.clock(offset=7200)
        second = self.rotate()
        self.assertIn(":assumed-role/ledger-ci/", self.arn_of(asker.ask()))
        self.assertEqual([first["params"]["WebIdentityToken"], second],
                         [call["params"]["WebIdentityToken"] for call in self.exchanges("ok")])

    def arn_of(self, answer):
        self.assert_served(answer)
        return next(key["arn"] for key in self.aws.control.keys() if key["id"] == answer["body"]["AccessKeyId"])

    def test_a_provider_that_sts_cannot_reach_for_a_moment_is_no_failure(self):
        self.aws.control.fault("error", action="AssumeRoleWithWebIdentity", code="IDPCommunicationError", count=1)
        self.assertIn(":assumed-role/ledger-web/", self.who_am_i(self.served("api")))


if __name__ == "__main__":
    unittest.main(verbosity=2)
