"""Where a run keeps its files, that no clean-up takes them away, and that a change by another program ends the run: who can
write the AWS config of a command decides which program its SDK runs."""
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402
from harness import needs_own_home, shell, state_of, wait_until  # noqa: E402

TCP = ("exec", "--profile", "ok", "--policy-file", "policy", "--server", "--log-file", "decisions")
UNIX = TCP + ("--unix-socket",)
HOLD = ("--", "sh", "-c", 'echo "$AWS_CONFIG_FILE"; read line')
STAY = ("--", "sh", "-c", 'echo "$AWS_CONFIG_FILE"; exec sleep 1000')
STATE = ".local/state/sentinel/run"


class RunFolderTest(harness.ProcessTest):
    doubles = True

    def private_folder(self, *names):
        path = self.user.home
        for name in names:
            path = os.path.join(path, name)
            if not os.path.isdir(path):
                os.mkdir(path, 0o700)
                os.chown(path, self.user.uid, self.user.gid)
        return path

    def place_of(self, *flags, prefix=(), **environment):
        """The folder in which a run makes its own."""
        run = self.start_sentinel(*(flags or UNIX), *HOLD, environment=environment, command_line_prefix=prefix)
        config = run.line()
        self.assertEqual(0, run.finish(stdin="\n").code, run.stderr)
        self.assertFalse(os.path.exists(os.path.dirname(config)), "it is gone with the run")
        return os.path.dirname(os.path.dirname(config))

    def as_user(self, *argv):
        subprocess.run(argv, check=True, capture_output=True, cwd="/", **self.user.popen_arguments())


class Place(RunFolderTest):
    @needs_own_home
    def test_the_runtime_folder_then_the_state_folder_then_tmp(self):
        runtime = self.private_folder("runtime")
        state = os.path.join(self.user.home, STATE)
        self.assertEqual(runtime, self.place_of(XDG_RUNTIME_DIR=runtime))
        self.assertEqual(state, self.place_of())
        os.chmod(runtime, 0o750)
        self.assertEqual(state, self.place_of(XDG_RUNTIME_DIR=runtime), "others may enter")
        os.chmod(runtime, 0o700)
        os.chmod(state, 0o755)
        self.addCleanup(os.chmod, state, 0o700)
        self.assertEqual("/tmp", self.place_of(), "others may enter")
        run = self.run_sentinel(*UNIX, *shell("true"))
        self.assertIn("a sandbox with a /tmp of its own hides them", run.stderr)

    @needs_own_home
    def test_a_folder_below_one_that_another_user_can_write_is_not_used(self):
        above = self.private_folder("open")
        runtime = self.private_folder("open", "runtime")
        for mode in (0o777, 0o770):
            os.chmod(above, mode)
            os.chown(above, self.user.uid, 0)  # root's group is not the user's own
            self.assertEqual(os.path.join(self.user.home, STATE), self.place_of(XDG_RUNTIME_DIR=runtime), oct(mode))
        os.chmod(above, 0o700)
        self.assertEqual(runtime, self.place_of(XDG_RUNTIME_DIR=runtime))

    @needs_own_home
    def test_a_link_is_followed_once_and_not_kept(self):
        runtime = self.private_folder("runtime")
        link = os.path.join(self.user.home, "link")
        os.symlink(runtime, link)
        self.addCleanup(os.unlink, link)
        os.lchown(link, self.user.uid, self.user.gid)
        self.assertEqual(runtime, self.place_of(XDG_RUNTIME_DIR=link))

    @needs_own_home
    def test_a_socket_whose_path_would_be_too_long_goes_elsewhere(self):
        runtime = self.private_folder("a" * 90)
        self.assertEqual(os.path.join(self.user.home, STATE), self.place_of(XDG_RUNTIME_DIR=runtime))
        self.assertEqual(runtime, self.place_of(*TCP, XDG_RUNTIME_DIR=runtime), "there is no socket in it")

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to make a user whose home is not below /tmp")
    def test_a_tmpfs_over_tmp_does_not_hide_it(self):
        folder = tempfile.mkdtemp(prefix="sentinel-test-", dir="/opt")
        user = harness.OrdinaryUser(folder=folder)
        self.addCleanup(user.remove)
        layout, mine = harness.Layout(user, True), (self.user, self.layout)
        self.user, self.layout = user, layout
        self.addCleanup(lambda: setattr(self, "user", mine[0]) or setattr(self, "layout", mine[1]))
        below_tmp = tempfile.mkdtemp(prefix="stest-runtime-")
        self.addCleanup(shutil.rmtree, below_tmp, ignore_errors=True)
        os.chown(below_tmp, user.uid, user.gid)
        sandbox = ("unshare --user --map-root-user --mount sh -c "
                   "'mount -t tmpfs none /tmp && test -S $SENTINEL_UNIX_SOCKET && test -r $AWS_CONFIG_FILE && echo there'")
        if subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "true"], capture_output=True,
                          **user.popen_arguments()).returncode != 0:
            self.skipTest("no user namespace to try it in")
        run = self.run_sentinel(*UNIX, *shell(sandbox), environment={"XDG_RUNTIME_DIR": below_tmp})
        self.assertEqual("there\n", run.stdout, run.stderr)
        self.assertEqual([], os.listdir(below_tmp))


class CleanUp(RunFolderTest):
    @unittest.skipUnless(shutil.which("systemd-tmpfiles"), "no systemd-tmpfiles")
    def test_the_cleaner_of_tmp_leaves_a_running_folder_alone(self):
        runtime = self.private_folder("runtime")
        rules = os.path.join(self.user.folder, "clean.conf")
        with open(rules, "w") as file:
            file.write(f"e {runtime} - - - 0\n")
        old = os.path.join(runtime, "sentinel-old")
        os.mkdir(old)
        run = self.start_sentinel(*UNIX, *HOLD, environment={"XDG_RUNTIME_DIR": runtime})
        config = run.line()
        self.assertTrue(config.startswith(runtime), config)
        subprocess.run(["systemd-tmpfiles", "--clean", rules], check=True, capture_output=True)
        self.assertFalse(os.path.exists(old), "the cleaner did clean")
        self.assertTrue(os.path.exists(config))
        self.assertEqual((0, ""), (run.finish(stdin="\n").code, run.stderr))

    @needs_own_home
    def test_what_killed_runs_left_goes_with_the_next_and_a_running_one_stays(self):
        killed, running = (self.start_sentinel(*UNIX, *HOLD) for _ in range(2))
        left, kept = (os.path.dirname(run.line()) for run in (killed, running))
        self.assertTrue(left.startswith(os.path.join(self.user.home, STATE)))
        foreign = os.path.join(os.path.dirname(left), "notes")
        os.mkdir(foreign)
        self.addCleanup(os.rmdir, foreign)
        keeper = killed.keeper
        for pid in (killed.pid, keeper):  # stopped first: neither may see the other's end
            os.kill(pid, signal.SIGSTOP)
        for pid in (killed.pid, keeper):
            os.kill(pid, signal.SIGKILL)
        killed.finish()
        wait_until(lambda: harness.state_of(keeper) in ("", "Z"), "the end of the killed keeper, which held the folder")
        wait_until(lambda: not [pid for pid in self.own_processes() if "helper_double" in harness.command_line(pid)
                                and pid not in harness.children_of(running.keeper)], "the end of the killed run's helpers")
        self.assertTrue(os.path.exists(left), "nobody was left to remove it")
        self.assertEqual(0, self.run_sentinel(*UNIX, *shell("true")).code)
        self.assertFalse(os.path.exists(left))
        self.assertTrue(os.path.exists(os.path.join(kept, "config")))
        self.assertTrue(os.path.exists(foreign))
        self.assertEqual((0, ""), (running.finish(stdin="\n").code, running.stderr))


def rewrite(folder):
    with open(os.path.join(folder, "config"), "a") as file:  # root may, whatever its mode
        file.write("credential_process = /tmp/evil\n")


def same_length(folder):
    path = os.path.join(folder, "config")
    with open(path, "r+b") as file:
        first = file.read(1)
        file.seek(0)
        file.write(b"#" if first != b"#" else b";")
    with contextlib.suppress(FileNotFoundError):  # the run may have ended at the change itself
        os.utime(path, (0, 0))


def replace(folder):
    other = os.path.join(folder, "other")
    shutil.copy(os.path.join(folder, "config"), other)
    os.rename(other, os.path.join(folder, "config"))


def there_and_back(folder):
    os.rename(os.path.join(folder, "config"), os.path.join(folder, "aside"))
    os.rename(os.path.join(folder, "aside"), os.path.join(folder, "config"))


def folder_there_and_back(folder):
    os.rename(folder, folder + "-aside")
    os.rename(folder + "-aside", folder)


def above_there_and_back(folder):
    above = os.path.dirname(folder)
    os.rename(above, above + "-aside")
    os.rename(above + "-aside", above)


def written_and_back(folder):
    path = os.path.join(folder, "config")
    before = os.stat(path)
    with open(path, "r+") as file:
        text = file.read()
        for content in ("x" * len(text), text):
            file.seek(0)
            file.write(content)
            file.flush()
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def open_up(folder):
    os.chmod(folder, 0o711)


def link(folder):
    os.link(os.path.join(folder, "config"), os.path.join(folder, "second"))


def give_keys(folder):
    with open(os.path.join(folder, "credentials"), "w") as file:
        file.write("[default]\naws_access_key_id = AKIAEVIL\n")


def swap_socket(folder):
    import socket
    beside = os.path.join(os.path.dirname(folder), "socket")
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(beside)
        os.rename(beside, os.path.join(folder, "socket"))


def remove(folder):
    shutil.rmtree(folder)


@needs_own_home  # root writes where the mode forbids it to the run's own user, whose change of the mode would be told first
class Tampering(RunFolderTest):
    def start(self, *flags, command=STAY):
        runtime = self.private_folder("runtime")
        run = self.start_sentinel(*UNIX, *flags, *command, environment={"XDG_RUNTIME_DIR": runtime})
        config = run.line()
        self.assertTrue(config.startswith(runtime), config)
        return run, os.path.dirname(config)

    def clear(self, *folders):
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)

    def assert_told(self, run, words):
        told = [line for line in run.stderr.splitlines() if "TAMPERED" in line]
        self.assertEqual(1, len(told), run.stderr)
        self.assertIn(words, told[0])

    def test_each_change_by_another_program_ends_the_run(self):
        for change, words in ((rewrite, "/config was rewritten"), (same_length, "/config was rewritten"),
                              (replace, "/config was replaced"), (there_and_back, "/config was moved"),
                              (folder_there_and_back, " was moved"), (above_there_and_back, "/runtime was moved"),
                              (open_up, "has another mode or owner"), (link, "/config was changed"),
                              (give_keys, "/credentials was rewritten"), (swap_socket, "/socket was replaced"),
                              (remove, " was removed")):
            with self.subTest(change=change.__name__):
                run, folder = self.start()
                self.addCleanup(self.clear, folder, folder + "-aside")
                change(folder)
                run.finish()
                self.assertEqual(128 + signal.SIGTERM, run.code, run.stderr)
                # Several events may come of one change, and the first is told: of a swapped socket that it was removed.
                self.assert_told(run, words if change not in (swap_socket, replace, remove) else "was ")
                self.assertIn("the run is being ended", run.stderr)
                self.clear(folder)

    def test_what_only_reads_does_not_alarm(self):
        run, folder = self.start(command=HOLD)
        config = os.path.join(folder, "config")
        for path in (config, os.path.join(folder, "credentials")):
            with open(path) as file:
                file.read()
            os.stat(path)
            self.as_user("cat", path)
        self.as_user("touch", "-a", os.path.join(folder, "beside"))
        os.unlink(os.path.join(folder, "beside"))
        if shutil.which("vim"):  # keeps a swap file beside what it shows
            self.as_user("vim", "-es", "-u", "NONE", "-c", "q", config)
        import socket
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(os.path.join(folder, "socket"))
        run.finish(stdin="\n")
        self.assertEqual((0, ""), (run.code, run.stderr))

    @needs_own_home
    def test_a_program_of_the_same_user_must_change_the_mode_before_it_can_write(self):
        run, folder = self.start()
        config = os.path.join(folder, "config")
        script = f"import os, sys\ntry: os.open({config!r}, os.O_RDWR)\nexcept PermissionError: sys.exit(0)\nsys.exit(1)"
        self.as_user("/usr/bin/python3", "-c", script)
        self.as_user("chmod", "600", config)
        run.finish()
        self.assertEqual(128 + signal.SIGTERM, run.code, run.stderr)
        self.assert_told(run, "/config has another mode or owner now")

    def test_what_is_undone_again_while_the_keeper_is_stopped_is_told(self):
        for change, words in ((there_and_back, "/config was moved"), (folder_there_and_back, " was moved"),
                              (above_there_and_back, "/runtime was moved"), (written_and_back, "/config ")):
            with self.subTest(change=change.__name__):
                run, folder = self.start()
                self.addCleanup(self.clear, folder)
                keeper = run.keeper
                os.kill(keeper, signal.SIGSTOP)
                wait_until(lambda: state_of(keeper) == "T", "the stop of the keeper")
                change(folder)
                os.kill(keeper, signal.SIGCONT)
                run.finish()
                self.assertEqual(128 + signal.SIGTERM, run.code, run.stderr)
                self.assert_told(run, words)

    def test_warn_tells_each_change_and_goes_on(self):
        run, folder = self.start("--on-tamper", "warn", command=HOLD)
        self.addCleanup(self.clear, folder)
        rewrite(folder)
        run.hear("/config was rewritten")
        os.chmod(os.path.join(folder, "config"), 0o644)
        run.hear("/config has another mode or owner now")
        run.finish(stdin="\n")
        self.assertEqual(0, run.code, run.stderr)
        self.assertEqual(2, run.stderr.count("TAMPERED"), run.stderr)
        self.assertEqual(2, run.stderr.count("the run goes on (--on-tamper warn)"), run.stderr)

    def test_a_change_before_the_broker_has_the_keys_of_the_environment_waits_for_them(self):
        runtime = self.private_folder("runtime")
        words = [word if word != "ok" else "late" for word in UNIX]
        run = self.start_sentinel(*words, "--env-keys", "--on-tamper", "warn", *shell("true"), environment={
            "XDG_RUNTIME_DIR": runtime, "AWS_ACCESS_KEY_ID": "AKIAHERE", "AWS_SECRET_ACCESS_KEY": "hidden-hidden"})
        wait_until(lambda: run.helper("broker"), "the broker")
        os.chmod(os.path.join(runtime, os.listdir(runtime)[0], "config"), 0o600)
        run.finish()
        self.assertEqual(0, run.code, run.stderr)
        self.assert_told(run, "/config has another mode or owner now")

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to mount; FUSE does it for any user")
    def test_what_is_mounted_over_the_files_or_a_folder_above_is_told(self):
        for where in ("", "/config", "/.."):
            with self.subTest(where=where):
                run, folder = self.start()
                self.addCleanup(self.clear, folder)
                over = os.path.normpath(folder + where)
                kind = ("--bind", "/dev/null") if where == "/config" else ("-t", "tmpfs", "none")
                if subprocess.run(["mount", *kind, over], capture_output=True).returncode != 0:
                    self.skipTest("nothing can be mounted here")
                time.sleep(0.3)  # long enough for a fetch
                subprocess.run(["umount", "--lazy", over], check=True)
                run.finish()
                self.assertEqual(128 + signal.SIGTERM, run.code, run.stderr)
                # A look that something else brought about may see what it did first.
                self.assert_told(run, "was ")

    def test_a_run_over_tcp_is_watched_too(self):
        run = self.start_sentinel(*TCP, *STAY)
        folder = os.path.dirname(run.line())
        self.assertTrue(folder.startswith("/"), "there is a run")
        rewrite(folder)
        run.finish()
        self.assertEqual(128 + signal.SIGTERM, run.code, run.stderr)
        self.assert_told(run, "/config was rewritten")

    def test_a_socket_at_a_path_of_ones_own_is_watched(self):
        path = os.path.join(self.user.home, "sock")
        run = self.start_sentinel(*UNIX, "--unix-socket-path", path, *STAY)
        run.line()
        with open(os.path.join(self.user.home, "beside"), "w"):
            pass
        os.rename(path, path + "2")
        self.addCleanup(os.unlink, path + "2")
        run.finish()
        self.assertEqual(128 + signal.SIGTERM, run.code, run.stderr)
        self.assert_told(run, f"{path} was moved")

    def test_the_command_that_takes_its_own_files_away_is_told(self):
        run = self.run_sentinel(*UNIX, *shell('rm -r "$(dirname "$AWS_CONFIG_FILE")"; sleep 1000'))
        self.assertEqual(128 + signal.SIGTERM, run.code, run.stderr)
        self.assert_told(run, "was removed")

    def test_the_normal_end_does_not_alarm(self):
        for command in ("true", "sleep 1000 & exit 3", "cat $AWS_CONFIG_FILE >/dev/null"):
            run = self.run_sentinel(*UNIX, *shell(command))
            self.assertNotIn("TAMPERED", run.stderr)

    @needs_own_home
    def test_without_inotify_it_looks_once_a_second_and_says_so(self):
        with open("/proc/sys/fs/inotify/max_user_instances") as file:
            instances = int(file.read())
        if instances > 4096:
            self.skipTest(f"{instances} inotify instances are too many to use up")
        hog = subprocess.Popen(
            ["/usr/bin/python3", "-c", "import ctypes, sys, resource\n"
             "resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)\n"
             "libc = ctypes.CDLL(None)\nwhile libc.inotify_init() >= 0: pass\nprint('all', flush=True)\nsys.stdin.read()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **self.user.popen_arguments())
        self.addCleanup(hog.communicate)
        self.assertEqual("all\n", hog.stdout.readline())
        for change, words in ((rewrite, "/config was rewritten"), (same_length, "/config was rewritten"),
                              (there_and_back, "/config was changed"), (remove, "was removed")):
            with self.subTest(change=change.__name__):
                run, folder = self.start()
                self.addCleanup(self.clear, folder)
                run.hear("looked at once a second instead")
                change(folder)
                run.finish()
                self.assertEqual(128 + signal.SIGTERM, run.code, run.stderr)
                self.assert_told(run, words)
                self.assertEqual(1, run.stderr.count("looked at once a second"), run.stderr)
                self.clear(folder)


if __name__ == "__main__":
    harness.main()
