"""The clients that are everywhere: Debian's aws and boto3, and the SDK for JavaScript where interop/install_js_sdk has put it
beside the build. What is not there is skipped, and says so.
"""
import os
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from client_case import ANY, BOTO3, TRANSPORTS, AwsTest, ClientTests, policy, rule
from harness import BUILD
from standin_client import REGION

DEBIAN_PYTHON, DEBIAN_AWS = "/usr/bin/python3", "/usr/bin/aws"
JS_SDK = os.path.abspath(os.path.join(BUILD, "..", "js-sdk"))
JAVASCRIPT = """
import { STSClient, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
const client = new STSClient({ endpoint: process.argv[2] });
const answers = [];
for (let i = 0; i < Number(process.argv[3]); i++) answers.push((await client.send(new GetCallerIdentityCommand({}))).Arn);
console.log(JSON.stringify(answers));
"""


class DebianAws(ClientTests, AwsTest):
    calls = 1

    @classmethod
    def find(cls):
        if not os.path.exists(DEBIAN_AWS):
            raise unittest.SkipTest("Debian's awscli is not installed")

    def argv(self, calls):  # its endpoint is a flag only
        return (DEBIAN_AWS, "--endpoint-url", self.aws.url, "--output", "json", "sts", "get-caller-identity")

    def test_it_prints_the_helpers_reason(self):
        self.write("policy.yaml", ANY)
        self.write("denied.yaml", policy(rule("deny")))
        run = self.start(command=("sh", "-c", 'mv denied.yaml policy.yaml; exec "$@"', "sh", *self.argv(1)), transport="unix",
                         policy=("--policy-file", os.path.join(self.folder, "policy.yaml"))).finish()
        self.assertIn("sentinel: refused: Sentinel refused this request", run.stderr)

    def test_a_profile_named_on_its_own_command_line(self):
        for transport in ("unix",):
            argv = (*self.argv(1), "--profile", "ledger-prod")
            run = self.start(command=argv, transport=transport, environment=self.client_environment()).finish()
            self.assertEqual(0, run.code, run.stderr)


class DebianBoto3(ClientTests, AwsTest):
    @classmethod
    def find(cls):
        if subprocess.run([DEBIAN_PYTHON, "-c", "import boto3"], capture_output=True).returncode != 0:
            raise unittest.SkipTest("Debian's python3-boto3 is not installed")

    def argv(self, calls):
        return (DEBIAN_PYTHON, "-c", BOTO3, self.aws.url, str(calls))

    def test_many_clients_at_once_share_one_assume_role(self):
        script = 'for i in $(seq 16); do "$@" >out.$i & p="$p $!"; done; for i in $p; do wait $i || exit 1; done; cat out.*'
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                before = len(self.assume_role())
                run = self.start("--lazy", command=("bash", "-c", script, "bash", *self.argv(1)), transport=transport).finish()
                self.assertEqual(0, run.code, run.stderr)
                self.assertEqual(16, run.stdout.count(":assumed-role/ledger-prod/"))
                self.assertEqual(before + 1, len(self.assume_role()))

    def test_the_exported_region_is_the_clients(self):
        script = "import boto3; print(boto3.client('sts').meta.region_name)"
        run = self.start(command=(DEBIAN_PYTHON, "-c", script)).finish()
        self.assertEqual((0, REGION + "\n"), (run.code, run.stdout), run.stderr)


class JavaScript(ClientTests, AwsTest):
    @classmethod
    def find(cls):
        if not shutil.which("node"):
            raise unittest.SkipTest("node is not installed")
        if not os.path.isdir(os.path.join(JS_SDK, "node_modules/@aws-sdk/client-sts")):
            raise unittest.SkipTest(f"the AWS SDK for JavaScript is not in {JS_SDK}: tests/interop/install_js_sdk puts it there")

    def argv(self, calls):
        script = self.write("client.mjs", JAVASCRIPT)
        modules = os.path.join(self.folder, "node_modules")
        if not os.path.lexists(modules):
            os.symlink(os.path.join(JS_SDK, "node_modules"), modules)
        return (shutil.which("node"), script, self.aws.url, str(calls))


if __name__ == "__main__":
    unittest.main(verbosity=2)
