"""The HTTP stacks of real runtimes, unmodified and with their defaults: Java's HttpURLConnection and java.net.http (which
offers HTTP/2 by Upgrade), Node's fetch (which sends Sec-Fetch-Mode alone), curl --http2. Each gets credentials; what is not
installed is skipped, and says so.
"""
import json
import os
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from client_case import ANY, AwsTest

HERE = os.path.dirname(os.path.abspath(__file__))
NODE = """
const answer = await fetch(process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI, {headers: {Authorization: process.env.AWS_CONTAINER_AUTHORIZATION_TOKEN}});
console.log(JSON.stringify({way: 'fetch', status: answer.status, body: await answer.text()}));
"""
# The last line is the status.
CURL = ("curl", "--silent", "--show-error", "--write-out", "\\n%{http_code}")
TCP = r"""exec "$@" -H "Authorization: $AWS_CONTAINER_AUTHORIZATION_TOKEN" "$AWS_CONTAINER_CREDENTIALS_FULL_URI" """
BEARER = TCP.replace("Authorization: ", "Authorization: Bearer ")
UNIX = r"""exec "$@" -H "Authorization: $SENTINEL_AUTH_TOKEN" --unix-socket "$SENTINEL_UNIX_SOCKET" http://localhost/creds"""


class StackTest(AwsTest):
    def run_command(self, command, transport="tcp"):
        return self.start(command=command, transport=transport, policy=("--policy-file", self.write("policy.yaml", ANY))).finish()

    def assert_credentials(self, status, body):
        self.assertEqual(200, status, body)
        self.assertIn(json.loads(body)["SecretAccessKey"], self.aws.secrets())

    def assert_served(self, run, ways):
        self.assertEqual(0, run.code, run.stderr)
        answers = [json.loads(line) for line in run.stdout.splitlines()]
        self.assertEqual(list(ways), [answer["way"] for answer in answers])
        for answer in answers:
            with self.subTest(way=answer["way"]):
                self.assert_credentials(answer["status"], answer["body"])


class Java(StackTest):
    WAYS = ("connection", "client", "connection")

    @classmethod
    def setUpClass(cls):
        if not (shutil.which("java") and shutil.which("javac")):
            raise unittest.SkipTest("no JDK is installed: openjdk-17-jdk-headless")
        super().setUpClass()
        cls.classes = os.path.join(cls.user.folder, "classes")
        subprocess.run(["javac", "-d", cls.classes, os.path.join(HERE, "FetchCredentials.java")], check=True)

    def java(self, *options, ways):
        # A small JVM: what is tested is its HTTP.
        return ("java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx64m", *options, "-cp", self.classes, "FetchCredentials", *ways)

    def test_both_clients_over_sockets_of_ipv4(self):
        self.assert_served(self.run_command(self.java("-Djava.net.preferIPv4Stack=true", ways=self.WAYS)), self.WAYS)

    def test_both_clients_over_the_dual_stack_sockets_of_its_default(self):
        self.assert_served(self.run_command(self.java(ways=self.WAYS)), self.WAYS)

    def test_a_process_as_its_sdk_runs_one(self):
        self.assert_served(self.run_command(self.java(ways=("process",)), transport="unix"), ("process",))


class Node(StackTest):
    def test_its_fetch(self):
        if not shutil.which("node"):
            self.skipTest("node is not installed")
        self.assert_served(self.run_command((shutil.which("node"), self.write("fetch.mjs", NODE))), ("fetch",))


class Curl(StackTest):
    def curl(self, script, *options, transport="tcp"):
        run = self.run_command(("sh", "-c", script, "sh", *CURL, *options), transport=transport)
        self.assertEqual(0, run.code, run.stderr)
        body, status = run.stdout.rsplit("\n", 1)
        return run, int(status), body

    def test_what_a_server_may_ignore_is_ignored_over_both_transports(self):
        for script, transport in ((TCP, "tcp"), (UNIX, "unix")):
            for options in (("--http2",), ("-H", "Expect: 100-continue"), ("-H", "Connection: Upgrade", "-H", "Upgrade: TLS/1.2"),
                            ("--tr-encoding", "--compressed"), ("-H", "Sec-Fetch-Mode: cors"), ("--range", "0-"), ("--cookie", "a=b")):
                with self.subTest(transport=transport, options=options):
                    _, status, body = self.curl(script, *options, transport=transport)
                    self.assert_credentials(status, body)

    def test_what_changes_the_request_is_not(self):
        for options, wanted in ((("--http2", "--data", "x", "--request", "GET"), 400), (("-H", "Expect: 200-ok"), 417), (("--http2-prior-knowledge",), None),
                                (("--referer", "http://127.0.0.1/"), 403), (("-H", "Sec-Fetch-Site: none"), 403)):
            with self.subTest(options=options):
                run = self.run_command(("sh", "-c", TCP, "sh", *CURL, *options))
                self.assertNotIn("SecretAccessKey", run.stdout)
                if wanted:
                    self.assertEqual(str(wanted), run.stdout.rsplit("\n", 1)[1])

    def test_a_bearer_is_refused_with_the_right_reason(self):
        run, status, body = self.curl(BEARER)
        self.assertEqual(403, status)
        self.assert_no_secret(body, "the refusal")
        self.assertIn("a word such as Bearer in front of its token", run.stderr)
        self.assertIn("`Authorization: TOKEN`", run.stderr)
        self.assertNotIn("another token", run.stderr)
        self.assertEqual("token-scheme", self.decisions()[-1]["check"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
