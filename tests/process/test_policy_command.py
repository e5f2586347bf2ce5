"""sentinel-policy as people and CI use it: each word through the real program, refusals first. What is wrong is told with its
line; JSON is parsed; the parts that talk to AWS talk to the stand-in."""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "fakes")]

from aws_case import policy, rule  # noqa: E402
from harness import BUILD, PATIENCE, SANITIZED, wait_until  # noqa: E402
from signed_case import envelope  # noqa: E402
from standin_client import Standin, write_profiles  # noqa: E402

PROGRAM = os.path.join(BUILD, "broker/sentinel-policy")
DATA = os.path.join(HERE, "../unit/broker/data/policy")
PARAMETER = "/sentinel/policies/default"
SIGNATURE = "/sentinel/signatures/default"
ROLE = "arn:aws:iam::111122223333:role/ledger-ci"
GOOD = policy(rule())


class PolicyTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not os.path.exists(PROGRAM):
            raise unittest.SkipTest(f"no build in {BUILD}")

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sentinel-policy-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.environment = {"PATH": "/usr/bin:/bin", "HOME": self.folder, "TERM": "dumb"}
        if SANITIZED:
            self.environment["ASAN_OPTIONS"] = "detect_leaks=0"

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return path

    def read(self, name):
        with open(os.path.join(self.folder, name)) as file:
            return file.read()

    def run_policy(self, word, *files, code=0, **options):
        """Runs it; the code must be as expected. Options in the supervisor's normal form."""
        argv = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        done = subprocess.run([PROGRAM, word, *argv, "--", *files], env=self.environment, cwd=self.folder,
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE)
        self.assertEqual(code, done.returncode, f"{word} {argv} {files}\n{done.stdout}\n{done.stderr}")
        for text in (done.stdout, done.stderr):
            self.assertNotRegex(text, r"[\x00-\x08\x0b-\x1f\x7f]", "a control character")
        return done

    def json_of(self, word, *files, code=0, **options):
        return json.loads(self.run_policy(word, *files, code=code, json="true", **options).stdout)


class CommandLine(PolicyTest):
    def test_what_is_not_known_is_refused_with_the_nearest(self):
        for argv, said in ((["validat"], "validate"), (["explain", "--usr=a", "--", "f"], "user"), (["diff", "--", "a"], "missing"),
                           ([], "needs a word"), (["lint", "--color=red", "--", "f"], "always")):
            done = subprocess.run([PROGRAM, *argv], env=self.environment, capture_output=True, text=True)
            self.assertEqual(2, done.returncode, argv)
            self.assertIn(said, done.stderr)
            self.assertEqual("", done.stdout)

    def test_more_files_than_it_takes_are_refused_with_the_limit_however_it_is_started(self):
        sentence = "policy validate takes at most 256 files, and 257 are given"
        self.write("p", GOOD)
        self.run_policy("validate", *["p"] * 256)
        self.assertIn(sentence, self.run_policy("validate", *["p"] * 257, code=2).stderr)
        supervisor = os.path.join(BUILD, "supervisor/sentinel")
        done = subprocess.run([supervisor, "policy", "validate", *["p"] * 257], env=self.environment, cwd=self.folder,
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE)
        self.assertEqual((2, ""), (done.returncode, done.stdout))
        self.assertIn(sentence, done.stderr)

    def test_a_full_disk_is_not_success(self):
        path = self.write("p.yaml", GOOD)
        with open("/dev/full", "w") as full:
            done = subprocess.run([PROGRAM, "validate", "--", path], env=self.environment, stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(1, done.returncode)

    def test_colour_only_where_it_is_asked_for(self):
        path = self.write("p.yaml", GOOD)
        done = subprocess.run([PROGRAM, "validate", "--color=always", "--", path], env=self.environment, capture_output=True, text=True)
        self.assertIn("\x1b[32mgood\x1b[0m", done.stdout)
        self.assertNotIn("\x1b", self.run_policy("validate", path).stdout)


class SourceIdentity(PolicyTest):
    """What may be issued without a name is told by every word that looks at a policy."""

    def setUp(self):
        super().setUp()
        self.named = self.write("named.yaml", policy(rule()))
        self.nameless = self.write("nameless.yaml", policy(rule(more="source_identity: if_allowed")))

    def test_lint_hints_at_it(self):
        self.assertIn("CloudTrail", self.run_policy("lint", self.nameless).stdout)
        self.assertNotIn("CloudTrail", self.run_policy("lint", self.named).stdout)

    def test_explain_says_it(self):
        asked = {"user": "marta", "profile": "ledger-prod"}
        self.assertIn("source_identity: if_allowed", self.run_policy("explain", self.nameless, **asked).stdout)
        for path, word in ((self.named, "required"), (self.nameless, "if_allowed")):
            self.assertEqual(word, self.json_of("explain", path, **asked)["verdict"]["source_identity"])

    def test_diff_shows_what_is_lost(self):
        told = self.run_policy("diff", self.named, self.nameless, code=1).stdout
        self.assertIn("source_identity", told)
        self.assertEqual("", self.run_policy("diff", self.named, self.named).stderr)

    def test_a_case_expects_it(self):
        case = ("policy: nameless.yaml\ncases:\n  - { name: c, user: marta, profile: ledger-prod, mode: server, at: 2026-02-06T14:00:00Z, "
                "expect: { effect: allow, source_identity: %s } }\n")
        self.run_policy("test", self.write("good.yaml", case % "if_allowed"))
        told = self.run_policy("test", self.write("bad.yaml", case % "required"), code=1)
        self.assertIn("source_identity: expected required, got if_allowed", told.stdout)
        self.assertIn("unknown", self.run_policy("test", self.write("odd.yaml", case % "sometimes"), code=1).stderr)

    def test_the_schema_has_the_key_and_its_words(self):
        schema = self.json_of("schema")
        self.assertIn("rules[].source_identity", [each["key"] for each in schema["keys"]])
        self.assertEqual(["required", "if_allowed", "off"], [each["word"] for each in schema["words"] if each["kind"] == "source identity"])


class Validate(PolicyTest):
    def test_each_kind_of_mistake_gets_its_place(self):
        head = 'version: "1"\nrules:\n'
        mistakes = {
            "a tab": (head + "  - name: a\n\teffect: allow\n", 4),
            "an unknown key": (policy(rule()).replace("effect:", "efect:"), 4),
            "an unknown word": (policy(rule(effect="alow")), 4),
            "a key twice": (head + "  - name: a\n    name: b\n", 4),
            "an unknown zone": (policy(rule(conditions="{ profiles: [p], time: { timezone: Europe/Berln } }")), 6),
            "a reversed window": (policy(rule(conditions='{ time: { hours: { start: "10:00", end: "09:00" } } }')), 6),
            "an empty list": (policy(rule(conditions="{ profiles: [] }")), 6),
            "another version": ('version: "2"\nrules: []\n', 1),
            "no conditions": (policy(rule(conditions="{ mode: [cli] }")), 6),
        }
        for name, (text, line) in mistakes.items():
            with self.subTest(name):
                path = self.write("bad.yaml", text)
                done = self.run_policy("validate", path, code=1)
                told = done.stderr.splitlines()
                self.assertRegex(told[0], rf"^sentinel: {re.escape(path)}:{line}:")
                shown = text.splitlines()[line - 1].replace("\t", " ")
                self.assertEqual("    " + shown, told[1], "the line itself is not shown")
                column = re.match(rf"sentinel: {re.escape(path)}:{line}:(\d+):", told[0])
                if column:
                    self.assertEqual(" " * (4 + int(column[1]) - 1) + "^", told[2])
                self.assertEqual("", done.stdout)

    def test_every_mistake_is_told_at_once_with_its_place_and_its_next_step(self):
        text = policy(rule(effect="alow"), rule(name="second", effect="deny", conditions="{ profiles: [] }"), rule(name="second"))
        path = self.write("bad.yaml", text)
        told = self.run_policy("validate", path, code=1).stderr
        places = [int(line) for line in re.findall(rf"^sentinel: {re.escape(path)}:(\d+):\d+: ", told, re.M)]
        self.assertEqual([4, 10, 11], places, told)
        self.assertEqual(3, told.count("^\n"), told)
        for step in ("write one of the known words", "leave the key out", "give each rule its own name"):
            self.assertIn(step, told)
        answer = self.json_of("validate", path, code=1)
        self.assertEqual(places, [each["line"] for each in answer["findings"]])
        self.assertEqual(0, answer["files"][0]["more"])
        self.assertTrue(all(each["what"] and each["next_step"] and each["column"] for each in answer["findings"]))
        self.assertEqual(places, [each["line"] for each in self.json_of("lint", path, code=1)["findings"]])
        self.assertEqual(3, self.run_policy("explain", path, code=1, user="u", profile="p").stderr.count("^\n"))

    def test_of_many_mistakes_twenty_are_told_and_the_rest_counted(self):
        path = self.write("bad.yaml", policy(*(rule(name=f"r{number}", effect="alow") for number in range(50))))
        told = self.run_policy("validate", path, code=1).stderr
        self.assertEqual(20, told.count("unknown effect"))
        self.assertIn(f"{path}: and 30 more; ", told.splitlines()[-1])
        answer = self.json_of("validate", path, code=1)
        self.assertEqual((20, 30), (len(answer["findings"]), answer["files"][0]["more"]))

    def test_every_mistake_of_a_table_of_cases_is_told(self):
        path = self.write("cases.yaml", "policy: p.yaml\ncases:\n  - { name: a, profile: p, mode: serve, at: noon, expect: { effect: maybe } }\n"
                                        "  - { name: a, profile: p, mode: cli, transport: unix, at: 2026-02-06T14:00:00Z, expect: {} }\n")
        told = self.run_policy("test", path, code=1).stderr
        for mistake in ('unknown mode "serve"', '"noon"', 'unknown effect "maybe"', "has no transport", '"effect" is missing', "another case of this name"):
            self.assertIn(mistake, told)

    def test_a_policy_cannot_steer_the_terminal_that_shows_its_mistake(self):
        path = self.write("bad.yaml", b'version: "1"\nrules: \x1b[31m\xe2\x80\xaex\n')
        self.assertIn("rules: ?[31m???x", self.run_policy("validate", path, code=1).stderr)

    def test_one_bad_file_among_good_ones_is_found(self):
        good, bad = self.write("good.yaml", GOOD), self.write("bad.yaml", "version: 2\n")
        done = self.run_policy("validate", good, bad, good, code=1)
        self.assertEqual(2, done.stdout.count("1 rule, sha256 "))
        answer = self.json_of("validate", good, bad, code=1)
        self.assertEqual([True, False], [each["good"] for each in answer["files"]])
        self.assertEqual([(bad, 1)], [(each["file"], each["line"]) for each in answer["findings"]])

    def test_what_is_no_file_is_refused(self):
        self.assertIn("cannot open", self.run_policy("validate", "nothing.yaml", code=1).stderr)
        self.assertIn("not a regular file", self.run_policy("validate", self.folder, code=1).stderr)
        self.assertIn("longer than", self.run_policy("validate", self.write("long", " " * 300_000), code=1).stderr)


class Lint(PolicyTest):
    def test_a_rule_that_cannot_decide_is_wrong(self):
        path = self.write("p.yaml", policy(rule(name="all", conditions="{ profiles: [p] }"),
                                           rule(name="never", effect="deny", conditions="{ profiles: [p], users: [u] }")))
        done = self.run_policy("lint", path, code=1)
        self.assertIn(f'{path}:7: wrong: rule "never" never decides: rule "all" (line 3) comes first', done.stdout)
        answer = self.json_of("lint", path, code=1)
        self.assertEqual(("shadowed-rule", "wrong", "never", 7, ["all"]),
                         tuple(answer["findings"][0][key] for key in ("kind", "severity", "rule", "line", "others")))
        self.assertFalse(answer["ok"])

    def test_a_hint_alone_is_good(self):
        path = self.write("p.yaml", policy(rule(conditions="{ users: [marta] }")))
        self.assertIn("hint: ", self.run_policy("lint", path).stdout)
        self.assertEqual(1, self.json_of("lint", path)["hint"])

    def test_a_file_that_does_not_load_is_wrong(self):
        answer = self.json_of("lint", self.write("p.yaml", "version: 1\nrules: 3\n"), code=1)
        self.assertEqual(["unreadable"], [each["kind"] for each in answer["findings"]])

    def test_the_sample_policies_show_what_they_are_known_for(self):
        kinds = {each["kind"] for each in self.json_of("lint", os.path.join(DATA, "a.yaml"), code=1)["findings"]}
        self.assertEqual({"last-minute-open"}, kinds)


class Schema(PolicyTest):
    """The reference of the language says what the loader reads, all of it, and what it shows as examples is read."""
    TOP = os.path.join(HERE, "../..")

    def test_what_is_asked_too_much_is_refused(self):
        self.run_policy("schema", self.write("p.yaml", GOOD), code=2)
        self.assertIn("--man", self.run_policy("schema", code=2, json="true", man="true").stderr)

    def test_no_key_that_the_loader_knows_is_left_out(self):
        known = []
        loader = os.path.join(self.TOP, "broker/policy/yaml")
        for name in sorted(os.listdir(loader)):
            if name.endswith(".cc"):
                with open(os.path.join(loader, name)) as file:
                    known += re.findall(r'^ +\{"(\w+)",\s+(true|false),', file.read(), re.M)
        told = [(each["key"].rpartition(".")[2], str(each["required"]).lower()) for each in self.json_of("schema")["keys"]]
        self.assertGreater(len(told), 40)
        self.assertEqual(sorted(known), sorted(told))

    def test_a_key_that_it_does_not_name_is_refused_and_one_that_it_names_is_known(self):
        paths = {each["key"] for each in self.json_of("schema")["keys"]}
        for path, text in (("rules[].colour", policy(rule(more="colour: red"))),
                           ("rules[].conditions.user", policy(rule(conditions="{ user: [u] }")))):
            self.assertNotIn(path, paths)
            self.assertIn("unknown key", self.run_policy("validate", self.write("bad.yaml", text), code=1).stderr)
        self.assertLessEqual({"rules[].conditions.time.hours.overnight", "rules[].conditions.profiles[].glob",
                              "rules[].restrict.session_policy.Statement[].NotAction", "rules[].conditions.device.require_mdm"}, paths)

    def test_the_table_of_cases_is_told_as_strictly_as_it_is_read(self):
        self.assertIn("leave --cases out", self.run_policy("schema", code=2, cases="true", man="true").stderr)
        with open(os.path.join(self.TOP, "broker/study/cases.cc")) as file:
            known = re.findall(r'^ +\{"(\w+)",\s+(true|false),', file.read(), re.M)
        keys = self.json_of("schema", cases="true")["keys"]
        self.assertEqual(sorted(known), sorted((each["key"].rpartition(".")[2], str(each["required"]).lower()) for each in keys))
        self.assertIn("| `cases[].expect.effect` |", self.run_policy("schema", cases="true").stdout)
        page = self.run_policy("schema", man="true").stdout.replace("\\-", "-")
        self.assertEqual([], [each["key"] for each in keys if f".B {each['key']}\n" not in page])

    def test_every_word_of_an_effect_is_told_with_its_reason(self):
        words = [each["word"] for each in self.json_of("schema")["words"] if each["kind"] == "effect" and each["why"]]
        self.assertEqual(["allow", "deny", "require_approval", "require_server", "require_server_session"], words)

    def test_the_manual_page_in_the_tree_is_what_the_program_prints(self):
        with open(os.path.join(self.TOP, "broker/tools/policy/sentinel-policy.5")) as file:
            self.assertEqual(file.read(), self.run_policy("schema", man="true").stdout,
                             "run `sentinel policy schema --man > broker/tools/policy/sentinel-policy.5`")

    def test_every_example_of_the_manual_page_is_a_policy_that_lint_has_nothing_against(self):
        page = self.run_policy("schema", man="true").stdout
        plain = page.replace("\\-", "-").replace("\\&", "").replace("\\e", "\\")
        examples = re.findall(r"^\.EX\n(.*?)^\.EE$", plain, re.M | re.S)
        tables = [each for each in examples if each.startswith("policy:")]
        self.assertEqual(1, len(tables))
        self.write("default.yaml", next(each for each in examples if "ledger-weekdays" in each and each not in tables))
        self.assertIn("3 cases, all as expected", self.run_policy("test", self.write("cases.yaml", tables[0])).stdout)
        examples = [each for each in examples if each not in tables]
        self.assertGreaterEqual(len(examples), 4)
        for number, example in enumerate(examples):
            with self.subTest(number):
                path = self.write("example.yaml", example)
                self.run_policy("validate", path)
                answer = self.json_of("lint", path)
                self.assertEqual((0, 0), (answer["wrong"], answer["suspicious"]), answer["findings"])


class Explain(PolicyTest):
    ASKED = {"user": "marta", "profile": "ledger-prod", "mode": "server"}
    A = os.path.join(DATA, "a.yaml")

    def test_a_question_that_is_none_is_refused(self):
        for options, said in (({"user": "u"}, "--profile"), ({**self.ASKED, "mode": "srever"}, "server"),
                              ({**self.ASKED, "at": "yesterday"}, "2026-01-31"),
                              ({**self.ASKED, "mode": "cli", "transport": "unix"}, "no transport"),
                              ({**self.ASKED, "transport": "pipe"}, "unix")):
            self.assertIn(said, self.run_policy("explain", self.A, code=2, **options).stderr)
        posture = self.write("posture.json", '{"disk_encripted": true}')
        self.assertIn("posture.json", self.run_policy("explain", self.A, code=1, **self.ASKED, posture=posture).stderr)

    def test_the_rule_that_decided_and_those_passed_over_are_named(self):
        done = self.run_policy("explain", self.A, **self.ASKED, at="2026-02-06T13:59:59Z", session_table="ledger-sessions")
        self.assertTrue(done.stdout.startswith('allow by rule 2 "ledger-prod-tracked" (line '), done.stdout)
        self.assertIn('rule 1 "ledger-friday-freeze" (line 3) was passed over: its window is Friday 15:00-23:59 '
                      "Europe/Berlin, and it is Friday 14:59 there", done.stdout)
        self.assertIn("max_server_duration: 20m", done.stdout)

    def test_json_says_the_same(self):
        answer = self.json_of("explain", self.A, **self.ASKED, at="2026-02-06T15:00:00+01:00")
        self.assertEqual(("deny", "ledger-friday-freeze", 0, False),
                         tuple(answer["verdict"][key] for key in ("effect", "rule", "rule_index", "allowed")))
        self.assertEqual("2026-02-06T14:00:00Z", answer["query"]["at"])
        self.assertEqual([], answer["passed_over"])
        answer = self.json_of("explain", self.A, user="Marta", profile="ledger-prod", at="2026-02-05T12:00:00Z")
        self.assertEqual((None, -1), (answer["verdict"]["rule"], answer["verdict"]["rule_index"]))
        self.assertEqual(["time", "users", "profiles", "profiles"], [each["condition"] for each in answer["passed_over"]])

    def test_posture_and_groups_count(self):
        b = os.path.join(DATA, "b.yaml")
        good = self.write("good.json", json.dumps({"disk_encrypted": True, "mdm_compliant": True, "os_type": "linux", "os_version": "14.10"}))
        self.assertTrue(self.json_of("explain", b, user="u", profile="payroll", mode="server", posture=good)["verdict"]["allowed"])
        self.assertFalse(self.json_of("explain", b, user="u", profile="payroll", mode="server")["verdict"]["allowed"])


class ExplainLifetime(PolicyTest):
    """How long the keys would live, by the broker's own rule; what the tool cannot know of the profile is said."""
    ASKED = {"user": "u", "profile": "p", "at": "2026-11-27T16:00:00Z"}
    P = "{ profiles: [p] }"

    def lifetime(self, text, **options):
        return self.json_of("explain", self.write("p.yaml", text), **{**self.ASKED, **options})["lifetime"]

    def test_a_lifetime_that_no_run_could_have_is_refused(self):
        path = self.write("p.yaml", policy(rule(conditions=self.P)))
        for options, said in (({"duration": "14m59s"}, "15m to 12h"), ({"duration": "12h1s"}, "15m to 12h"),
                              ({"duration": "15"}, "not a duration"), ({"source": "rol"}, '"role"')):
            with self.subTest(options):
                self.assertIn(said, self.run_policy("explain", path, code=2, **self.ASKED, **options).stderr)

    def test_what_is_denied_has_no_lifetime(self):
        text = policy(rule(effect="deny", conditions=self.P))
        self.assertIsNone(self.lifetime(text))
        self.assertNotIn("lifetime", self.run_policy("explain", self.write("p.yaml", text), **self.ASKED).stdout)

    def test_a_permit_under_which_nothing_can_be_issued_says_why(self):
        text = policy(rule(conditions=self.P, more="max_duration: 5m"))
        told = self.lifetime(text)
        self.assertFalse(told["good"])
        self.assertIn("below the 15 minutes that STS can issue", told["error"])
        self.assertIn("hard_expiry", told["next_step"])
        self.assertIn("lifetime: none, and nothing is issued: rule ",
                      self.run_policy("explain", self.write("p.yaml", text), **self.ASKED).stdout)

    def test_a_hard_expiry_needs_a_role(self):
        text = policy(rule(conditions=self.P, more="restrict: { hard_expiry: 2m }"))
        self.assertFalse(self.lifetime(text, source="key")["good"])
        told = self.lifetime(text)
        self.assertEqual((True, 900, 120, True, "2026-11-27T16:02:00Z"),
                         tuple(told[key] for key in ("good", "asked", "granted", "hard_end", "ends")))
        self.assertIn("lifetime: AWS is asked for 15m, and denies every call from 2m on; this hard end is at "
                      "2026-11-27T16:02:00Z if issued then",
                      self.run_policy("explain", self.write("p.yaml", text), **self.ASKED).stdout)

    def test_modes_wishes_caps_and_chains_count(self):
        plain = policy(rule(conditions=self.P))
        capped = policy(rule(conditions=self.P, more="max_duration: 30m"))
        for text, options, seconds in ((plain, {}, 900), (plain, {"mode": "cli"}, 3600), (plain, {"duration": "4h"}, 14400),
                                       (plain, {"duration": "4h", "source": "chained"}, 3600),
                                       (capped, {"mode": "credential_process"}, 1800), (capped, {}, 900)):
            with self.subTest(options):
                told = self.lifetime(text, **options)
                self.assertEqual((seconds, seconds, False), (told["asked"], told["granted"], told["hard_end"]))

    def test_what_was_assumed_is_said_and_only_that(self):
        text = policy(rule(conditions=self.P))
        self.assertEqual([True, True], ["--source" in self.lifetime(text)["assumed"][0],
                                        "--server-duration" in self.lifetime(text)["assumed"][1]])
        self.assertIn("duration_seconds", self.lifetime(text, mode="cli", source="role")["assumed"][0])
        self.assertEqual([], self.lifetime(text, source="role", duration="1h")["assumed"])
        self.assertIn("      assumed: the profile has one role",
                      self.run_policy("explain", self.write("p.yaml", text), **self.ASKED).stdout)


class Table(PolicyTest):
    HEAD = "policy: a.yaml\ncases:\n"

    def table(self, *cases, head=HEAD):
        with open(os.path.join(DATA, "a.yaml")) as file:
            self.write("a.yaml", file.read())
        return self.write("a.cases.yaml", head + "".join(cases))

    @staticmethod
    def case(name, expect, at="2026-02-06T14:00:00Z", profile="ledger-prod", more=""):
        return (f"  - name: {name}\n    user: marta\n    profile: {profile}\n    mode: server\n    at: \"{at}\"\n{more}"
                f"    expect: {expect}\n")

    def test_a_table_that_shows_nothing_is_refused(self):
        self.assertIn("shows nothing", self.run_policy("test", self.table(head="policy: a.yaml\ncases: []\n"), code=1).stderr)
        self.assertIn("names no policy",
                      self.run_policy("test", self.table(self.case("a", "{ effect: deny }"), head="cases:\n"), code=2).stderr)
        self.assertIn("efect", self.run_policy("test", self.table(self.case("a", "{ efect: deny }")), code=1).stderr)

    def test_a_case_that_fails_says_expected_and_got(self):
        path = self.table(self.case("frozen", "{ effect: deny, rule: ledger-friday-freeze }"),
                          self.case("wrong", "{ effect: allow, rule: null }"))
        done = self.run_policy("test", path, code=1)
        self.assertIn(f'{path}:9: failed: "wrong": effect: expected allow, got deny; rule: expected no rule, got '
                      '"ledger-friday-freeze"', done.stdout)
        self.assertIn("2 cases, 1 failed", done.stdout)
        answer = self.json_of("test", path, code=1)
        self.assertEqual((2, 1, ["wrong"]), (answer["cases"], answer["failed"], [each["name"] for each in answer["findings"]]))

    def test_a_table_that_holds_is_good_and_names_rules_without_a_case(self):
        path = self.table(self.case("frozen", "{ effect: deny }"),
                          self.case("tracked", "{ effect: allow, max_server_duration: 20m }", at="2026-02-05T12:00:00Z",
                                    more="    session_table: ledger-sessions\n"))
        done = self.run_policy("test", path)
        self.assertIn('no case is decided by rule "sandbox-daytime"', done.stdout)
        self.assertIn("all as expected", done.stdout)

    def test_another_policy_can_be_named(self):
        path = self.table(self.case("frozen", "{ effect: deny, rule: null }"))
        self.run_policy("test", path, policy=os.path.join(DATA, "b.yaml"))


class Diff(PolicyTest):
    def test_trouble_is_2_as_with_diff(self):
        self.run_policy("diff", self.write("a", GOOD), self.write("b", "x"), code=2)

    def test_the_same_is_0_and_a_difference_1(self):
        a = os.path.join(DATA, "a.yaml")
        self.assertEqual("the texts are the same\n", self.run_policy("diff", a, a).stdout)
        with open(a) as file:
            changed = self.write("changed.yaml", file.read().replace('"15:00"', '"16:00"'))
        done = self.run_policy("diff", a, changed, code=1)
        self.assertIn("everybody, ledger-staging, any mode: Fri 15:00-16:00 Europe/Berlin: deny -> require_approval "
                      '(rule "ledger-friday-freeze" -> rule "ledger-staging-ask")', done.stdout)
        answer = self.json_of("diff", a, changed, code=1)
        self.assertEqual([("changed", "ledger-friday-freeze")], [(each["change"], each["rule"]) for each in answer["rules"]])
        self.assertTrue(answer["decisions"])
        self.assertEqual([], answer["sampled"])

    def test_a_pipe_is_as_good_as_a_file(self):
        path = self.write("p.yaml", GOOD)
        done = subprocess.run(["bash", "-c", f"{PROGRAM} diff -- {path} <(cat {path})"], env=self.environment, capture_output=True, text=True)
        self.assertEqual((0, "the texts are the same\n"), (done.returncode, done.stdout), done.stderr)


def make_key(folder, name, bits=2048):
    path = os.path.join(folder, name)
    subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}", "-out", path],
                   check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", path, "-pubout", "-out", path + ".pub"], check=True)
    return path


class Sign(PolicyTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keys = tempfile.TemporaryDirectory(prefix="sentinel-policy-keys-")
        cls.key, cls.other = make_key(cls.keys.name, "key"), make_key(cls.keys.name, "other")
        cls.short = make_key(cls.keys.name, "short", 1024)

    @classmethod
    def tearDownClass(cls):
        cls.keys.cleanup()

    def setUp(self):
        super().setUp()
        self.path = self.write("p.yaml", GOOD)

    def sign(self, **options):
        return self.run_policy("sign", self.path, **{"sign_key": self.key, **options})

    def verify(self, code=0, **options):
        return self.run_policy("verify", self.path, code=code, **{"policy_key": self.key + ".pub", **options})

    def test_what_must_not_be_signed_is_not(self):
        self.run_policy("sign", self.path, code=2)
        self.run_policy("sign", self.path, code=1, sign_key=self.short)
        self.run_policy("sign", self.path, code=1, sign_key=self.key + ".pub")
        self.run_policy("sign", self.path, code=2, sign_key=self.key, policy_version="0")
        self.run_policy("sign", self.write("bad.yaml", "rules: []\n"), code=1, sign_key=self.key)
        self.assertEqual(["bad.yaml", "p.yaml"], sorted(os.listdir(self.folder)))

    def test_a_signature_holds_for_its_text_name_and_key_only(self):
        self.sign()
        self.verify()
        self.verify(code=1, policy_key=self.other + ".pub")
        self.assertIn("is for", self.verify(code=1, name="/sentinel/policies/other").stderr)
        self.write("p.yaml", GOOD + "# more\n")
        self.assertIn("another text", self.verify(code=1).stderr)

    def test_no_word_of_the_envelope_can_be_changed(self):
        self.sign()
        envelope = json.loads(self.read("p.yaml.sig"))
        for key, value in (("policy_version", 2), ("policy_name", "/x"), ("policy_hash", "0" * 64)):
            changed = json.loads(json.dumps(envelope))
            changed["metadata"][key] = value
            self.write("p.yaml.sig", json.dumps(changed))
            self.verify(code=1)

    def test_the_file_is_private_and_the_version_rises(self):
        self.sign()
        self.assertEqual(0o600, os.stat(self.path + ".sig").st_mode & 0o777)
        self.assertEqual(1, json.loads(self.read("p.yaml.sig"))["metadata"]["policy_version"])
        self.sign()
        answer = json.loads(self.verify(json="true").stdout)
        self.assertEqual((True, 2, self.path), (answer["ok"], answer["version"], answer["name"]))

    def test_a_symbolic_link_is_not_written_through(self):
        victim = self.write("victim", "precious")
        os.symlink(victim, self.path + ".sig")
        done = self.run_policy("sign", self.path, code=1, sign_key=self.key, policy_version="1")
        self.assertIn("symbolic link", done.stderr)
        self.assertEqual("precious", self.read("victim"))

    def test_openssl_agrees(self):
        import base64
        self.sign(name="/sentinel/policies/x", policy_version="7")
        envelope = json.loads(self.read("p.yaml.sig"))
        message = f"sentinel-policy-v2\n/sentinel/policies/x\n7\n{envelope['metadata']['policy_hash']}\n"
        signature = self.write("raw", base64.b64decode(envelope["signature"]))
        done = subprocess.run(["openssl", "dgst", "-sha256", "-verify", self.key + ".pub", "-signature", signature, "-sigopt",
                               "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32", self.write("message", message)],
                              capture_output=True, text=True)
        self.assertEqual("Verified OK\n", done.stdout, done.stderr)


class Remote(PolicyTest):
    def setUp(self):
        super().setUp()
        self.aws = Standin(tls=False)
        self.aws.start()
        self.addCleanup(self.aws.stop)
        write_profiles(self.folder)
        self.environment.update({"AWS_CONFIG_FILE": os.path.join(self.folder, ".aws/config"), "AWS_ENDPOINT_URL": self.aws.url,
                                 "AWS_SHARED_CREDENTIALS_FILE": os.path.join(self.folder, ".aws/credentials"),
                                 **self.aws.ca_environment()})
        self.there = {"policy_parameter": PARAMETER, "profile": "marta"}
        self.path = self.write("p.yaml", GOOD)

    def run_policy(self, word, *files, **more):
        done = super().run_policy(word, *files, **more)
        for secret in self.aws.secrets():
            self.assertNotIn(secret, done.stdout + done.stderr)
        return done

    def test_pull_without_a_name_or_key_is_misuse(self):
        self.run_policy("pull", code=2, profile="marta")
        self.run_policy("pull", code=2, policy_parameter=PARAMETER)
        self.assertIn("no profile", self.run_policy("pull", code=1, policy_parameter=PARAMETER, profile="martha").stderr)
        self.assertIn("no SSM parameter", self.run_policy("pull", code=1, policy_parameter="/nothing", profile="marta").stderr)

    def test_pull_gives_the_text_that_is_there(self):
        self.aws.control.put_parameter(name=PARAMETER, value=GOOD)
        self.assertEqual(GOOD, self.run_policy("pull", **self.there).stdout)
        self.run_policy("pull", **self.there, output="pulled.yaml")
        self.assertEqual(GOOD, self.read("pulled.yaml"))
        self.assertEqual(0o600, os.stat(os.path.join(self.folder, "pulled.yaml")).st_mode & 0o777)

    def test_the_keys_are_held_by_a_process_apart_that_is_locked_down(self):
        self.aws.control.put_parameter(name=PARAMETER, value=GOOD)
        self.aws.control.fault("hold", action="GetParameter")
        run = subprocess.Popen([PROGRAM, "pull", *(f"--{name.replace('_', '-')}={value}" for name, value in self.there.items()), "--"],
                               env=self.environment, cwd=self.folder, stdout=subprocess.PIPE, text=True)
        self.addCleanup(run.kill)
        self.aws.wait_for_calls(1, "GetParameter")
        with open(f"/proc/{run.pid}/task/{run.pid}/children") as file:
            (keys,) = file.read().split()
        with open(f"/proc/{keys}/status") as file:
            status = file.read()
        self.assertRegex(status, r"(?m)^Seccomp:\t2$")
        self.assertRegex(status, r"(?m)^NoNewPrivs:\t1$")
        self.assertEqual(0, os.stat(f"/proc/{keys}/mem").st_uid, "its own user can read it")
        self.assertEqual([], [link for fd in os.listdir(f"/proc/{keys}/fd")
                              if (link := os.readlink(f"/proc/{keys}/fd/{fd}")).startswith(self.folder)], "a file is open in it")
        self.aws.control.release()
        self.assertEqual((GOOD, None), run.communicate(timeout=PATIENCE))
        self.assertFalse(os.path.exists(f"/proc/{keys}"), "it outlives the tool")

    def test_a_tool_that_is_killed_takes_the_process_with_the_keys_along(self):
        self.aws.control.fault("hold", action="GetParameter")
        run = subprocess.Popen([PROGRAM, "pull", *(f"--{name.replace('_', '-')}={value}" for name, value in self.there.items()), "--"],
                               env=self.environment, cwd=self.folder, stdout=subprocess.DEVNULL)
        self.aws.wait_for_calls(1, "GetParameter")
        with open(f"/proc/{run.pid}/task/{run.pid}/children") as file:
            (keys,) = file.read().split()
        run.kill()
        run.wait()
        wait_until(lambda: not os.path.exists(f"/proc/{keys}"), "the end of the process with the keys")

    def test_pull_writes_through_no_link(self):
        victim = self.write("victim", "precious")
        os.symlink(victim, os.path.join(self.folder, "link"))
        self.assertIn("symbolic link", self.run_policy("pull", code=1, **self.there, output="link").stderr)
        self.assertEqual("precious", self.read("victim"))

    # ---- where the keys come from

    def add_profile(self, name, **members):
        with open(os.path.join(self.folder, ".aws/config"), "a") as file:
            file.write(f"[profile {name}]\nregion = eu-central-1\n" + "".join(f"{key} = {value}\n" for key, value in members.items()))
        return {"policy_parameter": PARAMETER, "profile": name}

    def test_a_source_that_needs_the_users_own_process_says_the_way_on(self):
        for name, what, members in (("printer", "runs no program", {"credential_process": "/bin/true"}),
                                    ("web", "opens no token", {"web_identity_token_file": "/tmp/t", "role_arn": ROLE}),
                                    ("portal", "opens no token", {"sso_start_url": "https://x.awsapps.com/start", "sso_region": "eu-central-1",
                                                                  "sso_account_id": "111122223333", "sso_role_name": "Reader"})):
            with self.subTest(name):
                said = self.run_policy("pull", code=1, **self.add_profile(name, **members)).stderr
                self.assertIn(what, said)
                self.assertIn(f"sentinel exec --profile {name}", said)
                self.assertIn("--env-keys", said)
        self.assertEqual([], self.aws.calls("GetParameter"))

    def test_without_keys_in_the_environment_it_is_said(self):
        self.assertIn("no AWS_ACCESS_KEY_ID", self.run_policy("pull", code=1, **self.there, env_keys="true").stderr)

    def test_instances_containers_and_the_environment_have_keys(self):
        self.aws.control.put_parameter(name=PARAMETER, value=GOOD)
        key = self.aws.control.role_keys(role="desk-task")
        self.environment.update(self.aws.instance_environment())
        self.environment.update(self.aws.container_environment())
        self.environment.update({"AWS_ACCESS_KEY_ID": key["id"], "AWS_SECRET_ACCESS_KEY": key["secret"], "AWS_SESSION_TOKEN": key["token"]})
        for source in ("Ec2InstanceMetadata", "EcsContainer", "Environment"):
            with self.subTest(source):
                self.assertEqual(GOOD, self.run_policy("pull", **self.add_profile(source, credential_source=source)).stdout)
        self.assertEqual(key["id"], self.aws.calls("GetParameter", "ok")[-1]["access_key_id"])
        self.assertEqual(GOOD, self.run_policy("pull", policy_parameter=PARAMETER, profile="of-no-file", region="eu-central-1",
                                               env_keys="true").stdout)
        self.run_policy("push", self.path, **self.there, env_keys="true")
        self.assertEqual(key["id"], self.aws.calls("PutParameter", "ok")[-1]["access_key_id"])

    # ---- push and verify: a pair that belongs together, or nothing

    def keys(self):
        key = make_key(self.folder, "key")
        return key, key + ".pub"

    def parameter(self, name):
        return self.run_policy("pull", **{**self.there, "policy_parameter": name}).stdout

    def test_push_of_what_is_wrong_asks_aws_nothing(self):
        bad = self.write("bad.yaml", "version: 2\n")
        dead = self.write("dead.yaml", policy(rule(name="a"), rule(name="b")))
        self.run_policy("push", bad, code=1, **self.there)
        self.assertIn("never decides", self.run_policy("push", dead, code=1, **self.there).stderr)
        self.run_policy("push", self.path, code=2, profile="marta", policy_parameter=PARAMETER + ":3")
        self.assertEqual([], self.aws.calls("GetParameters"))
        self.assertEqual([], self.aws.calls("PutParameter"))

    def test_push_without_a_key_does_not_strip_a_signature(self):
        key, _ = self.keys()
        self.run_policy("push", self.path, **self.there, sign_key=key)
        self.write("p.yaml", GOOD + "# changed\n")
        self.assertIn("is signed", self.run_policy("push", self.path, code=1, **self.there).stderr)
        self.assertEqual(GOOD, self.parameter(PARAMETER))

    def test_push_signs_with_a_version_that_rises_and_verify_agrees(self):
        key, public = self.keys()
        for version in (1, 2):
            self.write("p.yaml", GOOD + f"# {version}\n")
            done = self.run_policy("push", self.path, **self.there, sign_key=key)
            self.assertIn(f"signed as policy version {version} in {SIGNATURE}; read back and the same", done.stdout)
            answer = self.json_of("verify", **self.there, policy_key=public)
            self.assertEqual((True, version, PARAMETER), (answer["ok"], answer["version"], answer["name"]))
        self.assertEqual(GOOD + "# 2\n", self.parameter(PARAMETER))

    def test_who_cannot_sign_does_not_choose_the_version_that_is_signed(self):
        key, public = self.keys()
        self.run_policy("push", self.path, **self.there, sign_key=key)
        genuine = self.parameter(SIGNATURE)
        with open(make_key(self.folder, "stranger")) as file:
            stranger = file.read()
        with open(key) as file:
            ours = file.read()
        self.aws.control.put_kms_key(name="policy", alias="alias/policy", pem=ours)
        for planted in (genuine.replace('"policy_version":1', '"policy_version":999999999999998'),
                        envelope(GOOD, 999999999999998, pem=stranger), envelope(GOOD, 40, name="/sentinel/policies/other", pem=ours)):
            self.aws.control.put_parameter(name=SIGNATURE, value=planted)
            for signs in ({"sign_key": key}, {"policy_kms_key": "alias/policy"}):
                self.assertIn("nobody vouches", self.run_policy("push", self.path, code=1, **self.there, **signs).stderr)
            self.assertEqual(planted, self.parameter(SIGNATURE))
            self.write("p.yaml.sig", planted)
            self.assertIn("nobody vouches",
                          self.run_policy("sign", self.path, code=1, name=PARAMETER, sign_key=key).stderr)
        self.run_policy("push", self.path, code=2, **self.there, policy_version="2")
        self.run_policy("push", self.path, **self.there, sign_key=key, policy_version="2")
        self.assertEqual(2, self.json_of("verify", **self.there, policy_key=public)["version"])

    def test_the_highest_version_is_not_followed_by_another(self):
        key, _ = self.keys()
        with open(key) as file:
            self.aws.control.put_parameter(name=SIGNATURE, value=envelope(GOOD, 999999999999999, pem=file.read()))
        self.assertIn("the highest version", self.run_policy("push", self.path, code=1, **self.there, sign_key=key).stderr)

    def test_verify_refuses_what_was_changed_in_parameter_store(self):
        key, public = self.keys()
        self.assertIn("not signed", self.run_policy("verify", code=1, **self.there, policy_key=public).stderr)
        self.run_policy("push", self.path, **self.there, sign_key=key)
        signature = self.parameter(SIGNATURE)
        self.aws.control.put_parameter(name=PARAMETER, value=GOOD + "# more\n")
        self.assertIn("another text", self.run_policy("verify", code=1, **self.there, policy_key=public).stderr)
        self.aws.control.put_parameter(name="/sentinel/policies/other", value=GOOD)
        self.aws.control.put_parameter(name="/sentinel/signatures/other", value=signature)
        other = {**self.there, "policy_parameter": "/sentinel/policies/other"}
        self.assertIn("is for", self.run_policy("verify", code=1, **other, policy_key=public).stderr)
        self.aws.control.put_parameter(name=SIGNATURE, value="{}")
        self.run_policy("verify", code=1, **self.there, policy_key=public)

    def test_kms_signs_and_verifies_with_the_key_that_was_asked_for(self):
        for name in ("policy", "other"):
            with open(make_key(self.folder, name)) as file:
                self.aws.control.put_kms_key(name=name, alias="alias/" + name, pem=file.read())
        self.assertIn("does not know", self.run_policy("push", self.path, code=1, **self.there, policy_kms_key="alias/none").stderr)
        self.run_policy("push", self.path, **self.there, policy_kms_key="alias/policy")
        self.run_policy("verify", **self.there, policy_kms_key="alias/policy")
        self.run_policy("verify", code=1, **self.there, policy_kms_key="alias/other")
        self.run_policy("verify", **self.there, policy_key=os.path.join(self.folder, "policy.pub"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
