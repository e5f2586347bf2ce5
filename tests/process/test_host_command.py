#!/usr/bin/python3
"""`sentinel host`: the real program, as an ordinary user, over an /etc/sentinel/host.yaml in a mount namespace of its own. It
reads no key and asks nobody; what it says of a secret that stands in the file shows none of it."""
import json
import os
import pty
import re
import shutil
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from harness import BUILD, CLEAN_ENVIRONMENT, PATIENCE, ProcessTest, main  # noqa: E402
from own_etc import OwnEtc, can_mount  # noqa: E402

TOP = os.path.join(HERE, "../..")
TOOL = os.path.join(BUILD, "broker/sentinel-host")
ROLE = "arn:aws:iam::111122223333:role/"
POLICY = ("version: \"1\"\nrules:\n  - name: all\n    effect: require_server\n    conditions: { users: [marta], profiles: [ledger-prod] }\n")
HOST = f"""version: "1"
profiles:
  base: {{ credential: aws-base, region: eu-north-1 }}
  ledger-prod: {{ role_arn: {ROLE}ledger, source_profile: base }}
  vault: {{ credential_process: /etc/sentinel/keys --password passwordInACommand01234567 }}
programs: [/etc/sentinel/keys]
policy: {{ file: /etc/sentinel/policy.yaml }}
principals:
  - {{ uid: 990, user: robot }}
  - {{ uids: "2000-2999", user: "agent-{{uid}}" }}
  - {{ group: ops, user: ops, shared: true }}
limits: {{ runs_per_user: 3 }}
log: {{ file: /var/log/sentinel/decisions.jsonl, syslog: true }}
"""


class Command(ProcessTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.layout.host = cls.layout._copy("broker/sentinel-host", "broker/sentinel-host")

    def prefix(self):
        return ()

    def popen(self):
        return self.user.popen_arguments()

    def run_host(self, *arguments, code=0):
        done = subprocess.run([*self.prefix(), self.layout.sentinel, "host", *arguments], cwd="/", capture_output=True, text=True,
                              timeout=PATIENCE, env={**CLEAN_ENVIRONMENT, "HOME": self.user.home}, **self.popen())
        self.assertEqual(code, done.returncode, f"{arguments}\n{done.stdout}\n{done.stderr}")
        return done


class Reference(Command):
    """What the loader reads is what the page says, and each example is read."""

    def test_what_it_does_not_know_is_misuse(self):
        for arguments, said in ((("validat",), "validate"), (("validate", "a", "b"), "unexpected"), (("validate", "--nonsense"), "nonsense"),
                                (("schema", "a"), "unexpected"), (("schema", "--man", "--json"), "--man")):
            self.assertIn(said, self.run_host(*arguments, code=2).stderr, arguments)

    def test_no_key_that_the_loader_knows_is_left_out(self):
        known = []
        folder = os.path.join(TOP, "broker/host_config")
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name)) as file:
                text = file.read()
            known += re.findall(r'^ +\{"(\w+)",\s+(true|false),', text, re.M) if name.endswith(".cc") else []
            known += [(key, "false") for key in re.findall(r"^(?:SETTING|LIMIT)\((\w+),", text, re.M)] if name.endswith(".def") else []
        told = [(each["key"].rpartition(".")[2], str(each["required"]).lower())
                for each in json.loads(self.run_host("schema", "--json").stdout)["keys"]]
        self.assertGreater(len(told), 40)
        self.assertEqual(sorted(known), sorted(told))

    def test_each_key_of_a_profile_is_one_that_the_resolver_of_every_run_reads(self):
        resolver = ""
        for name in sorted(os.listdir(os.path.join(TOP, "broker/profile"))):
            with open(os.path.join(TOP, "broker/profile", name)) as file:
                resolver += file.read()
        keys = [each["key"].rpartition(".")[2] for each in json.loads(self.run_host("schema", "--json").stdout)["keys"]
                if each["key"].startswith("profiles.NAME.")]
        self.assertGreater(len(keys), 10)
        self.assertEqual(["credential"], [key for key in keys if f'"{key}"' not in resolver])

    def test_the_manual_page_is_the_one_that_is_printed(self):
        with open(os.path.join(TOP, "broker/tools/host/sentinel-host.5")) as file:
            self.assertEqual(self.run_host("schema", "--man").stdout, file.read(),
                             "run `sentinel host schema --man > broker/tools/host/sentinel-host.5`")

    def test_no_page_promises_a_service(self):
        self.assertIn("nothing else reads it", self.run_host("schema", "--man").stdout)


@unittest.skipUnless(can_mount(), "needs root, to put a file into /etc/sentinel of a mount namespace of its own")
class Validate(OwnEtc, Command):
    def setUp(self):
        super().setUp()
        self.make_etc()
        self.say("#!/bin/sh\n", "keys", 0o755)
        self.say(POLICY, "policy.yaml")

    def _copy_etc(self):
        """What a program needs to start is enough: this one asks for no name of the host's."""
        os.makedirs(self.etc, exist_ok=True)
        for name in ("ld.so.cache", "passwd", "group", "nsswitch.conf"):
            if os.path.exists(os.path.join("/etc", name)):
                shutil.copy(os.path.join("/etc", name), self.etc)
        return True

    def prefix(self):
        return self.in_its_etc()

    def popen(self):
        return {}

    def wrong(self, text, *sentences, mode=0o644):
        self.say(text, "host.yaml", mode)
        done = self.run_host("validate", code=1)
        self.assertEqual("", done.stdout)
        for sentence in sentences:
            self.assertIn(sentence, done.stderr)
        answer = json.loads(self.run_host("validate", "--json", code=1).stdout)
        self.assertFalse(answer["ok"])
        self.assertTrue(all(finding["next_step"] for finding in answer["findings"]))
        return answer["findings"], done.stderr

    # ---- who wrote it

    def test_without_a_file_it_says_where_it_looked(self):
        self.assertIn("there is no file /etc/sentinel/host.yaml", self.run_host("validate", code=1).stderr)

    def test_a_file_that_others_can_write_binds_nobody(self):
        for mode in (0o666, 0o664):
            self.wrong(HOST, "/etc/sentinel/host.yaml can be written by others than root", mode=mode)

    def test_a_file_of_another_user_binds_nobody_and_its_other_mistakes_are_told_too(self):
        os.chown(self.say(HOST.replace("limits", "limit"), "host.yaml"), self.user.uid, self.user.gid)
        done = self.run_host("validate", code=1)
        self.assertIn("/etc/sentinel/host.yaml does not belong to root", done.stderr)
        self.assertIn("host.yaml:12:1: unknown key \"limit\"; did you mean \"limits\"?", done.stderr)

    def test_a_folder_that_others_can_write_binds_nobody(self):
        self.say(HOST, "host.yaml")
        os.chmod(self.sentinel_etc, 0o777)
        self.assertIn("/etc/sentinel can be written by others than root", self.run_host("validate", code=1).stderr)

    def test_a_draft_is_told_its_mistakes_and_how_it_comes_to_bind(self):
        path = os.path.join(self.user.home, "draft.yaml")
        with open(path, "w") as file:
            file.write(HOST.replace("robot", "\"{robot}\""))
        os.chmod(path, 0o644)
        done = self.run_host("validate", path, code=1)
        self.assertIn(f"sudo install -m 644 {path} /etc/sentinel/host.yaml", done.stderr)
        self.assertIn("draft.yaml:9:5: principals: \"{robot}\" has {robot}", done.stderr)
        os.remove(path)

    # ---- what it says

    def test_every_mistake_is_told_with_its_line_and_a_mark(self):
        findings, said = self.wrong(HOST.replace("uid: 990", "uid: none").replace("3 }", "0 }"))
        self.assertEqual([(9, 12), (12, 26)], [(each["line"], each["column"]) for each in findings])
        self.assertIn("  - { uid: none, user: robot }\n", said)
        self.assertRegex(said, r"\n *\^\n")

    def test_a_secret_is_refused_and_no_line_of_the_file_is_shown(self):
        findings, said = self.wrong(HOST.replace("credential: aws-base", "aws_secret_access_key: tellNobody, colour: red"))
        self.assertIn("a secret never stands in this file", findings[0]["what"])
        self.assertIn("systemd-creds", findings[0]["next_step"])
        self.assertNotIn("tellNobody", said + json.dumps(findings))

    def test_a_profile_that_does_not_resolve_says_why(self):
        findings, _ = self.wrong(HOST.replace("source_profile: base", "source_profile: bass").replace(ROLE + "ledger", ROLE + "l"))
        self.assertEqual([(4, "there is no profile 'bass' in /etc/sentinel/host.yaml")], [(each["line"], each["what"]) for each in findings])

    def test_a_proxy_that_no_call_could_go_by_is_refused(self):
        findings, said = self.wrong(HOST + "proxy: ftp://proxy:21\n", "host.yaml:14:8: the proxy's URL is neither http nor https")
        self.assertNotIn("HTTPS_PROXY", said + json.dumps(findings))

    # ---- the files that it names

    def test_a_program_is_there_is_roots_and_is_a_program(self):
        self.say("#!/bin/sh\n", "keys", 0o777)
        self.wrong(HOST, "host.yaml:6:12: /etc/sentinel/keys can be written by others")
        self.say("#!/bin/sh\n", "keys", 0o644)
        self.wrong(HOST, "host.yaml:6:12: \"/etc/sentinel/keys\" is no program")
        os.remove(os.path.join(self.sentinel_etc, "keys"))
        self.wrong(HOST, "host.yaml:6:12: there is no /etc/sentinel/keys")

    def test_a_program_that_is_not_listed_is_refused(self):
        self.wrong(HOST.replace("programs: [/etc/sentinel/keys]\n", ""), "host.yaml:5:32: profile \"vault\" runs a program that programs does not list")

    def test_a_policy_file_is_roots_and_its_own_mistakes_are_told(self):
        self.say(POLICY, "policy.yaml", 0o666)
        self.wrong(HOST, "host.yaml:7:17: /etc/sentinel/policy.yaml can be written by others")
        self.say(POLICY.replace("effect", "efect"), "policy.yaml")
        findings, _ = self.wrong(HOST, "/etc/sentinel/policy.yaml:4:5: rule \"all\": unknown key \"efect\"; did you mean \"effect\"?")
        self.assertEqual("/etc/sentinel/policy.yaml", findings[0]["file"])
        os.remove(os.path.join(self.sentinel_etc, "policy.yaml"))
        self.wrong(HOST, "host.yaml:7:17: there is no file /etc/sentinel/policy.yaml")

    def test_a_key_file_and_certificates_are_looked_at(self):
        text = HOST.replace("policy.yaml }", "policy.yaml, signed_by: { key_file: /etc/sentinel/policy.key } }") + "ca_bundle: /etc/sentinel/ca.pem\n"
        self.say("no key\n", "policy.key")
        self.wrong(text, "host.yaml:7:67: /etc/sentinel/policy.key", "host.yaml:14:12: there is no /etc/sentinel/ca.pem")

    # ---- a good one

    def test_a_good_file_is_told_as_what_it_comes_to(self):
        self.say(HOST, "host.yaml")
        answer = json.loads(self.run_host("validate", "--json").stdout)
        self.assertEqual((True, []), (answer["ok"], answer["findings"]))
        told = {row["name"]: (row["source"], row["source_is"], row["base_profile"], row["region"], [role["role_arn"] for role in row["roles"]])
                for row in answer["profiles"]}
        self.assertEqual({"base": ("credential", "aws-base", "base", "eu-north-1", []),
                          "ledger-prod": ("credential", "aws-base", "base", "eu-north-1", [ROLE + "ledger"]),
                          "vault": ("credential_process", "/etc/sentinel/keys", "vault", None, [])}, told)
        self.assertEqual([("uid", "990", "robot", False), ("uids", "2000-2999", "agent-{uid}", False), ("group", "ops", "ops", True)],
                         [tuple(row.values()) for row in answer["principals"]])
        self.assertEqual({"runs": 512, "runs_per_user": 3, "requests_per_second": 20}, answer["limits"])
        self.assertEqual(("/etc/sentinel/policy.yaml", 1), (answer["policy"]["file"], answer["policy"]["rules"]))
        said = self.run_host("validate").stdout
        for line in ("  base: credential aws-base, eu-north-1\n", "  /etc/sentinel/policy.yaml, 1 rule, unsigned\n", "  group ops: ops, shared\n",
                     "/etc/sentinel/host.yaml: good\n"):
            self.assertIn(line, said)
        self.assertNotIn("passwordInACommand", said + json.dumps(answer))

    def test_the_example_of_the_manual_is_good(self):
        with open(os.path.join(TOP, "broker/tools/host/manual.def")) as file:
            example, = re.findall(r'EXAMPLE\([^,]*, [^,]*, R"\(\n(.*?)\)"\)|EXAMPLE\("[^"]*", R"\(\n(.*?)\)"\)', file.read(), re.S)
        self.say("".join(example), "host.yaml")
        self.run_host("validate")

    # ---- whom the policy judges

    def people(self):
        for name, lines in (("passwd", "marta:x:2001:2001::/:/bin/sh\nrobin:x:5001:5001::/:/bin/sh\notto:x:6001:6001::/:/bin/sh\n"), ("group", "ops:x:7000:robin\n")):
            with open(os.path.join(self.etc, name), "a") as file:
                file.write(lines)
        self.say(HOST, "host.yaml")

    def test_who_fits_no_row_or_is_not_known_is_refused(self):
        self.people()
        for user, said in (("otto", "no row of the map of users fits uid 6001"), ("root", "no row"), ("0", "no row"), ("65534", "65534"),
                           ("4294967295", "4294967295"), ("nosuch", "no login of this machine is called \"nosuch\""), ("-1", "unknown option"), ("20x", "no login")):
            done = self.run_host("principal", user, code=2 if user.startswith("-") else 1)
            self.assertEqual("", done.stdout)
            self.assertIn(said, done.stderr)

    def test_a_wrong_file_makes_nobody(self):
        self.people()
        self.say(HOST.replace("robot", "\"{robot}\""), "host.yaml")
        self.assertIn("host.yaml:9:5", self.run_host("principal", "990", code=1).stderr)

    def test_the_row_that_counts_is_named(self):
        self.people()
        for user, expected in (("990", ("robot", 990, None, "host.yaml:9:5")), ("2999", ("agent-2999", 2999, None, "host.yaml:10:5")),
                               ("marta", ("agent-2001", 2001, "marta", "host.yaml:10:5")), ("robin", ("ops", 5001, "robin", "host.yaml:11:5")),
                               ("5001", ("ops", 5001, "robin", "host.yaml:11:5"))):
            answer = json.loads(self.run_host("principal", user, "--json").stdout)
            told = (answer["user"], answer["uid"], answer["login"], answer["by_row"].removeprefix("/etc/sentinel/"))
            self.assertEqual(expected, told)
        self.assertEqual((True, ["ops"]), (answer["groups_known"], answer["groups"]))
        self.assertRegex(self.run_host("principal", "robin").stdout, r"user:    ops\nuid:     5001, robin\ngroups:  ops\nby row:  .*host.yaml:11:5\n")

    def test_it_speaks_to_a_terminal(self):
        self.say(HOST, "host.yaml")
        ours, theirs = pty.openpty()
        run = subprocess.Popen([*self.prefix(), self.layout.sentinel, "host", "validate"], cwd="/", stdout=theirs, stderr=theirs,
                               env={**CLEAN_ENVIRONMENT, "HOME": self.user.home, "TERM": "xterm"})
        os.close(theirs)
        text = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:
                break
            if not part:
                break
            text += part
        os.close(ours)
        self.assertEqual(0, run.wait(PATIENCE), text)
        self.assertIn(b"\x1b[", text)
        self.assertIn(b"uid 990: robot\r\n", text)


if __name__ == "__main__":
    main()
