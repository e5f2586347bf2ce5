#!/usr/bin/python3
"""AWS's own host names, reached by boto3 through the stand-in's proxy: nothing is told to it but the proxy and the CA."""
import os
import subprocess
import sys
import unittest
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import boto3  # noqa: E402
import botocore  # noqa: E402
from botocore.auth import SigV4Auth  # noqa: E402
from botocore.awsrequest import AWSRequest  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.credentials import Credentials  # noqa: E402
from botocore.exceptions import ClientError, ProxyConnectionError  # noqa: E402
from botocore.httpsession import URLLib3Session  # noqa: E402

from standin_client import POLICY_PARAMETER, Standin, key_id_of, role_arn, secret_of, world_of  # noqa: E402


os.environ["AWS_STS_REGIONAL_ENDPOINTS"] = "regional"   # the older botocore would ask sts.amazonaws.com


class ProxyCase(unittest.TestCase):
    world = None

    @classmethod
    def setUpClass(cls):
        cls.aws = Standin(tls=True, proxy=True, config=cls.world)
        cls.aws.start()
        cls.addClassCleanup(cls.aws.stop)

    def setUp(self):
        warnings.simplefilter("ignore", ResourceWarning)   # urllib3 leaves the socket of a proxy that refused
        self.aws.control.clear()
        self.aws.control.clear_log()
        self.aws.control.proxy()

    def client(self, service, region, password=None, unsigned=False, **config):
        proxies = {"https": self.aws.proxy_environment(password)["HTTPS_PROXY"]}
        config = Config(retries={"total_max_attempts": 1}, proxies=proxies, **config,
                        **({"signature_version": botocore.UNSIGNED} if unsigned else {}))
        client = boto3.Session().client(service, region, verify=self.aws.ca_file, config=config,
                                        aws_access_key_id=key_id_of("marta"), aws_secret_access_key=secret_of("marta"))
        self.addCleanup(client.close)
        return client

    def hosts(self):
        return [entry["params"]["host"] for entry in self.aws.calls("CONNECT", "ok")]


class HostTest(ProxyCase):
    def test_each_service_at_its_own_host(self):
        self.client("sts", "eu-central-1").get_caller_identity()
        self.client("sts", "eu-west-1", use_fips_endpoint=True).get_caller_identity()
        self.client("sts", "eu-west-1", use_dualstack_endpoint=True).get_caller_identity()
        self.client("ssm", "us-west-2").get_parameter(Name=POLICY_PARAMETER)
        self.client("iam", "eu-central-1").list_access_keys()
        token = self.aws.control.sso_login()["accessToken"]
        self.client("sso", "eu-central-1", unsigned=True).list_accounts(accessToken=token)
        self.client("sso-oidc", "eu-central-1", unsigned=True).register_client(clientName="x", clientType="public")
        self.assertEqual(["sts.eu-central-1.amazonaws.com", "sts-fips.eu-west-1.amazonaws.com", "sts.eu-west-1.api.aws",
                          "ssm.us-west-2.amazonaws.com", "iam.amazonaws.com", "portal.sso.eu-central-1.amazonaws.com",
                          "oidc.eu-central-1.amazonaws.com"], self.hosts())

    def test_a_host_is_asked_for_its_own_service_and_region_only(self):
        session = URLLib3Session(verify=self.aws.ca_file, proxies={"https": self.aws.urls["proxy"]})
        self.addCleanup(session.close)

        def status(host, region, query="Action=GetCallerIdentity&Version=2011-06-15", service="sts"):
            request = AWSRequest("GET", f"https://{host}/?{query}")
            SigV4Auth(Credentials(key_id_of("marta"), secret_of("marta")), service, region).add_auth(request)
            return session.send(request.prepare()).status_code

        self.assertEqual(403, status("sts.eu-west-1.amazonaws.com", "eu-central-1"))
        self.assertEqual(403, status("ssm.eu-central-1.amazonaws.com", "eu-central-1"))
        self.assertEqual(200, status("sts.eu-west-1.amazonaws.com", "eu-west-1"))
        self.assertEqual(200, status("sts.amazonaws.com", "us-east-1"))
        gateway = "abc123.execute-api.eu-west-1.amazonaws.com"
        self.assertEqual(403, status(gateway, "eu-central-1", "profile=ledger-prod", "execute-api"))
        self.assertEqual(200, status(gateway, "eu-west-1", "profile=ledger-prod", "execute-api"))

    def test_unknown_hosts_and_plain_requests(self):
        for host in ("sts.eu-central-1.amazonaws.com.evil.test", "sts.xx-nowhere-1.amazonaws.com", "example.com"):
            code = subprocess.run(["curl", "-sS", "-o", "/dev/null", "-x", self.aws.urls["proxy"], f"https://{host}/"],
                                  capture_output=True).returncode
            self.assertEqual(56, code)
        done = subprocess.run(["curl", "-sS", "-w", "%{http_code}", "-x", self.aws.urls["proxy"],
                               "http://169.254.169.254/latest/"], capture_output=True, text=True)
        self.assertEqual("403", done.stdout)
        self.assertEqual("169.254.169.254", self.aws.calls("Plain")[0]["params"]["host"])
        self.assertEqual([], self.hosts())

    def test_a_password(self):
        self.aws.control.proxy(password="desk:secret")
        for password in (None, "desk:other"):
            with self.assertRaises(ProxyConnectionError):
                self.client("sts", "eu-central-1", password).get_caller_identity()
        self.client("sts", "eu-central-1", "desk:secret").get_caller_identity()
        self.assertEqual([407, 407, 200], [entry["status"] for entry in self.aws.calls("CONNECT")])

    def test_faults(self):
        for kind in ("status", "drop_before"):
            self.aws.control.fault(kind, action="CONNECT")
            with self.assertRaises(ProxyConnectionError):
                self.client("sts", "eu-central-1").get_caller_identity()
        self.aws.control.fault("error", action="GetCallerIdentity", code="Throttled")   # behind it all is as ever
        with self.assertRaises(ClientError):
            self.client("sts", "eu-central-1").get_caller_identity()


class ChinaTest(ProxyCase):
    world = world_of("aws-cn", ["cn-north-1", "cn-northwest-1"])

    def test_its_hosts_and_its_arns(self):
        sts = self.client("sts", "cn-northwest-1")
        self.assertEqual("arn:aws-cn:iam::111122223333:user/marta", sts.get_caller_identity()["Arn"])
        role = role_arn("ledger-prod", partition="aws-cn")
        arn = sts.assume_role(RoleArn=role, RoleSessionName="desk")["AssumedRoleUser"]["Arn"]
        self.assertEqual("arn:aws-cn:sts::111122223333:assumed-role/ledger-prod/desk", arn)
        with self.assertRaises(ClientError):
            sts.assume_role(RoleArn=role_arn("ledger-prod"), RoleSessionName="desk")
        self.client("iam", "cn-northwest-1").list_access_keys()
        self.assertEqual(["sts.cn-northwest-1.amazonaws.com.cn", "iam.cn-north-1.amazonaws.com.cn"], self.hosts())


class GovernmentTest(ProxyCase):
    world = world_of("aws-us-gov", ["us-gov-west-1", "us-gov-east-1"])

    def test_its_hosts(self):
        self.assertIn("arn:aws-us-gov:", self.client("sts", "us-gov-east-1").get_caller_identity()["Arn"])
        self.client("iam", "us-gov-east-1").list_access_keys()
        self.assertEqual(["sts.us-gov-east-1.amazonaws.com", "iam.us-gov.amazonaws.com"], self.hosts())


class IsolatedTest(ProxyCase):
    world = world_of("aws-iso", ["us-iso-east-1"])

    def test_its_hosts(self):
        self.assertIn("arn:aws-iso:", self.client("sts", "us-iso-east-1").get_caller_identity()["Arn"])
        self.assertEqual(["sts.us-iso-east-1.c2s.ic.gov"], self.hosts())


if __name__ == "__main__":
    unittest.main()
