"""terraform with two providers of two profiles in one run: each asks for its own, and policy refuses one without the other.
Needs terraform and, in a folder laid out as `terraform providers mirror` does, the AWS provider: SENTINEL_TERRAFORM_PLUGINS,
or /opt/tf-plugins. Without them it is skipped."""
import glob
import json
import os
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from client_case import AwsTest
from aws_case import policy, rule
from standin_client import REGION

PLUGINS = os.environ.get("SENTINEL_TERRAFORM_PLUGINS", "/opt/tf-plugins")
PROVIDER = "registry.terraform.io/hashicorp/aws"
MAIN = """
terraform {{
  required_providers {{
    aws = {{ source = "hashicorp/aws" }}
  }}
}}
{providers}
output "arns" {{ value = [{outputs}] }}
"""
ONE = """
provider "aws" {{
  {alias}
  profile = "{profile}"
  max_retries                 = 1
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  endpoints {{
    sts = "{url}"
  }}
}}
data "aws_caller_identity" "{name}" {{
  {provider}
}}
"""


class Terraform(AwsTest):
    @classmethod
    def setUpClass(cls):
        cls.terraform = shutil.which("terraform")
        if not cls.terraform or not glob.glob(os.path.join(PLUGINS, PROVIDER, "*", "*")):
            raise unittest.SkipTest("terraform, or its AWS provider, is not here")
        super().setUpClass()

    def prepared(self, *profiles):
        """A folder with a provider for each profile, ready to be applied."""
        folder = os.path.join(self.folder, "stack")
        os.makedirs(folder)
        parts, outputs = [], []
        for number, profile in enumerate(profiles):
            name = f"p{number}"
            parts.append(ONE.format(alias=f'alias = "{name}"' if number else "", profile=profile, url=self.aws.url, name=name,
                                    provider=f"provider = aws.{name}" if number else ""))
            outputs.append(f"data.aws_caller_identity.{name}.arn")
        self.write("stack/main.tf", MAIN.format(providers="".join(parts), outputs=", ".join(outputs)))
        self.owned(folder)
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": self.folder, "CHECKPOINT_DISABLE": "1"}
        done = subprocess.run([self.terraform, f"-chdir={folder}", "init", f"-plugin-dir={PLUGINS}", "-no-color", "-input=false"],
                              capture_output=True, text=True, env=environment, **self.user.popen_arguments())
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return folder

    def apply(self, folder, text, *profiles):
        options = [word for name in profiles[1:] for word in ("--profile", name)]
        script = '"$0" "-chdir=$1" apply -auto-approve -no-color -input=false >&2 && "$0" "-chdir=$1" output -json arns'
        return self.start(*options, profile=profiles[0], transport="unix", policy=("--policy-file", self.write("policy.yaml", text)),
                          command=("sh", "-c", script, self.terraform, folder), environment={"CHECKPOINT_DISABLE": "1"}).finish(patience=300)

    def test_two_providers_of_two_profiles(self):
        both = ("ledger-prod", "ledger-short")
        folder = self.prepared(*both)
        run = self.apply(folder, policy(rule(conditions="{ profiles: [ledger-prod, ledger-short] }")), *both)
        self.assertEqual(0, run.code, run.stderr)
        self.assertEqual(list(both), [arn.split("/")[1] for arn in json.loads(run.stdout)])
        self.assertEqual(set(both), {line["profile"] for line in self.decisions() if line["outcome"] == "issued"})
        text = policy(rule(effect="deny", name="not-short", conditions="{ profiles: [ledger-short] }"),
                      rule(conditions="{ profiles: [ledger-prod] }"))
        run = self.apply(folder, text, *both)
        self.assertNotEqual(0, run.code)
        self.assertIn("refused credentials for profile ledger-short", run.stderr)
        self.assertNotIn("refused credentials for profile ledger-prod", run.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
