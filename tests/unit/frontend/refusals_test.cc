// The frontend's own answers, byte by byte.
#include "refusals.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace {

using frontend::kRefusals;
using frontend::Refusal;
using frontend::reply_of;

TEST(Refusals, EveryReplyHasTheFormOfField26AndATrueLength) {
  for (std::size_t i = 0; i < std::size(kRefusals); ++i) {
    const std::string& reply = reply_of(static_cast<Refusal>(i));
    const auto end = reply.find("\r\n\r\n");
    ASSERT_NE(std::string::npos, end);
    const std::string head = reply.substr(0, end + 2), body = reply.substr(end + 4);
    EXPECT_NE(std::string::npos, head.find("\r\nContent-Type: application/json\r\n"));
    EXPECT_NE(std::string::npos, head.find("\r\nCache-Control: no-store\r\n"));
    EXPECT_NE(std::string::npos, head.find("\r\nConnection: close\r\n"));
    EXPECT_NE(std::string::npos, head.find("\r\nContent-Length: " + std::to_string(body.size()) + "\r\n"));
    EXPECT_EQ(std::string::npos, head.find("Access-Control"));
    for (const char* key : {"{\"Code\":\"", "\"Message\":\"", "\"code\":\"", "\"message\":\""}) {
      EXPECT_NE(std::string::npos, body.find(key)) << body;
    }
  }
}

TEST(Refusals, TextsNeedNoEscapingInJson) {
  for (const auto& row : kRefusals) {
    for (const std::string_view text : {row.code, row.message}) {
      EXPECT_EQ(std::string_view::npos, text.find_first_of("\"\\")) << text;
      for (const char c : text) EXPECT_TRUE(c >= ' ' && c <= '~');
    }
    EXPECT_FALSE(row.why.empty());
  }
}

TEST(Refusals, TheWholeReplyForAWrongMethod) {
  EXPECT_EQ(
      "HTTP/1.1 405 Method Not Allowed\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
      "Content-Length: 117\r\nConnection: close\r\nAllow: GET\r\n\r\n"
      R"({"Code":"MethodNotAllowed","Message":"Only GET is served.","code":"MethodNotAllowed","message":"Only GET is served."})",
      reply_of(Refusal::WrongMethod));
}

TEST(Refusals, StatusesAreTheClosedList) {
  std::set<int> statuses;
  for (const auto& row : kRefusals) statuses.insert(row.status);
  EXPECT_EQ((std::set<int>{400, 403, 404, 405, 408, 417, 431, 503, 505}), statuses);
}

}  // namespace
