#!/usr/bin/python3
"""`sentinel audit`: a log that the real broker wrote is verified and shown by the real command, and whatever is done to it
is named. Signatures are made a second time here, by another implementation, from what
broker/audit/signature.h says is signed: a fault of the product's is not hidden by the same fault here."""
import base64
import hashlib
import hmac
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from datetime import datetime, timezone

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import AwsTest, policy, rule
from harness import BUILD, CLEAN_ENVIRONMENT, PATIENCE, SANITIZED, Run

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../hostile"))
from test_memory import memory  # noqa: E402

SENTINEL = os.path.join(BUILD, "supervisor/sentinel")
HMAC_KEY = hashlib.sha256(b"the key of these tests").hexdigest()


def audit(*arguments, stdin=None, environment=None, **more):
    """The real command, as the user who looks on."""
    done = subprocess.run([SENTINEL, "audit", *arguments], capture_output=True, text=True, input=stdin, timeout=PATIENCE,
                          env={**CLEAN_ENVIRONMENT, "HOME": "/", **(environment or {})}, **more)
    return done.returncode, done.stdout, done.stderr


def go_compact(text):
    """What Go's encoding/json makes of a JSON value that it copies: compact, with its HTML escapes."""
    text = json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


class AuditTest(AwsTest):
    def write_key(self, text=HMAC_KEY + "\n", name="log.key"):
        return self.write(name, text)

    def a_run(self, *options, asks=5, **more):
        asker = self.asker(*options, **more)
        for _ in range(asks):
            self.assertEqual(200, asker.ask()["status"])
        asker.end()

    def forget_log(self):
        for path in (self.log_path, self.log_path + "-head"):
            if os.path.exists(path):
                os.unlink(path)

    def text(self):
        with open(self.log_path) as file:
            return file.read()

    def copy(self, lines, name="copy.jsonl"):
        return self.write(name, "".join(line + "\n" for line in lines))

    def assert_verified(self, *arguments):
        code, out, err = audit("verify", *arguments)
        self.assertEqual((0, ""), (code, err), out)
        self.assertIn("good", out)
        return out

    def assert_found(self, what, *arguments):
        code, out, _ = audit("verify", *arguments)
        self.assertEqual(1, code, out)
        self.assertIn(what, out.splitlines()[0])
        return out


class Verify(AuditTest):
    def test_what_is_done_to_a_real_log_is_named(self):
        self.a_run(asks=6)
        self.assert_verified(self.log_path)
        lines = self.text().splitlines()
        self.assertEqual(6, len(lines))
        swapped = lines[:2] + [lines[3], lines[2]] + lines[4:]
        for done, what, line in ((lines[:2] + lines[3:], "line number 3 is missing", 3), (lines + lines[2:3], "a second time", 7),
                                 (swapped, "line number 3 is missing", 3),
                                 (lines[:2] + [lines[2].replace('"allow"', '"ALLOW"')] + lines[3:], "was changed", 3),
                                 (lines[:2] + ["hello"] + lines[2:], "is not a JSON object", 3),
                                 (lines[1:], "line number 1 is missing", 1), (lines + ["x" * 200000], "longer than 64 KiB", 7)):
            path = self.copy(done)
            self.assertIn(f"{path}:{line} ", self.assert_found(what, path))
        path = self.write("copy.jsonl", self.text() + '{"timestamp":"20')
        self.assert_found("is torn", path)

    def test_a_cut_tail_is_found_by_the_head_that_was_kept(self):
        self.a_run()
        head = re.search(r"head: 5 ([0-9a-f]{64})", self.assert_verified(self.log_path)).group(1)
        self.assertEqual(hashlib.sha256(self.text().splitlines()[-1].encode()).hexdigest(), head)
        cut = self.copy(self.text().splitlines()[:3])
        self.assertIn("end: unknown, lines that were cut off here would not show: there is no " + cut + "-head", self.assert_verified(cut))
        self.assert_found("was expected", "--expect-head", head, cut)
        self.assert_verified("--expect-head", head, self.log_path)

    def test_a_cut_tail_is_found_by_the_head_beside_the_log(self):
        for key in ((), ("--log-key", self.write_key())):
            with self.subTest(key=key):
                self.forget_log()
                self.a_run(*key)
                whole = self.text()
                self.assertIn("end: whole: it reaches its head of 20", self.assert_verified(*key, self.log_path))
                self.assertEqual(whole.splitlines()[-1], self.read_head())
                for left, told in ((3, "2 lines, number 4 to 5, are missing at the end"), (4, "line number 5 is missing at the end"),
                                   (0, "5 lines, number 1 to 5, are missing at the end")):
                    self.write("decisions.jsonl", "".join(line + "\n" for line in whole.splitlines()[:left]))
                    self.assert_found(told, *key, self.log_path)
                    answer = json.loads(audit("verify", "--json", *key, self.log_path)[1])
                    self.assertEqual(("cut", 5 - left, False), (answer["end"], answer["missing_at_end"], answer["ok"]))
                    self.assertEqual(1, audit("show", self.log_path)[0])
                cut = self.copy(whole.splitlines()[:3])
                self.assert_found("missing at the end", *key, "--head", self.log_path + "-head", cut)
                self.assertEqual(1, audit("verify", *key, "--head", "/nonexistent", cut)[0])

    def read_head(self):
        """The line that it holds a copy of: the newer of its two."""
        with open(self.log_path + "-head", "rb") as file:
            lines = [slot.split(b"\n")[0].decode() for slot in (file.read(68 * 1024), file.read())]
        def number(line):
            whole = json.loads(line)
            return whole.get("entry", whole)["sequence"]
        return max(lines, key=number)

    # The next run would otherwise make the cut log look whole.
    def test_a_run_that_goes_on_with_a_cut_log_says_so_for_ever(self):
        self.a_run()
        self.write("decisions.jsonl", "".join(line + "\n" for line in self.text().splitlines()[:3]))
        for told in (1, 0):
            asker = self.asker()
            self.assertEqual(200, asker.ask()["status"])
            asker.end()
            self.assertEqual(told, asker.run.stderr.count(f"the decision log {self.log_path} was cut: 2 lines, number 4 to 5, are missing at the end"),
                             asker.run.stderr)
        self.assert_found("says that the log had been cut before it: 2 lines, number 4 to 5, are missing at the end", self.log_path)
        self.assertIn("cut", audit("show", self.log_path)[1])

    def test_a_head_that_the_key_did_not_sign_is_a_finding_and_proves_nothing(self):
        key = self.write_key()
        self.a_run("--log-key", key)
        with open(self.log_path + "-head", "r+") as file:
            text = file.read()
            file.seek(0)
            file.write(text.replace('"sequence":5', '"sequence":4'))
        out = self.assert_found("has no valid signature", "--log-key", key, self.log_path)
        self.assertIn("end: unknown", out)
        with open(self.log_path + "-head", "w") as file:
            file.write("dear diary\n")
        self.assert_found("is no head of a decision log", self.log_path)

    def test_a_file_that_was_closed_for_the_next_needs_no_head(self):
        self.a_run(asks=2)
        last = hashlib.sha256(self.text().splitlines()[-1].encode()).hexdigest()
        closed = self.write("old.jsonl", self.text() + f'{{"timestamp":"2026-02-02T00:00:00Z","event":"rotated","sequence":3,"previous":"{last}"}}\n')
        self.assertIn("end: closed by its writer; another file follows", self.assert_verified(closed))

    def test_the_chain_is_what_another_implementation_computes(self):
        for _ in range(2):
            self.a_run(asks=2)
        previous = "0" * 64
        for number, line in enumerate(self.text().splitlines(), 1):
            self.assertEqual((number, previous), tuple(json.loads(line)[key] for key in ("sequence", "previous")))
            previous = hashlib.sha256(line.encode()).hexdigest()

    def test_a_log_of_before_the_chain_is_continued(self):
        old = '{"timestamp":"2026-01-01T00:00:00Z","user":"marta","profile":"p","effect":"deny","rule":"r"}\n'
        self.write("decisions.jsonl", old * 3)
        self.a_run(asks=2)
        self.assertIn("3 unchained lines before this one", self.assert_verified(self.log_path))

    def test_a_file_that_is_not_a_log_is_not_written_to(self):
        self.write("decisions.jsonl", "dear diary\n")
        run = self.refused_start()
        self.assertIn("cannot be continued", run.stderr)
        self.assertIn("sentinel audit verify", run.stderr)
        self.assertEqual("dear diary\n", self.text())

    def test_json_says_the_same(self):
        self.a_run(asks=3)
        code, out, _ = audit("verify", "--json", self.log_path)
        told = json.loads(out)
        self.assertEqual((0, True, 3, 3, []), (code, told["ok"], told["lines"], told["head"]["sequence"], told["findings"]))
        path = self.copy(self.text().splitlines()[1:])
        code, out, _ = audit("verify", "--json", path)
        finding = json.loads(out)["findings"][0]
        self.assertEqual((1, path, 1), (code, finding["file"], finding["line"]))

    def test_stdin_is_read(self):
        self.a_run(asks=2)
        with open(self.log_path) as file:
            text = file.read()
        self.assertEqual(0, audit("verify", "-", stdin=text)[0])
        self.assertEqual(1, audit("verify", "-", stdin=text[:-1])[0])

    def test_misuse_is_told(self):
        for arguments in (("verify", "--expect-head", "00", "x"), ("nonsense",), ("show", "--since", "yesterday", "x"),
                          ("show", "--limit", "many", "x"), ("verify", "--limit", "3", "x")):
            code, out, err = audit(*arguments)
            self.assertEqual((2, ""), (code, out), (arguments, err))
            self.assertTrue(err.startswith("sentinel: "), err)
        code, _, err = audit("verify", "/nonexistent")
        self.assertEqual(1, code)
        self.assertIn("/nonexistent", err)


class Signed(AuditTest):
    def keys(self):
        private = os.path.join(self.folder, "ed25519.pem")
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", private], check=True, capture_output=True)
        public = subprocess.run(["openssl", "pkey", "-in", private, "-pubout"], check=True, capture_output=True, text=True).stdout
        os.chmod(self.owned(private), 0o600)
        return private, self.write("ed25519.pub", public)

    def test_an_hmac_is_what_another_implementation_computes(self):
        name = "a<b>&c"
        text = policy(rule(reason=json.dumps("because <of> & this"), name=json.dumps(name)))
        self.a_run("--log-key", self.write_key(), "--log-key-id", "log-2026", asks=2,
                   policy=("--policy-file", self.write("policy.yaml", text)))
        for line in self.text().splitlines():
            whole = json.loads(line)
            self.assertEqual(["entry", "signature", "key_id", "timestamp"], list(whole))
            self.assertEqual(name, whole["entry"]["rule"])
            entry = re.match(r'\{"entry":(\{.*\}),"signature":"', line).group(1)
            self.assertEqual(go_compact(entry), entry, "a reader in Go sees other bytes than were signed")
            message = f'{{"entry":{entry},"timestamp":"{whole["timestamp"]}","key_id":"log-2026"}}'
            self.assertEqual(hmac.new(bytes.fromhex(HMAC_KEY), message.encode(), "sha256").hexdigest(), whole["signature"])

    def test_an_ed25519_signature_is_verified_by_openssl_and_the_public_key(self):
        private, public = self.keys()
        self.a_run("--log-key", private, asks=2)
        line = self.text().splitlines()[0]
        whole = json.loads(line)
        entry = re.match(r'\{"entry":(\{.*\}),"signature":"', line).group(1)
        message = f'{{"entry":{entry},"timestamp":"{whole["timestamp"]}","key_id":"{whole["key_id"]}"}}'
        with tempfile.NamedTemporaryFile() as text, tempfile.NamedTemporaryFile() as signature:
            text.write(message.encode())
            signature.write(bytes.fromhex(whole["signature"]))
            text.flush()
            signature.flush()
            done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-in", text.name, "-sigfile",
                                   signature.name], capture_output=True, text=True)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        self.assertIn(whole["key_id"], self.assert_verified("--log-key", public, self.log_path))

    def test_tampered_moved_stripped_and_foreign_signatures_are_found(self):
        private, public = self.keys()
        for key, checks in ((self.write_key(), None), (private, public)):
            with self.subTest(key=key):
                self.forget_log()
                self.a_run("--log-key", key, asks=4)
                checks = checks or key
                lines = self.text().splitlines()
                self.assert_verified("--log-key", checks, self.log_path)
                signatures = [json.loads(line)["signature"] for line in lines]
                last = lines[-1]  # nothing follows, so that the chain cannot be what finds it
                for changed in (last.replace('"outcome":"issued"', '"outcome":"refused"'), last.replace(signatures[3], signatures[2]),
                                last.replace(signatures[3], ""), last.replace(signatures[3], "zz" + signatures[3][2:]),
                                re.sub(r'"timestamp":"20\d\d(-[^"]*"})$', r'"timestamp":"1999\1', last),
                                last.replace('"key_id":"', '"key_id":"x'), json.dumps(json.loads(last)["entry"], separators=(",", ":"))):
                    self.assertNotEqual(last, changed)
                    path = self.copy(lines[:-1] + [changed])
                    self.assertIn(f"{path}:4 ", self.assert_found("sign", "--log-key", checks, path))
                other = self.write_key("c3" * 32, "other.key")
                self.assert_found("no valid signature", "--log-key", other, self.log_path)
                bare = self.copy([json.dumps(json.loads(line)["entry"], separators=(",", ":")) for line in lines])
                self.assertEqual(1, audit("verify", "--log-key", checks, bare)[0])

    def test_a_key_that_cannot_keep_its_secret_starts_nothing(self):
        key = self.write_key()
        for mode, text in ((0o644, HMAC_KEY), (0o600, "ab" * 31), (0o600, "not a key")):
            os.unlink(key)
            self.write("log.key", text, mode)
            os.chmod(key, mode)
            run = self.refused_start("--log-key", key)
            self.assertIn(key, run.stderr)
            self.assertNotIn("ab" * 8, run.stderr)
        self.refused_start("--log-key", os.path.join(self.folder, "missing"))


    @unittest.skipUnless(os.geteuid() == 0, "needs root, to look into the broker: start the tests as root")
    @unittest.skipIf(SANITIZED, "a sanitizer keeps freed memory")
    def test_the_key_is_in_no_memory_that_can_be_read(self):
        raw = subprocess.run(["openssl", "pkey", "-in", self.keys()[0], "-outform", "DER"], check=True, capture_output=True).stdout[-32:]
        for key, secrets in ((self.write_key(), (HMAC_KEY.encode(), bytes.fromhex(HMAC_KEY))),
                             (os.path.join(self.folder, "ed25519.pem"), (raw, base64.b64encode(raw[2:])))):
            self.forget_log()
            asker = self.asker("--log-key", key)
            self.assertEqual([200] * 20, asker.statuses(20, at_once=4))
            for pid in (asker.run.pid, asker.run.keeper, asker.run.helper("broker"), asker.run.helper("frontend")):
                regions = list(memory(pid))
                self.assertGreater(len(regions), 5, "nothing was read, so that this showed nothing")
                for secret in secrets:
                    self.assertFalse([name for name, data in regions if secret in data], f"{secret} in {pid}")
            asker.end()


class Show(AuditTest):
    def test_it_shows_who_got_what_and_filters(self):
        self.a_run(asks=2)
        self.refused_start(profile="ledger-audit")
        for arguments, count in (((), 3), (("--outcome", "issued"), 2), (("--outcome", "refused"), 1), (("--profile", "ledger-audit"), 1),
                                 (("--user", "nobody"), 0), (("--limit", "1"), 1), (("--since", "1h"), 3), (("--until", "2020-01-01"), 0),
                                 (("--rule", "no-audit-from-desks"), 1), (("--effect", "deny"), 1)):
            code, out, err = audit("show", *arguments, self.log_path)
            self.assertEqual((0, "", count), (code, err, len(out.splitlines())), (arguments, out))
        code, out, _ = audit("show", "--limit", "1", self.log_path)
        self.assertIn("ledger-audit", out)
        code, out, _ = audit("show", "--json", self.log_path)
        # Lines as they are, in the form that every --json has.
        self.assertEqual([json.loads(line) for line in self.text().splitlines()], json.loads(out)["decisions"])
        self.assertEqual((True, []), tuple(json.loads(out)[key] for key in ("ok", "findings")))
        for line in self.text().splitlines():
            self.assertIn(line, out)

    def test_a_broken_chain_is_told_and_shown_all_the_same(self):
        self.a_run(asks=4)
        path = self.copy(self.text().splitlines()[:1] + self.text().splitlines()[2:])
        for more in ((), ("--json",), ("--limit", "1"), ("--user", "nobody")):
            code, out, err = audit("show", *more, path)
            told = json.loads(out)["decisions"] if "--json" in more else out.splitlines()
            self.assertEqual((1, {"--limit": 1, "--user": 0}.get((*more, "")[0], 3)), (code, len(told)))
            self.assertIn(f"{path}:2", err)

    def test_color_is_for_terminals_and_for_who_asks(self):
        self.a_run(asks=1)
        self.assertNotIn("\x1b", audit("show", self.log_path)[1])
        self.assertIn("\x1b[", audit("show", "--color", "always", self.log_path)[1])


class DefaultLog(AuditTest):
    """Without FILE: the log that runs write where no option says otherwise, with those that it was rotated into."""

    def setUp(self):
        super().setUp()
        self.state = os.path.join(self.folder, "state")

    def by_default(self, word, *arguments):
        return audit(word, *arguments, environment={"XDG_STATE_HOME": self.state})

    def lie(self, name, text):
        os.makedirs(os.path.join(self.state, "sentinel"), exist_ok=True)
        path = os.path.join(self.state, "sentinel", name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def test_without_one_it_is_said_where_it_was_looked_for(self):
        for word in ("verify", "show", "stats"):
            code, out, err = self.by_default(word)
            self.assertEqual((1, ""), (code, out), err)
            self.assertIn(f"there is no {self.state}/sentinel/decisions.jsonl, which runs write by default", err)
        code, _, err = audit("show", environment={"XDG_STATE_HOME": "relative", "HOME": "/nowhere"})
        self.assertIn("/nowhere/.local/state/sentinel/decisions.jsonl", err)

    def test_the_log_that_a_run_wrote_is_read_and_named(self):
        policy_file = self.write("policy.yaml", policy(rule()))
        run = self.start_by_default(policy_file)
        self.assertEqual(0, run.code, run.stderr)
        log = os.path.join(self.state, "sentinel/decisions.jsonl")
        for word in ("verify", "show", "stats"):
            code, out, err = self.by_default(word)
            self.assertEqual((0, f"sentinel: reading {log}\n"), (code, err), out)
        self.assertEqual(1, len(self.by_default("show")[1].splitlines()))

    def start_by_default(self, policy_file, **environment):
        os.makedirs(self.state, exist_ok=True)
        self.owned(self.state)
        return Run(self, ["exec", "--profile", "ledger-prod", "--policy-file", policy_file, "--", "true"],
                   environment={**self.environment(), "XDG_STATE_HOME": self.state, **environment}, cwd=self.folder).finish()

    def config(self, text):
        os.makedirs(os.path.join(self.folder, "config/sentinel"), exist_ok=True)
        self.write("config/sentinel/config", text)
        return {"XDG_CONFIG_HOME": os.path.join(self.folder, "config")}

    def as_user(self, *arguments, **more):
        return audit(*arguments, **more, **self.user.popen_arguments())

    def test_a_config_that_cannot_be_read_is_not_passed_over(self):
        code, out, err = self.as_user("show", environment={"XDG_STATE_HOME": self.state, **self.config("[default]\nlog-fiel = /x\n")})
        self.assertEqual((2, ""), (code, out), err)
        self.assertIn("did you mean log-file", err)
        self.assertIn("or give --log-file", err)

    def test_the_log_of_the_config_is_read_as_runs_write_it(self):
        log = os.path.join(self.folder, "own.jsonl")
        environment = self.config(f"[default]\nlog-file = {log}\n[profile other]\nlog-file = {log}.other\n")
        for word in ("verify", "show", "stats"):
            code, _, err = self.as_user(word, environment=environment)
            self.assertEqual(1, code, err)
            self.assertIn(f"there is no log {log}, which --log-file or a config file names", err)
        run = self.start_by_default(self.write("policy.yaml", policy(rule())), **environment)
        self.assertEqual(0, run.code, run.stderr)
        self.lie("decisions.jsonl", "")
        for word in ("verify", "show", "stats"):
            code, out, err = self.as_user(word, environment=environment)
            self.assertEqual((0, f"sentinel: reading {log}\n"), (code, err), out)
        self.owned(shutil.copy(log, log + ".20260101T000000Z"))
        code, out, err = self.as_user("show", "--json", environment={**environment, "AWS_PROFILE": "nobody"})
        self.assertEqual(2, len(json.loads(out)["decisions"]), err)
        self.assertIn(f"there is no log {log}.other", self.as_user("show", environment={**environment, "AWS_PROFILE": "other"})[2])
        shutil.move(log, log + ".named")
        code, out, err = self.as_user("show", "--log-file", log + ".named", environment=environment)
        self.assertEqual((0, f"sentinel: reading {log}.named\n", 1), (code, err, len(out.splitlines())))

    def test_what_it_was_rotated_into_comes_first_oldest_first(self):
        line = '{{"timestamp":"2026-01-01T00:00:00Z","user":"{0}","profile":"p","effect":"deny","rule":"r","outcome":"refused"}}\n'
        for name, user in ((".20260102T000000Z-10", "d"), (".20260102T000000Z-2", "c"), (".20260102T000000Z", "b"), (".20260101T000000Z", "a"),
                           ("", "e"), (".20260102T000000Z-x", "no"), (".next", "no"), ("-head", "no"), (".20260102", "no")):
            self.lie("decisions.jsonl" + name, line.format(user))
        code, out, err = self.by_default("show", "--json")
        self.assertEqual(list("abcde"), [line["user"] for line in json.loads(out)["decisions"]], err)
        self.assertIn("decisions.jsonl and 4 that it was rotated into", err)


class Stats(AuditTest):
    def line(self, outcome, rule="r", profile="p", program="/bin/a", when="2026-01-01T00:00:00Z", **more):
        return json.dumps({"timestamp": when, "user": "u", "profile": profile, "effect": "allow", "rule": rule, "outcome": outcome, "peer_executable": program, **more}) + "\n"

    def counted(self, text, *arguments):
        path = self.write("counted.jsonl", text)
        code, out, err = audit("stats", "--json", *arguments, path)
        self.assertEqual((0, ""), (code, err))
        answer = json.loads(out)
        return answer, {kind: [(each["name"], each["count"]) for each in answer["by_" + kind]] for kind in ("outcome", "rule", "profile", "executable")}

    def test_what_is_counted(self):
        text = self.line("issued") * 3 + self.line("refused", rule="", program="/bin/b") + self.line("issued", profile="q", caller_executable="/usr/bin/aws")
        text += json.dumps({"timestamp": "2026-01-02T00:00:00Z", "event": "cut"}) + "\n"
        answer, by = self.counted(text)
        self.assertEqual((5, 1, "2026-01-01T00:00:00Z"), (answer["decisions"], answer["events"], answer["last"]))
        self.assertEqual({"outcome": [("issued", 4), ("refused", 1)], "rule": [("r", 4), ("(none)", 1)], "profile": [("p", 4), ("q", 1)],
                          "executable": [("/bin/a", 3), ("/bin/b", 1), ("/usr/bin/aws", 1)]}, by)
        self.assertEqual((4, [("issued", 4)]), (self.counted(text, "--outcome", "issued")[0]["decisions"], self.counted(text, "--outcome", "issued")[1]["outcome"]))

    def test_since_leaves_out_what_was_before(self):
        old, new = self.line("refused", when="2026-01-01T00:00:00Z"), self.line("issued", when=datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))
        self.assertEqual([("issued", 1)], self.counted(old + new, "--since", "24h")[1]["outcome"])
        self.assertEqual((0, []), (self.counted(old, "--since", "24h")[0]["decisions"], self.counted(old, "--since", "24h")[1]["outcome"]))

    def test_people_see_the_ten_most_frequent_names_and_no_escape(self):
        text = "".join(self.line("issued", profile=f"p{number:02}") * (20 - number) for number in range(13)) + self.line("refused", profile="\x1b[31mred")
        code, out, err = audit("stats", self.write("many.jsonl", text))
        self.assertEqual((0, ""), (code, err))
        self.assertIn("by profile\n  20  p00\n  19  p01\n", out)
        self.assertNotIn("p10", out)
        self.assertIn("  28  of others\n", out)
        self.assertNotIn("\x1b", out)

    def test_a_real_run_is_counted(self):
        self.a_run(asks=3)
        self.refused_start(profile="ledger-audit")
        answer = json.loads(audit("stats", "--json", self.log_path)[1])
        self.assertEqual([{"name": "issued", "count": 3}, {"name": "refused", "count": 1}], answer["by_outcome"])
        self.assertIn("no-audit-from-desks", [each["name"] for each in answer["by_rule"]])

    def test_a_log_that_is_not_whole_is_told_and_counted_all_the_same(self):
        self.a_run(asks=4)
        path = self.copy(self.text().splitlines()[:1] + self.text().splitlines()[2:])
        code, out, err = audit("stats", "--json", path)
        self.assertEqual((1, False, 3), (code, json.loads(out)["ok"], json.loads(out)["decisions"]))
        self.assertIn("this log is not whole", err)


class Times(AuditTest):
    def test_people_read_their_own_time_and_machines_utc(self):
        line = '{"timestamp":"2026-07-01T12:00:00Z","user":"u","profile":"p","effect":"deny","outcome":"refused"}\n'
        path = self.write("summer.jsonl", line)
        for zone, shown in (("Europe/Berlin", "2026-07-01 14:00:00 CEST  "), ("UTC", "2026-07-01 12:00:00 UTC  "), ("", "2026-07-01 12:00:00 UTC  ")):
            self.assertTrue(audit("show", path, environment={"TZ": zone})[1].startswith(shown), zone)
            self.assertEqual("2026-07-01T12:00:00Z", json.loads(audit("show", "--json", path, environment={"TZ": zone})[1])["decisions"][0]["timestamp"])
        odd = self.write("odd.jsonl", line.replace("2026-07-01T12:00:00Z", "yesterday\\u001b"))
        self.assertTrue(audit("show", odd)[1].startswith("yesterday?  "))


if __name__ == "__main__":
    unittest.main(verbosity=2)
