"""The moments that other programs print: whatever is read of them, botocore reads as the same moment; and the forms that are
met in the field are read at all. Botocore's own function is the judge, of the older and of the newer release.
"""
import itertools
import os
import subprocess
import unittest
import warnings

import other_python

try:
    from botocore.credentials import RefreshableCredentials
except ImportError as error:
    raise unittest.SkipTest(f"no botocore: {error}") from None

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("SENTINEL_BUILD", os.path.join(HERE, "..", "..", "build", "dev"))
PRINT = os.path.join(BUILD, "tests", "print_time")

# What prints them: AWS, Python, Java (with and without seconds), strftime's %z and %Z, Ruby, Postgres, Perl, PowerShell,
# HTTP, e-mail, date(1), the AWS CLI's own caches, Go's time of no keys.
MET = ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.123456+00:00", "2026-01-31T13:00+01:00", "2026-01-31T12:00Z",
       "2026-01-31T14:00:00+0200", "2026-01-31T12:00:00+0000", "2026-01-31T12:00:00UTC", "2026-01-31 12:00:00 UTC",
       "2026-01-31 14:00:00 +0200", "2026-01-31 14:00:00+02", "2026-01-31 12:00:00Z", "2026-01-31T12:00:00.0000000Z",
       "2026-01-31T12:00:00,5Z", "20260131T120000Z", "Sat, 31 Jan 2026 12:00:00 GMT", "Sat, 31 Jan 2026 14:00:00 +0200",
       "Sun,  1 Feb 2026 12:00:00 GMT", "Sat Jan 31 12:00:00 UTC 2026", "Sun Feb  1 12:00:00 UTC 2026",
       "0001-01-01T00:00:00Z", "2026-01-31T12:00:00Z ", "2024-02-29T23:59:59-11:30"]


def judged(text):
    """Seconds since 1970 as botocore reads them, or "refused": a moment without an offset makes it fail later."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a zone that it does not know
            read = RefreshableCredentials._expiry_datetime(text)
        return "refused" if read.tzinfo is None else str(int((read.replace(microsecond=0)).timestamp()))
    except Exception:
        return "refused"


def variations():
    """Dates, what stands between, times and offsets, in every combination; and what each is when a character is lost or
    doubled."""
    for parts in itertools.product(
            ("2026-01-31", "20260131", "2026-1-31", "2026-13-31", "2026-02-30", "2026-12-11", "0000-01-01", "9999-12-31"),
            ("T", "t", " ", "  ", "", "_"),
            ("12:00:00", "12:00", "120000", "1200", "12", "23:59:59.999999999", "24:00:00", "12:60:00", "12:00:60", "12:00:00."),
            ("Z", "z", "", "UTC", " UTC", "GMT", "utc", "EST", "+0200", "-0800", "+02:00", " -08:00", "+02", "+2", "+2400", "+02:60",
             "UTC+2", "GMT-0300", "+0000 UTC", "-00:00")):
        yield "".join(parts)
    for text in MET:
        for at in range(len(text)):
            yield text[:at] + text[at + 1:]
            yield text[:at] + text[at] + text[at:]
            yield text[:at] + "x" + text[at + 1:]


class PrintedTimes(unittest.TestCase):
    def ours(self, texts):
        done = subprocess.run([PRINT], input="\n".join(texts) + "\n", stdout=subprocess.PIPE, text=True, check=True)
        answers = done.stdout.splitlines()
        self.assertEqual(len(texts), len(answers))
        return answers

    def test_what_is_met_is_read_as_botocore_reads_it(self):
        for text, answer in zip(MET, self.ours(MET)):
            with self.subTest(text):
                self.assertNotEqual("refused", answer)
                self.assertEqual(judged(text), answer)

    def test_nothing_is_read_otherwise_than_botocore_reads_it(self):
        texts = sorted(set(variations()))
        read = [(text, answer) for text, answer in zip(texts, self.ours(texts)) if answer != "refused"]
        self.assertGreater(len(read), 500)
        self.assertEqual([], [(text, answer, judged(text)) for text, answer in read if judged(text) != answer])

    def test_the_same_with_the_botocore_of_the_other_python(self):
        other_python.run_again(self, __file__)


if __name__ == "__main__":
    unittest.main()
