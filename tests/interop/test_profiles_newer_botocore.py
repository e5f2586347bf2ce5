"""test_profiles_botocore.py once more, under another Python with a newer botocore, where there is one. A file of its own, because
each of the two takes a core a quarter of a minute."""
import os
import unittest

import other_python

SAME = os.path.join(os.path.dirname(os.path.abspath(__file__)), "test_profiles_botocore.py")


class NewerBotocore(unittest.TestCase):
    def test_the_same_with_the_botocore_of_the_other_python(self):
        other_python.run_again(self, SAME)


if __name__ == "__main__":
    unittest.main()
