"""Credentials come from AWS as the profile says, once for all who ask, survive what goes wrong there, and are never served
when they have ended. The long-term secret reaches nothing of the run. (Renewal ahead of the end: test_renewal.py.)"""
import datetime
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import PYTHON, TRANSPORTS, AwsTest, policy, rule, wait_until
from harness import processes_of_user, processes_with_mark
from standin_client import REGION, role_arn, secret_of

SOURCE_IDENTITY = re.compile(r"sentinel\.marta\.direct\.[0-9a-f]{8}")
ANY = policy(rule(conditions="{ users: [marta] }"))


def life_left(answer):
    end = datetime.datetime.strptime(answer["body"]["Expiration"], "%Y-%m-%dT%H:%M:%S%z")
    return (end - datetime.datetime.now(datetime.timezone.utc)).total_seconds()


class WhatIsAsked(AwsTest):
    def under_any(self, *options, **more):
        return self.asker(*options, policy=("--policy-file", self.write("policy.yaml", ANY)), **more)

    def key_of(self, answer):
        return next(key for key in self.aws.control.keys() if key["id"] == answer["body"]["AccessKeyId"])

    def test_the_source_identity_names_the_user_and_the_request(self):
        answer = self.asker().ask()
        call, = self.assume_role("ok")
        self.assertRegex(call["params"]["SourceIdentity"], f"^{SOURCE_IDENTITY.pattern}$")
        self.assertEqual(call["params"]["SourceIdentity"], self.key_of(answer)["source_identity"])
        self.assertEqual(call["params"]["SourceIdentity"], self.decisions()[0]["source_identity"])

    def test_two_runs_have_two_source_identities(self):
        for _ in range(2):
            self.asker().end()
        self.assertEqual(2, len({call["params"]["SourceIdentity"] for call in self.assume_role()}))

    def test_one_call_for_all_requests_and_clients(self):
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                before = len(self.assume_role())
                asker = self.asker(transport=transport)
                self.assertEqual([200] * 10, asker.statuses(10))
                self.assertEqual([200] * 64, asker.statuses(64, at_once=64))
                asker.end()
                self.assertEqual(before + 1, len(self.assume_role()))

    def test_one_call_for_clients_that_all_come_first(self):
        asker = self.asker("--lazy")
        self.assertEqual([], self.assume_role())
        answers = asker.asks(64, at_once=64)
        self.assertEqual({200}, {answer["status"] for answer in answers})
        self.assertEqual(1, len({answer["body"]["AccessKeyId"] for answer in answers}))
        self.assertEqual(1, len(self.assume_role()))

    def test_lazy_asks_for_keys_at_the_first_request_only(self):
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                before = len(self.assume_role())
                asker = self.asker("--lazy", transport=transport)
                self.assertEqual(before, len(self.assume_role()))
                self.assert_served(asker.ask())
                self.assertEqual(before + 1, len(self.assume_role()))
                asker.end()

    def test_a_chain_is_assumed_link_by_link_under_one_source_identity(self):
        asker = self.asker("--server-duration", "2h", profile="ledger-chained")
        answer = asker.ask()
        self.assert_served(answer)
        first, second = self.assume_role("ok")
        self.assertEqual((role_arn("ledger-prod"), role_arn("ledger-chained")),
                         tuple(call["params"]["RoleArn"] for call in (first, second)))
        self.assertEqual((False, True), (first["chained"], second["chained"]))
        self.assertEqual("3600", second["params"]["DurationSeconds"], "AWS gives a chained role one hour at most")
        self.assertEqual(1, len({call["params"]["SourceIdentity"] for call in (first, second)}))
        self.assertEqual(role_arn("ledger-chained"), self.decisions()[0]["role_arn"])
        self.assertEqual(second["issued"], answer["body"]["AccessKeyId"])

    def test_the_external_id_is_sent(self):
        self.assert_served(self.asker(profile="ledger-external").ask())
        self.assertEqual("invoice-77", self.assume_role("ok")[0]["params"]["ExternalId"])

    def test_a_profile_without_a_role_gets_a_session(self):
        answer = self.asker(profile="marta").ask()
        self.assert_served(answer)
        call, = self.aws.calls("GetSessionToken")
        self.assertEqual((call["issued"], "900"), (answer["body"]["AccessKeyId"], call["params"]["DurationSeconds"]))
        self.assertEqual([], self.assume_role())
        self.assertNotIn("role_arn", self.decisions()[0])

    def test_the_region_is_the_flags_then_the_environments_then_the_profiles(self):
        for options, environment, region in (
                ((), {}, REGION), ((), {"AWS_DEFAULT_REGION": "us-west-2"}, "us-west-2"),
                ((), {"AWS_REGION": "us-east-2", "AWS_DEFAULT_REGION": "us-west-2"}, "us-east-2"),
                (("--region", "eu-west-1"), {"AWS_REGION": "us-east-2"}, "eu-west-1")):
            with self.subTest(region=region):
                asker = self.asker(*options, environment=environment)
                told = asker.order("environment")
                self.assertEqual((region, region), (told["AWS_REGION"], told["AWS_DEFAULT_REGION"]))
                asker.end()
                self.assertEqual(region, self.assume_role()[-1]["region"])


class WhatGoesWrong(AwsTest):
    def test_throttling_and_server_errors_are_tried_again(self):
        for fault in ({"kind": "error", "code": "Throttling", "status": 400}, {"kind": "status", "status": 503},
                      {"kind": "error", "code": "InternalFailure", "status": 500}, {"kind": "drop_before"},
                      {"kind": "truncate"}):
            for action in ("AssumeRole", "GetCallerIdentity", "GetParameter"):
                with self.subTest(fault=fault, action=action):
                    self.aws.control.clear_log()
                    self.aws.control.fault(action=action, count=2, **fault)
                    self.assertEqual(0, self.start(command=("true",)).finish().code)
                    self.assertEqual(3, len(self.aws.calls(action)))
                    self.aws.control.clear()

    def test_a_lost_answer_is_asked_for_again_and_its_keys_are_not_used(self):
        self.aws.control.fault("drop_after", action="AssumeRole")
        answer = self.asker().ask()
        self.assertEqual(self.assume_role()[-1]["issued"], answer["body"]["AccessKeyId"])

    def test_a_silent_sts_is_answered_with_503_and_later_with_keys(self):
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                before = len(self.assume_role())
                self.aws.control.fault("hold", action="AssumeRole")
                asker = self.asker("--lazy", transport=transport)
                early = asker.ask()
                self.assertEqual(503, early["status"])
                self.aws.control.release()
                wait_until(lambda: asker.ask()["status"] == 200, "keys")
                asker.end()
                self.assertEqual(before + 1, len(self.assume_role()), "the call that was under way was not used")
                outcomes = [line["outcome"] for line in self.decisions()]
                self.assertEqual(("failed", "issued"), (outcomes[0], outcomes[-1]))

    def test_everybody_waits_for_the_same_call(self):
        self.aws.control.fault("hold", action="AssumeRole")
        asker = self.asker("--lazy")
        self.assertEqual([503] * 32, asker.statuses(32, at_once=32))
        self.assertEqual(1, len(self.assume_role()))

    def test_a_refusal_of_sts_reaches_the_client_as_an_error_and_is_not_hammered(self):
        self.aws.control.fault("error", action="AssumeRole", code="AccessDenied", count=0)
        asker = self.asker("--lazy")
        self.assertNotIn(200, asker.statuses(20))
        self.assertLess(len(self.assume_role()), 5)
        asker.end()
        self.assertIn("AccessDenied", asker.run.stderr)
        self.assertEqual({"failed"}, {line["outcome"] for line in self.decisions()})

    def test_keys_that_are_about_to_end_are_not_served(self):
        self.aws.control.fault("lifetime", action="AssumeRole", seconds=64)
        asker = self.asker()
        first = asker.ask()["body"]["AccessKeyId"]

        def another():
            answer = asker.ask()
            self.assertEqual(200, answer["status"])
            self.assertGreater(life_left(answer), 50)
            return answer["body"]["AccessKeyId"] != first
        wait_until(another, "other keys than those that end")
        self.assertEqual(2, len(self.assume_role()))

    def test_keys_that_ended_are_not_served_although_no_others_can_be_had(self):
        self.aws.control.fault("lifetime", action="AssumeRole", seconds=64)
        asker = self.asker()
        self.assert_served(asker.ask())
        self.aws.control.fault("error", action="AssumeRole", code="AccessDenied", count=0)
        refused = wait_until(lambda: next((a for a in [asker.ask()] if a["status"] != 200), None), "no keys")
        self.assertEqual((500, False), (refused["status"], "SecretAccessKey" in refused["body"]))
        self.assertNotIn(200, asker.statuses(5), "keys that were not good enough came back")
        self.aws.control.clear()
        wait_until(lambda: asker.ask()["status"] == 200, "the service after the refusal of STS")

    def test_keys_too_short_to_be_of_use_are_not_taken(self):
        self.aws.control.fault("lifetime", action="AssumeRole", seconds=30, count=0)
        run = self.refused_start()
        self.assertIn("the keys that came end in", run.stderr)

    def test_a_clock_that_is_wrong_is_corrected_from_the_answer(self):
        self.aws.control.clock(offset=1800)
        asker = self.asker(policy=("--policy-file", self.write("policy.yaml", policy(rule()))))
        self.assert_served(asker.ask())


class TheSecret(AwsTest):
    """Who runs as another user may not look, so this asks as root, or as the user himself."""

    def readable(self, path):
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError:
            return b""

    def files_of_the_run(self):
        for folder, _, names in os.walk(self.folder):
            yield from (os.path.join(folder, name) for name in names if not folder.endswith("/.aws"))
        for top in self.own_files():
            yield from (os.path.join(top, name) for name in os.listdir(top))

    def test_the_long_term_secret_is_in_no_environment_argument_or_file(self):
        secret = secret_of("marta").encode()
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                asker = self.asker(transport=transport)
                self.assert_served(asker.ask())
                self.assertNotIn(secret.decode(), str(asker.order("environment")))
                pids = processes_of_user(self.user.uid) if self.user.made else processes_with_mark(self.mark)
                self.assertTrue(pids)  # the command alone, where we are no root: sentinel's own cannot be looked into
                for pid in pids:
                    for name in ("environ", "cmdline"):
                        self.assertNotIn(secret, self.readable(f"/proc/{pid}/{name}"))
                looked_at = list(self.files_of_the_run())
                self.assertIn(self.log_path, looked_at)
                for path in looked_at:
                    self.assert_no_secret(self.readable(path).decode(errors="replace"), path)
                asker.end()
                self.assert_no_secret(asker.run.stderr, "stderr")

    def test_keys_of_the_caller_are_not_handed_on(self):
        asker = self.asker(environment={"AWS_ACCESS_KEY_ID": "AKIA0", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"})
        told = asker.order("environment")
        self.assertFalse({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} & set(told))
        done = asker.order("run", argv=[PYTHON, "-c", "import os; print(open(os.environ['AWS_SHARED_CREDENTIALS_FILE']).read(), "
                                        "open(os.environ['AWS_CONFIG_FILE']).read())"])
        self.assertEqual(0, done["code"], done["stderr"])
        self.assert_no_secret(done["stdout"], "a file that the command is given")


if __name__ == "__main__":
    unittest.main(verbosity=2)
