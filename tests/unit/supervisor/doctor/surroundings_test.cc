#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "doctor/host.h"
#include "ipc/unique_fd.h"
#include "scene.h"

namespace supervisor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class DoctorSurroundings : public DoctorScene {};

TEST_F(DoctorSurroundings, VariablesAreNamedAndNeverShown) {
  set("AWS_SECRET_ACCESS_KEY", "not-to-be-shown");
  set("AWS_SESSION_TOKEN", "");
  set("AWS_BEARER_TOKEN_BEDROCK", "not-to-be-shown");
  set("BOTO_CONFIG", "/not-to-be-shown");
  set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/not-to-be-shown");
  for (const auto& [found, name] : {std::pair{check_environment_keys(host_), "AWS_SECRET_ACCESS_KEY"},
                                    {check_bedrock_token(host_), "AWS_BEARER_TOKEN_BEDROCK"},
                                    {check_environment_files(host_), "BOTO_CONFIG"},
                                    {check_container_keys(host_), "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"}}) {
    EXPECT_EQ(found.answer, Answer::No);
    EXPECT_EQ(found.subject, name);  // and so no value, and nothing that is set to nothing
  }
}

TEST_F(DoctorSurroundings, ANameThatOnlyBeginsAlikeIsAnother) {
  set("AWS_SECRET_ACCESS_KEY_OLD", "x");
  set("XAWS_SECRET_ACCESS_KEY", "x");
  set("AWS_PROFILE", "x");
  host_.environment.emplace_back("AWS_SESSION_TOKEN");  // no = in it
  EXPECT_YES(check_environment_keys(host_));
  EXPECT_NO(check_environment_profile(host_), "AWS_PROFILE");
}

TEST_F(DoctorSurroundings, InARunOfSentinelsItsOwnVariablesAreNoWayAround) {
  set("AWS_SENTINEL", "ledger-prod");
  set("AWS_SECRET_ACCESS_KEY", "x");
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/creds");
  EXPECT_YES(check_environment_keys(host_));
  EXPECT_YES(check_container_keys(host_));
  set("AWS_BEARER_TOKEN_BEDROCK", "x");
  EXPECT_NO(check_bedrock_token(host_), "AWS_BEARER_TOKEN_BEDROCK");
}

TEST_F(DoctorSurroundings, ThePodsTokenIsFoundWithoutAVariable) {
  EXPECT_YES(check_container_keys(host_));
  file("/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token", "t");
  EXPECT_NO(check_container_keys(host_), "eks-pod-identity-token");
}

TEST_F(DoctorSurroundings, AContainerServiceThatMayBeSteeredIsNamed) {
  host_.uid = 1000;
  EXPECT_YES(check_container_sockets(host_));
  file("/run/docker.sock", "");
  EXPECT_NO(check_container_sockets(host_), "/run/docker.sock");
  host_.uid = 0;
  EXPECT_UNTOLD(check_container_sockets(host_), "root");
}

TEST_F(DoctorSurroundings, GroupsAreJudgedByName) {
  host_.uid = 1000;
  host_.groups = {"marta", "dockers", "audio"};
  EXPECT_YES(check_root_groups(host_));
  EXPECT_YES(check_sudo_groups(host_));
  host_.groups = {"marta", "sudo", "lxd", "docker"};
  EXPECT_NO(check_root_groups(host_), "docker, lxd");
  EXPECT_NO(check_sudo_groups(host_), "sudo");
}

TEST_F(DoctorSurroundings, AgentsAndTheSessionBusAreNoted) {
  EXPECT_YES(check_key_agents(host_));
  EXPECT_YES(check_desktop_bus(host_));
  set("SSH_AUTH_SOCK", "/tmp/gone");
  EXPECT_YES(check_key_agents(host_));  // nobody is there
  file("/tmp/gone", "");
  file("/home/marta/.gnupg/S.gpg-agent", "");
  EXPECT_NO(check_key_agents(host_), "ssh-agent (SSH_AUTH_SOCK), gpg-agent (~/.gnupg/S.gpg-agent)");
  set("DBUS_SESSION_BUS_ADDRESS", "unix:path=/x,guid=not-to-be-shown");
  EXPECT_EQ(check_desktop_bus(host_).subject, "DBUS_SESSION_BUS_ADDRESS");
  set("XDG_RUNTIME_DIR", "/run/user/1000");
  file("/run/user/1000/bus", "");
  EXPECT_EQ(check_desktop_bus(host_).subject, "/run/user/1000/bus");
}

TEST_F(DoctorSurroundings, AnEndpointOfAVariableForWhatJudgesIsNamed) {
  set("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1");
  EXPECT_YES(check_judging_endpoints(host_));
  set("AWS_ENDPOINT_URL_KMS", "http://not-to-be-shown");
  set("AWS_ENDPOINT_URL_SSM", "http://not-to-be-shown");
  EXPECT_NO(check_judging_endpoints(host_), "AWS_ENDPOINT_URL_SSM, AWS_ENDPOINT_URL_KMS");
}

TEST_F(DoctorSurroundings, FoldersOfPathThatOthersCanWriteAreNamed) {
  file("/usr/bin/ls", "");
  file("/opt/open/tool", "");
  set("PATH", "/usr/bin:/opt/open:/none");
  EXPECT_YES(check_path_folders(host_));
  ASSERT_EQ(::chmod(host_.at("/opt/open").c_str(), 0777), 0);
  EXPECT_NO(check_path_folders(host_), "/opt/open");
  host_.environment.pop_back();
  set("PATH", "bin:/usr/bin::");
  EXPECT_NO(check_path_folders(host_), "bin, the current folder");
}

TEST_F(DoctorSurroundings, AProxyIsNotedUnlessLoopbackIsExcepted) {
  EXPECT_YES(check_proxy(host_));
  set("http_proxy", "http://user:not-to-be-shown@proxy");
  EXPECT_EQ(check_proxy(host_).subject, "http_proxy");
  set("no_proxy", "example.com, 10.127.0.0.1");
  EXPECT_NO(check_proxy(host_), "http_proxy");
  // Some clients read neither a network nor a list with spaces in it, nor "*" among others.
  for (const char* unsure : {"127.0.0.0/8", "127.0.0.1 example.com", "example.com,*"}) {
    host_.environment.pop_back();
    set("no_proxy", unsure);
    EXPECT_NO(check_proxy(host_), "http_proxy");
  }
  host_.environment.pop_back();
  set("no_proxy", "example.com, 127.0.0.1");
  EXPECT_YES(check_proxy(host_));
}

// ---- the metadata service

class DoctorMetadata : public DoctorScene {
 protected:
  void SetUp() override {
    DoctorScene::SetUp();
    host_.offline = false;
    listener_ = ipc::UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    host_.metadata.sin_family = AF_INET;
    host_.metadata.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof host_.metadata;
    ASSERT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&host_.metadata), size), 0);
    ASSERT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&host_.metadata), &size), 0);
  }
  ipc::UniqueFd listener_;
};

TEST_F(DoctorMetadata, OfflineAsksNothing) {
  host_.offline = true;
  ASSERT_EQ(::listen(listener_.get(), 4), 0);
  EXPECT_UNTOLD(check_metadata_service(host_), "--offline");
  pollfd asked{listener_.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&asked, 1, 50), 0);
}

TEST_F(DoctorMetadata, WhoRefusesIsNoMetadataService) { EXPECT_YES(check_metadata_service(host_)); }

TEST_F(DoctorMetadata, WhoAcceptsIsCalledOneAndIsSentNothing) {
  ASSERT_EQ(::listen(listener_.get(), 4), 0);
  EXPECT_NO(check_metadata_service(host_), "127.0.0.1:");
  const ipc::UniqueFd seen(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_TRUE(seen);
  char byte;
  EXPECT_EQ(::recv(seen.get(), &byte, 1, 0), 0);
}

}  // namespace
}  // namespace supervisor
