"""Keys are renewed ahead of their end, nobody asking; a renewal that fails takes nothing away. Takes as long as the shortest
keys whose renewal comes before their last minute, in which they are no longer served: some 130 seconds, nearly all asleep."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import AwsTest, wait_until
from standin_client import role_arn

LIFE = 225     # seconds: renewed after 0.62 to 0.72 of it, served until a minute before its end
PATIENCE = 240


class Renewal(AwsTest):
    def renewals_of(self, role):
        return self.aws.calls("AssumeRole", RoleArn=role_arn(role))[1:]

    def test_keys_are_renewed_ahead_and_a_failed_renewal_takes_nothing_away(self):
        self.aws.control.fault("lifetime", action="AssumeRole", seconds=LIFE, count=2)
        good, failing = self.asker(), self.asker(profile="ledger-external", transport="unix")
        first, kept = good.ask()["body"], failing.ask()["body"]
        self.aws.control.fault("error", action="AssumeRole", code="AccessDenied", count=0, match={"RoleArn": role_arn("ledger-external")})
        wait_until(lambda: self.renewals_of("ledger-prod") and self.renewals_of("ledger-external"), "both renewals", PATIENCE)
        # Nobody has asked meanwhile. The good one's new keys are there without another call ...
        wait_until(lambda: good.ask()["body"]["AccessKeyId"] != first["AccessKeyId"], "the new keys")
        self.assertEqual(1, len(self.renewals_of("ledger-prod")))
        # ... and the other's old keys are still served, and what failed is told.
        self.assertEqual([200] * 5, failing.statuses(5))
        self.assertEqual(kept, failing.ask()["body"])
        self.aws.control.clear()
        # In the old keys' last minute an ask may still find none: the pause after the refusal is then not over.
        wait_until(lambda: failing.ask()["body"].get("AccessKeyId") not in (None, kept["AccessKeyId"]),
                   "keys after the refusal has ended", PATIENCE)
        failing.end()
        self.assertIn("renewing credentials failed", failing.run.stderr)
        self.assertLessEqual({line["outcome"] for line in self.decisions()}, {"issued", "failed"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
