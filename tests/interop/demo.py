#!/usr/bin/python3
"""The body of tests/demo: the real `aws` against the local stand-in, under `sentinel exec --server --unix-socket`.

    demo.py BUILD_FOLDER
Exits non-zero when a step does not do what it says, so that the demo is also a test.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "fakes"))

from standin_client import Standin  # noqa: E402

AWS = "/usr/bin/aws"
POLICY = "/sentinel/policies/default"


def say(text):
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n## {text}", flush=True)


class Demo:
    def __init__(self, build, home, aws):
        self.sentinel = os.path.join(build, "supervisor", "sentinel")
        self.home, self.aws = home, aws
        self.log = os.path.join(home, "decisions.jsonl")
        self.environment = {
            "PATH": "/usr/bin:/bin", "HOME": home, "TERM": os.environ.get("TERM", "dumb"),
            "AWS_CONFIG_FILE": os.path.join(home, ".aws", "config"),
            "AWS_SHARED_CREDENTIALS_FILE": os.path.join(home, ".aws", "credentials"),
            "AWS_ENDPOINT_URL": aws.url, "AWS_PAGER": "", **aws.ca_environment()}

    def run(self, profile, command, policy=("--policy-parameter", POLICY)):
        flags = ["exec", "--server", "--unix-socket", "--profile", profile, *policy, "--log-file", self.log]
        print("$ sentinel " + " ".join(flags[:5] + list(flags[5:7])) + " -- " + " ".join(command), flush=True)
        return subprocess.run([self.sentinel, *flags, "--", *command], env=self.environment, stdin=subprocess.DEVNULL).returncode

    def tool(self, *words):
        print("$ sentinel " + " ".join(words), flush=True)
        return subprocess.run([self.sentinel, *words], env=self.environment, stdin=subprocess.DEVNULL).returncode

    def ssm(self, *words):
        return " ".join([AWS, "--endpoint-url", self.aws.url, "ssm", *words])

    def identity(self):
        # Debian's aws takes its endpoint only as a flag; against the real AWS there is none.
        return [AWS, "--endpoint-url", self.aws.url, "sts", "get-caller-identity"]


def demonstrate(demo, policy_file):
    say("1. Policy allows: the unmodified aws command gets short-lived credentials over the Unix socket")
    allowed = demo.run("ledger-prod", demo.identity())
    say("2. Policy denies this profile: the command is not even started, and the reason is told")
    denied = demo.run("ledger-audit", demo.identity())
    say("3. Policy changes while the command runs: the second call is refused")
    script = "{0} >/dev/null && echo first call: ok; sed -i s/allow/deny/ {1}; {0}".format(" ".join(demo.identity()), policy_file)
    changed = demo.run("ledger-prod", ["sh", "-c", script], ("--policy-file", policy_file))
    return allowed == 0 and denied != 0 and changed != 0


NARROW = """version: "1"
rules:
  - name: readers
    effect: allow
    conditions: { profiles: [ledger-prod] }
    restrict:
      session_policy: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "ssm:GetParameter", Resource: "*" }] }
      hard_expiry: 2m
"""


def demonstrate_narrowing(demo, policy_file):
    say("4. A rule narrows what is issued: the role could write parameters, these credentials only read, for two minutes")
    with open(policy_file, "w") as file:
        file.write(NARROW)
    explained = demo.tool("policy", "explain", policy_file, "--user", "marta", "--profile", "ledger-prod")
    script = (demo.ssm("get-parameter", "--name", POLICY) + " >/dev/null && echo read: ok; "
              + demo.ssm("put-parameter", "--name", "/ledger/note", "--type", "String", "--value", "x"))
    written = demo.run("ledger-prod", ["sh", "-c", script], ("--policy-file", policy_file))
    return explained == 0 and written != 0


def demonstrate_log(demo):
    say("5. The decision log, and what `audit verify` says when one line of it was changed")
    demo.tool("audit", "show", demo.log)
    whole = demo.tool("audit", "verify", demo.log)
    print('# the demo now changes its own log: the first "refused" becomes "issued", as somebody would who hides something', flush=True)
    with open(demo.log) as log:
        text = log.read()
    outcomes = [json.loads(line)["outcome"] for line in text.splitlines()]
    with open(demo.log, "w") as log:
        log.write(text.replace('"outcome":"refused"', '"outcome":"issued"', 1))
    changed = demo.tool("audit", "verify", demo.log)
    return whole == 0 and changed == 1 and "issued" in outcomes and outcomes.count("refused") >= 2


def main():
    home = tempfile.mkdtemp(prefix="sentinel-demo-")
    try:
        policy_file = os.path.join(home, "policy", "policy.yaml")
        os.mkdir(os.path.dirname(policy_file), 0o700)
        with open(policy_file, "w") as file:
            file.write('version: "1"\nrules:\n  - name: ledger-from-desks\n    effect: allow\n    reason: until the freeze\n'
                       "    conditions: { profiles: [ledger-prod] }\n")
        with Standin(tls=True) as aws:
            aws.write_profiles(home)
            demo = Demo(sys.argv[1], home, aws)
            done = demonstrate(demo, policy_file) and demonstrate_narrowing(demo, policy_file) and demonstrate_log(demo)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    say("The demo did what it says." if done else "The demo did NOT do what it says.")
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
