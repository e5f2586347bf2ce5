"""The newer aws and boto3, where a python3 on the PATH has them of its own; else skipped, with a message."""
import os
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from client_case import BOTO3, AwsTest, ClientTests
from harness import OrdinaryUser

DEBIAN_PYTHON = "/usr/bin/python3"


def newer_python():
    """A python3 that has awscli 1 and boto3 of its own, beside Debian's."""
    for python in filter(None, (shutil.which("python3"), shutil.which("python"))):
        found = subprocess.run([python, "-c", "import awscli, boto3, sys; print(sys.executable)"], capture_output=True, text=True)
        path = os.path.realpath(found.stdout.strip())
        if found.returncode == 0 and path != os.path.realpath(DEBIAN_PYTHON):
            return path
    return None


class Myself(OrdinaryUser):
    """The user who started the tests, whoever that is: what is installed in his home folder only he can run."""

    def __init__(self):
        real, os.geteuid = os.geteuid, lambda: 1
        try:
            super().__init__()
        finally:
            os.geteuid = real


class NewerPython:
    """Mixed into an AwsTest whose command is that python. Runs as the user who started the tests where the interpreter lies in a folder that nobody else may enter."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        reach = subprocess.run(["sh", "-c", 'exec "$1" -c "import awscli, boto3"', "sh", cls.python], capture_output=True, cwd="/",
                               **cls.user.popen_arguments())
        if cls.user.made and reach.returncode != 0:
            cls.user.remove()
            cls.user = Myself()
            cls.layout = type(cls.layout)(cls.user, cls.doubles)

    @classmethod
    def find(cls):
        cls.python = newer_python()
        if cls.python is None:
            raise unittest.SkipTest("no python3 on the PATH has awscli and boto3 of its own")


class NewerClientTests(NewerPython, ClientTests):
    """Every client's tests, with that python."""


class NewerAws(NewerClientTests, AwsTest):
    calls = 1

    def argv(self, calls):  # it takes its endpoint from AWS_ENDPOINT_URL
        return (self.python, "-m", "awscli", "--output", "json", "sts", "get-caller-identity")


class NewerBoto3(NewerClientTests, AwsTest):
    def argv(self, calls):
        return (self.python, "-c", BOTO3, self.aws.url, str(calls))


if __name__ == "__main__":
    unittest.main(verbosity=2)
