"""What every AWS client must do, unmodified: get credentials over both transports and sign a call with them that the server
verifies; over plain HTTP on loopback and over TLS, against the stand-in and, where it is installed, against moto; and get
nothing from anywhere else.
"""
import json
import os
import socket
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "process"), os.path.join(HERE, "..", "fakes")]

from aws_case import TRANSPORTS, AwsTest, policy, rule  # noqa: E402,F401
from moto_server import Moto, python_with_moto  # noqa: E402
from standin_client import Standin, key_id_of, secret_of, write_profiles  # noqa: E402

ANY = policy(rule(conditions="{ users: [marta] }"))

BOTO3 = """
import boto3, json, os, sys
client = boto3.client('sts', endpoint_url=sys.argv[1])
answers = [client.get_caller_identity()['Arn'] for _ in range(int(sys.argv[2]))]
print(json.dumps(answers))
"""


class ClientTests:
    """Mixed into an AwsTest per client, which says argv(): the command that prints the ARNs of `calls` answers as a JSON list."""

    calls = 10

    @classmethod
    def setUpClass(cls):
        cls.find()
        super().setUpClass()

    @classmethod
    def find(cls):
        """Skips where the client is not there."""

    def argv(self, calls):
        raise NotImplementedError

    def client_environment(self):
        return {"AWS_PAGER": "", "NODE_NO_WARNINGS": "1"}

    def use(self, aws):
        """Talks to this server from now on."""
        self.aws = aws
        self.aws.start()
        self.addCleanup(self.aws.stop)
        write_profiles(self.folder)

    def run_client(self, transport, calls=None, profile="ledger-prod", environment=None, policy_text=ANY):
        path = self.write("policy.yaml", policy_text)
        run = self.start(command=self.argv(calls or self.calls), transport=transport, profile=profile,
                         policy=("--policy-file", path), environment={**self.client_environment(), **(environment or {})}).finish()
        return run

    def assert_works(self, transport, verified=True, **more):
        before = len(self.assume_role()) if verified else 0
        run = self.run_client(transport, **more)
        self.assertEqual(0, run.code, run.stderr)
        arns = json.loads(run.stdout)
        arns = [arns["Arn"]] if isinstance(arns, dict) else arns
        self.assertTrue(arns)
        for arn in arns:
            self.assertIn(":assumed-role/ledger-prod/", arn)
        if verified:
            issued = self.assume_role("ok")[before:]
            self.assertEqual(1, len(issued), "more than one AssumeRole for one run")
            signed = [call for call in self.aws.calls("GetCallerIdentity", "ok") if call["access_key_id"] == issued[0]["issued"]]
            self.assertEqual(len(arns), len(signed), "calls were not signed with the brokered key")

    def test_plain_http_on_loopback(self):
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                self.assert_works(transport)

    def test_tls_with_a_certificate_authority_of_our_own(self):
        self.use(Standin(tls=True))
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                self.assert_works(transport, calls=1)

    def test_moto_for_a_second_opinion(self):
        if python_with_moto() is None:
            self.skipTest("moto is not installed for any python3 here")
        self.use(Moto())
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                self.assert_works(transport, calls=1, verified=False)

    def test_the_users_own_keys_and_the_hosts_role_do_not_bypass(self):
        keys = f"aws_access_key_id = {key_id_of('otto')}\naws_secret_access_key = {secret_of('otto')}\n"
        self.add_to_config("[default]\n" + keys, name="credentials")
        home = self.owned_home_with(keys)
        around = {"HOME": home, "AWS_ACCESS_KEY_ID": key_id_of("otto"), "AWS_SECRET_ACCESS_KEY": secret_of("otto"),
                  "AWS_PROFILE": "otto", "AWS_DEFAULT_PROFILE": "otto", "AWS_EC2_METADATA_DISABLED": "false",
                  "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.aws.url, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/nowhere",
                  "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/ledger-audit", "AWS_WEB_IDENTITY_TOKEN_FILE": "/dev/null"}
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                self.assert_works(transport, calls=1, environment=around)
        self.assertEqual([], [call for call in self.aws.log() if call["access_key_id"] == key_id_of("otto")])

    def test_the_token_does_not_go_through_a_proxy(self):
        with socket.socket() as proxy:
            proxy.bind(("127.0.0.1", 0))
            proxy.listen()
            proxy.settimeout(0)
            url = f"http://127.0.0.1:{proxy.getsockname()[1]}"
            self.assert_works("tcp", calls=1, environment={"http_proxy": url, "HTTP_PROXY": url, "NO_PROXY": "example.com", "no_proxy": ""})
            with self.assertRaises(BlockingIOError):
                proxy.accept()

    def owned_home_with(self, keys):
        home = os.path.join(self.folder, "home")
        os.makedirs(os.path.join(home, ".aws"))
        for name in ("credentials", "config"):
            path = os.path.join(home, ".aws", name)
            with open(path, "w") as file:
                file.write("[default]\n" + keys)
            self.owned(path)
        self.owned(home)
        self.owned(os.path.join(home, ".aws"))
        return home

    def test_a_refused_client_gets_nothing_from_elsewhere(self):
        keys = f"aws_access_key_id = {key_id_of('otto')}\naws_secret_access_key = {secret_of('otto')}\n"
        home = self.owned_home_with(keys)
        path = os.path.join(self.folder, "policy.yaml")
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                self.write("policy.yaml", ANY)
                self.write("denied.yaml", policy(rule("deny", reason="month end")))
                deny_first = ("sh", "-c", 'mv denied.yaml policy.yaml; exec "$@"', "sh", *self.argv(1))
                run = self.start(command=deny_first, transport=transport, policy=("--policy-file", path),
                                 environment={**self.client_environment(), "HOME": home}).finish()
                self.assertNotEqual(0, run.code)
                self.assertEqual("", run.stdout)
                # Once on the terminal; what the client makes of the reason that it hears is its own.
                told = [line for line in run.stderr.splitlines() if line.startswith("sentinel: refused credentials")]
                self.assertEqual([True], ["month end" in line for line in told], run.stderr)
                self.assertEqual([], [call for call in self.aws.calls("GetCallerIdentity")
                                      if call["access_key_id"] != key_id_of("marta")])
