#!/usr/bin/python3
"""The metadata addresses themselves, in a network of the test's own: botocore needs to be told of no other."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from botocore.credentials import ContainerProvider, InstanceMetadataProvider  # noqa: E402
from botocore.utils import ContainerMetadataFetcher, InstanceMetadataFetcher  # noqa: E402

import link_local  # noqa: E402
from standin_client import ECS_PATH, Standin  # noqa: E402


class LinkLocalTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        link_local.enter()
        cls.aws = Standin(link_local=True)
        cls.aws.start()
        cls.addClassCleanup(cls.aws.stop)

    def test_the_instance_s_service_in_both_families(self):
        for config in ({}, {"ec2_metadata_service_endpoint_mode": "ipv6"}):
            fetcher = InstanceMetadataFetcher(timeout=60, env={}, config=config)
            self.addCleanup(fetcher._session.close)
            found = InstanceMetadataProvider(fetcher).load()
            self.assertTrue(found.get_frozen_credentials().access_key.startswith("ASIA"))
            entry = self.aws.calls("RoleCredentials", "ok")[-1]
            self.assertIn(entry["peer"][0], link_local.ADDRESSES["imds"])   # the kernel answers from where it was asked

    def test_a_relative_uri(self):
        fetcher = ContainerMetadataFetcher(sleep=lambda _: None)
        self.addCleanup(fetcher._session.close)
        provider = ContainerProvider(environ={"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": ECS_PATH}, fetcher=fetcher)
        self.assertTrue(provider.load().get_frozen_credentials().access_key.startswith("ASIA"))
        self.assertEqual(1, len(self.aws.calls("ContainerCredentials", "ok", path=ECS_PATH)))


if __name__ == "__main__":
    unittest.main()
