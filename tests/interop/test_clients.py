"""The clients that are everywhere: Debian's aws, and the SDK for JavaScript where interop/install_js_sdk has put it beside the
build. What is not there is skipped, and says so. Debian's boto3: test_boto3.py.
"""
import os
import shutil
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from client_case import ANY, AwsTest, ClientTests, policy, rule
from harness import BUILD

DEBIAN_AWS = "/usr/bin/aws"
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
        self.assertIn("sentinel: refused: policy rule 'the-rule' answers deny: a test", run.stderr)

    def test_a_profile_named_on_its_own_command_line(self):
        for transport in ("unix",):
            argv = (*self.argv(1), "--profile", "ledger-prod")
            run = self.start(command=argv, transport=transport, environment=self.client_environment()).finish()
            self.assertEqual(0, run.code, run.stderr)


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
