#!/usr/bin/python3
"""The stand-in's DynamoDB as boto3 sees it: conditions have their true meaning, and nonsense is refused as AWS refuses it.
What can be asked of moto is asked of moto too, where it is installed."""
import os
import sys
import threading
import time
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from moto_server import Moto  # noqa: E402
from standin_case import Case  # noqa: E402
from standin_client import REGION, key_id_of, secret_of  # noqa: E402

TABLE = "sentinel-sessions"
NAMES = {"#id": "id", "#status": "status"}
ACTIVE = {":is": {"S": "active"}}
STILL_ACTIVE = "attribute_exists(#id) AND #status = :is"


class Conditions:
    """The same questions for the stand-in and for moto: self.db is a client."""

    def put(self, id, **texts):
        self.db.put_item(TableName=TABLE, Item={"id": {"S": id}, **{name: {"S": text} for name, text in texts.items()}})

    def get(self, id):
        found = self.db.get_item(TableName=TABLE, Key={"id": {"S": id}}, ConsistentRead=True).get("Item")
        return {name: value["S"] for name, value in found.items()} if found else None

    def touch(self, id, condition=STILL_ACTIVE, names=None, values=None):
        self.db.update_item(TableName=TABLE, Key={"id": {"S": id}}, UpdateExpression="SET #seen = :seen",
                            ConditionExpression=condition, ExpressionAttributeNames={"#seen": "seen", **(names or NAMES)},
                            ExpressionAttributeValues={":seen": {"S": "now"}, **(values or ACTIVE)})

    def refused(self, code, call, *arguments, **parameters):
        with self.assertRaises(ClientError) as caught:
            call(*arguments, **parameters)
        self.assertEqual(code, caught.exception.response["Error"]["Code"])

    def create(self, id, instance):
        self.db.put_item(TableName=TABLE, Item={"id": {"S": id}, "instance": {"S": instance}, "status": {"S": "active"}},
                         ConditionExpression="attribute_not_exists(#id) OR (#instance = :is_instance AND #status = :is)",
                         ExpressionAttributeNames={**NAMES, "#instance": "instance"},
                         ExpressionAttributeValues={**ACTIVE, ":is_instance": {"S": instance}})

    def test_a_condition_on_an_item_that_is_not_there_fails_and_makes_none(self):
        self.refused("ConditionalCheckFailedException", self.touch, "absent")
        self.assertIsNone(self.get("absent"))

    def test_a_condition_on_another_value_fails_and_changes_nothing(self):
        self.put("revoked", status="revoked")
        self.refused("ConditionalCheckFailedException", self.touch, "revoked")
        self.assertEqual({"id": "revoked", "status": "revoked"}, self.get("revoked"))
        self.put("without")
        self.refused("ConditionalCheckFailedException", self.touch, "without")

    def test_a_condition_that_holds_lets_the_update_through(self):
        self.put("active", status="active", other="kept")
        self.touch("active")
        self.assertEqual({"id": "active", "status": "active", "other": "kept", "seen": "now"}, self.get("active"))

    def test_a_put_overwrites_neither_a_strangers_item_nor_an_ended_one_and_repeats_its_own(self):
        self.create("new", "one")
        self.create("new", "one")
        self.refused("ConditionalCheckFailedException", self.create, "new", "two")
        self.put("ended", status="revoked", instance="one")
        self.refused("ConditionalCheckFailedException", self.create, "ended", "one")
        self.assertEqual("revoked", self.get("ended")["status"])

    def test_and_binds_closer_than_or(self):
        self.put("bound", status="revoked")
        self.touch("bound", "attribute_exists(#id) OR attribute_exists(#id) AND #status = :is")
        self.refused("ConditionalCheckFailedException", self.touch, "bound",
                     "(attribute_exists(#id) OR attribute_exists(#id)) AND #status = :is")
        self.touch("bound", "NOT #status = :is AND #status <> :is AND attribute_exists(#id)")

    def test_a_key_is_neither_empty_nor_changed(self):
        self.refused("ValidationException", self.put, "")
        self.put("key", status="active")
        self.refused("ValidationException", self.db.update_item, TableName=TABLE, Key={"id": {"S": "key"}},
                     UpdateExpression="SET #id = :new", ExpressionAttributeNames={"#id": "id"},
                     ExpressionAttributeValues={":new": {"S": "other"}})

    def test_a_key_of_an_index_is_not_empty(self):
        self.refused("ValidationException", self.put, "unnamed", user="", status="active")
        self.put("unnamed", status="active", revoked_by="")
        self.assertEqual("", self.get("unnamed")["revoked_by"])

    def test_a_table_that_is_not_there(self):
        self.refused("ResourceNotFoundException", self.db.get_item, TableName="no-such-table", Key={"id": {"S": "x"}})


class StandinConditions(Conditions, Case):
    def setUp(self):
        super().setUp()
        self.db = self.client("dynamodb")

    def test_nonsense_is_refused(self):
        self.put("there", status="active")
        for condition, names, values in (
                ("status = :is AND attribute_exists(#id)", {"#id": "id"}, ACTIVE),     # a reserved word
                ("#other = :is", {"#status": "status"}, ACTIVE),                       # not defined
                ("attribute_exists(#id)", {"#id": "id"}, ACTIVE),                      # :is is not used
                (STILL_ACTIVE, {**NAMES, "#more": "more"}, ACTIVE),                    # #more is not used
                ("#status = ", NAMES, ACTIVE), ("#status :is", NAMES, ACTIVE), ("(#status = :is", NAMES, ACTIVE)):
            with self.subTest(condition=condition):
                self.refused("ValidationException", self.touch, "there", condition, names, values)
        self.assertEqual({"id": "there", "status": "active"}, self.get("there"))

    def test_who_may_not_is_told_so_and_changes_nothing(self):
        self.aws.control.put_table(name="closed", deny=["*"])
        self.refused("AccessDeniedException", self.db.put_item, TableName="closed", Item={"id": {"S": "x"}})
        self.assertEqual({}, self.aws.control.items(table="closed"))

    def wait(self, condition):
        end = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), end, "waited in vain")
            time.sleep(0.01)

    def test_of_a_revocation_and_a_hundred_touches_the_revocation_wins(self):
        self.put("busy", status="active")
        stop, revoked, outcomes, late = threading.Event(), threading.Event(), [], []

        def touch_on():
            client = self.client("dynamodb")
            while not stop.is_set():
                # One that was under way may have gone first, and may be counted late.
                seen = late if revoked.is_set() else outcomes
                try:
                    client.update_item(TableName=TABLE, Key={"id": {"S": "busy"}}, UpdateExpression="SET #seen = :seen",
                                       ConditionExpression=STILL_ACTIVE, ExpressionAttributeNames={"#seen": "seen", **NAMES},
                                       ExpressionAttributeValues={":seen": {"S": "now"}, **ACTIVE})
                    seen.append("touched")
                except ClientError as error:
                    seen.append(error.response["Error"]["Code"])

        threads = [threading.Thread(target=touch_on) for _ in range(4)]
        self.addCleanup(stop.set)
        for thread in threads:
            thread.start()
        self.wait(lambda: outcomes.count("touched") >= 20)
        self.db.update_item(TableName=TABLE, Key={"id": {"S": "busy"}}, UpdateExpression="SET #status = :revoked",
                            ConditionExpression=STILL_ACTIVE, ExpressionAttributeNames=NAMES,
                            ExpressionAttributeValues={":revoked": {"S": "revoked"}, **ACTIVE})
        revoked.set()
        self.wait(lambda: len(late) >= 20)
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual("revoked", self.get("busy")["status"])
        self.assertEqual({"ConditionalCheckFailedException"}, set(late))


class MotoConditions(Conditions, unittest.TestCase):
    """A second opinion on the stand-in."""

    @classmethod
    def setUpClass(cls):
        cls.aws = Moto()
        cls.aws.start()
        cls.addClassCleanup(cls.aws.stop)
        cls.db = boto3.Session().client("dynamodb", REGION, endpoint_url=cls.aws.url, config=Config(proxies={}),
                                        aws_access_key_id=key_id_of("marta"), aws_secret_access_key=secret_of("marta"))
        cls.addClassCleanup(cls.db.close)
        keyed = ("id", "user", "created_at")
        cls.db.create_table(
            TableName=TABLE, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keyed],
            GlobalSecondaryIndexes=[{"IndexName": "gsi-user", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [
                {"AttributeName": "user", "KeyType": "HASH"}, {"AttributeName": "created_at", "KeyType": "RANGE"}]}])


if __name__ == "__main__":
    unittest.main(verbosity=2)
