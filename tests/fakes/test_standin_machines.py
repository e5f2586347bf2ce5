#!/usr/bin/python3
"""The endpoints of instances and containers, asked by botocore itself; and what a careless client would get wrong."""
import json
import os
import sys
import time
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from botocore.awsrequest import AWSRequest  # noqa: E402
from botocore.credentials import ContainerProvider, InstanceMetadataProvider  # noqa: E402
from botocore.exceptions import CredentialRetrievalError, MetadataRetrievalError  # noqa: E402
from botocore.httpsession import URLLib3Session  # noqa: E402
from botocore.utils import ContainerMetadataFetcher, InstanceMetadataFetcher  # noqa: E402

from standin_case import Case  # noqa: E402
from standin_client import CONTAINER_TOKEN, ECS_PATH, EKS_PATH, role_arn  # noqa: E402

ROLES = "/latest/meta-data/iam/security-credentials/"


class MachineCase(Case):
    def setUp(self):
        super().setUp()
        self.http = URLLib3Session(verify=self.aws.ca_file or True, timeout=60)
        self.addCleanup(self.http.close)

    def send(self, url, method="GET", **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.http.send(AWSRequest(method, url, headers).prepare())
        return answer.status_code, answer.content.decode()

    def arn_of(self, keys):
        return self.client("sts", keys=keys).get_caller_identity()["Arn"]

    def actions(self):
        return [entry["action"] for entry in self.aws.log()]


class InstanceTest(MachineCase):
    def setUp(self):
        super().setUp()
        self.aws.control.instance(role="desk-instance", v1=False, code="Success")

    def ask(self, path, method="GET", **headers):
        return self.send(self.aws.urls["imds"] + path, method, **headers)

    def token(self, seconds="21600"):
        return self.ask("/latest/api/token", "PUT", X_aws_ec2_metadata_token_ttl_seconds=seconds)[1]

    def fetcher(self, attempts=1):
        fetcher = InstanceMetadataFetcher(timeout=60, num_attempts=attempts, env={}, base_url=self.aws.urls["imds"])
        self.addCleanup(fetcher._session.close)
        return fetcher

    def test_nothing_without_a_token(self):
        self.assertEqual(401, self.ask(ROLES)[0])
        self.assertEqual(401, self.ask(ROLES + "desk-instance")[0])
        self.assertEqual(401, self.ask(ROLES, X_aws_ec2_metadata_token="x" * 56)[0])
        self.assertEqual([1, 1, 2], [entry["version"] for entry in self.aws.log()])
        self.aws.control.instance(v1=True)
        self.assertEqual((200, "desk-instance"), self.ask(ROLES))
        self.assertEqual(401, self.ask(ROLES, X_aws_ec2_metadata_token="x" * 56)[0])

    def test_how_a_token_is_asked_for(self):
        for seconds in ("0", "21601", "-1", "", "1.5", "1e3"):
            self.assertEqual(400, self.ask("/latest/api/token", "PUT", X_aws_ec2_metadata_token_ttl_seconds=seconds)[0])
        self.assertEqual(400, self.ask("/latest/api/token", "PUT")[0])
        self.assertEqual(405, self.ask("/latest/api/token", "POST", X_aws_ec2_metadata_token_ttl_seconds="60")[0])
        self.assertEqual(403, self.ask("/latest/api/token", "PUT", X_aws_ec2_metadata_token_ttl_seconds="60",
                                       X_Forwarded_For="192.0.2.1")[0])

    def test_a_token_ends(self):
        token = self.token("600")
        self.assertEqual(200, self.ask(ROLES, X_aws_ec2_metadata_token=token)[0])
        self.assertIn(token, self.aws.secrets())
        self.aws.control.clock(offset=601)
        self.assertEqual(401, self.ask(ROLES, X_aws_ec2_metadata_token=token)[0])
        token = self.token()
        self.aws.control.forget_instance_tokens()
        self.assertEqual(401, self.ask(ROLES, X_aws_ec2_metadata_token=token)[0])

    def test_what_is_not_there(self):
        token = self.token()
        for path in (ROLES + "another", ROLES + "desk-instance/", "/latest/meta-data/", "/"):
            self.assertEqual(404, self.ask(path, X_aws_ec2_metadata_token=token)[0])
        self.aws.control.instance(role=None)
        self.assertEqual(404, self.ask(ROLES, X_aws_ec2_metadata_token=token)[0])
        self.assertEqual({}, self.fetcher().retrieve_iam_role_credentials())

    def test_ec2_may_not_assume_the_role(self):
        self.aws.control.instance(code="AssumeRoleUnauthorizedAccess")
        status, body = self.ask(ROLES + "desk-instance", X_aws_ec2_metadata_token=self.token())
        self.assertEqual((200, "AssumeRoleUnauthorizedAccess"), (status, json.loads(body)["Code"]))
        self.assertEqual({}, self.fetcher().retrieve_iam_role_credentials())

    def test_botocore_s_provider(self):
        found = InstanceMetadataProvider(self.fetcher()).load().get_frozen_credentials()
        self.assertEqual(["Token", "RoleName", "RoleCredentials"], self.actions())
        self.assertIn("assumed-role/desk-instance/i-", self.arn_of((found.access_key, found.secret_key, found.token)))
        self.assume("ledger-ci", keys=(found.access_key, found.secret_key, found.token))

    def test_the_same_keys_until_they_are_about_to_end(self):
        def key():
            return self.fetcher().retrieve_iam_role_credentials()["access_key"]

        first = key()
        self.assertEqual(first, key())
        self.aws.control.clock(offset=6 * 3600 - 200)
        second = key()
        self.aws.control.instance()
        self.assertEqual(3, len({first, second, key()}))

    def test_each_step_can_fail(self):
        for number, action in enumerate(("Token", "RoleName", "RoleCredentials"), 1):
            self.aws.control.clear_log()
            self.aws.control.fault("status", action=action, status=500, count=0)
            self.assertEqual({}, self.fetcher().retrieve_iam_role_credentials())
            # Without a token botocore falls back to version 1, and is refused.
            self.assertEqual(["Token", "RoleName", "RoleCredentials"][:max(number, 2)], self.actions())
            self.aws.control.clear()
        self.aws.control.fault("status", action="RoleName", status=503)
        self.assertTrue(self.fetcher(attempts=2).retrieve_iam_role_credentials())

    def test_hostile_answers(self):
        self.aws.control.fault("status", action="RoleName", status=200, body="../../../etc\r\nX: y")
        self.assertEqual("../../../etc\r\nX: y", self.ask(ROLES, X_aws_ec2_metadata_token=self.token())[1])
        self.aws.control.fault("edit", action="RoleCredentials", drop=["Token"])
        self.assertEqual({}, self.fetcher().retrieve_iam_role_credentials())
        self.aws.control.fault("lifetime", action="RoleCredentials", seconds=-1)
        self.fetcher().retrieve_iam_role_credentials()
        self.assertLess(self.aws.log()[-1]["expires"], time.time())
        self.assertTrue(self.fetcher().retrieve_iam_role_credentials())
        self.assertGreater(self.aws.log()[-1]["expires"], time.time())

    def test_where_it_runs(self):
        token = self.token()
        self.assertEqual((200, "eu-central-1"), self.ask("/latest/meta-data/placement/region", X_aws_ec2_metadata_token=token))


class ContainerTest(MachineCase):
    LISTENER = "container"

    def setUp(self):
        super().setUp()
        self.aws.control.container(role="desk-task", token=CONTAINER_TOKEN, ecs_token=None)

    def fetcher(self):
        return ContainerMetadataFetcher(session=self.http, sleep=lambda _: None)

    def url(self, path):
        return self.aws.urls[self.LISTENER] + path

    def provider(self, path=EKS_PATH, token=CONTAINER_TOKEN):
        environment = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": self.url(path)}
        if token:
            environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = token
        return ContainerProvider(environ=environment, fetcher=self.fetcher())

    def test_the_token_is_checked(self):
        for token, status in ((None, 400), ("wrong", 403), (CONTAINER_TOKEN + "x", 403), ("Bearer " + CONTAINER_TOKEN, 403)):
            got, body = self.send(self.url(EKS_PATH), **({"Authorization": token} if token else {}))
            self.assertEqual((status, False), (got, "AKIA" in body or "ASIA" in body))
        with self.assertRaises(CredentialRetrievalError):
            self.provider(token="wrong").load()

    def test_a_rotated_token(self):
        self.aws.control.container(token="the-next-one")
        with self.assertRaises(CredentialRetrievalError):
            self.provider().load()
        self.assertTrue(self.provider(token="the-next-one").load().get_frozen_credentials())
        self.assertIn("the-next-one", self.aws.secrets())

    def test_ecs_knows_its_path_and_no_other(self):
        self.aws.control.container(role=None)
        self.assertEqual(400, self.send(self.url(ECS_PATH))[0])
        self.aws.control.container(role="desk-task")
        self.assertEqual(404, self.send(self.url("/v2/credentials/other"))[0])
        self.assertEqual(404, self.send(self.url(ECS_PATH), "POST")[0])
        self.assertEqual(role_arn("desk-task"), json.loads(self.send(self.url(ECS_PATH))[1])["RoleArn"])
        self.aws.control.container(ecs_token="one")
        self.assertEqual([400, 403, 200], [self.send(self.url(ECS_PATH), **headers)[0] for headers in
                                           ({}, {"Authorization": "two"}, {"Authorization": "one"})])

    def test_botocore_s_provider(self):
        for provider in (self.provider(), self.provider(ECS_PATH, None)):
            found = provider.load().get_frozen_credentials()
            keys = found.access_key, found.secret_key, found.token
            self.assertIn("assumed-role/desk-task/", self.arn_of(keys))
            self.assume("ledger-ci", keys=keys)

    def test_a_relative_uri_is_joined_to_the_host(self):
        fetcher = self.fetcher()
        fetcher.full_url = lambda relative: self.aws.urls[self.LISTENER] + relative   # its address is not ours to have
        self.assertIn("AccessKeyId", fetcher.retrieve_uri(ECS_PATH))

    def test_what_goes_wrong(self):
        for kind, members in (("status", {"status": 500}), ("not_xml", {}), ("drop_before", {}), ("truncate", {})):
            self.aws.control.clear()
            self.aws.control.clear_log()
            self.aws.control.fault(kind, count=0, **members)
            with self.assertRaises(MetadataRetrievalError):
                self.fetcher().retrieve_full_uri(self.url(ECS_PATH))
            self.assertEqual(3, len(self.aws.calls("ContainerCredentials")), kind)
        self.aws.control.clear()
        self.aws.control.fault("edit", drop=["Expiration"], set={"Token": None})
        body = json.loads(self.send(self.url(ECS_PATH))[1])
        self.assertEqual((None, None, True), (body["Token"], body.get("Expiration"), "AccessKeyId" in body))


class TlsContainerTest(ContainerTest):
    tls = True
    LISTENER = "container_tls"

    def test_the_listener_without_tls_is_there_too(self):
        self.assertEqual(["http", "https", "http"], [urllib.parse.urlsplit(self.aws.urls[name]).scheme for name in
                                                     ("container", "container_tls", "imds")])


if __name__ == "__main__":
    unittest.main()
