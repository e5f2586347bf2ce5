// The places that Sentinel shares with the AWS tools are theirs, or none.
#include "ipc/files/sign_in_folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ipc {
namespace {

using ::testing::HasSubstr;

TEST(SignInFolders, WithoutAHomeThereIsNone) {
  for (const char* home : {"", "home/marta", "~"}) {
    const auto sso = sso_cache_folder(home), login = login_cache_folder(home, "");
    ASSERT_FALSE(sso) << home;
    ASSERT_FALSE(login) << home;
    EXPECT_EQ(sso.error().next_step, "set HOME");
    EXPECT_EQ(login.error().next_step, "set HOME");
  }
}

TEST(SignInFolders, AVariablesPathThatTheAwsToolsWouldReadOtherwiseIsRefused) {
  for (const char* directory : {"logins", "$HOME/logins", "/home/$USER/logins", "~marta/logins", "~"}) {
    const auto folder = login_cache_folder("/home/marta", directory);
    ASSERT_FALSE(folder) << directory;
    EXPECT_THAT(folder.error().what, HasSubstr("AWS_LOGIN_CACHE_DIRECTORY")) << directory;
  }
  EXPECT_FALSE(login_cache_folder("", "~/logins"));
}

TEST(SignInFolders, TheyAreThoseOfTheAwsTools) {
  EXPECT_EQ(sso_cache_folder("/home/marta").value(), "/home/marta/.aws/sso/cache");
  EXPECT_EQ(login_cache_folder("/home/marta", "").value(), "/home/marta/.aws/login/cache");
  EXPECT_EQ(login_cache_folder("/home/marta", "~/logins").value(), "/home/marta/logins");
  EXPECT_EQ(login_cache_folder("", "/srv/logins").value(), "/srv/logins");
}

}  // namespace
}  // namespace ipc
