"""Keys of an instance and of a container from the addresses where they are in AWS, with nothing that leads elsewhere: in a network
of the test's own, whose one way to AWS is a proxy. Nothing link-local goes through that, whichever variable names it."""
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "fakes")]
import link_local  # noqa: E402
from aws_case import WITHOUT_LEAKS  # noqa: E402
from source_case import AWS, SourceTest, role_arn  # noqa: E402
from standin_client import CONTAINER_TOKEN, ECS_PATH, EKS_PATH, Standin  # noqa: E402

PROXY_VARIABLES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


def setUpModule():
    link_local.enter()   # for good: the way back is the end of this process


class LinkLocalTest(SourceTest):
    tls = True
    standin = {"link_local": True, "proxy": True}

    def setUp(self):
        super().setUp()
        self.add_profile("instance", role_arn=role_arn("ledger-ci"), credential_source="Ec2InstanceMetadata")
        self.add_profile("container", role_arn=role_arn("ledger-ci"), credential_source="EcsContainer")

    # No endpoint: AWS's own hosts are asked for, and the proxy is what knows them.
    def environment(self):
        return {"AWS_CONFIG_FILE": self.aws_file("config"), "AWS_SHARED_CREDENTIALS_FILE": self.aws_file("credentials"),
                **dict.fromkeys(PROXY_VARIABLES, self.aws.urls["proxy"]), **self.aws.ca_environment(), **WITHOUT_LEAKS}

    def who_am_i(self, asker):
        done = asker.order("run", argv=[AWS, "--output", "text", "sts", "get-caller-identity", "--query", "Arn"])
        self.assertEqual(0, done["code"], done["stderr"])
        return done["stdout"].strip()

    def fetched(self, service, address):
        """What was asked of a machine's service, all of it at this address, and nothing of it by way of the proxy."""
        calls = [call for call in self.aws.log() if call["service"] == service]
        self.assertEqual({"ok"}, {call["outcome"] for call in calls})
        self.assertEqual({address}, {call["peer"][0] for call in calls})   # the kernel answers from where it was asked
        self.assertEqual({"sts.eu-central-1.amazonaws.com"}, {call["params"]["host"] for call in self.aws.log()
                                                              if call["service"] == "proxy"})
        return [call["action"] for call in calls]

    def assume_from(self, profile, service, address, **environment):
        asker = self.served(profile, environment=environment)
        self.assertIn(":assumed-role/ledger-ci/", self.who_am_i(asker))
        asker.end()
        self.assertEqual({profile}, {line["credential_source"] for line in self.issued()})
        return self.fetched(service, address)

    # ---- refusals

    def test_where_nobody_answers_there_it_is_no_instance_and_no_task(self):
        self.aws.stop()
        self.aws = Standin(tls=True, proxy=True)   # AWS, and nothing on this machine
        self.aws.start()
        self.addCleanup(self.aws.stop)
        self.refused("instance", self.aws_file("config"), "169.254.169.254")
        said = self.refused("container", "169.254.170.2", environment={"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": ECS_PATH})
        self.assertNotIn(ECS_PATH, said)
        self.assertEqual([], [call for call in self.aws.log() if call["service"] == "proxy"])

    # ---- good ones

    def test_the_instances_role(self):
        self.assertEqual(["Token", "RoleName", "RoleCredentials"], self.assume_from("instance", "imds", "169.254.169.254"))

    def test_the_instances_role_over_ipv6(self):
        steps = self.assume_from("instance", "imds", "fd00:ec2::254", AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE="IPv6")
        self.assertEqual(["Token", "RoleName", "RoleCredentials"], steps)

    def test_the_tasks_role_by_its_relative_uri(self):
        steps = self.assume_from("container", "container", "169.254.170.2", AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=ECS_PATH)
        self.assertEqual(["ContainerCredentials"], steps)

    def assume_from_pod(self, host, address):
        steps = self.assume_from("container", "container", address, AWS_CONTAINER_AUTHORIZATION_TOKEN=CONTAINER_TOKEN,
                                 AWS_CONTAINER_CREDENTIALS_FULL_URI=f"http://{host}{EKS_PATH}")
        self.assertEqual(["ContainerCredentials"], steps)

    def test_the_pods_role(self):
        self.assume_from_pod("169.254.170.23", "169.254.170.23")

    def test_the_pods_role_over_ipv6(self):
        self.assume_from_pod("[fd00:ec2::23]", "fd00:ec2::23")


if __name__ == "__main__":
    unittest.main(verbosity=2)
