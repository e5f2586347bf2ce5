#include "refusals.h"

#include <array>

namespace frontend {
namespace {

std::string body_of(const RefusalRow& row) {
  const std::string code(row.code), message(row.message);
  return R"({"Code":")" + code + R"(","Message":")" + message + R"(","code":")" + code + R"(","message":")" + message +
         "\"}";
}

std::string build(const RefusalRow& row) {
  const std::string body = body_of(row);
  std::string reply = "HTTP/1.1 " + std::to_string(row.status) + " " + std::string(row.phrase) +
                      "\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nContent-Length: " +
                      std::to_string(body.size()) + "\r\nConnection: close\r\n";
  if (row.status == 405) reply += "Allow: GET\r\n";  // RFC 9110 15.5.6 demands it
  return reply + "\r\n" + body;
}

std::array<std::string, std::size(kRefusals)> build_all() {
  std::array<std::string, std::size(kRefusals)> replies;
  for (std::size_t i = 0; i < replies.size(); ++i) replies[i] = build(kRefusals[i]);
  return replies;
}

}  // namespace

const std::string& reply_of(Refusal refusal) {
  static const std::array<std::string, std::size(kRefusals)> replies = build_all();
  return replies[static_cast<std::size_t>(refusal)];
}

}  // namespace frontend
