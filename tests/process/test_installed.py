"""An installed Sentinel, as an administrator leaves it: programs of root, helpers that nobody else may read, run by an
ordinary user; and the moment after exec, in which a program of the same user could otherwise open the broker's memory."""
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "fakes")]
import harness  # noqa: E402
from standin_client import Standin, write_profiles  # noqa: E402

POLICY = 'version: "1"\nrules:\n  - name: all\n    effect: allow\n    conditions: { profiles: [ledger-prod] }\n'

# Opens /proc/PID/mem of every process of Sentinel's as soon as it is there, by the name that the kernel keeps of it: to write
# where that is granted, as what patches the supervisor does. Says for each name how many it saw and opened.
SNATCHER = r"""
import json, os, sys
seen, end = {}, os.path.join(sys.argv[1], 'end')
tried = set()
while not os.path.exists(end):
    for entry in os.listdir('/proc'):
        if not entry.isdigit(): continue
        try:
            with open('/proc/%s/comm' % entry, errors='replace') as comm:
                name = comm.read().strip()
            if not name.startswith('sentinel') or (entry, name) in tried: continue
            tried.add((entry, name))
            count = seen.setdefault(name, [0, 0])
            count[0] += 1
            os.close(os.open('/proc/%s/mem' % entry, os.O_RDWR))
            count[1] += 1
        except OSError: pass
print(json.dumps(seen))
"""


@unittest.skipUnless(os.geteuid() == 0, "needs root: only what root owns can be kept from its user")
class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="sentinel-installed-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        os.chmod(cls.folder, 0o755)
        subprocess.run(["cmake", "--install", harness.BUILD, "--prefix", cls.folder], check=True, capture_output=True)
        cls.user = harness.OrdinaryUser()
        cls.addClassCleanup(cls.user.remove)
        cls.aws = Standin()
        cls.aws.start()
        cls.addClassCleanup(cls.aws.stop)
        write_profiles(cls.user.home)
        cls.policy = os.path.join(cls.user.home, "policy.yaml")
        with open(cls.policy, "w") as file:
            file.write(POLICY)
        for folder, folders, files in os.walk(cls.user.home):
            for name in folders + files:
                os.chown(os.path.join(folder, name), cls.user.uid, cls.user.gid)

    def run_sentinel(self, *command):
        return subprocess.run(
            [os.path.join(self.folder, "bin", "sentinel"), "exec", "--server", "--unix-socket", "--profile", "ledger-prod",
             "--policy-file", self.policy, "--", *command], capture_output=True, text=True, timeout=120, cwd="/",
            env={**harness.CLEAN_ENVIRONMENT, "HOME": self.user.home, "AWS_ENDPOINT_URL": self.aws.url},
            **self.user.popen_arguments())

    def test_helpers_can_be_run_but_not_read_by_others(self):
        for name in ("sentinel-broker", "sentinel-frontend", "sentinel-policy", "sentinel-audit", "sentinel-doctor",
                     "sentinel-profiles", "sentinel-keys", "sentinel-cache", "sentinel-host", "sentinel-credential-process", "../../bin/sentinel"):
            there = os.stat(os.path.join(self.folder, "libexec", "sentinel", name))
            self.assertEqual((0, 0o711), (there.st_uid, stat.S_IMODE(there.st_mode)), name)

    def test_every_shells_completion_lies_where_it_looks(self):
        for script in ("bash-completion/completions/sentinel", "zsh/site-functions/_sentinel", "fish/vendor_completions.d/sentinel.fish"):
            self.assertGreater(os.path.getsize(os.path.join(self.folder, "share", script)), 1000, script)

    def test_every_manual_page_lies_where_man_looks(self):
        for page in ("man1/sentinel.1", "man5/sentinel-policy.5", "man5/sentinel-profiles.5", "man5/sentinel-decisions.5", "man5/sentinel-config.5",
                     "man5/sentinel-keys.5", "man5/sentinel-host.5", "man7/sentinel-remote.7", "man7/sentinel-run.7", "man7/sentinel.7"):
            self.assertGreater(os.path.getsize(os.path.join(self.folder, "share/man", page)), 1000, page)

    @unittest.skipIf(harness.SANITIZED, "a sanitized program may not start unreadable")
    def test_the_doctor_says_that_the_exec_window_is_closed(self):
        done = subprocess.run([os.path.join(self.folder, "bin", "sentinel"), "doctor", "--json", "--offline"], capture_output=True,
                              text=True, timeout=60, env=harness.CLEAN_ENVIRONMENT, **self.user.popen_arguments())
        checks = {check["check"]: check for check in json.loads(done.stdout)["checks"]}
        self.assertEqual("holds", checks["exec_window"]["standing"], checks["exec_window"])

    def test_an_ordinary_user_gets_credentials(self):
        done = self.run_sentinel("sh", "-c", os.path.join(self.folder, "libexec", "sentinel", "sentinel-credential-process"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('"AccessKeyId"', done.stdout)

    @unittest.skipIf(harness.SANITIZED, "start-up is too slow under sanitizers for a meaningful number of tries")
    def test_no_process_can_be_opened_in_the_moment_after_exec(self):
        end = tempfile.mkdtemp(prefix="sentinel-snatcher-")
        self.addCleanup(shutil.rmtree, end, ignore_errors=True)
        os.chmod(end, 0o755)
        snatcher = subprocess.Popen(["/usr/bin/python3", "-c", SNATCHER, end], stdout=subprocess.PIPE, text=True,
                                    **self.user.popen_arguments())
        self.addCleanup(snatcher.stdout.close)
        helper = os.path.join(self.folder, "libexec", "sentinel", "sentinel-credential-process")
        try:
            for _ in range(15):
                self.assertEqual(self.run_sentinel("sh", "-c", f"{helper} >/dev/null && {helper} >/dev/null").returncode, 0)
        finally:
            open(os.path.join(end, "end"), "w").close()
            seen = json.loads(snatcher.communicate(timeout=60)[0])
        # A short-lived one may be missed each time; the supervisor and the broker are there for as long as the run.
        for name in ("sentinel", "sentinel-keeper", "sentinel-broker"):
            self.assertGreater(seen.get(name, [0])[0], 0, f"the snatcher saw no {name}, so that this test showed nothing: {seen}")
        self.assertEqual({}, {name: opened for name, (_, opened) in seen.items() if opened})


if __name__ == "__main__":
    unittest.main()
