"""Real clients under a hard expiry of two minutes, which is less than STS can issue: they go on working, because the broker
renews in time; and the keys that they had at first are worth nothing afterwards, although STS still counts 15 minutes.
"""
import calendar
import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from client_case import TRANSPORTS, AwsTest, policy, rule
from standin_client import POLICY_PARAMETER

PYTHON, AWS = "/usr/bin/python3", "/usr/bin/aws"
TWO_MINUTES = policy(rule(more="restrict: { hard_expiry: 2m }"))

# Asks all the while through one client, as a long job does; then once more with the very first keys, kept aside.
JOB = """
import boto3, botocore, json, sys, time
url, name, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
session = boto3.Session()
client = session.client('ssm', endpoint_url=url)
first = session.get_credentials().get_frozen_credentials()
begin, used, calls = time.time(), {first.access_key}, 0
while time.time() < begin + seconds:
    client.get_parameter(Name=name)
    used.add(session.get_credentials().get_frozen_credentials().access_key)
    calls += 1
    time.sleep(2)
old = boto3.client('ssm', endpoint_url=url, aws_access_key_id=first.access_key, aws_secret_access_key=first.secret_key,
                   aws_session_token=first.token)
try:
    old.get_parameter(Name=name)
    end = 'still worked'
except botocore.exceptions.ClientError as error:
    end = error.response['Error']['Code']
print(json.dumps({'calls': calls, 'keys': sorted(used), 'first': first.access_key, 'end': end}))
"""


def seconds_of(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


class TwoMinutes(AwsTest):
    def begin(self, command, transport):
        return self.start(command=command, transport=transport, policy=("--policy-file", self.write("policy.yaml", TWO_MINUTES)),
                          environment={"AWS_PAGER": ""})

    def test_clients_work_on_while_aws_ends_each_key_at_its_minute(self):
        runs = [self.begin((PYTHON, "-c", JOB, self.aws.url, POLICY_PARAMETER, "130"), transport) for transport in TRANSPORTS]
        shells = [self.begin(("sh", "-c", self.aws_twice()), transport) for transport in TRANSPORTS if os.path.exists(AWS)]
        for run in runs:
            self.check_job(run.finish(patience=240))
        for run in shells:
            self.assertEqual((0, "both\n"), (run.finish(patience=240).code, run.stdout), run.stderr)
        for call in self.assume_role("ok"):
            self.assertEqual("900", call["params"]["DurationSeconds"])
            end, = [statement["Condition"]["DateGreaterThan"]["aws:CurrentTime"]
                    for statement in json.loads(call["params"]["Policy"])["Statement"] if statement["Effect"] == "Deny"]
            self.assertLess(seconds_of(end), call["expires"] - 700, "STS's own end came first")

    def aws_twice(self):
        """Debian's aws at the start, and when the first keys have ended."""
        argv = f"{AWS} --endpoint-url {self.aws.url} --output json ssm get-parameter --name {POLICY_PARAMETER}"
        return f"{argv} >/dev/null && sleep 125 && {argv} >/dev/null && echo both"

    def check_job(self, run):
        self.assertEqual(0, run.code, run.stderr)
        told = json.loads(run.stdout)
        self.assertGreater(told["calls"], 30)
        self.assertGreater(len(told["keys"]), 1, "no key was ever renewed")
        self.assertEqual("AccessDeniedException", told["end"], "the first keys outlived the hard end")


if __name__ == "__main__":
    unittest.main()
