#include "errands/login_page.h"

#include <gtest/gtest.h>

namespace supervisor {
namespace {

using Words = std::vector<std::string>;
const std::string kUrl = "https://device.sso.eu-1.amazonaws.com/?user_code=WXYZ-1234";

TEST(LoginPage, WhatIsNoWebAddressIsShownToNobody) {
  const Words environment;
  for (const char* bad :
       {" ", "--help", "file:///etc/passwd", "http://elsewhere/", "javascript:x", "https://a b", "https://a\nb",
        "https://a'b", "http://127.0.0.1.elsewhere/", "http://127.0.0.1:80@elsewhere/", "https://a`id`"})
    EXPECT_FALSE(show_login({"p", bad, "", environment, true, false})) << bad;
}

// The broker asks the same question of the page before it hands it over.
TEST(LoginPage, APageOfThisMachineNeedsNoTls) {
  const Words environment;
  for (const char* good : {"http://127.0.0.1/", "http://127.0.0.2:8080/", "http://[::1]:8080/x", "http://localhost"}) {
    testing::internal::CaptureStderr();
    EXPECT_TRUE(show_login({"p", good, "", environment, true, false})) << good;
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "sentinel: profile p: log in at " + std::string(good) + "\n");
  }
}

TEST(LoginPage, ThePageOfAnotherRunIsWaitedForInWords) {
  const Words with_a_browser = {"DISPLAY=:0", "BROWSER=/bin/false"};
  testing::internal::CaptureStderr();
  EXPECT_TRUE(show_login({"p", "", "", with_a_browser, false, false}));
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "sentinel: profile p: waiting for the login that another run shows\n");
}

TEST(LoginPage, WithoutADisplayThereIsNoBrowser) {
  EXPECT_EQ(browser_words({"BROWSER=firefox"}, kUrl), Words{});
  EXPECT_EQ(browser_words({"BROWSER=firefox", "DISPLAY="}, kUrl), Words{});
}

TEST(LoginPage, TheUsersBrowserComesFirst) {
  EXPECT_EQ(browser_words({"DISPLAY=:0"}, kUrl), (Words{"xdg-open", kUrl}));
  EXPECT_EQ(browser_words({"WAYLAND_DISPLAY=w", "BROWSER=firefox -P 'a b':links"}, kUrl),
            (Words{"firefox", "-P", "a b", kUrl}));
  EXPECT_EQ(browser_words({"DISPLAY=:0", "BROWSER=b --url=%s -x"}, kUrl), (Words{"b", "--url=" + kUrl, "-x"}));
  EXPECT_EQ(browser_words({"DISPLAY=:0", "BROWSER='b"}, kUrl), (Words{"xdg-open", kUrl}));
}

// A query may hold all that a shell obeys: such a page is no part of a script.
TEST(LoginPage, NoShellReadsThePage) {
  for (const std::string page : {"https://a/?x=$(id)", "https://a/?x;id", "https://a/?x|id", "https://a/?x=1&y=2",
                                 "https://a/(x)", "https://a/?$HOME", "https://a/{x,y}"}) {
    for (const char* through :
         {"sh -c 'firefox %s'", "/bin/bash -c \"firefox '%s'\"", "env X=1 dash -c 'b \"%s\"'", "sh -c %s", "sh -c",
          "busybox sh -c 'b %s'", "python3 -c 'import os; os.system(\"b %s\")'", "xterm -e 'lynx %s'"}) {
      const Words environment = {"DISPLAY=:0", std::string("BROWSER=") + through};
      EXPECT_EQ(browser_words(environment, page), Words{}) << through << " " << page;
      testing::internal::CaptureStderr();
      EXPECT_TRUE(show_login({"p", page, "", environment, false, false}));
      EXPECT_EQ(
          testing::internal::GetCapturedStderr(),
          "sentinel: profile p: log in at " + page +
              "\nsentinel:   no browser is started: BROWSER makes the address a part of a script, which would obey "
              "what stands in it\n");
    }
    EXPECT_EQ(browser_words({"DISPLAY=:0", "BROWSER=firefox"}, page), (Words{"firefox", page})) << "one argument";
    EXPECT_EQ(browser_words({"DISPLAY=:0", "BROWSER=b --url=%s"}, page), (Words{"b", "--url=" + page}));
  }
  EXPECT_EQ(browser_words({"DISPLAY=:0", "BROWSER=sh -c 'firefox %s'"}, kUrl), (Words{"sh", "-c", "firefox " + kUrl}))
      << "which holds nothing that a shell obeys";
}

}  // namespace
}  // namespace supervisor
