// Which URLs a browser may be given.
#include "ipc/text/login_page.h"

#include <gtest/gtest.h>

#include <string>

namespace ipc {
namespace {

TEST(LoginPageUrl, NothingElseIsABrowsers) {
  for (const char* url : {"",
                          "file:///etc/passwd",
                          "javascript:alert(1)",
                          "--new-window",
                          "HTTPS://a",
                          "https://",
                          "https://-proxy=x",
                          "https://[::1]/",
                          "http://",
                          "http://login.example.com/",
                          "http://127.0.0.1.example.com/",
                          "http://128.0.0.1/",
                          "http://127.0.0.1:80@example.com/",
                          "http://localhost@example.com/",
                          "http://[::1]example.com/",
                          "http://[::1",
                          "http://[::2]/",
                          "https://a b",
                          "https://a\nb",
                          "https://a\x7f",
                          "https://\xc3\xa4",
                          "https://a/\"",
                          "https://a/'",
                          "https://a/\\",
                          "https://a/`id`",
                          "https://a/<x>",
                          "http:///127.0.0.1",
                          "https://a/?b=c@d"}) {
    EXPECT_FALSE(is_login_page(url)) << url;
  }
  EXPECT_FALSE(is_login_page("https://" + std::string(kMaxLoginPage, 'a')));
}

TEST(LoginPageUrl, HttpsGoesAnywhereAndPlainHttpToThisMachine) {
  for (const char* url :
       {"https://device.sso.eu-1.amazonaws.com/?user_code=WXYZ-1234", "https://127.0.0.1", "http://127.0.0.1",
        "http://127.0.0.2:8080/", "http://[::1]/", "http://[::1]:1?x#y", "http://localhost:8080/a?b=c"}) {
    EXPECT_TRUE(is_login_page(url)) << url;
  }
}

}  // namespace
}  // namespace ipc
