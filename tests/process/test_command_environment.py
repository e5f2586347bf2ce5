"""What the command gets: environment, generated config, and credentials through sentinel-credential-process."""
import hashlib
import hmac
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(__file__))
import harness

TCP = ("exec", "--profile", "ok", "--policy-file", "policy", "--server", "--log-file", "decisions")
UNIX = TCP + ("--unix-socket",)
STALE = {name: "stale" for name in (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "SENTINEL_AUTH_TOKEN")}
PRINT = ("--", "/usr/bin/python3", "-c", "import json, os; print(json.dumps(dict(os.environ)))")


class Environment(harness.ProcessTest):
    doubles = True

    def environment(self, mode, **caller):
        run = self.start_sentinel(*mode, *PRINT, environment=caller).finish()
        self.assertEqual(0, run.code, run.stderr)
        return json.loads(run.stdout)

    def test_nothing_stale_gets_through_in_either_mode(self):
        for mode in (TCP, UNIX):
            seen = self.environment(mode, **STALE)
            self.assertEqual([], [name for name, value in seen.items() if value == "stale"])
            self.assertEqual("eu-double-1", seen["AWS_REGION"])
            self.assertEqual("true", seen["AWS_EC2_METADATA_DISABLED"])
            self.assertEqual("ok", seen["AWS_SENTINEL"])

    @harness.needs_own_home
    def test_the_broker_is_told_what_it_may_know_and_no_more(self):
        run = self.start_sentinel("exec", "--server", "--lazy", "--profile", "echo", "--policy-file", "policy", "--region", "eu-1",
                                  "--server-duration", "20m", "--log-stderr", "--", "true",
                                  environment={"AWS_SECRET_ACCESS_KEY": "stale", "AWS_CA_BUNDLE": "ca.pem", "PATH": "/usr/bin:/bin",
                                               "AWS_CONFIG_FILE": "~/elsewhere", "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1"}).finish()
        line = next(line for line in run.stderr.splitlines() if "policy=" in line)
        home = self.user.home
        self.assertEqual(
            f"sentinel: AWS_CA_BUNDLE={home}/ca.pem AWS_CONFIG_FILE={home}/elsewhere AWS_ENDPOINT_URL_STS=http://127.0.0.1:1 log=stderr "
            f"policy={home}/policy region=eu-1 home={home} user={self.user.name} duration=1200 lazy=1 transport=1 mode=1 table= key= poll=60 age=300 size=0 "
            "remote= token_file= env_keys=0 login=0 keys=,5,0,0", line)

    def told(self, *arguments, **environment):
        run = self.start_sentinel("exec", "--profile", "echo", *arguments, "--log-stderr", "--", "true",
                                  environment=environment).finish()
        self.assertEqual(0, run.code, run.stderr)
        return next(line for line in run.stderr.splitlines() if "policy=" in line)

    def test_the_store_of_sessions_is_opened_for_a_run_that_shares_them_alone(self):
        for options, there in (((), False), (("--share-mfa",), True)):
            line = self.told("--policy-file", "policy", *options, XDG_STATE_HOME=os.path.join(self.user.home, "state"))
            self.assertEqual(there, " store " in line, line)

    def test_the_keys_of_the_environment_come_once_it_is_locked_down(self):
        keys = {"AWS_ACCESS_KEY_ID": "AKIAHERE", "AWS_SECRET_ACCESS_KEY": "hidden-hidden", "AWS_SESSION_TOKEN": "token-token-token",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": "container"}
        for mode in (["--server"], []):
            line = self.told(*mode, "--policy-file", "policy", "--env-keys", **keys)
            self.assertIn("env_keys=1 ", line)
            self.assertTrue(line.endswith("keys=AKIAHERE,13,17,9"), line)
        for wrong in ({}, {"AWS_ACCESS_KEY_ID": "AKIAHERE"}, {"AWS_SECRET_ACCESS_KEY": "hidden"}):
            run = self.run_sentinel("exec", "--profile", "echo", "--policy-file", "p", "--env-keys", "--", "true", environment=wrong)
            self.assertEqual(run.own_failure, run.code)
            self.assertIn("--env-keys is given, and AWS_", run.stderr)

    def test_a_remote_server_serves_without_server_and_policy(self):
        line = self.told("--remote-server", "https://tvm.example/x?profile=echo", "--remote-token-file", "token", "--unix-socket", "--lazy",
                         SENTINEL_SESSION_TABLE="not-here")
        self.assertIn(f"remote=https://tvm.example/x?profile=echo token_file={self.user.home}/token ", line)
        self.assertIn(" policy= ", " " + line)
        self.assertIn("transport=2 mode=1 table= ", line)
        self.assertNotIn(" store ", line)

    @harness.needs_own_home
    def test_the_user_comes_from_the_password_database_and_the_home_from_home(self):
        # HOME says where files lie, as it does to every AWS tool; a policy judges by the user, who must not choose a name.
        for home, expected in (("/elsewhere", "/elsewhere"), ("", self.user.home), ("relative", self.user.home)):
            run = self.start_sentinel("exec", "--server", "--profile", "echo", "--policy-file", "p", "--log-stderr", "--", "true",
                                      environment={"HOME": home, "USER": "root", "LOGNAME": "root"}).finish()
            self.assertIn(f"home={expected} user={self.user.name} ", run.stderr)

    @harness.needs_own_home
    def test_decisions_go_to_the_default_file_which_is_private(self):
        arguments = ("exec", "--server", "--profile", "ok", "--policy-file", "p", "--", "true")
        self.assertEqual(0, self.run_sentinel(*arguments).code)
        path = os.path.join(self.user.home, ".local/state/sentinel/decisions.jsonl")
        self.assertEqual(0o600, stat.S_IMODE(os.stat(path).st_mode))
        self.assertEqual(0, self.run_sentinel(*arguments).code)
        with open(path) as file:
            self.assertEqual(2, len(file.readlines()), "appended, not rewritten")

    @harness.needs_own_home
    def test_the_config_holds_what_the_broker_tells_and_nothing_of_the_users_file(self):
        os.makedirs(os.path.join(self.user.home, ".aws"), exist_ok=True)
        with open(os.path.join(self.user.home, ".aws/config"), "w") as file:
            file.write("[profile settings]\noutput = table\naws_secret_access_key = staticsecret\nrole_arn = r\nregion = us-1\n")
        arguments = [("settings" if word == "ok" else word) for word in UNIX]
        run = self.run_sentinel(*arguments, "--", "sh", "-c", "cat $AWS_CONFIG_FILE; wc -c < $AWS_SHARED_CREDENTIALS_FILE")
        shutil.rmtree(os.path.join(self.user.home, ".aws"))
        process = f"credential_process = {self.layout.credential_process}"
        body = ("\nregion = eu-double-1\noutput = yaml\nservices = sentinel\n"
                "s3 =\n  addressing_style = path\n")
        self.assertEqual(f"# made by sentinel for one run; removed when it ends\n[default]\n{process}{body}\n[profile settings]\n{process} settings{body}"
                         "\n[services sentinel]\ns3 =\n  endpoint_url = http://127.0.0.1:9\n0\n", run.stdout)

    def test_a_broker_that_tells_what_no_command_may_see_ends_the_run(self):
        for profile, words in (("odd-setting", "CommandSetting that no command may see"), ("many-settings", "CommandSetting too often"),
                               ("setting-twice", "CommandSetting of the same name twice"), ("late-setting", "CommandSetting out of phase")):
            run = self.run_sentinel(*[(profile if word == "ok" else word) for word in UNIX], "--", "sleep", "5")
            self.assertNotEqual(0, run.code)
            self.assertIn(f"the broker broke the protocol: {words}", run.stderr)
        run = self.run_sentinel("exec", "--profile", "settings", "--policy-file", "policy", "--log-file", "decisions", "--", "true")
        self.assertEqual(run.own_failure, run.code)
        self.assertIn("CommandSetting in a run that is not served", run.stderr)

    def test_the_token_is_in_no_argument_and_no_file(self):
        run = self.start_sentinel(*UNIX, "--", "sh", "-c", "grep -r -- $SENTINEL_AUTH_TOKEN $(dirname $AWS_CONFIG_FILE); echo searched; read line")
        self.assertEqual("searched", run.line())
        for pid in self.own_processes():
            self.assertNotIn("double-token", harness.command_line(pid))
        run.finish(stdin="\n")


class CredentialProcess(harness.ProcessTest):
    doubles = True
    GOOD = {"AccessKeyId": "ASIAX", "SecretAccessKey": "s/+=", "Token": "t==", "Expiration": "2099-01-01T00:00:00Z"}

    def test_it_prints_version_1_json_inside_a_run(self):
        run = self.run_sentinel(*UNIX, "--", self.layout.credential_process)
        self.assertEqual({"Version": 1, "AccessKeyId": "ASIADOUBLE", "SecretAccessKey": "secret/double+",
                          "SessionToken": "session==", "Expiration": "2099-01-01T00:00:00Z"}, json.loads(run.stdout))
        self.assertEqual((0, ""), (run.code, run.stderr))

    def test_a_refusal_is_one_sentence_and_no_output(self):
        run = self.run_sentinel(*UNIX, "--", "env", "SENTINEL_AUTH_TOKEN=wrong", self.layout.credential_process)
        self.assertEqual((1, ""), (run.code, run.stdout))
        self.assertEqual("sentinel: refused: the double refuses; the terminal that runs sentinel, and the decision log, tell why\n",
                         run.stderr)

    KEY = "the-answer-key"

    @classmethod
    def mac(cls, nonce, body, key=None, profile=""):
        """As ipc/client/answer_mac.h says."""
        text = f"sentinel answer 1\n{nonce}\n{hashlib.sha256(body.encode()).hexdigest()}" + ("\n" + profile if profile else "")
        return hmac.new((key or cls.KEY).encode(), text.encode(), hashlib.sha256).hexdigest()

    def answered(self, answer, keep_open=False, environment=None, words=()):
        """Runs it against a server that gives this answer: bytes, or what makes them of the request's nonce; of a list, one to
        each connection."""
        path = os.path.join(self.user.folder, "answer")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)
            os.chmod(path, 0o777)
            server.listen()
            asked = []

            def serve():
                for each in answer if isinstance(answer, list) else [answer]:
                    serve_one(each)

            def serve_one(answer):
                client, _ = server.accept()
                with client:
                    request = b""
                    while b"\r\n\r\n" not in request:
                        part = client.recv(4096)
                        if not part:
                            return
                        request += part
                    asked.append(request)
                    nonce = re.search(rb"\r\nSentinel-Nonce: ([0-9a-f]{32})\r\n", request).group(1).decode()
                    try:
                        client.sendall(answer if isinstance(answer, bytes) else answer(nonce))
                        if keep_open:
                            client.recv(1)
                    except OSError:
                        pass

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            done = subprocess.run([self.layout.credential_process, *words], capture_output=True, text=True, timeout=harness.PATIENCE,
                                  env={"SENTINEL_UNIX_SOCKET": path, "SENTINEL_AUTH_TOKEN": "tok", "SENTINEL_ANSWER_KEY": self.KEY,
                                       "SENTINEL_SERVER_PID": str(os.getpid()), **(environment or {})})
            os.unlink(path)
            thread.join(timeout=1)
        return done, asked

    def http(self, body, status="200 OK", mac=None, profile=""):
        """An answer with the header that the broker would give it, or with these lines."""
        def answer(nonce):
            lines = f"Sentinel-Answer-Mac: {self.mac(nonce, body, profile=profile)}\r\n" if mac is None else mac
            return (f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{lines}"
                    f"Connection: close\r\n\r\n{body}").encode()
        return answer

    def test_answers_that_are_no_credentials_are_refused(self):
        good = json.dumps(self.GOOD)
        for name, answer in {
                "empty": b"",
                "not http": b"hello",
                "no body": self.http(""),
                "cut": self.http(good[:-5]),
                "trailing": self.http(good + "x"),
                "missing member": self.http(json.dumps({k: v for k, v in self.GOOD.items() if k != "Token"})),
                "unknown member": self.http(json.dumps({**self.GOOD, "Extra": "x"})),
                "number": self.http(json.dumps({**self.GOOD, "Token": 1})),
                "empty secret": self.http(json.dumps({**self.GOOD, "SecretAccessKey": ""})),
                "escape": self.http(json.dumps({**self.GOOD, "Token": 'a"b'})),
                "twice": self.http(good[:-1] + ',"Token":"x"}'),
                "too large": self.http(json.dumps({**self.GOOD, "Token": "x" * 20000})),
                "500 with a good body": self.http(good, "500 Oops"),
                "204": self.http(good, "204 No")}.items():
            with self.subTest(name=name):
                done, _ = self.answered(answer)
                self.assertEqual((1, ""), (done.returncode, done.stdout))
                self.assertEqual(1, done.stderr.count("\n"))

    def test_what_it_sends_is_one_plain_request(self):
        done, asked = self.answered(self.http(json.dumps(self.GOOD)))
        self.assertRegex(asked[0], rb"^GET /creds HTTP/1.1\r\nHost: localhost\r\nSentinel-Nonce: [0-9a-f]{32}\r\nAuthorization: tok\r\n"
                                   rb"Connection: close\r\n\r\n$")
        self.assertEqual("s/+=", json.loads(done.stdout)["SecretAccessKey"])

    def test_it_asks_for_the_profile_that_it_is_given(self):
        for word in ("prod", "a%20b", "x" * 768):
            done, asked = self.answered(self.http(json.dumps(self.GOOD), profile=word), words=(word,))
            self.assertEqual(0, done.returncode, done.stderr)
            self.assertTrue(asked[0].startswith(b"GET /creds/" + word.encode() + b" HTTP/1.1\r\n"), asked[0])
        for words in (("",), ("a b",), ("a/b",), ("a\r\nX: y",), ("x" * 769,), ("one", "two")):
            done, asked = self.answered(self.http(json.dumps(self.GOOD)), words=words)
            self.assertEqual((1, "", []), (done.returncode, done.stdout, asked))
            self.assertIn("what is named is no profile as the generated config writes it", done.stderr)

    def test_the_answer_for_another_profile_is_noticed(self):
        for asked_for, answered_for in (("prod", "dev"), ("prod", ""), ("", "prod"), ("prod", "prod2")):
            done, _ = self.answered(self.http(json.dumps(self.GOOD), profile=answered_for), words=(asked_for,) if asked_for else ())
            self.assertEqual((3, ""), (done.returncode, done.stdout))
            self.assertIn("the answer is not the broker's", done.stderr)

    def test_it_asks_again_where_the_keys_are_being_fetched_and_nowhere_else(self):
        later = self.http('{"Message":"not yet"}', "503 Service Unavailable", mac="Retry-After: 0\r\n")
        done, asked = self.answered([later, later, self.http(json.dumps(self.GOOD), profile="prod")], words=("prod",))
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual("s/+=", json.loads(done.stdout)["SecretAccessKey"])
        self.assertEqual(3, len({re.search(rb"Sentinel-Nonce: (\S+)", each).group(1) for each in asked}), "a nonce for each question")
        for final in (self.http('{"Message":"no"}', "503 Service Unavailable", mac=""),
                      self.http('{"Message":"no"}', "403 Forbidden", mac="Retry-After: 0\r\n"),
                      self.http('{"Message":"no"}', "500 Internal Server Error", mac="Retry-After: 0\r\n")):
            done, asked = self.answered([later, final])
            self.assertEqual((1, "", 2), (done.returncode, done.stdout, len(asked)))
            self.assertIn("refused: no", done.stderr)

    def test_an_answer_that_is_not_the_brokers_is_noticed(self):
        good = json.dumps(self.GOOD)
        old = []  # what the broker answered once

        def replayed(nonce):
            answer = self.http(good)(old[0] if old else nonce)
            old.append(nonce)
            return answer

        self.assertEqual(0, self.answered(replayed)[0].returncode)

        def header(value):
            return f"Sentinel-Answer-Mac: {value}\r\n"

        for name, answer in {
                "without a MAC": self.http(good, mac=""),
                "replayed": replayed,
                "under another key": lambda nonce: self.http(good, mac=header(self.mac(nonce, good, "guess")))(nonce),
                "of other keys": lambda nonce: self.http(good.replace("ASIAX", "ASIAY"), mac=header(self.mac(nonce, good)))(nonce),
                "in upper case": lambda nonce: self.http(good, mac=header(self.mac(nonce, good).upper()))(nonce),
                "cut short": lambda nonce: self.http(good, mac=header(self.mac(nonce, good)[:-1]))(nonce),
                "too long": lambda nonce: self.http(good, mac=header(self.mac(nonce, good) + "0"))(nonce),
                "empty": self.http(good, mac=header("")),
                "twice": lambda nonce: self.http(good, mac=header(self.mac(nonce, good)) * 2)(nonce),
                "in the body": lambda nonce: self.http("\r\n" + header(self.mac(nonce, good)) + good, mac="")(nonce),
                "under another name": lambda nonce: self.http(good, mac="X-" + header(self.mac(nonce, good)))(nonce),
                "nothing at all": b"HTTP/1.1 200 OK\r\n\r\n"}.items():
            with self.subTest(name):
                done, asked = self.answered(answer)
                self.assertEqual((3, "", 1), (done.returncode, done.stdout, len(asked)))
                self.assertEqual("sentinel: the answer is not the broker's: Sentinel's frontend, or what stands in its place, was "
                                 "tampered with; nothing of it was used; end this run, and look at what the command and your other "
                                 "programs did\n", done.stderr)

    def test_each_question_has_a_nonce_of_its_own(self):
        asked = [self.answered(self.http(json.dumps(self.GOOD)))[1][0] for _ in range(3)]
        self.assertEqual(3, len(set(asked)))

    def test_a_server_that_is_another_process_gets_nothing(self):
        for pid in (os.getppid(), 1):
            done, asked = self.answered(self.http(json.dumps(self.GOOD)), environment={"SENTINEL_SERVER_PID": str(pid)})
            self.assertEqual((3, "", []), (done.returncode, done.stdout, asked))
            self.assertRegex(done.stderr, rf"^sentinel: process {os.getpid()} listens at .*/answer, and not sentinel; nothing was sent")

    def test_what_is_not_known_of_the_run_is_refused(self):
        for name, value in (("SENTINEL_ANSWER_KEY", ""), ("SENTINEL_ANSWER_KEY", "x" * 65), ("SENTINEL_SERVER_PID", ""),
                            ("SENTINEL_SERVER_PID", "0"), ("SENTINEL_SERVER_PID", "-1"), ("SENTINEL_SERVER_PID", "1x")):
            with self.subTest(name, value=value):
                done, asked = self.answered(self.http(json.dumps(self.GOOD)), environment={name: value})
                self.assertEqual((1, "", []), (done.returncode, done.stdout, asked))
                self.assertIn(name, done.stderr)

    @unittest.skipIf(shutil.which("unshare") is None or os.geteuid() != 0, "needs root and unshare")
    def test_in_a_pid_namespace_of_its_own_it_is_answered(self):
        """The kernel does not name a process there that lies outside: the answer's MAC says whose it is."""
        run = self.run_sentinel(*UNIX, "--", "unshare", "--user", "--map-current-user", "--pid", "--fork", self.layout.credential_process)
        self.assertEqual((0, ""), (run.code, run.stderr))
        self.assertEqual("ASIADOUBLE", json.loads(run.stdout)["AccessKeyId"])

    def test_a_server_that_never_ends_its_answer_is_given_up(self):
        done, _ = self.answered(b"HTTP/1.1 200 OK\r\n", keep_open=True)
        self.assertEqual(1, done.returncode)
        self.assertIn("no answer within 5 seconds", done.stderr)

    def test_a_hostile_message_is_shown_without_control_characters(self):
        done, _ = self.answered(self.http('{"Message":"\x1b[2Jred\nline"}', "403 Forbidden"))
        self.assertIn("refused: ?[2Jred?line; ", done.stderr)

    def test_outside_a_run_it_says_so(self):
        around = {"SENTINEL_UNIX_SOCKET": "/no/socket", "SENTINEL_AUTH_TOKEN": "t", "SENTINEL_ANSWER_KEY": "k", "SENTINEL_SERVER_PID": "1"}
        for environment in [{}, *({**around, name: ""} for name in around)]:
            done = subprocess.run([self.layout.credential_process], capture_output=True, text=True, env=environment)
            self.assertEqual(1, done.returncode)
            self.assertIn("not inside `sentinel exec", done.stderr)
        done = subprocess.run([self.layout.credential_process], capture_output=True, text=True,
                              env=around)
        self.assertIn("sentinel's socket /no/socket is not there: No such file", done.stderr)
        self.assertIn("its run has ended, or this program sees another folder", done.stderr)

    def test_it_needs_no_library(self):
        if harness.SANITIZED:
            self.skipTest("sanitizers are libraries")
        done = subprocess.run(["readelf", "-d", self.layout.credential_process], capture_output=True, text=True)
        self.assertNotIn("NEEDED", done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
