#!/usr/bin/python3
"""A policy judges who AWS says the key belongs to, in every mode alike. No name that a caller chose for himself counts, and
every name that IAM allows reaches STS in a form that it takes. In whole runs."""
import unittest

from aws_case import AwsTest, Run, policy, rule
from standin_client import key_id_of, role_arn, secret_of

OTHER = "ledger-otto"   # the role of ledger-prod, for otto's key
SOURCE_IDENTITY = r"^[A-Za-z0-9_=,.@+-]{2,64}$"


class IdentityTest(AwsTest):
    def setUp(self):
        super().setUp()
        self.add_profile(OTHER, "otto", "ledger-prod")

    def add_profile(self, name, source, role):
        self.add_to_config(f"\n[profile {name}]\nrole_arn = {role_arn(role)}\nsource_profile = {source}\nregion = eu-central-1\n")

    def add_key(self, profile, key_id, secret, token=""):
        self.add_to_config(f"\n[{profile}]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"
                           + (f"aws_session_token = {token}\n" if token else ""), name="credentials")
        self.add_to_config(f"\n[profile {profile}]\nregion = eu-central-1\n")

    def in_each_mode(self, text, profile=OTHER, environment=None):
        """(mode, its run, ended) for the three ways to ask."""
        path = self.write("policy.yaml", text)
        for mode, words, command in (("server", ("exec", "--server"), ("--", "true")), ("cli", ("exec",), ("--", "true")),
                                     ("credential_process", ("credentials",), ())):
            yield mode, Run(self, [*words, "--profile", profile, "--policy-file", path, "--log-file", self.log_path, *command],
                            environment={**self.environment(), **(environment or {})}, cwd=self.folder).finish()

    def refused_in_each_mode(self, text, user, said="", **more):
        for mode, run in self.in_each_mode(text, **more):
            with self.subTest(mode=mode):
                self.assertEqual((run.own_failure, ""), (run.code, run.stdout), run.stderr)
                self.assertIn("no rule of the policy matches", run.stderr)
                self.assertIn(said, run.stderr)
                line = self.decisions()[-1]
                self.assertEqual(("refused", mode, user), (line["outcome"], line["mode"], line["user"]))
        self.assertEqual([], self.assume_role())


class WhoAsks(IdentityTest):
    def test_the_os_users_name_is_nobodys_in_any_mode(self):
        self.refused_in_each_mode(policy(rule(conditions=f"{{ users: [{self.user.name}] }}")), "otto")

    def test_no_variable_of_the_environment_makes_somebody_else_of_us(self):
        posing = dict.fromkeys(("USER", "LOGNAME", "USERNAME", "SUDO_USER", "AWS_ROLE_SESSION_NAME", "AWS_SOURCE_IDENTITY",
                                "AWS_PROFILE", "AWS_VAULT"), "marta") | {"AWS_VAULT": ""}
        posing |= {"AWS_ACCESS_KEY_ID": key_id_of("marta"), "AWS_SECRET_ACCESS_KEY": secret_of("marta")}
        self.refused_in_each_mode(policy(rule(conditions="{ users: [marta] }")), "otto", environment=posing)

    # Whichever command asks, the user that it finds is the same.
    def test_every_mode_reads_the_same_user_and_stamps_it(self):
        for mode, run in self.in_each_mode(policy(rule(conditions="{ users: [otto] }")) + rule("deny", "rest", conditions="{ time: {} }")):
            self.assertEqual(0, run.code, f"{mode}: {run.stderr}")
        stamped = [call["params"]["SourceIdentity"] for call in self.assume_role("ok")]
        self.assertEqual(3, len(set(stamped)), "each has an id of its own")
        for text in stamped:
            self.assertRegex(text, r"^sentinel\.otto\.direct\.[0-9a-f]{8}$")
        issued = [line for line in self.decisions() if line["outcome"] == "issued"]
        self.assertEqual([("otto", mode) for mode in ("cli", "credential_process")], [(line["user"], line["mode"]) for line in issued],
                         "a served run whose command asks for nothing has no line")
        self.assertEqual(stamped[1:], [line["source_identity"] for line in issued])


class WhoseName(IdentityTest):
    # Upstream cleans and cuts both to the same name.
    def test_two_users_that_look_alike_share_no_policy(self):
        for name, like in (("a.b", "ab"), ("x" * 20 + "1", "x" * 20), ("Otto", "otto")):
            with self.subTest(name=name):
                self.aws.control.put_user(name=name)
                profile = f"key-{len(name)}{name[0]}"
                self.add_key(profile, key_id_of(name), secret_of(name))
                self.add_profile("role-" + profile, profile, "ledger-prod")
                self.refused_in_each_mode(policy(rule(conditions=f"{{ users: [{like}] }}")), name, profile="role-" + profile)

    def borrow_session(self):
        """The profile `of-borrowed`: its key is a session of ledger-prod, as a run of marta's was given one."""
        self.asker(policy=("--policy-file", self.write("policy.yaml", policy(rule())))).end()
        key, = (key for key in self.aws.control.keys() if key["arn"].endswith(":assumed-role/ledger-prod/sentinel-marta"))
        self.aws.control.clear_log()
        self.add_key("borrowed", key["id"], key["secret"], key["token"])
        self.add_profile("of-borrowed", "borrowed", "ledger-chained")

    def test_a_session_name_that_its_owner_chose_is_no_user(self):
        self.borrow_session()
        self.refused_in_each_mode(policy(rule(conditions="{ users: [sentinel-marta, marta, ledger-prod, { glob: '*' }] }")), "",
                                  said="whose name its owner chose: only rules without users can match", profile="of-borrowed")

    # No keys are handed out under a second name: policy permits here, and AWS keeps the first stamp.
    def test_a_source_identity_that_is_set_is_never_changed(self):
        self.borrow_session()
        for mode, run in self.in_each_mode(policy(rule(conditions="{ profiles: [of-borrowed] }")), profile="of-borrowed"):
            self.assertEqual(run.own_failure, run.code, mode)
            self.assertIn("not authorized to perform: sts:SetSourceIdentity", run.stderr)
        self.assertEqual([], self.assume_role("ok"))

    # The stand-in takes what STS takes and nothing else (test_standin_actions.py: test_names).
    def test_every_name_that_iam_allows_is_stamped_in_a_form_that_sts_takes(self):
        text = policy(rule(conditions="{ time: {} }"))
        for number, name in enumerate(("a", "marta.k@example.com", "a+b=c,d_e-f", "=" * 64, "y" * 64, "." * 20)):
            with self.subTest(name=name):
                self.aws.control.put_user(name=name)
                self.aws.control.put_role(name=f"role-{number}", trust=["*"])
                self.add_key(f"key-{number}", key_id_of(name), secret_of(name))
                self.add_profile(f"profile-{number}", f"key-{number}", f"role-{number}")
                done = list(self.in_each_mode(text, profile=f"profile-{number}"))
                self.assertEqual([0, 0, 0], [run.code for _, run in done], done[0][1].stderr)
                for call in self.assume_role()[-3:]:
                    self.assertEqual("ok", call["outcome"])
                    self.assertRegex(call["params"]["SourceIdentity"], SOURCE_IDENTITY)
                self.assertEqual(name, self.decisions()[-1]["user"], "the log has the name itself")


if __name__ == "__main__":
    unittest.main(verbosity=2)
