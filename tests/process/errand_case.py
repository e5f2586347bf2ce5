"""What tests of errands share: the real supervisor, beside a broker's double that asks for errands and tells what came of
them, answers backwards."""
import os

import harness
from harness import wait_until

MODES = ([], ["--server"])
AGAIN = "|the last code was refused"  # how the double is told what a question's errand says beside
DEVICE = "arn:aws:iam::111122223333:mfa/marta"


class ErrandTest(harness.ProcessTest):
    doubles = True

    def program(self, name, text):
        """A program of the user's in a folder that is first in PATH."""
        folder = os.path.join(self.user.home, "bin")
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, name)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, 0o755)
        return path

    @property
    def path(self):
        return os.path.join(self.user.home, "bin") + ":/usr/local/bin:/usr/bin:/bin"

    def ask(self, profile, *more, mode=(), command=("true",), **environment):
        return self.run_sentinel("exec", *mode, "--profile", profile, "--policy-file", "p", *more, "--", *command,
                                 environment={"PATH": self.path, **environment}, start_new_session=True)

    def ask_beside(self, profile, told, until=lambda: None, **environment):
        """Likewise, once the command runs; that ends when `told` was said and `until` returns."""
        end = os.path.join(self.user.home, "end")
        run = self.start_sentinel("exec", "--server", "--profile", f"later:{profile}", "--policy-file", "p", "--", "sh", "-c",
                                  f"while [ ! -e {end} ]; do sleep 0.02; done",
                                  environment={"PATH": self.path, **environment}, start_new_session=True)
        run.hear(told)
        until()
        with open(end, "w"):
            pass
        run.finish()
        os.remove(end)
        return run

    def told(self, run, number=1):
        told = [line.split(" ", 3)[3] for line in run.stderr.splitlines() if line.startswith(f"sentinel: errand {number} ")]
        self.assertTrue(told, f"of errand {number} nothing was told; it ended with {run.code} and said:\n{run.stderr[-2000:]}")
        return told[0]
