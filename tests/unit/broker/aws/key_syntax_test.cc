#include "aws/key_syntax.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>

namespace broker {
namespace {

TEST(KeySyntaxTest, WhatAKeyMayHoldIsNoFault) {
  for (const std::string_view text :
       {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY==", "a'b", "~"}) {
    EXPECT_EQ(fault_of_key_text(text), "") << text;
  }
}

// As pipelines, dotenv files and people set them.
TEST(KeySyntaxTest, TheFaultIsNamedAndNothingIsQuoted) {
  for (const auto& [text, fault] : std::initializer_list<std::pair<std::string, std::string_view>>{
           {"", "is empty"},
           {"secret\n", "ends with a line break; CI secrets often do"},
           {"secret\r\n", "ends with a line break; CI secrets often do"},
           {" secret", "begins with a blank or a line break"},
           {"\tsecret", "begins with a blank or a line break"},
           {"\nsecret", "begins with a blank or a line break"},
           {"secret ", "ends with a blank"},
           {"secret\t", "ends with a blank"},
           {"\"secret\"", "begins or ends with a quote, which is taken for a part of it"},
           {"'secret'", "begins or ends with a quote, which is taken for a part of it"},
           {"secret'", "begins or ends with a quote, which is taken for a part of it"},
           {"sec\nret", "has a line break in it"},
           {"secret # mine", "has a blank in it"},
           {"sec\x01ret", "has a control character in it"},
           {"sec\x7fret", "has a control character in it"},
           {"\xEF\xBB\xBFsecret",
            "has a character in it that is none of ASCII, such as a typographic quote or a byte order mark"}}) {
    EXPECT_EQ(fault_of_key_text(text), fault) << text;
  }
  EXPECT_EQ(fault_of_key_text(std::string_view("sec\0ret", 7)), "has a control character in it");
}

}  // namespace
}  // namespace broker
