"""AWS calls go through the proxy that HTTPS_PROXY names, past it where NO_PROXY says so, and are verified all the same; what
the command itself asks is not touched."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import WITHOUT_LEAKS, AwsTest
from standin_client import Standin


class ProxyTest(AwsTest):
    tls = True

    def setUp(self):
        super().setUp()
        self.aws.stop()
        self.aws = Standin(tls=True, proxy=True)
        self.aws.start()
        self.addCleanup(self.aws.stop)

    # Nothing leads to the stand-in but the proxy: AWS's own hosts are asked for.
    def environment(self):
        return {"AWS_CONFIG_FILE": self.aws_file("config"), "AWS_SHARED_CREDENTIALS_FILE": self.aws_file("credentials"),
                **self.aws.ca_environment(), **WITHOUT_LEAKS}

    def through(self, password=None, **more):
        return {"environment": {**self.aws.proxy_environment(password), **more}}

    def hosts(self):
        return {call["params"]["host"] for call in self.aws.calls("CONNECT", "ok")}

    # ---- refusals

    def test_a_bad_proxy_is_refused_at_start_with_its_variables_name_and_without_its_password(self):
        for name in ("HTTPS_PROXY", "https_proxy"):
            for url in ("socks5://marta:hidden@127.0.0.1:1", "http://marta:hidden@proxy/path", "http://marta:hidden@proxy:x"):
                with self.subTest(name=name, url=url):
                    run = self.refused_start(environment={name: url})
                    self.assertIn(name, run.stderr)
                    self.assertNotIn("hidden", run.stderr)

    def test_a_proxy_that_is_not_there_is_named(self):
        run = self.refused_start(environment={"HTTPS_PROXY": "http://marta:hidden@127.0.0.1:1"})
        self.assertIn("http://127.0.0.1:1 of HTTPS_PROXY", run.stderr)
        self.assertNotIn("hidden", run.stderr)

    def test_a_proxy_that_wants_a_password_is_a_matter_of_its_variable(self):
        self.aws.control.proxy(password="marta:let-me-out")
        run = self.refused_start(**self.through())
        self.assertIn("407", run.stderr)
        self.assertIn("user and password that it asks for into https_proxy", run.stderr)   # the fixture sets both
        run = self.refused_start(**self.through("marta:hidden"))
        self.assertIn("407", run.stderr)
        self.assertNotIn("hidden", run.stderr)

    def test_a_proxy_that_lets_nothing_through_is_no_answer_of_aws(self):
        self.aws.control.fault("status", action="CONNECT", status=403, count=0)
        run = self.refused_start(**self.through())
        self.assertIn("lets nothing through to https://sts.eu-central-1.amazonaws.com", run.stderr)

    def test_tls_is_verified_through_the_proxy(self):
        run = self.refused_start(**self.through(AWS_CA_BUNDLE="/etc/ssl/certs/ca-certificates.crt"))
        self.assertIn("is not trusted", run.stderr)
        self.assertEqual([], self.aws.calls("GetCallerIdentity"))

    def test_a_host_of_no_proxy_goes_past_it(self):
        for value in (".amazonaws.com", "amazonaws.com", "*", "sts.eu-central-1.amazonaws.com,ssm.eu-central-1.amazonaws.com:443"):
            with self.subTest(value):
                self.refused_start(**self.through(NO_PROXY=value))   # there is no way to AWS here
        self.refused_start(**self.through(NO_PROXY="nowhere.example.com", no_proxy="amazonaws.com"))
        many = ",".join(f"host{number}.example.com" for number in range(5000))  # more than one message takes, and than the queue
        self.refused_start(**self.through(NO_PROXY=many + ",amazonaws.com"))
        self.assertEqual([], self.aws.calls("CONNECT"))

    # ---- good ones

    def test_aws_is_reached_through_the_proxy_and_the_commands_environment_keeps_it(self):
        for list_of_hosts in ("example.com", ",".join(f"host{number}.example.com" for number in range(5000))):
            asker = self.asker(**self.through(NO_PROXY=list_of_hosts))
            self.assert_served(asker.ask())
        self.assertEqual({"sts.eu-central-1.amazonaws.com", "ssm.eu-central-1.amazonaws.com"}, self.hosts())
        self.assertEqual([], self.aws.calls("Plain"))
        environment = asker.order("environment")
        self.assertEqual(self.aws.urls["proxy"], environment["HTTPS_PROXY"])
        self.assertEqual(list_of_hosts + ",127.0.0.1", environment["NO_PROXY"])   # what is served there stays near

    def test_the_proxys_password_is_used_and_stays_out_of_the_log(self):
        self.aws.control.proxy(password="marta:let-me-out")
        asker = self.asker(**self.through("marta:let-me-out"))
        self.assert_served(asker.ask())
        asker.end()
        with open(self.log_path) as file:
            self.assertNotIn("let-me-out", file.read() + asker.run.stderr)

    def test_the_lower_case_variable_comes_first(self):
        asker = self.asker(environment={"HTTPS_PROXY": "http://127.0.0.1:1", "https_proxy": self.aws.urls["proxy"]})
        self.assert_served(asker.ask())

    def test_what_the_command_asks_of_the_run_is_not_asked_through_the_proxy(self):
        before = len(self.aws.calls("CONNECT"))
        asker = self.asker(**self.through())
        asker.asks(5)
        asked = len(self.aws.calls("CONNECT")) - before
        asker.asks(20)
        self.assertEqual(asked, len(self.aws.calls("CONNECT")) - before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
