#!/usr/bin/python3
"""The files of a run under attack, with all real programs: by another user where they lay in /tmp, and by a program of the
same user. What is changed ends the run, and the decision log has it."""
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from scene import HostileTest, OrdinaryUser, main, needs_root, wait_until  # noqa: E402
from harness import BUILD  # noqa: E402

EVIL = "[default]\ncredential_process = /tmp/evil\n"


class RunFolder(HostileTest):
    def folder_of(self, stage):
        folder = os.path.dirname(stage.environment["AWS_CONFIG_FILE"])
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def assert_logged(self, stage, words, detail):
        line = next(line for line in stage.log() if line.get("event"))
        self.assertEqual(("tampered", detail, "ledger-prod"), (line["event"], line["detail"], line["profile"]))
        self.assertIn(words, line["reason"])
        for member in ("effect", "outcome", "rule"):
            self.assertNotIn(member, line, "it is no decision")
        audit = os.path.join(BUILD, "broker/sentinel-audit")
        verified = subprocess.run([audit, "verify", "--", stage.log_path], capture_output=True, text=True)
        self.assertEqual(0, verified.returncode, verified.stdout + verified.stderr)
        shown = subprocess.run([audit, "show", "--", stage.log_path], capture_output=True, text=True)
        self.assertIn("tampered", shown.stdout)

    @needs_root
    def test_a_folder_of_tmp_that_another_user_made_anew_ends_the_run(self):
        state = os.path.join(self.user.home, ".local/state/sentinel/run")
        self.stage().end()  # makes the folders
        os.chmod(state, 0o755)
        self.addCleanup(os.chmod, state, 0o700)
        other = OrdinaryUser()
        self.addCleanup(other.remove)
        stage = self.stage()
        folder = self.folder_of(stage)
        self.assertTrue(folder.startswith("/tmp/sentinel-"), folder)
        shutil.rmtree(folder)  # as a clean-up of /tmp by root would, if it knew no locks
        script = f"import os; os.mkdir({folder!r}); open({folder!r} + '/config', 'w').write({EVIL!r})"
        subprocess.run(["/usr/bin/python3", "-c", script], check=True, **other.popen_arguments())
        stage.end_by_itself()
        self.assertIn(f"TAMPERED: {folder}", stage.run.stderr)
        self.assert_logged(stage, folder, "the run is ended for it")
        self.assertTrue(os.path.exists(folder + "/config"), "what is another's is not ours to remove")

    def test_a_config_that_a_program_of_the_same_user_rewrote_ends_the_run(self):
        stage = self.stage()
        path = stage.environment["AWS_CONFIG_FILE"]
        self.folder_of(stage)
        os.chmod(path, 0o600)
        with open(path, "w") as file:
            file.write(EVIL)
        stage.end_by_itself()
        self.assert_logged(stage, path, "the run is ended for it")

    def test_a_socket_that_a_program_of_the_same_user_replaced_ends_the_run(self):
        stage = self.stage()
        self.folder_of(stage)
        path = stage.environment["SENTINEL_UNIX_SOCKET"]
        os.rename(path, path + ".aside")
        os.symlink("/tmp/evil", path)
        stage.end_by_itself()
        self.assert_logged(stage, "/socket was moved", "the run is ended for it")

    def test_with_warn_the_log_has_it_and_the_run_goes_on(self):
        stage = self.stage("--on-tamper", "warn")
        self.folder_of(stage)
        path = stage.environment["AWS_CONFIG_FILE"]
        os.utime(path)
        wait_until(lambda: any(line.get("event") for line in stage.log()), "the line of the log")
        self.assert_served(stage.order("fetch"))
        self.assertEqual(0, stage.end().code)
        self.assert_logged(stage, path, "the run goes on (--on-tamper warn)")


if __name__ == "__main__":
    main()
