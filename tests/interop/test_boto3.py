"""Debian's boto3 as a client: alone, and many at once. The other clients that are everywhere: test_clients.py."""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from client_case import BOTO3, TRANSPORTS, AwsTest, ClientTests
from standin_client import REGION

DEBIAN_PYTHON = "/usr/bin/python3"


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


if __name__ == "__main__":
    unittest.main(verbosity=2)
