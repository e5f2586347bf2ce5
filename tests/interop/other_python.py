"""A test whose judge is botocore runs again under the Python that is first in PATH, where that is another one with another
botocore."""
import os
import shutil
import subprocess
import sys

UNDER_ANOTHER = "UNDER_ANOTHER_PYTHON"


def run_again(case, file):
    """`file`: the test's own __file__. Skips where there is no other Python, or no botocore in it."""
    other = shutil.which("python3")
    if UNDER_ANOTHER in os.environ or not other or os.path.realpath(other) == os.path.realpath(sys.executable):
        case.skipTest("there is no other Python")
    if subprocess.run([other, "-c", "import botocore"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        case.skipTest("the other Python has no botocore")
    run = subprocess.run([other, "-B", os.path.abspath(file)], env={**os.environ, UNDER_ANOTHER: "1"}, text=True,
                         stderr=subprocess.PIPE, check=False)
    case.assertEqual(0, run.returncode, run.stderr)
