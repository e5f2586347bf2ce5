"""Inside of a user namespace, as in a rootless container: whoever made it reads the broker's memory, so keys are read there only
where the user says that this is what he wants; the start, the log and `sentinel doctor` say what is lost."""
import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
from aws_case import AwsTest, Run, policy, rule
from harness import BUILD, PATIENCE, needs_own_home

UNSHARE = ("unshare", "--user", "--map-root-user", "--")
WHY = "inside of a user namespace"
ALLOW = "--allow-user-namespace"

INSIDE = 70707  # what the user is called in there


def as_in_a_container(user):
    """Uid and map of a namespace that has a root."""
    return INSIDE, f"0 0 1\n{INSIDE} {user.uid} 1"


# Runs its arguments as the user `uid` of a namespace with this map of users; groups keep their numbers.
WITH_MAP = r"""
import ctypes, os, sys
uid, gid, id_map, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:]
ready, mapped = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    if ctypes.CDLL(None, use_errno=True).unshare(0x10000000) != 0: os._exit(99)
    os.write(ready[1], b"x"); os.read(mapped[0], 1)
    os.setgroups([]); os.setresgid(gid, gid, gid); os.setresuid(uid, uid, uid)
    os.execvpe(command[0], command, os.environ)
os.read(ready[0], 1)
for name, ids in (("uid_map", id_map), ("gid_map", "0 0 4294967295")):
    with open(f"/proc/{child}/{name}", "w") as file: file.write(ids)
os.write(mapped[1], b"x")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def namespaces_can_be_made():
    done = subprocess.run([*UNSHARE, "true"], capture_output=True, **({"user": 65534, "group": 65534} if os.geteuid() == 0 else {}))
    return done.returncode == 0


@unittest.skipUnless(namespaces_can_be_made(), "this host lets no user make a user namespace")
class UserNamespace(AwsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in ("sentinel-policy", "sentinel-keys"):
            path = os.path.join(os.path.dirname(cls.layout.broker), name)
            harness.copy_program(os.path.join(BUILD, "broker", name), path)
            os.chmod(path, 0o755)
        cls.layout.doctor = cls.layout._copy("supervisor/sentinel-doctor", "supervisor/sentinel-doctor")
        for folder, _, names in os.walk(cls.layout.folder):
            for name in names:  # as in an image: of who is root there, since the machine's root is nobody
                path = os.path.join(folder, name)
                os.chmod(path, 0o755)
                os.chown(path, cls.user.uid, cls.user.gid)

    def inside(self, *words, prefix=UNSHARE, **more):
        return Run(self, words, environment=self.environment(), cwd=self.folder, command_line_prefix=prefix, **more).finish()

    def own_policy(self):
        return ("--policy-file", self.write("policy.yaml", policy(rule())))

    def runs(self):
        what = ("--profile", "ledger-prod", *self.own_policy(), "--log-file", self.log_path)
        command = ("--", "touch", self.marker)
        return (("exec", "--server", *what, *command), ("exec", "--server", "--unix-socket", *what, *command), ("exec", *what, *command),
                ("credentials", *what), ("whoami", "--profile", "ledger-prod"),
                ("exec", "--remote-server", self.aws.url + "/tvm", "--profile", "ledger-prod", "--log-file", self.log_path,
                 *command))

    def assert_refused(self, run, why=WHY):
        self.assertNotEqual(0, run.code)
        self.assertEqual("", run.stdout)
        self.assertIn(why, run.stderr)
        self.assertFalse(os.path.exists(self.marker), "the command ran")
        self.assertEqual([], self.aws.calls(), "AWS was asked with a key")

    @needs_own_home
    def test_no_run_reads_a_key_there(self):
        """As in a rootless container, where root is somebody: the broker itself refuses."""
        for words in self.runs():
            with self.subTest(run=words[:3]):
                run = self.mapped(*as_in_a_container(self.user), *words)
                self.assert_refused(run)
                self.assertIn(ALLOW, run.stderr)

    def test_none_does_in_a_namespace_that_an_ordinary_user_has_made(self):
        for words in self.runs():
            with self.subTest(run=words[:3]):
                run = self.inside(*words)
                self.assert_refused(run, "user namespace")
        if self.user.made:
            self.assertIn(f"uid {self.user.uid} outside", self.inside("whoami", "--profile", "marta").stderr)

    def test_no_tool_reads_a_key_there(self):
        for words in (("policy", "pull", "--profile", "marta", "--policy-parameter", "/sentinel/policies/default"),
                      ("keys", "add", "other"),
                      ("policy", "sign", "--sign-key", self.write("key.pem", "x"), self.own_policy()[1])):
            with self.subTest(tool=words[:2]):
                self.assert_refused(self.inside(*words))

    def mapped(self, uid, id_map, *words):
        done = subprocess.run([sys.executable, "-c", WITH_MAP, str(uid), str(self.user.gid), id_map, self.layout.sentinel, *words],
                              env={**harness.CLEAN_ENVIRONMENT, "HOME": self.user.home, harness.MARK: self.mark, **self.environment()},
                              capture_output=True, text=True, cwd=self.folder, timeout=PATIENCE)
        done.code = done.returncode
        return done

    @needs_own_home
    def test_where_it_is_allowed_the_start_says_what_is_lost_and_the_log_has_both_uids(self):
        done = self.mapped(*as_in_a_container(self.user), "exec", "--server", "--unix-socket", "--profile", "ledger-prod",
                           *self.own_policy(), "--log-file", self.log_path, ALLOW, "--", self.layout.credential_process)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(1, json.loads(done.stdout)["Version"])
        self.assertIn("can read the keys from the broker's memory", done.stderr)
        line, = [line for line in self.decisions() if line["outcome"] == "issued"]
        self.assertEqual((INSIDE, self.user.uid), (line["peer_uid"], line["peer_uid_outside"]))

    def test_where_root_has_no_number_nothing_can_be_root_s_and_the_way_on_is_said(self):
        run = self.inside("exec", "--profile", "ledger-prod", *self.own_policy(), "--log-file", self.log_path, ALLOW, "--", "touch",
                          self.marker)
        self.assertEqual(run.own_failure, run.code)
        self.assertIn("its owner has no number in this user namespace", run.stderr)
        self.assertIn("run sentinel outside of it", run.stderr)
        self.assertFalse(os.path.exists(self.marker), "the command ran")

    def test_a_policy_is_checked_there_as_anywhere(self):
        path = self.own_policy()[1]
        self.assertEqual(0, self.inside("policy", "validate", path).code)

    def test_the_doctor_says_so(self):
        run = self.inside("doctor", "--offline", "--json")
        check = {each["check"]: each for each in json.loads(run.stdout)["checks"]}["user_namespace"]
        self.assertEqual("open", check["standing"])
        self.assertIn("read every key", json.dumps(check))

    @needs_own_home
    def test_a_map_that_reads_as_the_machines_own_deceives_nobody(self):
        done = self.mapped(self.user.uid, "0 0 4294967295", "exec", "--profile", "ledger-prod", *self.own_policy(), "--log-file",
                           self.log_path, "--", "touch", self.marker)
        self.assertEqual(harness.EXEC_FAILED, done.returncode, done.stderr)
        self.assertIn(WHY, done.stderr)
        self.assertFalse(os.path.exists(self.marker), "the command ran")

    def test_outside_of_one_nothing_is_said(self):
        run = self.inside("whoami", "--profile", "marta", prefix=())
        self.assertEqual(0, run.code, run.stderr)
        self.assertNotIn("namespace", run.stderr)


if __name__ == "__main__":
    unittest.main()
