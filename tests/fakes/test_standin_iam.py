#!/usr/bin/python3
"""IAM as boto3 sees it: the keys of a user, made, switched off and deleted, with everything that may go wrong on the way."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import botocore.exceptions  # noqa: E402

from standin_case import Case, Signed  # noqa: E402
from standin_client import REGION, key_id_of, mfa_serial, secret_of  # noqa: E402


class IamTest(Case):
    """Each test has a user of its own with one key."""

    def setUp(self):
        super().setUp()
        self.name = "u-" + self._testMethodName[-30:]
        self.aws.control.put_user(name=self.name, mfa=[{"serial": mfa_serial(self.name)}])
        self.first = key_id_of(self.name), secret_of(self.name), None
        self.iam = self.client("iam", keys=self.first)

    def new_key(self, client=None):
        made = (client or self.iam).create_access_key()["AccessKey"]
        return made["AccessKeyId"], made["SecretAccessKey"], None

    def works(self, keys):
        return self.client("sts", keys=keys).get_caller_identity()["Arn"].endswith(self.name)

    def listed(self):
        return {one["AccessKeyId"]: one["Status"] for one in self.iam.list_access_keys()["AccessKeyMetadata"]}

    def test_a_rotation(self):
        second = self.new_key()
        self.assertTrue(self.works(second))
        iam = self.client("iam", keys=second)
        iam.update_access_key(AccessKeyId=self.first[0], Status="Inactive")
        self.assert_code("InvalidClientTokenId", self.works, self.first)
        self.assertEqual({self.first[0], second[0]},
                         {one["AccessKeyId"] for one in iam.list_access_keys()["AccessKeyMetadata"]})
        iam.delete_access_key(AccessKeyId=self.first[0])
        self.assert_code("InvalidClientTokenId", self.works, self.first)
        self.assertEqual([second[0]], [one["AccessKeyId"] for one in iam.list_access_keys()["AccessKeyMetadata"]])
        self.assertIn(second[1], self.aws.secrets())

    def test_switched_off_and_on_again(self):
        second = self.new_key()
        self.iam.update_access_key(AccessKeyId=second[0], Status="Inactive")
        self.assertEqual({self.first[0]: "Active", second[0]: "Inactive"}, self.listed())
        self.iam.update_access_key(AccessKeyId=second[0], Status="Active")
        self.assertTrue(self.works(second))

    def test_two_keys_and_no_more(self):
        self.new_key()
        answer = self.assert_code("LimitExceeded", self.new_key)
        self.assertEqual(409, answer["ResponseMetadata"]["HTTPStatusCode"])

    def test_a_new_key_is_unknown_at_first(self):
        self.aws.control.new_keys_work_after(seconds=30)
        second = self.new_key()
        self.assert_code("InvalidClientTokenId", self.works, second)
        self.assertIn(second[0], self.listed())
        self.aws.control.clock(offset=31)
        self.assertTrue(self.works(second))

    def test_what_is_not_there(self):
        for call in (self.iam.delete_access_key, lambda **m: self.iam.update_access_key(Status="Inactive", **m)):
            self.assert_code("NoSuchEntity", call, AccessKeyId="AKIA" + "Z" * 16)
            self.assert_code("NoSuchEntity", call, AccessKeyId=key_id_of("marta"))   # another's
            self.assert_code("ValidationError", call, AccessKeyId="short")
        self.assert_code("ValidationError", self.iam.update_access_key, AccessKeyId=self.first[0], Status="Off")
        self.assert_code("NoSuchEntity", self.client("iam", "root").get_user, UserName="nobody")

    def test_who_may_not(self):
        for call in (self.iam.list_access_keys, self.iam.create_access_key, self.iam.get_user):
            self.assert_code("AccessDenied", call, UserName="marta")
        self.aws.control.put_user(name="fixed", deny=["iam:CreateAccessKey"])
        self.assert_code("AccessDenied", self.client("iam", "fixed").create_access_key)
        role = self.client("iam", keys=self.session())
        self.assert_code("ValidationError", role.get_user)
        self.assert_code("AccessDenied", role.create_access_key, UserName="marta")
        self.client("iam", "root").list_access_keys(UserName=self.name)

    def test_a_session_without_mfa_is_not_known_to_iam(self):
        sts = self.client("sts", keys=self.first)

        def session(**members):
            issued = sts.get_session_token(**members)["Credentials"]
            return self.client("iam", keys=(issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"]))

        self.assert_code("InvalidClientTokenId", session().list_access_keys)
        with_mfa = session(SerialNumber=mfa_serial(self.name), TokenCode=self.aws.mfa_code(self.name))
        self.assertEqual(self.name, with_mfa.get_user()["User"]["UserName"])

    def test_signed_for_another_region_or_service(self):
        body = b"Action=GetUser&Version=2010-05-08"
        for service, region in (("iam", REGION), ("sts", "us-east-1")):
            status, text = Signed(self.aws, body, service, region, keys=self.first).send()
            self.assertEqual((403, True), (status, "SignatureDoesNotMatch" in text), text)
        status, text = Signed(self.aws, body, "iam", "us-east-1", keys=self.first).send()
        self.assertEqual((200, True), (status, f"user/{self.name}</Arn>" in text), text)
        self.assertIn("InvalidAction", Signed(self.aws, b"Action=ListUsers&Version=2010-05-08", "iam", "us-east-1").send()[1])

    def test_an_answer_that_is_lost_leaves_the_key(self):
        for fault, left in (("drop_before", 1), ("drop_after", 2)):
            self.aws.control.fault(fault, action="CreateAccessKey")
            with self.assertRaises(botocore.exceptions.HTTPClientError):
                self.new_key()
            self.assertEqual(left, len(self.listed()))

    def test_faults_after_the_first_step(self):
        second = self.new_key()
        self.aws.control.fault("error", action="DeleteAccessKey", code="ServiceFailure", status=500)
        iam = self.client("iam", keys=second)
        self.assert_code("ServiceFailure", iam.delete_access_key, AccessKeyId=self.first[0])
        self.assertTrue(self.works(self.first))
        iam.delete_access_key(AccessKeyId=self.first[0])


class TlsIamTest(IamTest):
    tls = True


if __name__ == "__main__":
    unittest.main()
