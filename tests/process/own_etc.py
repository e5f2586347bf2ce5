"""An /etc of a test's own, in a mount namespace of its own: what root says in /etc/sentinel to the runs of one test, and to no
other. The host's own folder is never touched, so tests of this kind can run beside one another."""
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import wait_until  # noqa: E402

IN_ITS_ETC = ("unshare", "--mount", "--propagation", "private", "sh", "-c",
              'mount --bind "$1" /etc && shift && exec "$@"', "sh")


def can_mount():
    return os.geteuid() == 0 and subprocess.run([*IN_ITS_ETC, "/etc", "true"], capture_output=True).returncode == 0


class OwnEtc:
    """Beside a ProcessTest, whose setUp calls make_etc()."""

    def make_etc(self):
        self.etc = os.path.join(self.user.folder, "etc")
        self.addCleanup(shutil.rmtree, self.etc)
        wait_until(self._copy_etc, "a copy of /etc: other tests add users to it meanwhile")
        self.sentinel_etc = os.path.join(self.etc, "sentinel")
        shutil.rmtree(self.sentinel_etc, ignore_errors=True)  # what the host itself says is no test's
        os.makedirs(self.sentinel_etc, mode=0o755)

    def _copy_etc(self):
        shutil.rmtree(self.etc, ignore_errors=True)
        return subprocess.run(["cp", "-a", "/etc", self.etc], capture_output=True).returncode == 0

    def say(self, text, name, mode=0o644):
        """What root says in /etc/sentinel/NAME, changed in one step."""
        path = os.path.join(self.sentinel_etc, name)
        with open(path + ".new", "w") as file:
            file.write(text)
        os.chmod(path + ".new", mode)
        os.rename(path + ".new", path)
        return path

    def in_its_etc(self):
        """The words before a command that shall see this /etc, as the test's user."""
        become = ("setpriv", f"--reuid={self.user.uid}", f"--regid={self.user.gid}", "--clear-groups")
        return (*IN_ITS_ETC, self.etc, *become)
