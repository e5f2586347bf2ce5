"""credential_source = Ec2InstanceMetadata: the role of the instance, by version 2 of the metadata service."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from source_case import SourceTest, role_arn, wait_until


class InstanceTest(SourceTest):
    word = "instance"

    def setUp(self):
        super().setUp()
        self.add_profile("ci", role_arn=role_arn("ledger-ci"), credential_source="Ec2InstanceMetadata")

    def environment(self):
        return {**super().environment(), **self.aws.instance_environment()}

    def place(self):
        return self.aws_file("config") + ":"

    # ---- refusals

    def test_the_setting_that_turns_it_off_is_kept(self):
        self.refused("ci", "AWS_EC2_METADATA_DISABLED", environment={"AWS_EC2_METADATA_DISABLED": "true"})
        self.assertEqual([], self.aws.calls("Token"))

    def test_version_one_is_never_used(self):
        self.aws.control.instance(v1=True)
        self.aws.control.fault("status", action="Token", status=403, count=0)
        self.refused("ci", self.place(), "version 2")
        self.assertEqual([], self.aws.calls("RoleName"))

    def test_an_instance_without_a_role_and_one_that_may_not_have_it_say_so(self):
        self.aws.control.instance(role=None)
        self.refused("ci", self.place(), "instance profile")
        self.aws.control.instance(role="desk-instance", code="AssumeRoleUnauthorizedAccess")
        self.refused("ci", self.place(), "AssumeRoleUnauthorizedAccess", "ec2.amazonaws.com")

    def test_a_service_that_never_answers_is_given_up_after_seconds(self):
        self.aws.control.fault("hang", action="Token", count=0)
        self.refused("ci", self.place(), "gave no answer", "hop limit")

    def test_what_is_no_answer_is_refused(self):
        for step in ("Token", "RoleName", "RoleCredentials"):
            for fault in ({"kind": "huge", "size": 300_000}, {"kind": "truncate", "keep": 5}):
                with self.subTest(step=step, **fault):
                    self.aws.control.clear()
                    self.aws.control.fault(fault["kind"], action=step, count=0, **{k: v for k, v in fault.items() if k != "kind"})
                    self.refused("ci", self.place())

    def test_plain_http_to_anywhere_else_is_refused(self):
        self.refused("ci", "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                     environment={"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://10.0.0.1"})

    # ---- good ones

    def test_a_role_is_assumed_with_the_instances_keys(self):
        asker = self.served("ci")
        self.assertIn(":assumed-role/ledger-ci/", self.who_am_i(asker))
        asker.end()
        self.assert_logged(role_arn=role_arn("ledger-ci"))
        self.assertEqual(["Token", "RoleName", "RoleCredentials"],
                         [call["action"] for call in self.aws.log() if call["service"] == "imds"])
        self.assertTrue(all(call["version"] == 2 for call in self.aws.calls("RoleCredentials")))

    def test_no_proxy_of_the_environment_is_asked(self):
        asker = self.served("ci", environment={"HTTPS_PROXY": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1"})
        self.assertIn(":assumed-role/ledger-ci/", self.who_am_i(asker))

    def test_keys_are_renewed_ahead_with_a_new_token(self):
        self.aws.control.fault("lifetime", action="RoleCredentials", seconds=40, count=1)
        self.served("ci")
        wait_until(lambda: len(self.aws.calls("RoleCredentials")) >= 2, "the renewal", 60)
        self.assertEqual(2, len(self.aws.calls("Token")))

    def test_keys_that_were_revoked_are_fetched_anew(self):
        asker = self.served("ci", options=("--lazy",))
        first = self.aws.calls("RoleCredentials")[0]["issued"]
        self.aws.control.revoke_key(id=first)
        self.assert_served(asker.ask())
        self.assertNotEqual(first, self.aws.calls("RoleCredentials")[-1]["issued"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
