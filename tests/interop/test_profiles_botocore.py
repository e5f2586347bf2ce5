"""Profiles resolve as botocore resolves them: the corpus of tests/unit/broker/data/profiles, judged by botocore itself.

botocore really assumes the roles, against a recorder in STS's place, so that the order of the chain, the key it begins
with and every argument are what an AWS tool would send. Where the broker refuses what botocore accepts, the profile is
in STRICTER with the reason. test_profiles_newer_botocore.py asks a newer botocore.
"""

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import botocore
import botocore.configprovider
import botocore.credentials
import botocore.loaders
import botocore.session
import botocore.tokens
import botocore.utils

HERE = Path(__file__).resolve().parent
CORPUS = HERE.parent / "unit/broker/data/profiles"
PRINT_PROFILE = os.environ.get("PRINT_PROFILE") or os.path.join(
    os.environ.get("SENTINEL_BUILD", HERE.parent.parent / "build/dev"), "tests/print_profile")
KNOWS_LOGIN = hasattr(botocore.credentials, "LoginProvider")
if KNOWS_LOGIN and botocore.credentials.EC is None:
    botocore.credentials.EC = object()   # what signs: no key is renewed here
KNOWS_ENDPOINTS = hasattr(botocore.configprovider, "ConfiguredEndpointProvider")
BEYOND_OLD_BOTOCORE = ("eu-isoe-west-1", "us-isof-south-1", "eusc-de-east-1")  # partitions that 1.29 does not have
# Hosts of container keys that the old one refuses.
BEYOND_OLD_CASES = ("machine_full_eks", "machine_full_six", "machine_full_https")
SETTING_ROWS = [(word, [name.strip() for name in names.split(",") if name.strip()]) for word, names in re.findall(
    r'^(SETTING|NESTED|SERVICE)\(([^"]*)"', (HERE.parent.parent / "ipc/command_settings.def").read_text(), re.M)]
LOADER = botocore.loaders.create_loader()

EARLY = "botocore leaves it to AWS to refuse"
WIDE = "botocore takes the whole line, or the lines below, as the value"
ENDPOINT = "botocore sends requests there"
TWICE = "the same name in two sections: botocore takes the last, and says nothing"
UNKNOWN = "a key of aws-vault's that the AWS tools do not know"
DEVICE = "STS refuses a device's code from a key that is temporary or a role's"
STRICTER = {
    ("chains", "default-source"): EARLY,
    ("endpoints", "far-http"): ENDPOINT,
    ("endpoints", "looks-local"): ENDPOINT,
    ("machine_full_far", "instance"): ENDPOINT,
    ("machine_path_trick", "container"): "botocore builds the URL http://169.254.170.2@192.0.2.1/v1",
    ("machine_full_trick", "container"): "a user name before a host has no use but to deceive",
    ("machine_token_relative", "container"): "a relative path would depend on where the command is started",
    ("machine_token_relative", "instance"): "the metadata service has no path before its own",
    ("mfa", "bad"): EARLY,
    ("mfa", "later"): DEVICE,
    ("mfa", "of-sso"): DEVICE,
    ("mfa", "temporary"): DEVICE,
    ("mfa", "of-web"): "a web identity sends no code, so botocore passes over mfa_serial; what it guards is then open",
    ("mfa", "two-devices"): "a base profile's device counts here, and a key's user has one of the two",
    ("odd_blank_names", "y"): "botocore takes any section for a profile whose name begins with these letters",
    ("odd_twice_sso", "p"): TWICE,
    ("odd_two_defaults", "default"): TWICE,
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
    ("sources", "login-empty"): "an empty name is no session's",
    ("sources", "login-nowhere"): "botocore looks for the endpoint when the keys that are kept have ended",
    ("sources", "process-empty"): "botocore tries to start a program without a name",
    ("sources", "web-relative"): "a relative path would depend on where the command is started",
    ("sources", "web-tags"): UNKNOWN,
    ("sources", "web-both"): UNKNOWN,
    ("sources", "web-process-and-source"): UNKNOWN,
    ("sso", "bad-scope"): EARLY,
    ("sso", "spread"): WIDE,
    **{("refused", name): EARLY for name in ("empty-arn", "user-arn", "short-account", "assumed-arn", "external-blank",
                                             "external-short", "duration-word", "duration-short", "duration-long")},
    **{("sources", name): EARLY for name in ("session-short", "session-blank", "web-bad-role")},
    **{("sso", name): EARLY for name in ("bad-url", "bad-region", "short-account", "arn-for-role")},
    **{("tags", name): UNKNOWN for name in ("no-sign", "no-key", "trailing", "sign", "reserved", "twice", "many",
                                            "long-key", "long-value", "transitive-alone", "transitive-case")},
    **{("include", name): UNKNOWN for name in ("loop-a", "itself", "absent", "source-loops")},
}
# Accepted, and on purpose not what the AWS tools make of it.
DIFFERENT = {
    ("machine", "instance-alone"): "botocore reads credential_source with role_arn alone, and tries the machine anyway",
    ("machine", "of-instance-alone"): "the same, as a source",
    ("mfa", "of-guarded"): "the device of the key's profile counts, as in aws-vault's sessions",
    ("sources", "web-home"): "botocore looks for a folder that is named ~",
    ("sources", "web-process"): UNKNOWN,
}


class Recorder:
    """AWS, the programs and the machine, as far as keys go: remembers who asked for what, and grants it."""

    def __init__(self):
        self.roles, self.source = [], None

    def client(self, service, **kwargs):
        return Caller(self, kwargs)

    def popen(self, words, **_kwargs):
        self.source = ["process", words]
        return Finished()

    def token_loader(self, path):
        self.token_file = path
        return lambda: "token"


class Caller:
    def __init__(self, recorder, kwargs):
        self.recorder, self.kwargs = recorder, kwargs
        self.meta = self.events = self  # what register() is called on
        self.exceptions = type("Exceptions", (), {"UnauthorizedException": KeyError})

    def register(self, *_args, **_kwargs):
        pass

    def assume_role(self, **request):
        self.recorder.roles.append((self.kwargs, request))
        number = len(self.recorder.roles)
        return {"Credentials": {"AccessKeyId": f"ASIA{number}", "SecretAccessKey": "s", "SessionToken": "t",
                                "Expiration": "2099-01-01T00:00:00Z"}}

    def assume_role_with_web_identity(self, **request):
        name = request["RoleSessionName"]
        self.recorder.source = ["web_identity", request["RoleArn"],
                                "none" if name.startswith("botocore-session-") else name, self.recorder.token_file]
        return {"Credentials": {"AccessKeyId": "ASIAWEB", "SecretAccessKey": "s", "SessionToken": "t",
                                "Expiration": "2099-01-01T00:00:00Z"}}

    def get_role_credentials(self, **request):
        self.recorder.source = ["sso", self.kwargs["config"].region_name, request["accountId"], request["roleName"]]
        return {"roleCredentials": {"accessKeyId": "ASIASSO", "secretAccessKey": "s", "sessionToken": "t",
                                    "expiration": 4070908800000}}


class Finished:
    returncode = 0

    def communicate(self):
        return b'{"Version": 1, "AccessKeyId": "ASIAPROCESS", "SecretAccessKey": "s", "SessionToken": "t"}', b""


class TokenCache:
    """The cache of the AWS CLI's logins: every login is there."""

    def __init__(self):
        self.asked = []

    def __contains__(self, key):
        self.asked.append(key)
        return True

    def __getitem__(self, key):
        return {"accessToken": "a", "expiresAt": "2099-01-01T00:00:00Z", "startUrl": "u", "region": "r"}


class LoginCache:
    """The files of `aws login`: every sign-in is there."""

    def __init__(self, recorder):
        self.recorder = recorder

    def __contains__(self, key):
        return True

    def __getitem__(self, key):
        self.recorder.source = ["login", key]
        return {"accessToken": {"accessKeyId": "ASIALOGIN", "secretAccessKey": "s", "sessionToken": "t", "accountId": "a",
                                "expiresAt": "2099-01-01T00:00:00Z"}, "refreshToken": "r", "dpopKey": "k", "clientId": "c"}


class ContainerEndpoint(botocore.utils.ContainerMetadataFetcher):
    """botocore's own checks and URLs, and no connection."""

    def __init__(self, recorder):
        super().__init__()
        self.recorder = recorder

    def _retrieve_credentials(self, full_url, extra_headers=None):
        self.recorder.source = ["container", full_url]
        return {"AccessKeyId": "ASIACONTAINER", "SecretAccessKey": "s", "Token": "t",
                "Expiration": "2099-01-01T00:00:00Z"}


class InstanceService(botocore.utils.InstanceMetadataFetcher):
    def __init__(self, recorder, **kwargs):
        super().__init__(**kwargs)
        self.recorder = recorder

    def retrieve_iam_role_credentials(self):
        if self._disabled:
            return {}
        self.recorder.source = ["instance", self._base_url.rstrip("/")]
        return {"role_name": "r", "access_key": "ASIAINSTANCE", "secret_key": "s", "token": "t",
                "expiry_time": "2099-01-01T00:00:00Z"}


def fingerprint(secret):
    return hashlib.sha256(secret.encode()).hexdigest()[:32] if secret else "none"


def key_line(access, secret, token):
    return ["key", access, fingerprint(secret), fingerprint(token)]


def botocore_session(profile):
    session = botocore.session.Session(profile=profile)
    session.register_component("data_loader", LOADER)
    return session


class Builder(botocore.credentials.ProfileProviderBuilder):
    """botocore's sources of a profile, in botocore's order, before the recorder instead of AWS."""

    def __init__(self, session, recorder, cache):
        super().__init__(session, sso_token_cache=cache)
        self.recorder, self.session, self.cache = recorder, session, cache

    def providers(self, profile_name, disable_env_vars=False):
        made = super().providers(profile_name, disable_env_vars)
        for provider in made:
            kind = type(provider).__name__
            if kind == "ProcessProvider":
                provider._popen = self.recorder.popen
            elif kind == "LoginProvider":
                provider._token_cache = LoginCache(self.recorder)
            elif kind == "AssumeRoleWithWebIdentityProvider":
                provider._client_creator, provider._token_loader_cls = self.recorder.client, self.recorder.token_loader
            elif kind == "SSOProvider":
                provider._client_creator = self.recorder.client
                if KNOWS_ENDPOINTS:
                    provider._token_provider = botocore.tokens.SSOTokenProvider(
                        self.session, cache=self.cache, profile_name=profile_name)
                else:  # the old one looks the session up in the profile that was asked for alone
                    provider._token_provider = botocore.tokens.SSOTokenProvider(
                        botocore_session(profile_name), cache=self.cache)
        return made


def named_sources(session, recorder):
    mode = {"ec2_metadata_service_endpoint": session.get_config_variable("ec2_metadata_service_endpoint"),
            "ec2_metadata_service_endpoint_mode": botocore.utils.resolve_imds_endpoint_mode(session)}
    return botocore.credentials.CanonicalNameCredentialSourcer([
        botocore.credentials.EnvProvider(),
        botocore.credentials.ContainerProvider(fetcher=ContainerEndpoint(recorder)),
        botocore.credentials.InstanceMetadataProvider(InstanceService(recorder, config=mode))])


def botocore_keys(profile):
    """Where the first key comes from, and the roles in the order in which botocore assumes them."""
    session, recorder, cache = botocore_session(profile), Recorder(), TokenCache()
    session.get_scoped_config()
    builder = Builder(session, recorder, cache)
    roles = botocore.credentials.AssumeRoleProvider(
        load_config=lambda: session.full_config, client_creator=recorder.client, cache={}, profile_name=profile,
        prompter=lambda text: "123456", profile_provider_builder=builder,
        credential_sourcer=named_sources(session, recorder))
    credentials = roles.load()
    if credentials is None:
        credentials = botocore.credentials.CredentialResolver(builder.providers(profile, True)).load_credentials()
        if credentials is None:
            raise LookupError("no credentials")
    frozen = credentials.get_frozen_credentials()
    source = recorder.source
    if source and source[0] == "sso":
        source.append(cache.asked[-1])
    if not source:
        source = key_line(frozen.access_key, frozen.secret_key, frozen.token)
        if recorder.roles:
            first = recorder.roles[0][0]
            source = key_line(first["aws_access_key_id"], first["aws_secret_access_key"],
                              first.get("aws_session_token"))
    return source, [role_line(request) for _, request in recorder.roles]


def role_line(request):
    name = request["RoleSessionName"]
    return {"arn": request["RoleArn"], "external_id": request.get("ExternalId", "none"),
            "duration": str(request.get("DurationSeconds", 0)), "serial": request.get("SerialNumber") or "none",
            "session": "none" if name.startswith("botocore-session-") else name}


def our_source(ours):
    """The broker's answer in the words of botocore_keys()."""
    if "key" in ours:
        return ["key", *ours["key"].split(" ")]
    if "environment" in ours:
        return key_line(*(os.environ.get(name) for name in (
            "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")))
    if "process" in ours:
        return ["process", shlex.split(ours["process"])]
    if "web_identity" in ours:
        role, session, _profile, _kind, path = ours["web_identity"].split(" ", 4)
        return ["web_identity", role, session, path]
    if "sso" in ours:
        session, url, region, account, role = ours["sso"].rsplit(" ", 4)
        return ["sso", region, account, role, hashlib.sha1((url if session == "none" else session).encode()).hexdigest()]
    if "login" in ours:
        return ["login", hashlib.sha256(ours["login"].encode()).hexdigest()]
    if "instance" in ours:
        return ["instance", ours["instance"]]
    return ["container", ours["container"].split(" ")[0]]


def our_roles(ours):
    """The code of a device goes with the first role in botocore, and before it here."""
    serial = ours["mfa"].split(" ")[0] if "mfa" in ours else "none"
    return [{**role, "serial": serial if number == 0 else "none"} for number, role in enumerate(ours["role"])]


def botocore_endpoint(profile, service, region):
    session = botocore_session(profile)
    client = session.create_client(service, region_name=region, aws_access_key_id="AKIAEXAMPLE",
                                   aws_secret_access_key="secretEXAMPLE")
    return client.meta.endpoint_url.rstrip("/")


def botocore_settings(profile):
    """Of the rows of the table those that botocore finds a value for: place, key above, name, value."""
    session = botocore_session(profile)
    try:
        scoped = session.get_scoped_config()
    except botocore.exceptions.ProfileNotFound:  # a key of the store's or the environment's alone
        return
    name = scoped.get("services")
    chosen = session.full_config.get("services", {}).get(name, {})
    for header, values in session.full_config.items():  # an old botocore knows no such section, and has it as it stands
        if header.startswith("services ") and shlex.split(header) == ["services", name]:
            chosen = values
    for word, arguments in SETTING_ROWS:
        found = []
        if word == "SETTING":
            found = [("1", "", arguments[0], scoped.get(arguments[0]))]
        elif word == "NESTED" and isinstance(scoped.get(arguments[0]), dict):
            found = [("2", *arguments, scoped[arguments[0]].get(arguments[1]))]
        elif word == "SERVICE":
            found = [("3", service, arguments[0], values.get(arguments[0])) for service, values in chosen.items()
                     if isinstance(values, dict)]
        # What goes on over several lines is left out, with a warning.
        yield from (one for one in found if one[-1] and isinstance(one[-1], str) and "\n" not in one[-1])


def lay_out(case, home, config):
    aws = Path(home, ".aws")
    aws.mkdir()
    for name, source in (("config", config), ("credentials", "credentials")):
        shutil.copy(CORPUS / case / source, aws / name)
        os.chmod(aws / name, 0o600)


class Corpus(unittest.TestCase):
    maxDiff = None

    def run_case(self, case, check):
        with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as flat_home:
            lay_out(case, home, "config")
            has_flat = (CORPUS / case / "flat").exists()  # include_profile, written out for botocore
            if has_flat:
                lay_out(case, flat_home, "flat")
            extra = {}
            if (CORPUS / case / "env").exists():
                extra = dict(line.split("=", 1) for line in (CORPUS / case / "env").read_text().splitlines())
            environment = {"HOME": flat_home if has_flat else home, "PATH": "/usr/bin:/bin", "AWS_EC2_METADATA_DISABLED": "true", "LANG": "C.UTF-8",
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
        answer = {"role": [], "warning": [], "told": []}
        for line in run.stdout.splitlines():
            word, _, rest = line.partition(" ")
            if word == "role":
                fields = dict(zip(("arn", "external_id", "duration"), rest.split(" ")))
                answer[word].append({**fields, "session": "none"})
            elif word == "session":
                answer["role"][-1][word] = rest
            elif word in ("warning", "told"):
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
        if "store" in ours:  # keys that the AWS tools know nothing of: only where they find none themselves
            with self.assertRaises(Exception):
                botocore_keys(profile)
            return
        if (case, profile) in DIFFERENT:
            self.assertNotEqual(self.asked(profile), (our_source(ours), our_roles(ours)), "is listed as different")
            return
        if not KNOWS_LOGIN and "login" in ours:
            return
        if not KNOWS_ENDPOINTS and case in BEYOND_OLD_CASES and profile == "container":
            return
        source, chain = botocore_keys(profile)
        self.assertEqual(our_source(ours), source)
        self.assertEqual(our_roles(ours), chain)

    @staticmethod
    def asked(profile):
        try:
            return botocore_keys(profile)
        except Exception as error:  # no answer is another answer
            return error

    def check_region(self, case, profile, ours):
        if "refused" in ours:
            return
        region = botocore_session(profile).get_config_variable("region")
        if region:  # without one, ours goes on to the source profile's
            self.assertEqual(ours["region"], region)

    def check_endpoints(self, case, profile, ours):
        if "refused" in ours:
            return
        if not KNOWS_ENDPOINTS and (case.startswith(("endpoints", "odd_nested")) or ours["region"] in BEYOND_OLD_BOTOCORE):
            return
        if "sts_regional_endpoints" in botocore_session(profile).get_scoped_config():
            os.environ.pop("AWS_STS_REGIONAL_ENDPOINTS", None)
        else:
            os.environ["AWS_STS_REGIONAL_ENDPOINTS"] = "regional"  # the old botocore's default is legacy
        for service in ("sts", "ssm"):
            if ours["region"] == "none":
                continue
            self.assertEqual(ours[service].split(" ")[0], botocore_endpoint(profile, service, ours["region"]), service)

    def check_settings(self, case, profile, ours):
        """The command is told what botocore takes from the profile, as far as the table of harmless settings goes."""
        if "refused" in ours:
            return
        self.assertEqual(sorted(botocore_settings(profile)), sorted(tuple(line.split("|", 3)) for line in ours["told"]))

    def test_settings_for_the_command(self):
        for case in cases():
            self.run_case(case, self.check_settings)

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


if __name__ == "__main__":
    unittest.main()
