#!/usr/bin/python3
"""Over TCP the broker searches /proc for its caller. Neither a crowd of members, nor a process with thousands of files, nor
strangers by the hundred may make it turn a member away."""
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from scene import PYTHON, CLEAN_ENVIRONMENT, HostileTest, OrdinaryUser, json, main, needs_root  # noqa: E402

CLIENTS, DESCRIPTORS, ROUNDS = 24, 3000, 8


class Crowd(HostileTest):
    def crowd(self, stage, rounds=ROUNDS):
        """What each fresh process got in the end, and whatever it heard before that."""
        heard = [answers for _ in range(rounds) for answers in stage.order("crowd", clients=CLIENTS)]
        self.assertEqual(CLIENTS * rounds, len(heard))
        return heard

    def assert_all_served(self, heard):
        # 503 is what a client asks again after, as the SDKs of AWS do.
        self.assertEqual({200}, {answers[-1] for answers in heard}, heard)
        self.assertEqual(set(), {status for answers in heard for status in answers} - {200, 503}, heard)

    def test_two_dozen_clients_are_served_beside_a_process_of_three_thousand_files(self):
        stage = self.stage(transport="tcp")
        stage.order("hoard", count=DESCRIPTORS)
        self.assert_all_served(self.crowd(stage))
        self.assertEqual(0, stage.end().code)

    def test_the_process_of_three_thousand_files_is_served_too(self):
        stage = self.stage(transport="tcp")
        stage.order("hoard", count=DESCRIPTORS, here=True)  # the puppet's next sockets have numbers beyond
        for _ in range(5):
            self.assert_served(stage.order("fetch"))
        self.assertEqual(0, stage.end().code)

    def flood(self, stage, user, env):
        """Strangers that ask as fast as they can; ended by end_flood."""
        strangers = [subprocess.Popen([PYTHON, "-B", self.puppet_path, "flood", "{}"], stdout=subprocess.PIPE, text=True, cwd="/",
                                      env={**CLEAN_ENVIRONMENT, **env}, **user.popen_arguments()) for _ in range(4)]
        for stranger in strangers:
            self.assertEqual("403\n", stranger.stdout.readline())  # under way, and refused
        return strangers

    def end_flood(self, strangers):
        """Every answer that a stranger got."""
        heard = set()
        for stranger in strangers:
            stranger.send_signal(signal.SIGTERM)
            heard |= set(json.loads(stranger.communicate()[0]))
        return heard

    def assert_flood_costs_members_nothing(self, user, token):
        stage = self.stage(transport="tcp")
        env = stage.stolen()
        if token:
            env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = token
        stage.order("hoard", count=DESCRIPTORS)  # a search for each stranger would take the time of the members
        strangers = self.flood(stage, user, env)
        try:
            self.assert_all_served(self.crowd(stage, rounds=3))
        finally:
            heard = self.end_flood(strangers)
        # 503 and a closed door: more asked at once than there is room for.
        self.assertLessEqual({403}, heard)
        self.assertNotIn(200, heard)
        self.assert_still_serves(stage)
        self.assertEqual(0, stage.end().code)

    def test_a_flood_of_the_same_user_without_the_token_costs_members_nothing(self):
        self.assert_flood_costs_members_nothing(self.user, "x" * 43)

    def test_a_flood_of_the_same_user_with_the_token_costs_members_nothing(self):
        # These are searched for, each through the whole tree: one walk serves the members that wait with them.
        self.assert_flood_costs_members_nothing(self.user, None)

    @needs_root
    def test_a_flood_of_another_user_costs_members_nothing_even_with_the_token(self):
        other = OrdinaryUser()
        self.addCleanup(other.remove)
        self.assert_flood_costs_members_nothing(other, None)


@needs_root
class SilentWitness(HostileTest):
    """The witness, which alone finds a TCP caller, is stopped: what needs it is late, and what does not is unchanged."""

    def test_a_member_is_told_to_ask_again_and_a_stranger_is_refused_without_a_search(self):
        stage = self.stage(transport="tcp")
        self.assert_served(stage.order("fetch"))
        witness = stage.helpers()["witness"]
        os.kill(witness, signal.SIGSTOP)
        try:
            self.assert_refused(stage.order("fetch", token="x" * 43))
            self.assertEqual("token-wrong", stage.last()["check"])
            self.assert_refused(self.as_stranger("fetch", stage.stolen(), user="root"))
            self.assertEqual("peer-user", stage.last()["check"])
            self.assert_refused(stage.order("fetch"), 503)
            self.assertEqual(("refused", "witness-late"), (stage.last()["outcome"], stage.last()["check"]))
        finally:
            os.kill(witness, signal.SIGCONT)
        self.assert_still_serves(stage)
        self.assertEqual(0, stage.end().code)


if __name__ == "__main__":
    main()
