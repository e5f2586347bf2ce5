// A profile's name on its way through a config, a shell, a head of HTTP: one spelling, read back as it was.
#include "ipc/client/served_profiles.h"

#include <gtest/gtest.h>

namespace ipc {
namespace {

TEST(ServedProfiles, EveryNameIsReadBackAsItWas) {
  for (const std::string name :
       {"prod", "a b", "it's", "say \"so\"", "b\xc3\xbcro", "50%", "a/b", "..", "$(x)`y`;#", "\xff\xfe", "~-._"}) {
    const std::string path = profile_in_path(name);
    EXPECT_EQ(path.find_first_of(" '\"\\$`;#/?&|<>()\n\r\t"), std::string::npos) << path;
    std::string read;
    ASSERT_TRUE(read_profile_in_path(path, read)) << path;
    EXPECT_EQ(read, name);
  }
  EXPECT_EQ(profile_in_path("dev-1_a.b~c"), "dev-1_a.b~c");
  EXPECT_EQ(profile_in_path("a b\xc3"), "a%20b%C3");
}

TEST(ServedProfiles, NothingButThatSpellingIsRead) {
  for (const std::string path :
       {"", "a b", "%", "%2", "%g0", "%2f", "%61", "%00", "%0a", "%0A", "%1B", "%7F", "a/b", "a?", "\xc3"}) {
    std::string read = "as it was";
    EXPECT_FALSE(read_profile_in_path(path, read)) << path;
    EXPECT_EQ(read, "as it was");
  }
}

TEST(ServedProfiles, ANameHasABound) {
  std::string read;
  EXPECT_TRUE(read_profile_in_path(profile_in_path(std::string(kMaxProfileName, ' ')), read));
  EXPECT_FALSE(read_profile_in_path(profile_in_path(std::string(kMaxProfileName + 1, ' ')), read));
  EXPECT_FALSE(read_profile_in_path(std::string(kMaxProfileName + 1, 'x'), read));
}

}  // namespace
}  // namespace ipc
