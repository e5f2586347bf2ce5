"""Profiles resolve as botocore resolves them: the corpus of tests/unit/broker/data/profiles, judged by botocore itself.

botocore really assumes the roles, against a recorder in STS's place, so that the order of the chain, the key it begins
with and every argument are what an AWS tool would send. Where the broker refuses what botocore accepts, the profile is
in STRICTER with the reason. The same file runs once more under another Python with a newer botocore, where there is one.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import botocore
import botocore.configprovider
import botocore.credentials
import botocore.loaders
import botocore.session

HERE = Path(__file__).resolve().parent
CORPUS = HERE.parent / "unit/broker/data/profiles"
PRINT_PROFILE = os.environ.get("PRINT_PROFILE") or os.path.join(
    os.environ.get("SENTINEL_BUILD", HERE.parent.parent / "build/dev"), "tests/print_profile")
KNOWS_ENDPOINTS = hasattr(botocore.configprovider, "ConfiguredEndpointProvider")
BEYOND_OLD_BOTOCORE = ("eu-isoe-west-1", "us-isof-south-1", "eusc-de-east-1")  # partitions that 1.29 does not have
LOADER = botocore.loaders.create_loader()

EARLY = "botocore leaves it to STS to refuse"
WIDE = "botocore takes the whole line, or the lines below, as the value"
ENDPOINT = "botocore sends requests there"
STRICTER = {
    ("chains", "default-source"): EARLY,
    ("endpoints", "far-http"): ENDPOINT,
    ("endpoints", "fips"): "comes later",
    ("endpoints", "looks-local"): ENDPOINT,
    ("parse_defaults", "default"): "a [DEFAULT] section would leak its values into every profile",
    ("parse_indented_secret", "default"): WIDE,
    ("parse_swallowed", "default"): WIDE,
    ("regions", "comment"): WIDE,
    ("regions", "dot"): EARLY,
    ("regions", "odd-kind"): EARLY,
    ("regions", "pseudo"): "a pseudo-region is no part of a host name",
    ("regions", "upper"): EARLY,
    ("refused", "below"): WIDE,
    ("refused", "id-signs"): EARLY,
    ("refused", "secret-comment"): WIDE,
    **{("refused", name): EARLY for name in ("empty-arn", "user-arn", "short-account", "assumed-arn", "external-blank",
                                             "external-short", "duration-word", "duration-short", "duration-long")},
}


class Recorder:
    """STS, as far as AssumeRole goes: remembers who asked for what."""

    def __init__(self):
        self.calls = []

    def client(self, service, **kwargs):
        return Caller(self, kwargs)


class Caller:
    def __init__(self, recorder, kwargs):
        self.recorder, self.kwargs = recorder, kwargs

    def assume_role(self, **request):
        self.recorder.calls.append((self.kwargs, request))
        number = len(self.recorder.calls)
        return {"Credentials": {"AccessKeyId": f"ASIA{number}", "SecretAccessKey": "s", "SessionToken": "t",
                                "Expiration": "2099-01-01T00:00:00Z"}}


def fingerprint(secret):
    return hashlib.sha256(secret.encode()).hexdigest()[:32] if secret else "none"


def key_line(access, secret, token):
    return [access, fingerprint(secret), fingerprint(token)]


def botocore_session(profile):
    session = botocore.session.Session(profile=profile)
    session.register_component("data_loader", LOADER)
    return session


def botocore_keys(profile):
    """The base key and the roles, in the order in which botocore assumes them."""
    session, recorder = botocore_session(profile), Recorder()
    session.get_scoped_config()
    builder = botocore.credentials.ProfileProviderBuilder(session)
    roles = botocore.credentials.AssumeRoleProvider(
        load_config=lambda: session.full_config, client_creator=recorder.client, cache={}, profile_name=profile,
        prompter=lambda text: "123456", profile_provider_builder=builder)
    credentials = roles.load()
    if credentials is None:
        credentials = botocore.credentials.CredentialResolver(builder.providers(profile, True)).load_credentials()
        if credentials is None:
            raise LookupError("no credentials")
    frozen = credentials.get_frozen_credentials()
    if not recorder.calls:
        return key_line(frozen.access_key, frozen.secret_key, frozen.token), []
    first = recorder.calls[0][0]
    base = key_line(first["aws_access_key_id"], first["aws_secret_access_key"], first.get("aws_session_token"))
    chain = [[request["RoleArn"], request.get("ExternalId", "none"), str(request.get("DurationSeconds", 0))]
             for _, request in recorder.calls]
    return base, chain


def botocore_endpoint(profile, service, region):
    session = botocore_session(profile)
    client = session.create_client(service, region_name=region, aws_access_key_id="AKIAEXAMPLE",
                                   aws_secret_access_key="secretEXAMPLE")
    return client.meta.endpoint_url.rstrip("/")


class Corpus(unittest.TestCase):
    maxDiff = None

    def run_case(self, case, check):
        with tempfile.TemporaryDirectory() as home:
            aws = Path(home, ".aws")
            aws.mkdir()
            for name in ("config", "credentials"):
                shutil.copy(CORPUS / case / name, aws / name)
                os.chmod(aws / name, 0o600)
            extra = {}
            if (CORPUS / case / "env").exists():
                extra = dict(line.split("=", 1) for line in (CORPUS / case / "env").read_text().splitlines())
            environment = {"HOME": home, "PATH": "/usr/bin:/bin", "AWS_EC2_METADATA_DISABLED": "true", "LANG": "C.UTF-8",
                           **extra}
            saved = dict(os.environ)
            os.environ.clear()
            os.environ.update(environment)
            try:
                for line in (CORPUS / case / "expected").read_text().splitlines():
                    if line.startswith("profile "):
                        with self.subTest(case=case, profile=line[8:]):
                            check(case, line[8:], self.ours(home, line[8:], environment))
            finally:
                os.environ.clear()
                os.environ.update(saved)

    def ours(self, home, profile, environment):
        run = subprocess.run([PRINT_PROFILE, home, profile], env={**environment, "ASAN_OPTIONS": "detect_leaks=0"},
                             stdout=subprocess.PIPE, text=True, check=False)
        self.assertIn(run.returncode, (0, 1))
        answer = {"role": [], "warning": []}
        for line in run.stdout.splitlines():
            word, _, rest = line.partition(" ")
            if word in ("role", "warning"):
                answer[word].append(rest)
            else:
                answer[word] = rest
        self.assertEqual("refused" in answer, run.returncode == 1)
        return answer

    def check_keys(self, case, profile, ours):
        if "refused" in ours:
            if (case, profile) in STRICTER or (case == "endpoints" and not KNOWS_ENDPOINTS):
                return
            with self.assertRaises(Exception, msg=f"the broker says: {ours['refused']}"):
                botocore_keys(profile)
                botocore_endpoint(profile, "sts", "us-east-1")
            return
        self.assertNotIn((case, profile), STRICTER, "is listed as stricter, yet it is accepted")
        base, chain = botocore_keys(profile)
        self.assertEqual(ours["key"].split(" "), base)
        self.assertEqual([role.split(" ")[:3] for role in ours["role"]], chain)

    def check_region(self, case, profile, ours):
        if "refused" in ours:
            return
        region = botocore_session(profile).get_config_variable("region")
        if region:  # without one, ours goes on to the source profile's
            self.assertEqual(ours["region"], region)

    def check_endpoints(self, case, profile, ours):
        if "refused" in ours:
            return
        if not KNOWS_ENDPOINTS and (case.startswith("endpoints") or ours["region"] in BEYOND_OLD_BOTOCORE):
            return
        if "sts_regional_endpoints" in botocore_session(profile).get_scoped_config():
            os.environ.pop("AWS_STS_REGIONAL_ENDPOINTS", None)
        else:
            os.environ["AWS_STS_REGIONAL_ENDPOINTS"] = "regional"  # the old botocore's default is legacy
        for service in ("sts", "ssm"):
            if ours["region"] == "none":
                continue
            self.assertEqual(ours[service].split(" ")[0], botocore_endpoint(profile, service, ours["region"]), service)

    def test_keys_and_role_chains(self):
        for case in cases():
            self.run_case(case, self.check_keys)

    def test_regions(self):
        for case in cases():
            self.run_case(case, self.check_region)

    def test_endpoints(self):
        for case in cases():
            self.run_case(case, self.check_endpoints)


def cases():
    return sorted(entry.name for entry in CORPUS.iterdir() if entry.is_dir())


class NewerBotocore(unittest.TestCase):
    def test_the_same_with_the_botocore_of_the_other_python(self):
        other = shutil.which("python3")
        if os.environ.get("NEWER_BOTOCORE") or not other or os.path.realpath(other) == os.path.realpath(sys.executable):
            self.skipTest("there is no other Python")
        probe = subprocess.run([other, "-c", "import botocore"], stderr=subprocess.DEVNULL, check=False)
        if probe.returncode != 0:
            self.skipTest("the other Python has no botocore")
        run = subprocess.run([other, "-B", __file__], env={**os.environ, "NEWER_BOTOCORE": "1"}, text=True,
                             stderr=subprocess.PIPE, check=False)
        self.assertEqual(run.returncode, 0, run.stderr)


if __name__ == "__main__":
    unittest.main()
