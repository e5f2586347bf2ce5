"""What the stand-in's own tests share: a running stand-in, clients of it, and a signed request to spoil."""
import http.client
import ssl
import unittest
import urllib.parse

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from standin_client import REGION, Standin, key_id_of, role_arn, secret_of

IDENTITY = b"Action=GetCallerIdentity&Version=2011-06-15"
REGIONS = {"iam": "us-east-1"}   # with an endpoint of one's own botocore forgets that IAM has no region
SOURCE = "sentinel.marta.direct.0123abcd"


class Case(unittest.TestCase):
    """One stand-in per class, as it was before each test: no fault, right clock, empty log."""
    tls = False

    @classmethod
    def setUpClass(cls):
        cls.aws = Standin(tls=cls.tls)
        cls.aws.start()
        cls.addClassCleanup(cls.aws.stop)

    def setUp(self):
        self.aws.control.clear()
        self.aws.control.clear_log()

    def client(self, service, user="marta", keys=None, attempts=1, read_timeout=60):
        pair = keys or (key_id_of(user), secret_of(user), None)
        config = Config(retries={"total_max_attempts": attempts}, read_timeout=read_timeout, proxies={},
                        parameter_validation=False)   # the stand-in is to refuse, not the client
        client = boto3.Session().client(
            service, REGIONS.get(service, REGION), endpoint_url=self.aws.url, verify=self.aws.ca_file, config=config,
            aws_access_key_id=pair[0], aws_secret_access_key=pair[1], aws_session_token=pair[2])
        self.addCleanup(client.close)
        return client

    def assume(self, role="ledger-prod", keys=None, **parameters):
        parameters.setdefault("RoleSessionName", "desk")
        return self.client("sts", keys=keys).assume_role(RoleArn=role_arn(role), **parameters)

    def session(self, *arguments, **parameters):
        issued = self.assume(*arguments, **parameters)["Credentials"]
        return issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"]

    def assert_code(self, code, call, *arguments, **parameters):
        with self.assertRaises(ClientError) as caught:
            call(*arguments, **parameters)
        self.assertEqual(code, caught.exception.response["Error"]["Code"])
        return caught.exception.response


def _all_but(names, headers):
    for name in names:
        del headers[name]
    return headers


class Signed:
    """A correct, signed request, to be spoilt and sent."""

    def __init__(self, aws, body=IDENTITY, service="sts", region=REGION, headers=(), keys=None,
                 unsigned=()):
        self.aws, self.body, self.path = aws, body, "/"
        key_id, secret, token = keys or (key_id_of("marta"), secret_of("marta"), None)
        kind = "application/x-amz-json-1.1" if service == "ssm" else "application/x-www-form-urlencoded"
        request = AWSRequest("POST", aws.url + "/", {"Content-Type": kind, **dict(headers)}, data=body)
        signer = SigV4Auth(Credentials(key_id, secret, token), service, region)
        choose = signer.headers_to_sign
        signer.headers_to_sign = lambda request: _all_but(unsigned, choose(request))
        signer.add_auth(request)
        self.headers = [("Host", urllib.parse.urlsplit(aws.url).netloc), *request.headers.items()]

    def replace(self, name, old, new):
        self.headers = [(n, v.replace(old, new) if n.lower() == name.lower() else v) for n, v in self.headers]
        return self

    def add(self, name, value):
        self.headers.append((name, value))
        return self

    def without(self, name):
        self.headers = [pair for pair in self.headers if pair[0].lower() != name.lower()]
        return self

    def send(self):
        url = urllib.parse.urlsplit(self.aws.url)
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
        if url.scheme == "https":
            context = ssl.create_default_context(cafile=self.aws.ca_file)
            connection = http.client.HTTPSConnection(url.hostname, url.port, timeout=60, context=context)
        connection.putrequest("POST", self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in [*self.headers, ("Content-Length", str(len(self.body)))]:
            connection.putheader(name, value)
        connection.endheaders(self.body)
        answer = connection.getresponse()
        status, body = answer.status, answer.read().decode()
        connection.close()
        return status, body
