#!/usr/bin/python3
"""README.md repeats what the programs say of themselves; here the two are compared."""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness import BUILD, main  # noqa: E402

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))


def between(text, name):
    """What stands between <!-- name --> and <!-- /name -->."""
    head, begin, rest = text.partition(f"<!-- {name} -->\n")
    inside, end, _ = rest.partition(f"<!-- /{name} -->")
    assert begin and end, f"README.md has no markers <!-- {name} --> and <!-- /{name} -->"
    return inside.strip()


class Readme(unittest.TestCase):
    maxDiff = None

    def test_the_protocol_table_is_the_one_that_the_broker_prints(self):
        with open(os.path.join(TOP, "README.md"), encoding="utf-8") as file:
            written = between(file.read(), "protocol")
        told = subprocess.run([os.path.join(BUILD, "broker/sentinel-broker"), "--print-protocol"], capture_output=True,
                              text=True, check=True).stdout
        self.assertEqual(told.strip().splitlines(), written.splitlines(),
                         "run `sentinel-broker --print-protocol` and paste its table between the markers")

    def test_the_policy_table_is_the_one_that_the_policy_tool_prints(self):
        with open(os.path.join(TOP, "README.md"), encoding="utf-8") as file:
            written = between(file.read(), "policy")
        told = subprocess.run([os.path.join(BUILD, "broker/sentinel-policy"), "schema", "--"], capture_output=True,
                              text=True, check=True).stdout
        self.assertEqual(told.strip().splitlines(), written.splitlines(),
                         "run `sentinel policy schema` and paste its tables between the markers")


if __name__ == "__main__":
    main()
