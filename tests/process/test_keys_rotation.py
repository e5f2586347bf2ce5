#!/usr/bin/python3
"""sentinel keys rotate against IAM's stand-in: at each point where it may fail the stored key is one that AWS takes, what is where
is said, and a second try finishes."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness import main, needs_own_home  # noqa: E402
from keys_case import RotationTest  # noqa: E402


@needs_own_home
class Failures(RotationTest):
    def test_the_old_key_is_unknown(self):
        self.aws.control.revoke_key(id=self.id)
        run = self.rotate()
        self.assertEqual(1, run.code)
        self.assertIn("nothing was changed", run.stderr)
        self.assertEqual(self.id, self.stored_id())

    def test_iam_says_no(self):
        self.aws.control.put_user(name=self.name, deny=["iam:CreateAccessKey"])
        self.failed("AccessDenied", "is stored and still valid", "iam:CreateAccessKey", stored="old", valid=1)

    def test_both_slots_are_taken(self):
        self.aws.control.fault("drop_after", action="CreateAccessKey")  # made, and nobody heard of it
        self.failed("is stored and still valid", stored="old", valid=2)
        other = next(iter(self.iam_ids() - {self.id}))
        self.failed("LimitExceeded", other, "delete-access-key --access-key-id " + other, stored="old", valid=2)
        self.aws.control.revoke_key(id=other)
        self.rotated()

    def test_the_answer_was_lost_and_nothing_was_made(self):
        self.aws.control.fault("drop_before", action="CreateAccessKey", count=0)
        self.failed("is stored and still valid", stored="old", valid=1)
        self.aws.control.clear()
        self.assertEqual(1, len(self.aws.calls("ListAccessKeys")))
        self.rotated()

    def test_an_answer_that_is_none(self):
        for fault in ({"kind": "not_xml"}, {"kind": "truncate"}, {"kind": "endless"}, {"kind": "huge"}):
            self.aws.control.fault(action="CreateAccessKey", **fault)
            run = self.rotate()
            self.assertEqual(1, run.code)
            self.assertIn("is stored and still valid", run.stderr)
            self.assertEqual(self.id, self.stored_id())
            for other in self.iam_ids() - {self.id}:
                self.assertIn(other, run.stderr)
                self.aws.control.revoke_key(id=other)

    def test_the_new_key_cannot_be_stored(self):
        os.chmod(self.store, 0o500)
        self.addCleanup(os.chmod, self.store, 0o700)
        self.failed("could not be stored", "was deleted again", stored="old", valid=1)
        self.aws.control.fault("error", action="DeleteAccessKey", code="Denied")
        run = self.failed("could not be stored", "could not be deleted from IAM", stored="old", valid=2)
        new = next(iter(self.iam_ids() - {self.id}))
        self.assertIn("delete-access-key --access-key-id " + new, run.stderr)

    def test_the_new_key_is_refused(self):
        self.aws.control.fault("error", action="GetCallerIdentity", code="Denied", skip=1)
        self.failed("could not be proven", "is stored and still valid", "was deleted again", stored="old", valid=1)
        self.rotated()

    def test_the_new_key_is_somebody_elses(self):
        body = ("<GetCallerIdentityResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><GetCallerIdentityResult>"
                "<Arn>arn:aws:iam::111122223333:user/mallory</Arn><UserId>AIDA</UserId><Account>111122223333</Account>"
                "</GetCallerIdentityResult></GetCallerIdentityResponse>")
        self.aws.control.fault("status", action="GetCallerIdentity", status=200, body=body, skip=1)
        self.failed("belongs to arn:aws:iam::111122223333:user/mallory", "was deleted again", stored="old", valid=1)

    def test_the_old_key_cannot_be_deleted(self):
        self.aws.control.fault("error", action="DeleteAccessKey", code="Denied")
        run = self.failed("is stored and proven", self.id + " is still valid", "rotate " + self.name + " again",
                          stored="new", valid=2)
        self.assertIn("delete-access-key --access-key-id " + self.id, run.stderr)
        self.assertIn("rotation not finished", self.keys("list").stdout)
        self.rotated()
        self.assertNotIn("rotation not finished", self.keys("list").stdout)

    def test_the_old_key_was_deleted_by_hand_meanwhile(self):
        self.aws.control.fault("error", action="DeleteAccessKey", code="Denied")
        self.failed("is stored and proven", stored="new", valid=2)
        self.aws.control.revoke_key(id=self.id)
        self.rotated()


@needs_own_home
class Rotations(RotationTest):
    def test_a_new_key_in_place_of_the_old(self):
        os.remove(self.file())
        self.add()   # at the cost of a passphrase that new keys have
        run = self.rotated()
        self.assertIn(self.id + " is deleted", run.stdout)
        self.assertIn("user/" + self.name, run.stdout)
        first = self.stored_id()
        self.rotated()
        self.assertNotEqual(first, self.stored_id())
        deletes = self.aws.calls("DeleteAccessKey")
        self.assertEqual(2, len(deletes))

    def test_a_new_key_that_works_after_a_while_is_waited_for(self):
        self.aws.control.fault("error", action="GetCallerIdentity", code="UnknownKey", skip=1, count=3)
        self.rotated()
        self.assertEqual(5, len(self.aws.calls("GetCallerIdentity")))

    def test_throttling_and_a_slow_sts_are_borne(self):
        self.aws.control.fault("error", action="GetCallerIdentity", code="Throttled", count=2)
        self.aws.control.fault("latency", action="DeleteAccessKey", seconds=1)
        self.rotated()


if __name__ == "__main__":
    main()
