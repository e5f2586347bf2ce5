#!/usr/bin/python3
"""A policy that is not signed for its name, by its key, as this text and no older version is never used."""
import json
import os
import re
import subprocess
import time
import unittest

from aws_case import PARAMETER, policy, rule, wait_until
from harness import PATIENCE, Run
from own_etc import OwnEtc, can_mount
from signed_case import ALIAS, SIGNATURE, SignedTest, allowing, denying, envelope, key

import kms_actions

BY_KMS = ("--policy-kms-key", ALIAS)
POLL = ("--policy-poll", "5s")


class AtTheStart(SignedTest):
    def test_an_unsigned_policy_is_refused_under_enforcement(self):
        self.refused(sentence="is not signed, and a signature is demanded here")

    # Without a key nothing is demanded; the log shows which it was.
    def test_without_a_key_an_unsigned_policy_is_served_and_the_log_shows_no_signed_version(self):
        asker = self.asker()
        self.assert_served(asker.ask())
        asker.end()
        self.assertEqual("", asker.run.stderr)
        self.assertNotIn("policy_serial", self.decisions()[-1])

    def test_an_altered_policy_is_refused(self):
        self.put_pair(allowing("# altered\n"), envelope(allowing()))
        self.refused(sentence="and its signature do not belong together")

    def test_an_altered_policy_with_its_own_hash_is_refused(self):
        altered = allowing("# altered\n")
        good = envelope(altered)
        stolen = envelope(allowing()).split('"metadata"')[0] + '"metadata"' + good.split('"metadata"')[1]
        self.put_pair(altered, stolen)
        self.refused(sentence="was not signed with the key")

    def test_a_signature_by_another_key_is_refused(self):
        self.put_signed(allowing(), pem=key("stranger"))
        self.refused(sentence="was not signed with the key")
        self.put_kms_key()
        self.refused(*BY_KMS, sentence="was not signed with the KMS key alias/fleet")

    def test_a_malformed_or_empty_envelope_is_refused(self):
        whole = envelope(allowing())
        for bad in ("{}", "x", whole[:-1], whole.replace('"signature": "', '"signature": "*'),
                    '{"signature": "", "metadata": {}}', whole.replace('"policy_version": 1', '"policy_version": "1"')):
            with self.subTest(bad=bad[:60]):
                self.put_pair(allowing(), bad)
                self.refused(sentence="the signature of the policy /sentinel/policies/default ")

    def test_a_signature_of_an_older_tool_is_refused_and_told_to_be_made_anew(self):
        old = json.loads(envelope(allowing()))
        del old["metadata"]["policy_name"], old["metadata"]["policy_version"]
        self.put_pair(allowing(), json.dumps(old))
        self.refused(sentence="does not bind the policy's name and version")

    def test_a_denial_names_the_action_that_reads_both_parameters(self):
        run = self.refused_start(*self.by_file, policy=("--policy-parameter", "/sentinel/policies/denied"))
        self.assertIn("allow ssm:GetParameters to this identity, on the policy's parameter and on its signature's", run.stderr)

    def test_a_swapped_dev_pair_in_prod_is_refused(self):
        self.put_signed(allowing(), name="/sentinel/policies/dev")
        self.refused(sentence="carries the signature of another policy, '/sentinel/policies/dev'")

    def test_kms_denied_unreachable_disabled_or_unknown_is_refused(self):
        self.put_signed(allowing())
        self.refused(*BY_KMS, sentence="KMS does not know the key")
        self.put_kms_key(deny=["*"])
        self.refused(*BY_KMS, sentence="verifying with KMS is not allowed to this identity")
        self.put_kms_key(enabled=False)
        self.refused(*BY_KMS, sentence="the KMS key is not enabled")
        self.put_kms_key()
        self.refused(*BY_KMS, sentence="verifying with KMS failed", environment={"AWS_ENDPOINT_URL_KMS": "http://127.0.0.1:1"})

    def test_signed_by_kms_or_by_a_key_file_it_is_served(self):
        self.put_signed(allowing(), version=7)
        self.put_kms_key()
        for options in (self.by_file, BY_KMS):
            asker = self.asker(*options)
            self.assert_served(asker.ask())
            asker.end()
            self.assertEqual(7, self.decisions()[-1]["policy_serial"])
            self.assertNotIn("not signed", asker.run.stderr)

    def test_a_policy_longer_than_kms_takes_is_signed_and_loaded(self):
        text = allowing("".join(f"# {i:>76}\n" for i in range(60)))
        self.assertGreater(len(text), 4096)
        self.put_signed(text)
        self.put_kms_key()
        for options in (self.by_file, BY_KMS):
            asker = self.asker(*options)
            self.assert_served(asker.ask())
            asker.end()

    def test_a_key_file_that_others_can_write_or_that_is_no_key_is_refused(self):
        self.put_signed(allowing())
        os.chmod(self.public, 0o666)
        self.refused(sentence="can be written by others")
        self.refused("--policy-key", self.write("no.pub", "no key"), sentence="is not a public key in PEM")
        self.refused("--policy-key", self.write("small.pub", kms_actions.public_pem(kms_actions.new_key_pem(1024))),
                     sentence="is an RSA key of 1024 bits")
        self.refused("--policy-key", os.path.join(self.folder, "none.pub"), sentence="cannot open the policy key")


class WithoutAServer(SignedTest):
    def run_once(self, word, *options, command=()):
        return Run(self, [word, "--profile", "ledger-prod", "--policy-parameter", PARAMETER, "--log-file", self.log_path, *options,
                          *command], environment=self.environment(), cwd=self.folder).finish()

    def test_enforcement_holds_for_exec_and_for_credentials(self):
        for word, command in (("exec", ("--", "touch", self.marker)), ("credentials", ())):
            with self.subTest(word=word):
                self.put_pair(allowing(), None)
                run = self.run_once(word, *self.by_file, command=command)
                self.assertNotEqual(0, run.code)
                self.assertEqual("", run.stdout)
                self.assertIn("is not signed, and a signature is demanded here", run.stderr)
                self.assertFalse(os.path.exists(self.marker), "the command ran")
                self.assertEqual([], self.assume_role(), "keys were asked for")
                self.put_signed(allowing())   # the same, signed, is not refused for that
                self.assertNotIn("signature", self.run_once(word, *self.by_file, command=command).stderr)
                self.aws.control.clear_log()
                if os.path.exists(self.marker):
                    os.unlink(self.marker)


class WhileItRuns(SignedTest):
    def served(self, *options):
        self.put_signed(allowing(), version=5)
        asker = self.asker(*(options or self.by_file), *POLL)
        self.assert_served(asker.ask())
        return asker

    def becomes(self, asker, status):
        wait_until(lambda: asker.ask()["status"] == status, f"status {status}", patience=PATIENCE)

    def test_a_change_bites_within_the_poll_interval(self):
        asker = self.served()
        self.put_signed(denying("the freeze"), version=6)
        began = time.monotonic()
        self.becomes(asker, 403)
        self.assertLess(time.monotonic() - began, 5 + 4, "poll interval and a slow machine")
        self.assertEqual(("the freeze", 6), tuple(self.decisions()[-1][name] for name in ("reason", "policy_serial")))

    def test_what_is_not_good_is_refused_at_once_and_a_good_one_serves_again(self):
        # Each in a run of its own, all at once: each waits for its next poll twice.
        cases = [self.SpoiltPair(self, number, *spoilt) for number, spoilt in enumerate((
            (lambda name: (allowing(), None), "is not signed"),
            (lambda name: (allowing(), "{}"), "the signature of the policy"),
            (lambda name: (allowing(), envelope(allowing(), 9, name, key("stranger"))), "was not signed with the key"),
            (lambda name: (allowing(), envelope(allowing(), 9, "/sentinel/policies/dev")), "of another policy"),
            (lambda name: (allowing("#\n"), envelope(allowing("#\n"), 4, name)), "is an older one: it is version 4"),
            (lambda name: (allowing("#\n"), envelope(allowing("#\n"), 5, name)), "another text under the same version 5")))]
        for case in cases:
            self.assert_served(case.asker.ask())
            case.spoil()
        for case in cases:
            with self.subTest(sentence=case.sentence):
                self.becomes(case.asker, 403)
                self.assertIn(case.sentence, case.last_reason())
                case.mend()
        for case in cases:
            with self.subTest(sentence=case.sentence):
                self.becomes(case.asker, 200)

    class SpoiltPair:
        """A run under a parameter of its own; `pair` makes what is no good for that parameter's name."""

        def __init__(self, test, number, pair, sentence):
            self.name, self.pair, self.sentence = f"/sentinel/policies/spoilt-{number}", pair, sentence
            self.test, self.log = test, os.path.join(test.folder, f"spoilt-{number}.jsonl")
            self.mend()
            self.asker = test.asker(*test.by_file, *POLL, "--log-file", self.log, policy=("--policy-parameter", self.name), log=False)

        def spoil(self):
            self.test.put_pair(*self.pair(self.name), name=self.name)

        def mend(self):
            self.test.put_pair(allowing(), envelope(allowing(), 5, self.name), name=self.name)

        def last_reason(self):
            with open(self.log) as file:
                return json.loads(file.readlines()[-1])["reason"]

    def test_a_torn_read_is_asked_again_and_never_used(self):
        asker = self.served()
        before = len(self.aws.calls("GetParameters"))
        self.aws.control.put_parameter(name=PARAMETER, value=denying("the freeze"))   # as a push does: policy first
        wait_until(lambda: len(self.aws.calls("GetParameters")) >= before + 2, "a second look at a torn pair")
        self.assert_served(asker.ask())
        self.aws.control.put_parameter(name=SIGNATURE, value=envelope(denying("the freeze"), 6))
        self.becomes(asker, 403)
        self.assertEqual("the freeze", self.decisions()[-1]["reason"])

    def test_kms_is_asked_once_for_its_key(self):
        self.put_kms_key()
        self.served(*BY_KMS)
        wait_until(lambda: len(self.aws.calls("GetParameters")) >= 3, "two refreshes")
        self.assertEqual(1, len(self.aws.calls("GetPublicKey")))


class AcrossRuns(SignedTest):
    def test_a_rollback_to_an_older_signed_pair_is_refused_in_a_later_run(self):
        self.put_signed(allowing("# new\n"), version=10)
        asker = self.asker(*self.by_file)
        self.assert_served(asker.ask())
        asker.end()
        issued = len(self.assume_role())
        self.put_signed(allowing("# old\n"), version=9)
        run = self.refused_start(*self.by_file)
        self.assertIn("is an older one: it is version 9, and version 10 was in force here", run.stderr)
        self.assertEqual(issued, len(self.assume_role()))


class InAFile(SignedTest):
    def sign_file(self, text, version, **more):
        path = os.path.join(self.folder, "policy.yaml")
        self.write("policy.yaml.sig", envelope(text, version, **{"name": path, **more}))
        return ("--policy-file", self.write("policy.yaml", text))

    def test_a_change_with_its_new_signature_bites_at_the_next_request(self):
        for options in (self.by_file, BY_KMS):
            with self.subTest(options=options):
                self.put_kms_key()
                first = 1 if options == self.by_file else 11
                asker = self.asker(*options, policy=self.sign_file(allowing(), first))
                self.assert_served(asker.ask())
                self.sign_file(denying("the freeze"), first + 1)
                self.assertEqual(403, asker.ask()["status"])
                self.sign_file(allowing("#\n"), first + 2)
                wait_until(lambda: asker.ask()["status"] == 200, "service again")
                asker.end()

    def test_what_is_not_signed_for_this_file_is_refused(self):
        source = self.sign_file(allowing(), 3)
        asker = self.asker(*self.by_file, policy=source)
        self.assert_served(asker.ask())
        for break_it in (lambda: self.write("policy.yaml", allowing("# altered\n")),
                         lambda: os.unlink(os.path.join(self.folder, "policy.yaml.sig")),
                         lambda: self.write("policy.yaml.sig", "{}"),
                         lambda: self.sign_file(allowing(), 4, pem=key("stranger")),
                         lambda: self.sign_file(allowing(), 4, name="/another/policy.yaml"),
                         lambda: self.sign_file(allowing("# old\n"), 2)):
            break_it()
            self.assertEqual(403, asker.ask()["status"])
            self.assertEqual("policy-unusable", self.decisions()[-1]["check"])
            self.sign_file(allowing(), 3)
            self.assert_served(asker.ask())

    def test_an_unsigned_file_is_refused_at_the_start(self):
        self.refused_start(*self.by_file, policy=("--policy-file", self.write("policy.yaml", allowing())))


@unittest.skipUnless(can_mount(), "needs root, to put a key into /etc/sentinel of a mount namespace of its own")
class TheHostsKey(OwnEtc, SignedTest):
    """/etc/sentinel/policy.pub, seen by the runs of these tests alone."""

    def setUp(self):
        super().setUp()
        self.make_etc()
        with open(self.public) as file:
            self.say(file.read(), "policy.pub")

    def under_host_key(self, *options, policy=("--policy-parameter", PARAMETER)):
        arguments = ["exec", "--server", "--profile", "ledger-prod", *policy, "--log-file", self.log_path, *options, "--", "true"]
        return subprocess.run([*self.in_its_etc(), self.layout.sentinel, *arguments], cwd=self.folder, capture_output=True, text=True,
                              timeout=PATIENCE, env={"PATH": os.environ["PATH"], **self.environment()})

    def test_it_binds_every_run_whatever_the_options_say(self):
        done = self.under_host_key()
        self.assertNotEqual(0, done.returncode)
        self.assertIn("is not signed, and a signature is demanded here", done.stderr)
        self.put_signed(allowing())
        self.assertEqual(0, self.under_host_key().returncode)
        self.assertEqual(0, self.under_host_key(*self.by_file).returncode, "the same key")
        other = self.write("other.pub", kms_actions.public_pem(key("stranger")), 0o644)
        for options, sentence in ((("--policy-key", other), "--policy-key names another key"),
                                  (BY_KMS, "--policy-kms-key names another key")):
            done = self.under_host_key(*options)
            self.assertNotEqual(0, done.returncode)
            self.assertIn(sentence, done.stderr)

    def test_a_local_file_does_not_escape_it(self):
        done = self.under_host_key(policy=("--policy-file", self.write("policy.yaml", allowing())))
        self.assertNotEqual(0, done.returncode)
        self.assertIn("is not signed", done.stderr)


class WhoamiSays(SignedTest):
    """Which key has signed the policy, or that none is demanded."""

    def signed(self, *options):
        run = Run(self, ["whoami", "--profile", "ledger-prod", *options, "--json"], environment=self.environment(), cwd=self.folder).finish()
        self.assertEqual(0, run.code, run.stderr)
        told = json.loads(run.stdout)
        return told["effect"], told["signed"]

    def test_without_a_key_the_signature_is_not_looked_at_and_that_is_said(self):
        self.put_signed(policy(rule()), 3)
        self.assertEqual(("allow", "no key named: the signature beside the parameter is not looked at"),
                         self.signed("--policy-parameter", PARAMETER))
        self.assertEqual(("allow", "no key named: the signature beside the file is not looked at"),
                         self.signed("--policy-file", self.write("p.yaml", policy(rule()))))
        self.assertEqual((None, None), self.signed())

    def test_with_a_key_it_and_the_version_are_named(self):
        self.put_signed(policy(rule()), 3)
        effect, told = self.signed("--policy-parameter", PARAMETER, *self.by_file)
        self.assertEqual("allow", effect)
        self.assertRegex(told, f"^version 3, by the key {re.escape(self.public)}, [0-9a-f]+$")
        self.put_kms_key()
        self.assertEqual(("allow", f"version 3, by the KMS key {ALIAS}"), self.signed("--policy-parameter", PARAMETER, "--policy-kms-key", ALIAS))

    def test_a_policy_that_is_not_signed_as_demanded_is_said_to_need_it(self):
        self.put_pair(policy(rule()), None)
        effect, told = self.signed("--policy-parameter", PARAMETER, *self.by_file)
        self.assertEqual("none", effect)
        self.assertTrue(told.startswith(f"must be, by the key {self.public}, "), told)


if __name__ == "__main__":
    unittest.main(verbosity=2)
