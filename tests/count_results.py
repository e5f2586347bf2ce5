#!/usr/bin/python3
"""Prints one line that counts the tests of ctest's reports: "93 passed, 0 failed, 2 skipped".

    count_results.py REPORT...     JUnit files that ctest wrote; one that is not there (ctest only listed) counts nothing

Skipped is a test file all of whose cases were skipped; the log beside the report says why. Ends with 1 where a test failed
or was not run.
"""
import os
import re
import sys
import xml.etree.ElementTree

# As unittest ends: "Ran 5 tests in 0.1s", a blank line, "OK (skipped=5)". A skipped class counts as no test that ran.
END_OF_UNITTEST = re.compile(r"^Ran (\d+) tests? in .*\n\nOK \(skipped=(\d+)\)$", re.M)
START_OF_TEST = re.compile(r"^\d+/\d+ Test(?:ing)?: (\S+)$", re.M)


def skipped_in(log):
    """The names of the tests of which no case ran, out of ctest's own log."""
    names, parts = [], START_OF_TEST.split(log)[1:]
    for name, output in zip(parts[::2], parts[1::2]):
        end = END_OF_UNITTEST.search(output)
        if end and int(end[1]) <= int(end[2]):
            names.append(name)
    return names


def count(report):
    """Of one report: how many passed, failed, were skipped."""
    with open(os.path.join(os.path.dirname(report), "Temporary", "LastTest.log"), errors="replace") as log:
        skipped_inside = set(skipped_in(log.read()))
    passed = failed = skipped = 0
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        why_not = case.find("skipped")  # of what was not run: SKIP_RETURN_CODE and the like, or what kept ctest from it
        if case.get("status") == "disabled" or (why_not is not None and why_not.get("message", "").startswith("SKIP_")):
            skipped += 1
        elif case.get("status") != "run":
            failed += 1
        elif case.get("name") in skipped_inside:
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def main():
    reports = [report for report in sys.argv[1:] if os.path.exists(report)]
    passed, failed, skipped = (sum(column) for column in zip((0, 0, 0), *map(count, reports)))
    if passed + failed + skipped == 0:
        return 0
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
