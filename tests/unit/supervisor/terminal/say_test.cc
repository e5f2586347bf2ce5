// What a hostile text can do to a terminal through our sentences: nothing.
#include "terminal/say.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace supervisor {
namespace {

// What say() writes on stderr.
std::string said(std::string_view line) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const int before = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  say(line);
  ::dup2(before, STDERR_FILENO);
  ::close(before);
  ::close(ends[1]);
  char text[512];
  const ssize_t got = ::read(ends[0], text, sizeof text);
  ::close(ends[0]);
  return got > 0 ? std::string(text, static_cast<std::size_t>(got)) : std::string();
}

TEST(Say, NoSentenceIsEmpty) {
  EXPECT_EQ(said(""), "");
  EXPECT_EQ(said(" \n"), "");
  EXPECT_EQ(ipc::said({ipc::Fault::kRefused, "", ""}), "refused, and no reason was given");
  EXPECT_EQ(ipc::said({ipc::Fault::kUnavailable, " ", ""}), "not possible now, and no reason was given");
  EXPECT_EQ(ipc::said({ipc::Fault::kSystem, "", ""}), "it failed, and no reason was given");
  EXPECT_EQ(ipc::said({ipc::Fault::kSystem, "a reason", ""}), "a reason");
}

// U+009B begins a sequence as ESC [ does, and terminals that read UTF-8 obey it.
TEST(Say, NothingThatATerminalWouldObey) {
  EXPECT_EQ(said("a\x1b]0;title\x07z\n"), "sentinel: a?]0;title?z?\n");
  EXPECT_EQ(said("profile \xc2\x9b"
                 "31m"),
            "sentinel: profile ??31m\n");
  EXPECT_EQ(said("\x9b"
                 "31m"),
            "sentinel: ?31m\n");
  EXPECT_EQ(said("code of \xe2\x80\xae"
                 "atram"),
            "sentinel: code of ???atram\n");
}

TEST(Say, WhatPeopleWriteStays) {
  EXPECT_EQ(said("profile k\xc3\xbc"
                 "che \xe2\x86\x92 \xdb\x9b"),
            "sentinel: profile k\xc3\xbc"
            "che \xe2\x86\x92 \xdb\x9b\n");
}

}  // namespace
}  // namespace supervisor
