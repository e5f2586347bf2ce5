"""Policy is judged in the real mode, `server`, at the start and at every request; what it does not clearly allow is refused."""
import datetime
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
from aws_case import PARAMETER, PYTHON, TRANSPORTS, AwsTest, policy, rule, wait_until

NOW = datetime.datetime.now(datetime.timezone.utc)
TODAY, FAR_DAY = (day.strftime("%A").lower() for day in (NOW, NOW + datetime.timedelta(days=3)))


class AtTheStart(AwsTest):
    def refused_under(self, text, *sentences):
        before = len(self.assume_role())
        run = self.refused_start(policy=("--policy-file", self.write("policy.yaml", text)))
        for sentence in sentences:
            self.assertIn(sentence, run.stderr)
        self.assertEqual(before, len(self.assume_role()), "AWS was asked for keys that nobody may have")
        return run

    def allowed_under(self, text):
        asker = self.with_policy(text)
        self.assert_served(asker.ask())
        self.assertEqual(0, asker.end().code, asker.run.stderr)

    def test_what_no_rule_allows_is_refused_and_logged(self):
        for text, sentence, effect, name in (
                (policy(rule("deny", reason="audit freeze")), 'policy rule "the-rule" answers deny: audit freeze', "deny", "the-rule"),
                (policy(rule(conditions="{ profiles: [another] }")), "no rule of the policy matches", "deny", ""),
                (policy(rule(conditions="{ users: [otto] }")), "no rule of the policy matches", "deny", ""),
                (policy(rule(conditions="{ profiles: [ledger-prod], mode: [cli] }")), "no rule of the policy matches", "deny", ""),
                (policy(rule(conditions="{ profiles: [ledger-prod], mode: [credential_process] }")), "no rule of the policy matches", "deny", ""),
                (policy(rule(conditions="{ time: { days: [%s], timezone: UTC } }" % FAR_DAY)), "no rule", "deny", ""),
                (policy(rule("deny", "first"), rule("allow", "second")), '"first" answers deny', "deny", "first"),
                (policy(rule("require_approval")), "answers require_approval", "require_approval", "the-rule"),
                (policy(rule("require_server_session")), "a tracked session is required", "deny", "the-rule")):
            with self.subTest(text=text):
                before = len(self.decisions()) if os.path.exists(self.log_path) else 0
                self.refused_under(text, sentence)
                line, = self.decisions()[before:]
                self.assertEqual(("refused", effect, name, "server", "policy"),
                                 tuple(line[key] for key in ("outcome", "effect", "rule", "mode", "check")))
                self.assertEqual(("marta", "ledger-prod"), (line["user"], line["profile"]))

    def test_a_device_condition_is_refused_until_devices_can_be_asked(self):
        self.refused_under(policy(rule(conditions="{ profiles: [ledger-prod], device: { require_encryption: true } }")))
        self.assertEqual("refused", self.decisions()[0]["outcome"])

    def test_what_a_rule_allows_is_served(self):
        for text in (policy(rule()), policy(rule(conditions="{ users: [marta] }")), policy(rule(conditions="{ profiles: [ledger-prod], mode: [server] }")),
                     policy(rule("deny", "other", conditions="{ users: [otto] }"), rule()),
                     policy(rule("require_server")),
                     policy(rule(conditions="{ time: { days: [%s, %s], timezone: UTC } }" % (
                         TODAY, (NOW + datetime.timedelta(days=1)).strftime("%A").lower()))),
                     policy(rule(conditions="{ profiles: [ledger-prod], users: [marta, otto], mode: [cli, server] }"))):
            with self.subTest(text=text):
                self.allowed_under(text)

    def test_hours_are_those_of_the_rules_zone(self):
        # A window of two hours around now in UTC; twelve hours away it is another time of day in that zone.
        start, end = (NOW + datetime.timedelta(hours=h) for h in (-1, 2))
        if start.date() != end.date():
            start, end = NOW.replace(hour=0, minute=0), NOW.replace(hour=23, minute=59)
        window = "{ time: { hours: { start: '%s', end: '%s' }, timezone: %s } }"
        hours = start.strftime("%H:%M"), end.strftime("%H:%M")
        self.allowed_under(policy(rule(conditions=window % (*hours, "UTC"))))
        if (end - start) < datetime.timedelta(hours=4):
            self.refused_under(policy(rule(conditions=window % (*hours, "Etc/GMT+8"))), "no rule of the policy matches")

    def test_a_cap_shortens_what_is_asked_of_sts(self):
        asker = self.with_policy(policy(rule(more="max_server_duration: 20m")))
        self.assert_served(asker.ask())
        asker.end()
        asker = self.asker("--server-duration", "1h",
                           policy=("--policy-file", self.write("policy.yaml", policy(rule(more="max_server_duration: 20m")))))
        self.assert_served(asker.ask())
        asker.end()
        self.assertEqual(["900", "1200"], [call["params"]["DurationSeconds"] for call in self.assume_role()])
        self.assertEqual([900, 1200], [line["session_duration_seconds"] for line in self.decisions()])

    def test_without_a_cap_the_asked_duration_is_asked_of_sts(self):
        asker = self.asker("--server-duration", "1h30m")
        asker.end()
        self.assertEqual(["5400"], [call["params"]["DurationSeconds"] for call in self.assume_role()])

    def test_a_cap_below_what_sts_can_issue_is_refused(self):
        self.refused_under(policy(rule(more="max_server_duration: 14m59s")), "caps the lifetime below", "raise max_server_duration")
        self.assertEqual(("refused", "lifetime"), tuple(self.decisions()[0][key] for key in ("outcome", "check")))


class WhileItRuns(AwsTest):
    def test_a_change_of_the_file_is_seen_at_the_next_request(self):
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                asker = self.with_policy(policy(rule()), transport=transport)
                self.assert_served(asker.ask())
                for text, status in ((policy(rule("deny")), 403), (policy(rule()), 200), (policy(rule("require_approval")), 403),
                                     (policy(rule(conditions="{ users: [otto] }")), 403), (policy(rule()), 200)):
                    self.write("policy.yaml", text)
                    self.assertEqual(status, asker.ask()["status"], text)
                asker.end()

    def test_a_change_in_place_is_seen_too(self):
        asker = self.with_policy(policy(rule()))
        self.assert_served(asker.ask())
        path = os.path.join(self.folder, "policy.yaml")
        with open(path, "r+") as file:
            file.write(policy(rule("deny ")))
            file.truncate()
        self.assertEqual(403, asker.ask()["status"])

    def test_an_unusable_change_refuses_everything_until_it_is_mended(self):
        for text in (policy(rule(conditions="{ user: [marta] }")), "no: policy\n", "", policy(rule("alow")),
                     policy(rule(conditions="{ time: { timezone: Mars/Base } }"))):
            with self.subTest(text=text):
                asker = self.with_policy(policy(rule()))
                self.assert_served(asker.ask())
                self.write("policy.yaml", text)
                refused = asker.ask()
                self.assertEqual(403, refused["status"])
                self.assertEqual("policy-unusable", self.decisions()[-1]["check"])
                self.write("policy.yaml", policy(rule()))
                self.assert_served(asker.ask())
                asker.end()
                self.assertIn("policy.yaml", asker.run.stderr)

    def test_a_file_that_is_gone_refuses_everything_until_it_is_back(self):
        asker = self.with_policy(policy(rule()))
        self.assert_served(asker.ask())
        os.unlink(os.path.join(self.folder, "policy.yaml"))
        self.assertEqual(403, asker.ask()["status"])
        self.write("policy.yaml", policy(rule()))
        self.assert_served(asker.ask())

    def test_a_new_cap_asks_for_new_keys(self):
        asker = self.asker("--server-duration", "1h", policy=("--policy-file", self.write("policy.yaml", policy(rule()))))
        long = asker.ask()["body"]["AccessKeyId"]
        self.write("policy.yaml", policy(rule(more="max_server_duration: 15m")))
        self.assertNotEqual(long, asker.ask()["body"]["AccessKeyId"])
        self.assertEqual(["3600", "900"], [call["params"]["DurationSeconds"] for call in self.assume_role()])

    def test_after_a_refresh_a_changed_or_deleted_parameter_bites_and_one_out_of_reach_stays_in_force(self):
        deleted_name, far_name = "/sentinel/policies/secret", "/sentinel/policies/far"
        self.aws.control.put_parameter(name=far_name, value=policy(rule()))
        changed, deleted, far = (self.asker("--policy-poll", "5s", policy=("--policy-parameter", name))
                                 for name in (PARAMETER, deleted_name, far_name))
        for asker in (changed, deleted, far):
            self.assert_served(asker.ask())
        self.aws.control.fault("error", action="GetParameter", code="ServiceUnavailable", status=503, count=0,
                               match={"Name": far_name})
        self.aws.control.put_parameter(name=PARAMETER, value=policy(rule("deny", reason="the freeze")))
        self.aws.control.delete_parameter(name=deleted_name)
        wait_until(lambda: changed.ask()["status"] == 403, "a refusal")
        self.assertEqual("the freeze", self.decisions()[-1]["reason"])
        wait_until(lambda: deleted.ask()["status"] == 403, "a refusal")
        self.assertIn("there is no SSM parameter", self.decisions()[-1]["reason"])
        self.aws.wait_for_calls(3, "GetParameter", "fault", Name=far_name)
        self.assert_served(far.ask())


# Takes every inotify instance that its user may have, and holds them until its input ends.
USE_UP_INOTIFY = """
import ctypes, resource, sys
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
while ctypes.CDLL(None).inotify_init() >= 0: pass
print('used up', flush=True)
sys.stdin.read()
"""


class WithoutInotify(AwsTest):
    @harness.needs_own_home
    def test_it_is_said_once_and_a_change_is_told_before_any_request(self):
        hog = subprocess.Popen([PYTHON, "-c", USE_UP_INOTIFY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               **self.user.popen_arguments())
        self.addCleanup(hog.wait)
        self.addCleanup(hog.stdout.close)
        self.addCleanup(hog.stdin.close)
        self.assertEqual("used up\n", hog.stdout.readline())
        asker = self.with_policy(policy(rule()))
        self.write("policy.yaml", policy(rule("deny")))
        asker.run.hear("changed and is in force")
        self.assertEqual(403, asker.ask()["status"])
        self.write("policy.yaml", "no: policy\n")
        asker.run.hear("cannot be used, so every request is refused")
        self.write("policy.yaml", policy(rule()))
        self.assert_served(asker.ask())
        asker.end()
        told = asker.run.stderr
        self.assertEqual(1, told.count("cannot be watched, because this user's inotify instances are used up"), told)
        self.assertEqual(1, told.count("raise fs.inotify.max_user_instances"), told)


if __name__ == "__main__":
    unittest.main(verbosity=2)
