"""credential_source = EcsContainer: the role of an ECS task or EKS pod, from the endpoint that the platform names."""
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from source_case import SourceTest, role_arn, wait_until
from standin_client import CONTAINER_TOKEN, ECS_PATH, EKS_PATH


class ContainerTest(SourceTest):
    word = "container"

    def setUp(self):
        super().setUp()
        self.add_profile("ci", role_arn=role_arn("ledger-ci"), credential_source="EcsContainer")

    def eks(self, **more):
        return {"environment": {**self.aws.container_environment(), **more}}

    def with_file(self, token):
        path = self.write("token", token)
        return {"environment": {**self.aws.container_environment(token=None), "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": path}}

    # ---- refusals

    def test_without_the_platforms_variables_it_is_refused(self):
        self.refused("ci", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", self.aws_file("config"))

    def test_plain_http_to_any_other_host_is_refused(self):
        for url in ("http://10.0.0.1/creds", "http://169.254.169.254/creds", "http://localhost.example.com/creds"):
            with self.subTest(url):
                self.refused("ci", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                             environment={"AWS_CONTAINER_CREDENTIALS_FULL_URI": url})

    def test_a_wrong_token_and_a_missing_one_are_told_apart_and_never_shown(self):
        said = self.refused("ci", "token is not valid", **self.eks(AWS_CONTAINER_AUTHORIZATION_TOKEN="hidden-token"))
        self.assertNotIn("hidden-token", said)
        self.refused("ci", "cannot be empty", environment=self.aws.container_environment(token=None))

    def test_a_token_that_fits_no_header_is_refused(self):
        said = self.refused("ci", "AWS_CONTAINER_AUTHORIZATION_TOKEN", **self.eks(AWS_CONTAINER_AUTHORIZATION_TOKEN="hidden\nX: 1"))
        self.assertNotIn("hidden", said)
        self.assertNotIn("hidden", self.refused("ci", "more than one line", **self.with_file("hidden\nX: 1")))
        self.assertEqual([], self.aws.calls("ContainerCredentials"))

    def test_a_task_without_a_role_says_so_and_does_not_show_the_secret_path(self):
        self.aws.control.container(role=None)
        said = self.refused("ci", "InvalidIdInRequest: CredentialsV2Request: Credentials not found",
                            environment=self.aws.container_environment(token=None, path=ECS_PATH))
        self.assertNotIn(ECS_PATH, said)

    def test_what_is_no_answer_is_refused(self):
        for fault in ({"kind": "huge", "size": 300_000}, {"kind": "truncate", "keep": 20}, {"kind": "drop_before"}):
            with self.subTest(**fault):
                self.aws.control.clear()
                self.aws.control.fault(fault["kind"], action="ContainerCredentials", count=0,
                                       **{k: v for k, v in fault.items() if k != "kind"})
                self.refused("ci", self.aws_file("config"), **self.eks())

    # ---- good ones

    def test_the_pods_keys_assume_a_role_with_the_environments_token(self):
        asker = self.served("ci", **self.eks())
        self.assertIn(":assumed-role/ledger-ci/", self.who_am_i(asker))
        environment = asker.order("environment")
        asker.end()
        self.assertNotIn(CONTAINER_TOKEN, environment.values())   # the command has none of it
        self.assert_logged(role_arn=role_arn("ledger-ci"))

    def test_an_end_is_read_however_an_agent_prints_it(self):
        for form in ("%Y-%m-%dT%H:%M:%S+0000", "%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%dT%H:%M:%S.000+00:00"):
            with self.subTest(form):
                self.aws.control.clear()
                self.aws.control.fault("edit", action="ContainerCredentials", count=0,
                                       set={"Expiration": time.strftime(form, time.gmtime(time.time() + 3600))})
                self.assertIn(":assumed-role/ledger-ci/", self.who_am_i(self.served("ci", **self.eks())))

    def test_an_empty_token_is_none_and_a_roles_keys_have_one(self):
        self.aws.control.fault("edit", action="ContainerCredentials", count=0, set={"Token": ""})
        self.refused("ci", "has no Token", **self.eks())

    def test_the_tasks_keys_assume_a_role_without_a_token(self):
        asker = self.served("ci", environment=self.aws.container_environment(token=None, path=ECS_PATH))
        self.assertIn(":assumed-role/ledger-ci/", self.who_am_i(asker))

    def test_a_rotated_token_file_is_read_when_keys_are_renewed(self):
        self.aws.control.fault("lifetime", action="ContainerCredentials", seconds=40, count=1)
        self.served("ci", **self.with_file(CONTAINER_TOKEN + "\n"))
        self.aws.control.container(token="rotated-token")
        self.write("token", "rotated-token\n")
        wait_until(lambda: len(self.aws.calls("ContainerCredentials", path=EKS_PATH)) >= 2, "the renewal", 60)
        self.assertEqual("ok", self.aws.calls("ContainerCredentials")[-1]["outcome"])

    def test_keys_that_were_revoked_are_fetched_anew(self):
        asker = self.served("ci", options=("--lazy",), **self.eks())
        first = self.aws.calls("ContainerCredentials")[0]["issued"]
        self.aws.control.revoke_key(id=first)
        self.assert_served(asker.ask())
        self.assertNotEqual(first, self.aws.calls("ContainerCredentials")[-1]["issued"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
