#!/usr/bin/python3
"""`sentinel doctor`: the real program, as an ordinary user, in situations that are made here; what it says is compared with
what another program finds out by trying, and no value of a key may be in it."""
import ctypes
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import TRANSPORTS, AwsTest, policy, rule  # noqa: E402
from harness import CLEAN_ENVIRONMENT, PATIENCE, SANITIZED, ProcessTest, Run, main, needs_own_home  # noqa: E402

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
ROOT = os.geteuid() == 0
STANDINGS = {"holds", "open", "weaker", "unknown", "note"}
SECRETS = {name: f"not-to-be-shown-{name}" for name in ("file", "config", "process", "environment", "token", "session", "bedrock")}
PTRACE_SEIZE = 0x4206


class Doctor:
    """One examination, ended."""

    def __init__(self, case, *arguments, environment=None, prefix=(), json_wanted=True, user=None, **more):
        arguments = [*(["--json"] if json_wanted else []), *arguments]
        began = time.monotonic()
        done = subprocess.run([*prefix, case.layout.sentinel, "doctor", *arguments], capture_output=True, text=True,
                              timeout=PATIENCE, cwd="/", env={**CLEAN_ENVIRONMENT, "HOME": case.user.home, **(environment or {})},
                              **(case.user.popen_arguments() if user is None else user), **more)
        self.seconds = time.monotonic() - began
        self.code, self.stdout, self.stderr = done.returncode, done.stdout, done.stderr
        if json_wanted:
            self.told = json.loads(self.stdout)
            self.checks = {check["check"]: check for check in self.told["checks"]}

    def standing(self, check):
        return self.checks[check]["standing"]


class DoctorTest(ProcessTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.layout.doctor = cls.layout._copy("supervisor/sentinel-doctor", "supervisor/sentinel-doctor")
        if ROOT and not SANITIZED:
            os.chmod(cls.layout.doctor, 0o711)  # as installed

    def setUp(self):
        super().setUp()
        self.addCleanup(shutil.rmtree, os.path.join(self.user.home, ".aws"), True)

    def plant(self, path, text, mode=0o600):
        """A file in the user's home."""
        whole = os.path.join(self.user.home, path)
        folder = os.path.dirname(whole)
        os.makedirs(folder, exist_ok=True)
        with open(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
            file.write(text)
        os.chmod(whole, mode)
        if self.user.made:
            for each in (whole, folder, os.path.join(self.user.home, path.split("/")[0])):
                os.chown(each, self.user.uid, self.user.gid)
        return whole

    def doctor(self, *arguments, **more):
        return Doctor(self, "--offline", *arguments, **more)

    def assert_no_secret(self, *texts):
        for text in texts:
            for secret in SECRETS.values():
                self.assertNotIn(secret, text)


class Usage(DoctorTest):
    def test_what_it_does_not_know_it_refuses(self):
        for arguments in (("--nonsense",), ("--json=true",), ("something",), ("--color", "pink"), ("--profile", "x")):
            found = Doctor(self, *arguments, json_wanted=False)
            self.assertEqual((2, ""), (found.code, found.stdout), arguments)
            self.assertTrue(found.stderr.startswith("sentinel: "), found.stderr)
        for arguments in ((), ("docter", "--"), ("doctor", "--json"), ("doctor", "--", "x"), ("doctor", "--json=yes", "--")):
            done = subprocess.run([self.layout.doctor, *arguments], capture_output=True, text=True, timeout=PATIENCE,
                                  env=CLEAN_ENVIRONMENT)
            self.assertEqual((2, ""), (done.returncode, done.stdout), arguments)

    def test_an_answer_that_cannot_be_written_is_not_called_good(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([self.layout.sentinel, "doctor", "--offline"], stdout=full, stderr=subprocess.PIPE,
                                  timeout=PATIENCE, env=CLEAN_ENVIRONMENT, **self.user.popen_arguments())
        self.assertEqual(1, done.returncode)
        self.assertIn(b"cannot write the answer", done.stderr)

    def test_without_its_program_it_says_what_is_missing(self):
        os.rename(self.layout.doctor, self.layout.doctor + ".away")
        self.addCleanup(os.rename, self.layout.doctor + ".away", self.layout.doctor)
        found = self.doctor(json_wanted=False)
        self.assertEqual(2, found.code)
        self.assertIn("sentinel-doctor", found.stderr)


@needs_own_home
class WaysAround(DoctorTest):
    def test_planted_keys_are_named_and_never_shown(self):
        self.plant(".aws/credentials", f"[default]\naws_access_key_id = AKIA0\naws_secret_access_key = {SECRETS['file']}\n"
                                       f"[temp]\naws_secret_access_key = {SECRETS['file']}\naws_session_token = {SECRETS['token']}\n")
        self.plant(".aws/config", f"[profile other]\naws_secret_access_key = {SECRETS['config']}\n"
                                  f"[profile vault]\ncredential_process = /opt/vault --password {SECRETS['process']}\n")
        self.plant(".aws/sso/cache/a.json", json.dumps({"accessToken": SECRETS["token"], "expiresAt": "2099-01-01T00:00:00Z"}))
        self.plant(".aws/cli/cache/b.json", json.dumps({"Credentials": {"SecretAccessKey": SECRETS["session"]}}))
        environment = {"AWS_SECRET_ACCESS_KEY": SECRETS["environment"], "AWS_BEARER_TOKEN_BEDROCK": SECRETS["bedrock"],
                       "BOTO_CONFIG": "/etc/none", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials"}
        found = self.doctor(environment=environment)
        self.assertEqual(1, found.code)
        for check, words in (("long_term_keys", "other in ~/.aws/config; default in ~/.aws/credentials"),
                             ("session_keys", "temp in ~/.aws/credentials"), ("keys_that_win", "default in ~/.aws/credentials"),
                             ("credential_processes", "vault in ~/.aws/config"), ("sso_tokens", "~/.aws/sso/cache/a.json"),
                             ("cached_sessions", "~/.aws/cli/cache/b.json"), ("environment_keys", "AWS_SECRET_ACCESS_KEY"),
                             ("bedrock_token", "AWS_BEARER_TOKEN_BEDROCK"), ("environment_files", "BOTO_CONFIG"),
                             ("container_keys", "AWS_CONTAINER_CREDENTIALS_FULL_URI")):
            with self.subTest(check):
                self.assertEqual("open", found.standing(check))
                self.assertIn(words, found.checks[check]["what"])
                self.assertTrue(found.checks[check]["fix"])
        text = self.doctor("--color=always", json_wanted=False, environment=environment)
        self.assertNotIn("[seccomp]", text.stdout, "what holds is counted")
        self.assertIn("[seccomp]", self.doctor("--all", json_wanted=False, environment=environment).stdout)
        self.assertEqual(text.stdout.count("fix:\x1b[0m"), sum("fix" in check for check in found.checks.values()))
        self.assert_no_secret(found.stdout, found.stderr, text.stdout, text.stderr)

    def test_who_follows_the_fixes_has_nothing_of_that_open(self):
        path = self.plant(".aws/credentials", f"[default]\naws_secret_access_key = {SECRETS['file']}\n", 0o644)
        before = self.doctor(environment={"AWS_ACCESS_KEY_ID": "AKIA0"})
        for check in ("long_term_keys", "keys_that_win", "readable_files", "environment_keys"):
            self.assertEqual("open", before.standing(check))
        self.assertEqual("unset AWS_ACCESS_KEY_ID", before.checks["environment_keys"]["fix"])
        fix = before.checks["readable_files"]["fix"].split(";")[0]
        subprocess.run(["sh", "-c", fix], check=True, env={"HOME": self.user.home, **CLEAN_ENVIRONMENT}, **self.user.popen_arguments())
        self.assertEqual(0o600, os.stat(path).st_mode & 0o777)
        self.plant(".aws/credentials", "[default]\nregion = eu-1\n")
        after = self.doctor()
        for check in ("long_term_keys", "keys_that_win", "readable_files", "environment_keys"):
            self.assertEqual("holds", after.standing(check), check)

    def test_an_odd_file_neither_stops_it_nor_counts_as_good(self):
        path = self.plant(".aws/credentials", "")
        for make in (lambda: os.mkfifo(path), lambda: os.mkdir(path), lambda: os.symlink("/dev/zero", path)):
            os.remove(path) if not os.path.isdir(path) else os.rmdir(path)
            make()
            found = self.doctor()
            self.assertEqual("unknown", found.standing("long_term_keys"))
            self.assertIn("~/.aws/credentials", found.checks["long_term_keys"]["what"])
        os.remove(path)

    def test_a_profiles_name_cannot_steer_the_terminal(self):
        for name, told in (("\u202e[2J\u202e", "?[2J?"), ("\x9b2J", "?2J in"),
                           ("\x1b[2J\u202e", "~/.aws/credentials:1: the line holds a control character")):
            self.plant(".aws/credentials", f"[{name}]\naws_secret_access_key = x\n")
            found = self.doctor(json_wanted=False)
            for character in "\x1b\x9b\u202e":
                self.assertNotIn(character, found.stdout)
            self.assertIn(told, found.stdout)

    def test_it_changes_nothing(self):
        self.plant(".aws/credentials", "[default]\naws_secret_access_key = x\n")

        def everything():
            return sorted((path, os.lstat(os.path.join(path, name)).st_mtime_ns) for path, folders, files in os.walk(self.user.folder)
                          for name in folders + files)
        before = everything()
        self.doctor()
        self.assertEqual(before, everything())


class Host(DoctorTest):
    def test_the_exit_code_says_whether_something_can_be_fixed(self):
        found = self.doctor()
        to_fix = [check for check in found.told["checks"] if check["standing"] == "open" and check.get("fix")]
        self.assertEqual((1 if to_fix else 0, not to_fix, ""), (found.code, found.told["ok"], found.stderr))

    def test_the_json_has_every_check_and_every_guarantee(self):
        found = self.doctor()
        with open(os.path.join(TOP, "supervisor/doctor/doctor.def")) as file:
            table = file.read()
        self.assertEqual(re.findall(r"^CHECK\((\w+),", table, re.M), [check["check"] for check in found.told["checks"]])
        with open(os.path.join(TOP, "supervisor/doctor/guarantees.def")) as file:
            promised = re.findall(r'^GUARANTEE\((\w+),\s+"([^"]*)"', file.read(), re.M)
        self.assertEqual(dict(promised), {row["guarantee"]: row["words"] for row in found.told["guarantees"]})
        self.assertEqual((self.user.name, self.user.uid, "user"), tuple(found.told[key] for key in ("user", "uid", "mode")))
        order = ["holds", "unknown", "weaker", "open"]
        for check in found.told["checks"]:
            self.assertLessEqual({"check", "guarantee", "standing", "what", "source"}, set(check))
            self.assertIn(check["standing"], STANDINGS)
            if check["standing"] == "holds":
                self.assertNotIn("fix", check)
        for row in found.told["guarantees"]:
            own = [check["standing"] for check in found.told["checks"] if check["guarantee"] == row["guarantee"]]
            self.assertEqual(max([order.index(word) for word in own if word != "note"], default=0), order.index(row["standing"]))

    def test_it_speaks_of_the_guarantees_and_attackers_of_the_readme(self):
        with open(os.path.join(TOP, "README.md"), encoding="utf-8") as file:
            tables = file.read().partition("<!-- guarantees -->")[2].partition("<!-- /guarantees -->")[0].strip().split("\n\n")
        attackers, guarantees = ([line.strip("| ").split(" | ") for line in table.splitlines()[2:]] for table in tables)
        self.assertGreater(len(attackers), 4)
        self.assertGreater(len(guarantees), 5)
        found = self.doctor()
        told = [row["words"] for row in found.told["guarantees"] if row["guarantee"] != "OnlyWay"]
        self.assertEqual([row[0] for row in guarantees], told)
        self.assertEqual([[cell.replace("*", "") for cell in row] for row in attackers],
                         [[row["who"], row["what"]] for row in found.told["attackers"]])
        text = re.sub(r"\s+", " ", self.doctor(json_wanted=False).stdout)
        for row in found.told["attackers"]:
            self.assertIn(f"{row['who']}: {row['what']}", text)

    def test_user_mode_is_never_called_a_wall_against_own_programs(self):
        found = self.doctor()
        self.assertEqual("open", found.standing("other_user"))
        self.assertNotIn("fix", found.checks["other_user"])
        self.assertIn("nothing on this host changes that", self.doctor(json_wanted=False).stdout)

    @needs_own_home
    def test_what_it_says_of_attaching_another_program_finds_out(self):
        target = subprocess.Popen(["sleep", "60"], **self.user.popen_arguments())
        self.addCleanup(target.wait)
        self.addCleanup(target.kill)
        attach = (f"import ctypes, sys; libc = ctypes.CDLL(None, use_errno=True); "
                  f"sys.exit(0 if libc.ptrace({PTRACE_SEIZE}, {target.pid}, None, None) == 0 else 1)")
        refused = subprocess.run(["/usr/bin/python3", "-c", attach], **self.user.popen_arguments()).returncode
        self.assertEqual("holds" if refused else "open", self.doctor().standing("ptrace"))

    @needs_own_home
    def test_a_debugger_at_a_helper_is_seen(self):
        self.assertEqual("holds", self.doctor().standing("traced_helpers"))
        double = os.path.join(self.user.folder, "sentinel-broker")
        shutil.copy("/bin/sleep", double)
        self.addCleanup(os.remove, double)
        target = subprocess.Popen([double, "60"], **self.user.popen_arguments())
        self.addCleanup(target.wait)
        self.addCleanup(target.kill)
        self.assertEqual(0, ctypes.CDLL(None, use_errno=True).ptrace(PTRACE_SEIZE, target.pid, None, None))
        found = self.doctor()
        self.assertEqual("open", found.standing("traced_helpers"))
        self.assertIn(f"process {target.pid}", found.checks["traced_helpers"]["what"])

    @needs_own_home
    @unittest.skipIf(SANITIZED, "a sanitized build is not laid out as installed")
    def test_the_exec_window_is_open_where_a_program_can_be_read(self):
        self.assertEqual("holds", self.doctor().standing("exec_window"))
        for program in (self.layout.broker, self.layout.doctor, self.layout.sentinel, self.layout.credential_process):
            os.chmod(program, 0o755)
            self.addCleanup(os.chmod, program, 0o711)
            found = self.doctor()
            self.assertEqual("open", found.standing("exec_window"), program)
            os.chmod(program, 0o711)

    @unittest.skipIf(SANITIZED, "a sanitizer's mlock does nothing, and always succeeds")
    def test_locked_memory_that_is_refused_is_found(self):
        if ROOT and not self.user.made:
            self.skipTest("root may lock what it likes")
        found = self.doctor(prefix=("prlimit", "--memlock=65536:65536"))
        self.assertEqual("open", found.standing("locked_memory"))
        self.assertIn("64 KiB", found.checks["locked_memory"]["what"])

    def test_a_host_without_user_namespaces_is_weaker_by_name(self):
        narrow = ("unshare", "--user", "--map-root-user", "sh", "-c", 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"', "sh")
        if subprocess.run([*narrow, "true"], capture_output=True, **self.user.popen_arguments()).returncode != 0:
            self.skipTest("no user namespace to try it in")
        # Itself, for in there the files of the host's root are nobody's, and sentinel does not run those.
        done = subprocess.run([*narrow, self.layout.doctor, "doctor", "--json=true", "--offline=true", "--"], capture_output=True,
                              text=True, timeout=PATIENCE, env=CLEAN_ENVIRONMENT, **self.user.popen_arguments())
        checks = {check["check"]: check["standing"] for check in json.loads(done.stdout)["checks"]}
        self.assertEqual("weaker", checks["namespaces"])

    @needs_own_home
    def test_where_nothing_can_be_tried_nothing_is_promised(self):
        found = self.doctor(prefix=("prlimit", "--nproc=1:1"))
        for check in ("secret_memory", "seccomp", "landlock", "namespaces", "ptrace", "process_handles"):
            self.assertEqual("unknown", found.standing(check), check)

    @unittest.skipUnless(ROOT, "needs root, to be root")
    def test_root_is_told_that_it_is_root(self):
        found = self.doctor(user={})
        self.assertEqual(("open", 1), (found.standing("not_root"), found.code))


@unittest.skipUnless(ROOT and shutil.which("ip"), "needs root and ip(8), to make a network of its own")
class Metadata(DoctorTest):
    """Each in a network namespace in which 169.254.169.254 is what the test makes of it."""

    def in_network(self, script, *arguments):
        script = f'ip link set lo up && {script} && exec "$@"'
        probe = subprocess.run(["unshare", "--net", "sh", "-c", script, "sh", "true"], capture_output=True, text=True)
        if probe.returncode != 0:
            self.skipTest(probe.stderr)
        return Doctor(self, *arguments, prefix=("unshare", "--net", "sh", "-c", script, "sh"), user={})

    def test_an_address_that_never_answers_costs_a_moment(self):
        hang = "ip route add 169.254.0.0/16 dev lo"  # what is sent comes back, is nobody's, and is dropped
        found = self.in_network(hang)
        self.assertEqual("holds", found.standing("metadata_service"))
        self.assertIn("no answer within 200 ms", found.checks["metadata_service"]["what"])
        if not SANITIZED:
            self.assertLess(found.seconds, 2)

    def test_without_a_way_there_it_says_so(self):
        found = self.in_network("true")
        self.assertEqual("holds", found.standing("metadata_service"))
        self.assertIn("unreachable", found.checks["metadata_service"]["what"])

    def test_a_service_that_answers_is_open_and_is_asked_for_nothing(self):
        folder = tempfile.mkdtemp(prefix="stest-imds-")
        self.addCleanup(shutil.rmtree, folder)
        heard = os.path.join(folder, "heard")
        serve = ("import socket,sys; s=socket.socket(); s.setsockopt(1,2,1); s.bind(('169.254.169.254',80)); s.listen(); "
                 "print('up',flush=True); c,_=s.accept(); open(sys.argv[1],'wb').write(c.recv(4096))")
        script = ("ip addr add 169.254.169.254/32 dev lo && : > \"$HEARD.up\" && { /usr/bin/python3 -c \"$SERVE\" \"$HEARD\" > \"$HEARD.up\" & "
                  "while ! grep -q up \"$HEARD.up\"; do sleep 0.05; done; }")
        # The service hears whoever comes first; where the doctor does not, this comes after it.
        last = ("import contextlib,socket\nwith contextlib.suppress(OSError):\n"
                "  socket.create_connection(('169.254.169.254',80),5).sendall(b'the next')")
        for arguments, standing, words in ((("--offline",), "unknown", b"the next"), ((), "open", b"")):
            with self.subTest(arguments=arguments):
                found = Doctor(self, *arguments, user={}, environment={"SERVE": serve, "HEARD": heard, "LAST": last},
                               prefix=("unshare", "--net", "--pid", "--fork", "--kill-child", "sh", "-c",
                                       f'ip link set lo up && {script}; "$@"; code=$?; /usr/bin/python3 -c "$LAST"; wait; exit $code', "sh"))
                self.assertEqual(standing, found.standing("metadata_service"))
                with open(heard, "rb") as file:
                    self.assertEqual(words, file.read())


@needs_own_home
class InARun(AwsTest, DoctorTest):
    """Asked by the command of a run: what Sentinel gave that command is no way around it."""

    def checks_of(self, run):
        run.finish()
        self.assertTrue(run.stdout, run.stderr)
        for secret in self.aws.secrets():
            self.assertNotIn(secret, run.stdout)
        return {check["check"]: check for check in json.loads(run.stdout)["checks"]}

    def doctors_command(self):
        return self.layout.sentinel, "doctor", "--json", "--offline"

    def test_a_served_run_offers_nothing_beside_itself(self):
        for transport in TRANSPORTS:
            with self.subTest(transport):
                checks = self.checks_of(self.start(command=self.doctors_command(), transport=transport,
                                                   environment={"AWS_SECRET_ACCESS_KEY": "x", "BOTO_CONFIG": "/x"}))
                for check in ("environment_keys", "environment_files", "container_keys", "credential_processes"):
                    self.assertEqual("holds", checks[check]["standing"], checks[check])
                self.assertRegex(checks["traced_helpers"]["what"], r"[2-9] seen")

    def test_keys_that_sentinel_put_there_itself_are_not_blamed(self):
        text = policy(rule())
        checks = self.checks_of(Run(self, ["exec", "--profile", "ledger-prod", "--policy-file", self.write("policy.yaml", text),
                                           "--log-file", self.log_path, "--", *self.doctors_command()],
                                    environment=self.environment(), cwd=self.folder))
        self.assertEqual("holds", checks["environment_keys"]["standing"], checks["environment_keys"])


if __name__ == "__main__":
    main()
