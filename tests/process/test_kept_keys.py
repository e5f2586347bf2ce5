#!/usr/bin/python3
"""`sentinel credentials --cache`: a role's credentials serve the next run where the policy says the very same, and no other; each run
asks the policy and writes its line. Never on disk as they are, and never where they must end before AWS ends them."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from aws_case import PYTHON, AwsTest, policy, rule  # noqa: E402
from harness import Run, main, needs_own_home  # noqa: E402

ANY = rule(conditions='{ profiles: [{ glob: "*" }] }')


CLEAR_KEYRING = "import ctypes; ctypes.CDLL(None).syscall(250, 7, -4)"  # KEYCTL_CLEAR of the user's


def clear_keyring_of(user):
    subprocess.run([PYTHON, "-c", CLEAR_KEYRING], check=True, **user.popen_arguments())


@needs_own_home
class KeptTest(AwsTest):
    def setUp(self):
        super().setUp()
        self.clear_keyring()   # of who had this uid before
        self.addCleanup(self.clear_keyring)

    def clear_keyring(self):
        clear_keyring_of(self.user)

    def environment(self):
        return {**super().environment(), "XDG_STATE_HOME": os.path.join(self.folder, "state")}

    def kept_file(self):
        return os.path.join(self.folder, "state", "sentinel", "role-keys")

    def credentials(self, *options, profile="ledger-prod", text=policy(ANY), cache=True, code=0, environment=None):
        run = Run(self, ["credentials", "--profile", profile, "--policy-file", self.write("policy.yaml", text), "--log-file", self.log_path,
                         *(["--cache"] if cache else []), *options],
                  environment={**self.environment(), **(environment or {})}, cwd=self.folder).finish("")
        self.assertEqual(code, run.code, run.stderr)
        self.assert_no_secret(run.stderr, "stderr")
        if code:
            self.assertEqual("", run.stdout)
        return json.loads(run.stdout) if code == 0 else run

    def ids(self, *answers):
        return [answer["AccessKeyId"] for answer in answers]

    def fetched(self):
        return len(self.assume_role("ok"))


class Refused(KeptTest):
    def test_other_terms_get_keys_of_their_own(self):
        first = self.credentials()
        other = [self.credentials(text=policy(rule(name="another", conditions='{ profiles: [{ glob: "*" }] }'))),
                 self.credentials(text=policy(ANY) + "# changed\n"),
                 self.credentials(text=policy(rule(conditions='{ profiles: [{ glob: "*" }] }',
                                                   more="restrict: { managed_policies: [arn:aws:iam::aws:policy/ReadOnlyAccess] }"))),
                 self.credentials("--duration", "30m"), self.credentials(profile="ledger-external")]
        self.assertEqual(6, len(set(self.ids(first, *other))))
        self.assertEqual(6, self.fetched())

    def test_the_policy_that_now_says_no_is_obeyed(self):
        self.credentials()
        run = self.credentials(text=policy(rule(effect="deny", conditions="{ profiles: [ledger-prod] }")), code=1)
        self.assertIn("the-rule", run.stderr)
        self.assertEqual(["issued", "refused"], [line["outcome"] for line in self.decisions()])

    def test_what_must_end_sooner_is_not_kept(self):
        hard = policy(rule(conditions='{ profiles: [{ glob: "*" }] }', more="restrict: { hard_expiry: 5m }"))
        self.credentials(text=hard)
        self.credentials(text=hard)
        self.assertEqual(2, self.fetched())
        table = policy(rule(conditions='{ profiles: [{ glob: "*" }] }', more="session_table: sentinel-sessions"))
        self.credentials(text=table)
        self.credentials(text=table)
        self.assertEqual(4, self.fetched())
        self.assertEqual(0, os.path.getsize(self.kept_file()))

    def test_without_the_option_nothing_is_kept_or_used(self):
        self.credentials(cache=False)
        self.assertFalse(os.path.exists(self.kept_file()))
        self.credentials()
        self.credentials(cache=False)
        self.assertEqual(3, self.fetched())

    def test_keys_that_aws_has_forgotten_are_fetched_anew(self):
        first = self.credentials()
        self.aws.control.revoke_key(id=first["AccessKeyId"])
        self.assertNotEqual(first["AccessKeyId"], self.credentials()["AccessKeyId"])

    # As another program of the user may put them there: those of another role are not handed on.
    def test_keys_of_another_role_are_not_used(self):
        first = self.credentials()
        known = {key["id"] for key in self.aws.control.keys()}
        self.aws.control.role_keys(role="ledger-audit")
        other = next(key for key in self.aws.control.keys() if key["id"] not in known)
        body = ("<GetCallerIdentityResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><GetCallerIdentityResult>"
                f"<Arn>{other['arn']}</Arn><UserId>AROA:x</UserId><Account>111122223333</Account>"
                "</GetCallerIdentityResult></GetCallerIdentityResponse>")
        self.aws.control.fault("status", action="GetCallerIdentity", status=200, body=body, skip=1)
        self.assertNotEqual(first["AccessKeyId"], self.credentials()["AccessKeyId"])

    def test_a_file_of_another_key_is_as_good_as_none(self):
        self.credentials()
        self.clear_keyring()
        self.credentials()
        self.assertEqual(2, self.fetched())

    def test_keys_with_little_left_are_fetched_anew(self):
        first = self.credentials()
        self.aws.control.clock(offset=46 * 60)
        second = self.credentials()
        self.assertNotEqual(first["AccessKeyId"], second["AccessKeyId"])

    def test_no_log_no_keys(self):
        self.credentials()
        full, limit = self.full_log()
        run = Run(self, ["credentials", "--profile", "ledger-prod", "--policy-file", self.write("policy.yaml", policy(ANY)), "--log-file", full, "--cache"],
                  environment=self.environment(), cwd=self.folder, **limit).finish("")
        self.assertEqual((1, ""), (run.code, run.stdout))

    def test_other_commands_have_no_such_option(self):
        run = Run(self, ["exec", "--cache", "--profile", "ledger-prod", "--policy-file", "p", "--", "true"], environment=self.environment()).finish("")
        self.assertEqual(125, run.code)  # Sentinel's own failure: 1 is the command's
        self.assertIn("unknown option --cache", run.stderr)


class Kept(KeptTest):
    def test_the_same_terms_find_the_same_keys_and_each_run_has_its_line(self):
        answers = [self.credentials() for _ in range(3)]
        self.assertEqual(1, self.fetched())
        self.assertEqual(1, len({json.dumps(answer, sort_keys=True) for answer in answers}))
        lines = self.decisions()
        self.assertEqual([("issued", answers[0]["AccessKeyId"])] * 3, [(line["outcome"], line["access_key_id"]) for line in lines])
        self.assertEqual([None] + ["kept by an earlier run (--cache)"] * 2, [line.get("detail") for line in lines])
        self.assertEqual(1, len({line["principal"] for line in lines}))
        self.assertEqual(3, len(self.aws.calls("GetCallerIdentity", "ok", )) - 2)   # each run's own, and two of what was kept
        with open(self.kept_file(), "rb") as file:
            data = file.read()
        self.assertEqual(0o600, os.stat(self.kept_file()).st_mode & 0o777)
        for text in (answers[0]["AccessKeyId"], answers[0]["SecretAccessKey"], answers[0]["SessionToken"], "ledger-prod"):
            self.assertNotIn(text.encode(), data)

    def test_each_profile_has_its_own(self):
        for _ in range(2):
            self.credentials()
            self.credentials(profile="ledger-chained")
        self.assertEqual(["ledger-chained", "ledger-prod", "ledger-prod"],
                         sorted(call["params"]["RoleArn"].rpartition("/")[2] for call in self.assume_role("ok")))

    def test_keys_close_to_their_end_are_replaced(self):
        self.credentials("--duration", "15m")
        self.credentials("--duration", "15m")
        self.assertEqual(1, self.fetched())
        self.aws.control.clock(offset=8 * 60)
        self.credentials("--duration", "15m")
        self.assertEqual(2, self.fetched())


if __name__ == "__main__":
    main()
