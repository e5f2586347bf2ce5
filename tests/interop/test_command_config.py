"""The config that a run makes for its command: real clients find in it every harmless setting that they find in the user's
own config, however that is written. Botocore is the judge: it reads the one inside of the run, the other outside.
"""
import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from client_case import ANY, TRANSPORTS, AwsTest
from harness import CLEAN_ENVIRONMENT
from standin_client import role_arn
from test_newer_clients import NewerPython

DEBIAN_PYTHON, DEBIAN_AWS = "/usr/bin/python3", "/usr/bin/aws"
HARMLESS = ("region", "output", "retry_mode", "max_attempts", "endpoint_url", "s3", "cli_timestamp_format", "ca_bundle")
# What a client finds under each profile, as JSON; an empty name is no name. Then whatever it is told to run.
PROBE = """
import botocore.configprovider, botocore.session, json, os, subprocess, sys
keys, profiles, programs = map(json.loads, sys.argv[1:4])
told = []
for profile in profiles:
    session = botocore.session.Session(profile=profile or None)
    found = {key: session.get_scoped_config().get(key) for key in keys}
    for service in ("sts", "sqs") if hasattr(botocore.configprovider, "ConfiguredEndpointProvider") else ():
        found[service] = session.create_client(service, region_name=found["region"], aws_access_key_id="AKIAEXAMPLE",
                                               aws_secret_access_key="x").meta.endpoint_url
    told.append(found)
ran = [subprocess.run(program, capture_output=True, text=True) for program in programs]
with open(os.environ["AWS_CONFIG_FILE"]) as file:
    print(json.dumps([told, [[done.returncode, done.stdout, done.stderr] for done in ran], file.read()]))
"""
PLAIN = "region = eu-central-1\noutput = yaml\nretry_mode = adaptive\ns3 =\n  addressing_style = path\n  max_bandwidth = 1MB/s\n"
SERVICES = "sts =\n  endpoint_url = {url}\nssm =\n  endpoint_url = {url}\nsqs =\n  endpoint_url = http://127.0.0.1:7\n"


class Written:
    """A way to write a profile; `flat` says the same without what botocore does not know."""

    def __init__(self, name, text, flat=None):
        self.name, self.text, self.flat = name, text, flat or text


ROLE = "role_arn = " + role_arn("ledger-prod") + "\nsource_profile = marta\n"
WAYS = {
    "plain": Written("p", f"[profile p]\n{ROLE}{PLAIN}endpoint_url = {{url}}\n"),
    "services": Written("p", f"[profile p]\nservices = x y\n{ROLE}{PLAIN}[services 'x y']\n{SERVICES}"),
    "included": Written(
        "p", f"[profile p]\n{ROLE}include_profile = more\n[profile more]\nservices = x\nendpoint_url = {{url}}\n{PLAIN}[services x]\n{SERVICES}",
        flat=f"[profile p]\n{ROLE}services = x\nendpoint_url = {{url}}\n{PLAIN}[services x]\n{SERVICES}"),
    "indented": Written(
        "p", "  [profile p]\n" + "".join(f"  {line}\n" for line in f"{ROLE}{PLAIN}endpoint_url = {{url}}".splitlines())),
    "colons": Written("p", f"[profile p]\n{ROLE}Region: eu-central-1\nOUTPUT: yaml\nendpoint_url: {{url}}\ns3:\n  addressing_style = path\n"),
    "indented services with colons": Written("p", "".join(
        f"    {line}\n" for line in (f"[profile p] /* the ledger */\nservices: x\n{ROLE}{PLAIN}[services x] ; more\n"
                                   + SERVICES.replace("sts =", "sts:").replace("sqs =", "sqs :")).splitlines())),
    "tabs, and lines that end as on Windows": Written(
        "p", ("[profile\tp]\n" + f"{ROLE}{PLAIN}endpoint_url = {{url}}\n".replace(" = ", "\t=\t").replace("  ", "\t")).replace("\n", "\r\n")),
    "included twice over": Written(
        "p", f"[profile p]\n{ROLE}include_profile = 1\n[profile 1]\noutput = yaml\ninclude_profile = 2\n[profile 2]\noutput = json\n"
        f"endpoint_url = {{url}}\n{PLAIN.replace('output = yaml', '')}",
        flat=f"[profile p]\n{ROLE}{PLAIN}endpoint_url = {{url}}\n"),
    "comment signs, other letters and a bracket at the end of the name": Written(
        "é #b ;c]", f"[profile 'é #b ;c]'] # more\n{ROLE}{PLAIN}endpoint_url = {{url}}\n"),
    "blanks and brackets": Written("a [b] c", f"[profile 'a [b] c']\n{ROLE}{PLAIN}endpoint_url = {{url}}\n"),
    "a quote": Written("it's", f'[profile "it\'s"]\n{ROLE}{PLAIN}endpoint_url = {{url}}\n'),
    "beside a header that cannot be read": Written(
        "p", f"[profile Single'Quote]\nregion = eu-west-3\n[profile p]\n{ROLE}{PLAIN}endpoint_url = {{url}}\n"),
}


class Config(AwsTest):
    """Mixed with a python that has botocore."""

    python = DEBIAN_PYTHON
    knows_endpoints = False

    def environment(self):
        return {**super().environment(), "AWS_ENDPOINT_URL": "", "AWS_PAGER": "", "PYTHONWARNINGS": "ignore"}

    def lay_out(self, way):
        for name, text in (("flat", way.flat), ("config", way.text)):
            self.write(".aws/" + name, text.format(url=self.aws.url) + "[profile marta]\nregion = eu-central-1\n")

    def probe(self, *profiles, programs=()):
        return (self.python, "-c", PROBE, *map(json.dumps, (HARMLESS, profiles, programs)))

    def outside(self, profile):
        """What the client finds in the user's own config."""
        environment = {**CLEAN_ENVIRONMENT, "HOME": self.folder, **self.environment(), "AWS_CONFIG_FILE": self.aws_file("flat")}
        done = subprocess.run(self.probe(profile), env=environment, cwd=self.folder, capture_output=True, text=True, timeout=120,
                              **self.user.popen_arguments())
        self.assertEqual(0, done.returncode, done.stderr)
        return json.loads(done.stdout)[0][0]

    def programs(self, way):
        """What else is run inside, and what its output looks like."""
        raise NotImplementedError

    def check(self, way, transport):
        wanted = self.outside(way.name)
        self.assertEqual("eu-central-1", wanted["region"])
        if self.knows_endpoints:
            self.assertEqual(self.aws.url, wanted["sts"])
        programs = self.programs(way)
        command = self.probe("", way.name, programs=[program for program, _ in programs])
        run = self.start(command=command, transport=transport, profile=way.name,
                         policy=("--policy-file", self.write("policy.yaml", ANY))).finish()
        self.assertEqual(0, run.code, run.stderr)
        found, ran, text = json.loads(run.stdout)
        self.assertEqual([wanted, wanted], found)
        for (program, pattern), (code, stdout, stderr) in zip(programs, ran, strict=True):
            self.assertEqual(0, code, stderr)
            self.assertRegex(stdout, pattern, program)
        for word in ("role_arn", "source_profile", "include_profile", "aws_", "marta"):
            self.assertNotIn(word, text)

    def test_the_command_finds_what_the_users_config_says(self):
        for name, way in WAYS.items():
            for transport in TRANSPORTS if name in ("plain", "services") else ("unix",):
                with self.subTest(name, transport=transport):
                    self.lay_out(way)
                    self.check(way, transport)


class DebianConfig(Config):
    @classmethod
    def setUpClass(cls):
        if subprocess.run([cls.python, "-c", "import botocore"], capture_output=True).returncode != 0:
            raise unittest.SkipTest("Debian's python3-botocore is not installed")
        super().setUpClass()

    def programs(self, way):
        if not os.path.exists(DEBIAN_AWS):
            return []
        return [([DEBIAN_AWS, "configure", "list", "--profile", way.name], r"region +eu-central-1")]


class NewerConfig(NewerPython, Config):
    knows_endpoints = True

    @classmethod
    def setUpClass(cls):
        cls.find()
        super().setUpClass()

    def programs(self, way):
        call = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
        return [([self.python, "-c", call], ":assumed-role/ledger-prod/")]


class ManySettings(AwsTest):
    def services(self, count):
        lines = "".join(f"service{number} =\n  endpoint_url = http://127.0.0.1:7/{'x' * 500}\n" for number in range(count))
        self.write(".aws/config", f"[profile marta]\nregion = eu-central-1\n[profile p]\nservices = x\n{ROLE}[services x]\n{lines}")

    def test_more_than_the_channel_takes_at_once_are_told_all_the_same(self):
        self.services(500)
        run = self.start(command=("sh", "-c", 'grep -c "endpoint_url = http" "$AWS_CONFIG_FILE"'), profile="p", transport="unix",
                         policy=("--policy-file", self.write("policy.yaml", ANY))).finish()
        self.assertEqual((0, "500\n"), (run.code, run.stdout), run.stderr)

    def test_more_than_any_profile_needs_are_refused(self):
        self.services(513)
        run = self.refused_start(profile="p", policy=("--policy-file", self.write("policy.yaml", ANY)))
        self.assertIn("profile 'p' has more settings than a command is told", run.stderr)


del Config  # no test of its own

if __name__ == "__main__":
    unittest.main(verbosity=2)
