#include "answer.h"

#include <strings.h>

#include <charconv>
#include <optional>

namespace bench {
namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";

std::string head(bool keep_alive) {
  return "HTTP/1.1 200 OK\r\n"
         "Content-Type: application/json\r\n"
         "Cache-Control: no-store\r\n"
         "Content-Length: " +
         std::to_string(credentials_body().size()) +
         "\r\n"
         "Connection: " +
         (keep_alive ? "keep-alive" : "close") + std::string(kEndOfHead);
}

// The value of Content-Length in a complete head; nothing if it is missing or not a number.
std::optional<std::size_t> body_length(std::string_view head) {
  constexpr std::string_view kName = "Content-Length:";
  for (std::size_t at = head.find("\r\n"); at != head.npos; at = head.find("\r\n", at + 2)) {
    std::string_view line = head.substr(at + 2);
    if (line.size() <= kName.size() || strncasecmp(line.data(), kName.data(), kName.size()) != 0) continue;
    line.remove_prefix(kName.size());
    while (line.starts_with(' ')) line.remove_prefix(1);
    std::size_t length = 0;
    if (std::from_chars(line.data(), line.data() + line.size(), length).ec == std::errc{}) return length;
  }
  return std::nullopt;
}

}  // namespace

const std::string& credentials_body() {
  static const std::string body = R"({"AccessKeyId":"ASIABENCHMARK0000000","SecretAccessKey":")" +
                                  std::string(40, 's') + R"(","Token":")" + std::string(732, 't') +
                                  R"(","Expiration":"2036-01-01T00:00:00Z"})";
  return body;
}

const std::string& whole_answer(bool keep_alive) {
  static const std::string open = head(true) + credentials_body();
  static const std::string closing = head(false) + credentials_body();
  return keep_alive ? open : closing;
}

AnswerReader::State AnswerReader::took(std::size_t size) {
  used_ += size;
  const std::string_view all(bytes_.data(), used_);
  const std::size_t head_end = all.find(kEndOfHead);
  if (head_end == all.npos) return used_ == bytes_.size() ? State::kBad : State::kMore;
  const auto length = body_length(all.substr(0, head_end));
  if (!length || *length > bytes_.size() - head_end - kEndOfHead.size()) return State::kBad;
  const std::string_view body = all.substr(head_end + kEndOfHead.size());
  if (body.size() < *length) return State::kMore;
  const bool good =
      all.starts_with("HTTP/1.1 200 ") && body.size() == *length && body.find("\"AccessKeyId\"") != body.npos;
  return good ? State::kGood : State::kBad;
}

std::string AnswerReader::summary() const {
  const std::string_view all(bytes_.data(), used_);
  if (all.empty()) return "closed without an answer";
  const std::size_t end = all.find("\r\n");
  return end == all.npos ? "closed in the middle of the status line" : std::string(all.substr(0, end));
}

}  // namespace bench
