"""credential_process: a program of the user's prints the keys. What it prints is hostile until it is read; what is good is
used, handed out, renewed, and replaced when AWS no longer takes it."""
import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import PARAMETER, policy, rule
from source_case import SourceTest, role_arn, wait_until

PROGRAM = """\
import os, sys
here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "runs"), "a") as file:
    file.write(os.environ.get("MARKED_BY_THE_CALLER", "") + "\\n")
with open(os.path.join(here, "answer")) as file:
    sys.stdout.write(file.read())
if os.path.exists(os.path.join(here, "later")):
    os.replace(os.path.join(here, "later"), os.path.join(here, "answer"))
"""


class ProcessTest(SourceTest):
    word = "credential_process"

    def setUp(self):
        super().setUp()
        self.program = self.write("print_keys.py", PROGRAM)
        self.command = f"/usr/bin/python3 -B {self.program}"
        self.place = self.add_profile("printer", credential_process=self.command)
        self.add_role("ci", "printer")

    def prints(self, text):
        self.write("answer", text)

    def runs(self):
        try:
            with open(os.path.join(self.folder, "runs")) as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def good(self, **more):
        self.prints(self.aws.process_answer(**more))

    # ---- refusals

    def test_what_is_no_answer_is_refused_with_program_place_and_profile_and_never_shown(self):
        for text in ("", "hidden-in-the-output", '{"Version": 1', '{"Version": 1, "AccessKeyId": 7}',
                     '{"Version": 2, "AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "hidden-in-the-output"}',
                     '{"Version": 1, "AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "hidden-in-the-output\\r\\nX: 1"}'):
            with self.subTest(text):
                self.prints(text)
                said = self.refused("printer", self.place, "profile 'printer'", "/usr/bin/python3", "run it by hand")
                self.assertNotIn("hidden-in-the-output", said)

    # What trackers of SDKs and of tools that print keys are full of. The sentence says what stands there.
    def test_what_is_met_in_the_field_is_told_by_its_name(self):
        good = self.aws.process_answer()
        for text, sentence in (("", "printed nothing"), ("\n", "there is nothing"),
                               ("\ufeff" + good, "it begins with a byte order mark"),
                               ("Opening the SSO page in your browser...\n" + good, "other text stands before it"),
                               ("<!doctype html><title>Sign in</title>", "it is a page of HTML or XML"),
                               (good + "\nDone.\n", "is not one JSON object"),
                               (good.replace('"Version": 1', '"Version": "1"'), "has no Version that is 1"),
                               (self.aws.process_answer(Expiration="2030-01-31T12:00:00"), "has an Expiration without an offset"),
                               (self.aws.process_answer(Expiration="0001-01-01T00:00:00Z"), "has keys that ended at 0001-01-01T00:00:00Z"),
                               (self.aws.process_answer(Expiration=""), "has an Expiration that is no moment"),
                               (self.aws.process_answer(SecretAccessKey=""), "has no SecretAccessKey"),
                               (self.aws.process_answer(AccessKeyId=None), "has no AccessKeyId")):
            with self.subTest(text[:40]):
                self.prints(text)
                said = self.refused("printer", self.place, sentence, "run it by hand")
                for secret in self.aws.secrets():
                    self.assertNotIn(secret, said)

    def test_keys_that_have_ended_are_refused(self):
        self.good(Expiration="2020-01-01T00:00:00Z")
        self.refused("printer", self.place, "has keys that ended at 2020-01-01T00:00:00Z")

    def test_an_endless_output_is_cut(self):
        # What `yes` says of its cut-off output goes to the terminal as well.
        self.add_profile("endless", credential_process="sh -c '/usr/bin/yes hidden-in-the-output 2> /dev/null'")
        self.assertNotIn("hidden-in-the-output", self.refused("endless", "longer than any answer"))

    def test_a_program_that_fails_or_is_not_there_is_named(self):
        self.add_profile("failing", credential_process="/usr/bin/false")
        self.add_profile("missing", credential_process="/nonexistent/program --secret hidden")
        self.refused("failing", "/usr/bin/false")
        self.assertNotIn("hidden", self.refused("missing", "/nonexistent/program"))

    def test_a_chain_says_that_its_first_key_failed(self):
        self.prints("no keys")
        self.refused("ci", self.place, "profile 'printer'")

    def test_a_cap_that_nobody_could_keep_is_refused(self):
        self.good(seconds=7200)
        self.refused("printer", "use a profile with role_arn", more="max_duration: 15m")

    def test_a_source_that_turns_to_temporary_keys_is_held_to_the_cap(self):
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 30))
        self.prints(json.dumps({"Version": 1, "AccessKeyId": self.key("marta")["id"],
                                "SecretAccessKey": self.key("marta")["secret"], "Expiration": soon}))
        asker = self.served("printer", more="max_duration: 15m", options=("--lazy",))
        self.good(seconds=7200, user="marta")
        wait_until(lambda: len(self.runs()) == 2, "the program's second run", 60)
        # Nobody can make two hours of a quarter of an hour.
        wait_until(lambda: asker.ask()["status"] == 403, "a refusal", 5)
        self.assertIn("use a profile with role_arn", asker.end().stderr)

    def test_somebody_elses_keys_are_no_renewal(self):
        for kind, other in (("role", {"role": "ledger-ci"}), ("user", {"user": "marta"})):
            with self.subTest(kind):
                self.good()
                asker = self.served("ci", options=("--lazy",))
                began = self.aws.calls("GetCallerIdentity")[-1]
                self.aws.control.revoke_key(id=began["access_key_id"])
                self.good(**other)
                answer = asker.ask()
                self.assertGreaterEqual(answer["status"], 400, answer)
                said = asker.end().stderr
                self.assertRegex(said, r"the source gives the keys of arn:\S+ now, and this run began as "
                                       r"arn:\S+:assumed-role/desk-task/desk")
                self.assertEqual([], self.aws.calls("AssumeRole", "ok"))

    def test_a_run_begins_as_whom_its_keys_belong_to_though_they_changed_while_that_was_asked(self):
        self.good(user="marta")
        self.write("later", self.aws.process_answer(user="otto"))
        self.aws.control.fault(kind="latency", action="GetCallerIdentity", seconds=2)
        self.aws.control.fault(kind="error", action="GetParameter", code="ExpiredTokenException", status=400)
        self.aws.control.put_parameter(name=PARAMETER, value=policy(rule(conditions="{ users: [marta] }")))
        run = self.refused_start(profile="printer", transport="unix")
        self.assertEqual(2, len(self.runs()))
        self.assertIn("and user otto", run.stderr)

    def test_another_session_of_the_same_role_is_a_renewal(self):
        self.good()
        asker = self.served("ci", options=("--lazy",))
        self.aws.control.revoke_key(id=self.aws.calls("GetCallerIdentity")[0]["access_key_id"])
        self.good(session_name="another-desk")
        self.assert_served(asker.ask())

    # ---- good ones

    def test_the_keys_are_handed_on_and_the_aws_cli_works_with_them(self):
        self.good(role="desk-task")
        asker = self.served("printer", environment={"MARKED_BY_THE_CALLER": "as the caller has it"})
        answer = asker.ask()
        self.assert_served(answer)
        self.assertIn(":assumed-role/desk-task/", self.who_am_i(asker))
        self.assertEqual(["as the caller has it"], self.runs())   # once, however many ask; with the caller's environment
        self.assertEqual([], self.aws.calls("GetSessionToken"))
        asker.end()
        self.assert_logged()

    def test_a_long_term_key_makes_a_session(self):
        keys = {"Version": 1, "AccessKeyId": self.key("marta")["id"], "SecretAccessKey": self.key("marta")["secret"]}
        for number, token in enumerate(({}, {"SessionToken": ""}, {"SessionToken": None}), 1):  # empty is absent
            self.prints(json.dumps({**keys, **token}))
            asker = self.served("printer")
            self.assertIn(":user/marta", self.who_am_i(asker))
            self.assertEqual(number, len(self.aws.calls("GetSessionToken", "ok")))
            asker.end()
            self.assert_logged()

    def test_an_end_is_read_however_programs_print_it(self):
        end = time.gmtime(time.time() + 3600)
        for form in ("%Y-%m-%dT%H:%M:%S+0000", "%Y-%m-%dT%H:%M:%SUTC", "%Y-%m-%d %H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.123456+00:00",
                     "%Y-%m-%dT%H:%MZ", "%Y%m%dT%H%M%SZ", "%a, %d %b %Y %H:%M:%S GMT", "%a %b %d %H:%M:%S UTC %Y"):
            with self.subTest(form):
                self.good(Expiration=time.strftime(form, end))
                self.assert_served(self.served("ci").ask())

    def test_what_else_is_printed_around_it_does_no_harm(self):
        self.add_profile("noisy", credential_process=f"sh -c 'echo warning: this tool is old >&2; printf \"\\r\\n\"; cat {self.folder}/answer; printf \"\\r\\n\\r\\n\"'")
        self.good()
        self.assert_served(self.served("noisy").ask())

    def key(self, user):
        return next(key for key in self.aws.control.keys() if key["kind"] == "user" and key["arn"].endswith("/" + user))

    def test_a_role_is_assumed_with_them(self):
        self.good()
        asker = self.served("ci")
        self.assertIn(":assumed-role/ledger-ci/", self.who_am_i(asker))
        asker.end()
        self.assert_logged(role_arn=role_arn("ledger-ci"))

    def test_keys_are_renewed_ahead_by_another_run_of_the_program(self):
        self.good(seconds=40)
        self.served("ci")
        self.good(seconds=3600)
        wait_until(lambda: len(self.runs()) == 2, "the program's second run", 60)   # nobody asks meanwhile

    def test_keys_too_short_to_be_of_use_to_a_command_are_refused(self):
        self.good(seconds=40)
        self.refused("printer", "keys that came end in")

    def test_keys_that_aws_does_not_take_any_more_are_fetched_anew(self):
        self.good()
        asker = self.served("ci", options=("--lazy",))
        self.aws.control.revoke_key(id=self.aws.calls("GetCallerIdentity")[0]["access_key_id"])
        self.good()
        self.assertIn(":assumed-role/ledger-ci/", self.who_am_i(asker))
        self.assertEqual(2, len(self.runs()))


if __name__ == "__main__":
    unittest.main(verbosity=2)
