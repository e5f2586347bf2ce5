"""Where each service is, in every region of every partition, with and without FIPS and dual-stack: the rule sets of
botocore are the judge. They are data of botocore 1.43; an older one has other suffixes, so it is not asked.
"""

import itertools
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import other_python

try:
    import botocore
    import botocore.endpoint_provider
    import botocore.loaders
    NEW_ENOUGH = tuple(map(int, botocore.__version__.split(".")[:2])) >= (1, 40)
except ImportError:
    NEW_ENOUGH = False

HERE = Path(__file__).resolve().parent
PRINT_PROFILE = os.environ.get("PRINT_PROFILE") or os.path.join(
    os.environ.get("SENTINEL_BUILD", HERE.parent.parent / "build/dev"), "tests/print_profile")
OUR_WORD = {"sts": "sts", "iam": "iam", "ssm": "ssm", "kms": "kms", "dynamodb": "dynamodb", "sso": "portal",
            "sso-oidc": "oidc"}
CONFIG = """[default]
sso_start_url = https://ledger.awsapps.com/start
sso_region = {region}
sso_account_id = 111122223333
sso_role_name = Reader
"""


LOGIN = """[default]
login_session = arn:aws:iam::111122223333:user/me
"""


class Judge:
    def __init__(self):
        loader = botocore.loaders.create_loader()
        self.partitions = loader.load_data("partitions")
        self.services = {service: botocore.endpoint_provider.EndpointProvider(
            loader.load_service_model(service, "endpoint-rule-set-1"), self.partitions) for service in (*OUR_WORD, *self.newest(loader))}

    @staticmethod
    def newest(loader):
        """Services that a botocore of 1.40 does not know yet."""
        return {"signin"} & set(loader.list_available_services("endpoint-rule-set-1"))

    def regions(self):
        return [region for partition in self.partitions["partitions"] for region in partition["regions"]
                if not region.endswith("-global")]

    def answer(self, service, region, fips, dual, **more):
        if service == "sts":
            more.setdefault("UseGlobalEndpoint", False)
        endpoint = self.services[service].resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=dual, **more)
        schemes = endpoint.properties.get("authSchemes") or [{}]
        return [endpoint.url, schemes[0].get("signingRegion", region)]


def ours(region, environment, key="", config=CONFIG):
    with tempfile.TemporaryDirectory() as home:
        Path(home, ".aws").mkdir()
        Path(home, ".aws/config").write_text(config.format(region=region) + key)
        run = subprocess.run([PRINT_PROFILE, home, "default", region], env=environment, stdout=subprocess.PIPE,
                             text=True, check=False)
    return run.returncode, dict(line.split(" ", 1) for line in run.stdout.splitlines() if " " in line)


@unittest.skipUnless(NEW_ENOUGH, "this botocore has no partition data of today")
class EveryRegion(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.judge = Judge()

    def test_every_service_in_every_variant(self):
        asked = 0
        for region, fips, dual in itertools.product(self.judge.regions(), (False, True), (False, True)):
            environment = {"AWS_USE_FIPS_ENDPOINT": str(fips).lower(), "AWS_USE_DUALSTACK_ENDPOINT": str(dual).lower()}
            code, answer = ours(region, environment)
            self.assertEqual(code, 0, answer)
            for service, word in OUR_WORD.items():
                self.assertEqual(answer[word].split(" "), self.judge.answer(service, region, fips, dual),
                                 (service, region, fips, dual))
                asked += 1
        self.assertGreater(asked, 1000)

    def test_where_aws_login_is_asked(self):
        if "signin" not in self.judge.services:
            self.skipTest("this botocore does not know aws login")
        first = [min(set(partition["regions"]) & set(self.judge.regions())) for partition in self.judge.partitions["partitions"]]
        for region, fips, dual in itertools.product(first, (False, True), (False, True)):
            environment = {"AWS_USE_FIPS_ENDPOINT": str(fips).lower(), "AWS_USE_DUALSTACK_ENDPOINT": str(dual).lower()}
            code, answer = ours(region, environment, config=LOGIN)
            self.assertEqual(code, 0, answer)
            self.assertEqual(answer["signin"].split(" "), self.judge.answer("signin", region, fips, dual), (region, fips, dual))

    def test_a_region_that_is_newer_than_the_tables(self):
        for region in ("me-nowhere-7", "cn-south-9", "us-gov-north-3", "us-iso-south-2", "eusc-de-west-2"):
            code, answer = ours(region, {"AWS_USE_FIPS_ENDPOINT": "true"})
            self.assertEqual(code, 0, answer)
            for service, word in OUR_WORD.items():
                self.assertEqual(answer[word].split(" "), self.judge.answer(service, region, True, False), service)

    def test_the_legacy_sts_endpoint_is_that_of_the_global_rule(self):
        for region, (fips, dual) in itertools.product(self.judge.regions(), ((False, False), (True, False), (False, True))):
            environment = {"AWS_STS_REGIONAL_ENDPOINTS": "legacy", "AWS_USE_FIPS_ENDPOINT": str(fips).lower(),
                           "AWS_USE_DUALSTACK_ENDPOINT": str(dual).lower()}
            expected = self.judge.answer("sts", region, fips, dual, UseGlobalEndpoint=True)
            self.assertEqual(ours(region, environment)[1]["sts"].split(" "), expected, (region, fips, dual))

    def test_a_chosen_url_excludes_both_variants(self):
        for variable, fips, dual in (("AWS_USE_FIPS_ENDPOINT", True, False), ("AWS_USE_DUALSTACK_ENDPOINT", False, True)):
            with self.assertRaises(Exception):
                self.judge.answer("sts", "eu-west-1", fips, dual, Endpoint="https://sts.example.com")
            code, answer = ours("eu-west-1", {variable: "true", "AWS_ENDPOINT_URL_STS": "https://sts.example.com"})
            self.assertEqual(code, 1)
            self.assertIn(variable, answer["refused"])

    def test_the_profile_asks_for_variants_and_the_variable_stands_before_it(self):
        key = "use_fips_endpoint = true\nuse_dualstack_endpoint = TRUE\n"
        self.assertEqual(ours("eu-west-1", {}, key)[1]["sts"].split(" "), self.judge.answer("sts", "eu-west-1", True, True))
        self.assertEqual(ours("eu-west-1", {"AWS_USE_FIPS_ENDPOINT": "false"}, key)[1]["sts"].split(" "),
                         self.judge.answer("sts", "eu-west-1", False, True))


@unittest.skipIf(NEW_ENOUGH, "this Python's botocore was the judge")
class OtherPython(unittest.TestCase):
    def test_the_same_under_the_python_with_a_newer_botocore(self):
        other_python.run_again(self, __file__)


if __name__ == "__main__":
    unittest.main()
