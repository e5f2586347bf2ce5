#include "start/shell_line.h"

#include <gtest/gtest.h>

#include <vector>

namespace supervisor {
namespace {

using Words = std::vector<std::string>;

TEST(ShellLine, WhatRunsATextOrAScriptIsNoShellForPeople) {
  for (const Words& words : {Words{}, Words{"bash", "-c", "x"}, Words{"bash", "-lc", "x"}, Words{"bash", "script"},
                             Words{"sh", "-e", "script"}, Words{"fish", "--command=x"}, Words{"vim"}, Words{"bashful"},
                             Words{"bash", "--rcfile", "f", "script"}, Words{"./bash/run"}}) {
    EXPECT_FALSE(is_shell_for_people(words)) << (words.empty() ? "" : words.back());
  }
}

TEST(ShellLine, AShellWithoutMoreThanOptionsIs) {
  for (const Words& words :
       {Words{"bash"}, Words{"/bin/zsh", "-l"}, Words{"bash", "--norc", "-i"}, Words{"bash", "--rcfile", "f", "-i"},
        Words{"fish"}, Words{"zsh", "-o", "vi"}, Words{"bash", "+O", "x"}}) {
    EXPECT_TRUE(is_shell_for_people(words)) << words.back();
  }
}

TEST(ShellLine, SaysWhatIsKnown) {
  EXPECT_EQ(shell_line({"ledger", "arn:aws:iam::111122223333:role/eu/ledger-prod", "the-rule", "Unix socket"}),
            "profile ledger, role ledger-prod of 111122223333, rule \"the-rule\", Unix socket; exit leaves");
  EXPECT_EQ(shell_line({"marta", "", "", "TCP on 127.0.0.1"}), "profile marta, TCP on 127.0.0.1; exit leaves");
  EXPECT_EQ(shell_line({"x", "no-arn", "", "y"}), "profile x, role no-arn, y; exit leaves");
}

}  // namespace
}  // namespace supervisor
