"""A run tracked in a session table: require_server_session means that the run can be revoked, and that it has not been.
Takes a minute, nearly all asleep: what is bounded in time is waited for."""
import os
import re
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import AwsTest, policy, rule, wait_until

TABLE, OTHER = "sentinel-sessions", "other-sessions"
CONFIRMED_FOR, FORGIVEN = 5, 30   # seconds, broker/tracking/tracker.h
DEMANDED = policy(rule("require_server_session", more=f"session_table: {TABLE}"))
NO_TABLE = policy(rule("require_server_session"))


class Tracked(AwsTest):
    """At AWS's own endpoints, through a proxy: a session demanded in a table elsewhere is none."""
    tls, standin = True, {"proxy": True}

    def environment(self):
        return {**super().environment(), "AWS_ENDPOINT_URL": "", **self.aws.proxy_environment()}

    def under(self, text=DEMANDED, *options, table=TABLE, **more):
        flags = ("--session-table", table) if table else ()
        return self.asker(*flags, *options, policy=("--policy-file", self.write("policy.yaml", text)), **more)

    def records(self, table=TABLE):
        return self.aws.control.items(table=table)

    def record(self, table=TABLE):
        record, = self.records(table).values()
        return record

    def touches(self):
        return self.aws.calls("UpdateItem")

    def revoke(self, reason="a lost laptop"):
        self.aws.control.change_item(table=TABLE, id=self.record()["id"], status="revoked", revoked_by="ops",
                                     revoked_reason=reason)

    def refused_within(self, asker, seconds, start=None):
        """Waits for the first refusal; returns its body and asserts that every later answer is one."""
        start = start or time.monotonic()
        while (answer := asker.ask())["status"] == 200:
            self.assertLess(time.monotonic() - start, seconds, "still served")
            time.sleep(0.1)
        self.assertEqual([403] * 5, asker.statuses(5))
        return answer


class AtTheStart(Tracked):
    # A table of the user's own choosing is one in which nobody else revokes.
    def test_a_demanded_session_without_a_table_of_the_rules_own_is_refused(self):
        for options, environment in (((), {}), (("--session-table", TABLE), {}), ((), {"SENTINEL_SESSION_TABLE": TABLE})):
            run = self.refused_start(*options, environment=environment,
                                     policy=("--policy-file", self.write("policy.yaml", NO_TABLE)))
            self.assertIn("a tracked session is required, and the rule names no table for it", run.stderr)
            self.assertIn("session_table", run.stderr)
            self.assertEqual({}, self.records())

    def test_a_demanded_session_at_an_endpoint_of_the_users_choosing_is_refused(self):
        for variable in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"):
            run = self.refused_start(environment={variable: self.aws.url},
                                     policy=("--policy-file", self.write("policy.yaml", DEMANDED)))
            self.assertIn("a tracked session is required", run.stderr)
            self.assertIn("AWS_ENDPOINT_URL_DYNAMODB", run.stderr)
            self.assertEqual({}, self.records())

    def test_without_the_demand_such_an_endpoint_is_in_each_line(self):
        asker = self.under(policy(rule()), environment={"AWS_ENDPOINT_URL_DYNAMODB": self.aws.url})
        self.assert_served(asker.ask())
        self.assertEqual(f"dynamodb {self.aws.url} (AWS_ENDPOINT_URL_DYNAMODB)", self.decisions()[-1]["endpoints"])
        asker.end()

    def test_a_demanded_session_whose_record_cannot_be_made_is_refused(self):
        self.aws.control.put_table(name="closed-sessions", deny=["*"])
        for table, sentence in (("no-such-table", "does not exist"), ("closed-sessions", "is not allowed"), ("x", "no name of")):
            with self.subTest(table=table):
                demanded = policy(rule("require_server_session", more=f"session_table: {table}"))
                run = self.refused_start(policy=("--policy-file", self.write("policy.yaml", demanded)))
                self.assertIn("demands a tracked session", run.stderr)
                self.assertIn(sentence, run.stderr)
                self.assertEqual("session", self.decisions()[-1]["check"])
        self.assertEqual([], self.assume_role(), "keys were asked for")

    def test_without_the_demand_a_record_that_cannot_be_made_is_a_warning(self):
        asker = self.under(policy(rule()), table="no-such-table")
        self.assert_served(asker.ask())
        self.assertEqual(0, asker.end().code)
        self.assertIn("is not tracked and cannot be revoked", asker.run.stderr)
        self.assertNotIn("session_table", self.decisions()[-1])

    def test_no_table_is_asked_where_policy_refuses_anyway(self):
        self.refused_start("--session-table", TABLE, policy=("--policy-file", self.write("policy.yaml", policy(rule("deny")))))
        self.assertEqual([], self.aws.calls("PutItem"))

    def test_the_table_is_the_flags_the_environments_or_the_rules(self):
        ruled = policy(rule("require_server_session", more=f"session_table: {OTHER}"))
        for text, table, environment, used in ((policy(rule()), None, {"SENTINEL_SESSION_TABLE": TABLE}, TABLE),
                                               (policy(rule()), TABLE, {"SENTINEL_SESSION_TABLE": "no-such-table"}, TABLE),
                                               (DEMANDED, OTHER, {}, TABLE), (ruled, None, {}, OTHER), (ruled, TABLE, {}, OTHER),
                                               (policy(rule()), TABLE, {}, TABLE), (policy(rule("require_server")), TABLE, {}, TABLE)):
            with self.subTest(text=text, table=table, environment=environment):
                before = {name: set(self.records(name)) for name in (TABLE, OTHER)}
                asker = self.under(text, table=table, environment=environment)
                self.assert_served(asker.ask())
                new = {name: set(self.records(name)) - before[name] for name in (TABLE, OTHER)}
                self.assertEqual((1, 0), (len(new[used]), sum(len(ids) for name, ids in new.items() if name != used)))
                line = self.decisions()[-1]
                self.assertEqual((used, *new[used]), (line["session_table"], line["session_id"]))
                self.assertEqual(0, asker.end().code)

    def test_the_record_is_as_the_table_wants_it(self):
        asker = self.under()
        wait_until(lambda: self.touches(), "the keys' end in the record")
        keys, record = asker.ask()["body"], self.record()
        self.assertRegex(record["id"], "^[0-9a-f]{16}$")
        self.assertRegex(record["server_instance_id"], "^[0-9a-f]{8}$")
        self.assertEqual(("marta", "ledger-prod", "active", "", ""), tuple(record[name] for name in (
            "user", "profile", "status", "revoked_by", "revoked_reason")))
        for name in ("started_at", "last_access_at", "expires_at", "created_at", "updated_at"):
            self.assertRegex(record[name], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$")
        self.assertNotIn("device_id", record)
        self.assertEqual(keys["Expiration"][:19], record["expires_at"][:19])
        self.assertTrue(record["source_identity"].startswith("sentinel.marta.direct."), record)
        self.assertGreaterEqual(record["ttl"], time.time() + 7 * 24 * 3600)

    def test_a_put_whose_answer_is_lost_is_the_runs_own(self):
        self.aws.control.fault("drop_after", action="PutItem", count=1)
        asker = self.under()
        self.assert_served(asker.ask())
        self.assertEqual(1, len(self.records()))


class SeveralProfiles(Tracked):
    """Each profile of a run has a session of its own, from its first use on."""
    TWO = {"transport": "unix", "profile": "ledger-prod"}

    def by_profile(self):
        return {record["profile"]: record for record in self.records().values()}

    def status(self, asker, profile):
        return asker.ask(path="/creds/" + profile, again=30)["status"]

    def test_each_has_a_record_when_it_is_first_used_and_a_revocation_is_its_own(self):
        text = policy(rule("require_server_session", conditions="{ profiles: [ledger-prod, ledger-short] }", more=f"session_table: {TABLE}"))
        asker = self.under(text, "--profile", "ledger-short", table=None, **self.TWO)
        self.assertEqual(200, self.status(asker, "ledger-prod"))
        self.assertEqual({"ledger-prod"}, set(self.by_profile()))
        self.assertEqual(200, self.status(asker, "ledger-short"))
        records = self.by_profile()
        self.assertEqual({"ledger-prod", "ledger-short"}, set(records))
        self.assertEqual({(name, record["id"]) for name, record in records.items()},
                         {(line["profile"], line["session_id"]) for line in self.decisions()})
        self.aws.control.change_item(table=TABLE, id=records["ledger-short"]["id"], status="revoked", revoked_by="ops", revoked_reason="gone")
        wait_until(lambda: self.status(asker, "ledger-short") == 403, "the revocation")
        self.assertEqual([200, 403], [self.status(asker, name) for name in ("ledger-prod", "ledger-short")])
        self.assertEqual("session", [line["check"] for line in self.decisions() if line["outcome"] == "refused"][-1])
        asker.end()
        self.assertIn("profile ledger-short gets no more credentials", asker.run.stderr)
        wait_until(lambda: self.by_profile()["ledger-prod"]["status"] == "expired", "the end in the record")
        self.assertEqual("revoked", self.by_profile()["ledger-short"]["status"])

    def test_the_end_of_a_run_is_in_the_record_of_each(self):
        asker = self.under(policy(rule(conditions="{ profiles: [ledger-prod, ledger-short] }")), "--profile", "ledger-short", **self.TWO)
        self.assertEqual([200, 200], [self.status(asker, name) for name in ("ledger-prod", "ledger-short")])
        self.assertEqual(0, asker.end().code)
        wait_until(lambda: {record["status"] for record in self.records().values()} == {"expired"}, "the end in both")
        self.assertEqual(2, len(self.records()))


class WhileItRuns(Tracked):
    def test_revoked_is_refused_within_seconds_and_for_ever(self):
        asker = self.under()
        self.assert_served(asker.ask())
        self.revoke()
        self.refused_within(asker, CONFIRMED_FOR + 2)
        # Whoever brings the record back to life does not bring back the run.
        self.aws.control.change_item(table=TABLE, id=self.record()["id"], status="active")
        time.sleep(CONFIRMED_FOR + 1)
        self.assertEqual([403] * 3, asker.statuses(3))
        line = self.decisions()[-1]
        self.assertEqual(("refused", "session"), (line["outcome"], line["check"]))
        asker.end()
        told = re.findall("was revoked by ops: a lost laptop", asker.run.stderr)
        self.assertEqual(1, len(told), asker.run.stderr)

    def test_a_missing_and_an_expired_record_refuse(self):
        askers = [self.under(), self.under()]   # beside each other: each waits until its yes is old
        for asker in askers:
            self.assert_served(asker.ask())
        deleted, expired = self.records()
        self.aws.control.delete_item(table=TABLE, id=deleted)
        self.aws.control.change_item(table=TABLE, id=expired, status="expired")
        start = time.monotonic()
        for asker in askers:
            self.refused_within(asker, CONFIRMED_FOR + 2, start)
        for asker in askers:
            asker.end()

    def test_a_plain_allow_that_is_tracked_is_revoked_too(self):
        asker = self.under(policy(rule()))
        self.assert_served(asker.ask())
        self.revoke()
        self.refused_within(asker, CONFIRMED_FOR + 2)

    def test_touches_are_far_fewer_than_requests_and_none_is_lost_in_the_count(self):
        asker = self.under()
        served = 0
        for _ in range(4):
            served += len([status for status in asker.statuses(100, at_once=8) if status == 200])
            time.sleep(2)
        self.assertEqual(400, served)
        self.assertLessEqual(len(self.touches()), 6)
        asker.end()
        self.assertEqual(400, self.record()["request_count"])

    def test_while_touches_and_a_revocation_meet_the_revocation_stays(self):
        asker = self.under()
        deadline = time.monotonic() + CONFIRMED_FOR + 1
        asker.statuses(10)
        self.aws.control.fault("latency", action="UpdateItem", seconds=0.3, count=0)
        while time.monotonic() < deadline:
            asker.statuses(20, at_once=4)
        self.revoke()
        self.refused_within(asker, CONFIRMED_FOR + 3)
        asker.end()
        self.assertEqual("revoked", self.record()["status"])

    def test_a_table_that_is_down_is_forgiven_for_a_while_and_served_when_it_is_back(self):
        asker = self.under()
        self.assert_served(asker.ask())
        start = time.monotonic()
        self.aws.control.fault("error", action="UpdateItem", code="InternalServerError", status=500, count=0)
        while (status := asker.ask()["status"]) == 200:
            self.assertLess(time.monotonic() - start, FORGIVEN + 5, "still served")
            time.sleep(0.3)
        self.assertGreater(time.monotonic() - start, FORGIVEN - CONFIRMED_FOR - 2)
        self.assertEqual(503, status)
        self.aws.control.clear()
        wait_until(lambda: asker.ask()["status"] == 200, "served again")
        asker.end()
        self.assertEqual("expired", self.record()["status"])

    def test_a_rule_that_names_another_table_later_is_refused(self):
        asker = self.under(policy(rule()))
        self.assert_served(asker.ask())
        self.write("policy.yaml", policy(rule(more=f"session_table: {OTHER}")))
        wait_until(lambda: asker.ask()["status"] == 403, "the new policy")
        self.assertEqual("session-table", self.decisions()[-1]["check"])
        self.write("policy.yaml", policy(rule("require_server_session", more=f"session_table: {OTHER}")))
        wait_until(lambda: asker.ask()["status"] == 403 and self.decisions()[-1]["check"] == "policy", "one that demands it")
        self.assertEqual({}, self.records(OTHER))
        asker.end()
        self.assertIn(f"wants the run tracked in table '{OTHER}'", asker.run.stderr)

    def test_a_run_that_is_not_tracked_is_refused_when_a_rule_demands_it_later(self):
        asker = self.under(policy(rule()), table=None)
        self.assert_served(asker.ask())
        self.write("policy.yaml", DEMANDED)
        wait_until(lambda: asker.ask()["status"] == 403, "the new policy")
        self.assertEqual({}, self.records())


class AtTheEnd(Tracked):
    def test_the_record_is_expired_and_a_revocation_is_not_overwritten(self):
        asker = self.under()
        self.assert_served(asker.ask())
        self.assertEqual(0, asker.end().code, asker.run.stderr)
        self.assertEqual("expired", self.record()["status"])
        self.aws.control.delete_item(table=TABLE, id=self.record()["id"])
        asker = self.under()
        self.revoke()
        asker.end()
        self.assertEqual("revoked", self.record()["status"])

    def test_a_table_that_does_not_answer_holds_up_nobody(self):
        asker = self.under()
        self.assert_served(asker.ask())
        wait_until(lambda: self.aws.calls("UpdateItem", "ok"), "the keys' end in the record")
        self.aws.control.fault("hang", action="UpdateItem", count=0)
        start = time.monotonic()
        self.assertEqual(0, asker.end().code)
        self.assertLess(time.monotonic() - start, 2)
        self.assertEqual("active", self.record()["status"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
