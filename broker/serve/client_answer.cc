#include "serve/client_answer.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "ipc/client/answer_mac.h"
#include "ipc/client/served_profiles.h"
#include "ipc/text/json_string.h"
#include "ipc/text/utf8.h"
#include "text/hex.h"
#include "text/json_line.h"
#include "text/rfc3339.h"

namespace broker {
namespace {

struct RefusalRow {
  RefusalForm refusal;
  std::string_view status, code, message;
};
// The status decides how often SDKs ask again. After a 403 those of Java, Go and Rust do not, boto3, the AWS CLI and
// JavaScript's do so for seconds; after a 429 or a 503 nearly all do.
constexpr RefusalRow kRefusals[] = {
    {RefusalForm::kForbidden, "403 Forbidden", "AccessDenied", "Sentinel refused this request"},
    {RefusalForm::kFailed, "500 Internal Server Error", "InternalError", "Sentinel could not answer this request"},
    {RefusalForm::kUnavailable, "503 Service Unavailable", "ServiceUnavailable", "Sentinel has no credentials yet"},
    {RefusalForm::kNotYet, "503 Service Unavailable", "ServiceUnavailable", "Sentinel has no credentials yet"},
};

const RefusalRow& row_of(RefusalForm refusal) { return kRefusals[static_cast<std::size_t>(refusal)]; }

constexpr bool rows_are_in_order() {
  for (std::size_t i = 0; i < std::size(kRefusals); ++i) {
    if (static_cast<std::size_t>(kRefusals[i].refusal) != i) return false;
  }
  return true;
}
static_assert(rows_are_in_order());

bool append_member(ipc::SecretBuffer& out, std::string_view before, std::string_view text) {
  return out.append(before) && append_json_secret(out, text) && out.append("\"");
}

// As a JSON string. Only whole characters, so that a cut leaves no half of one.
std::string message_with(std::string_view message, std::string_view reason) {
  if (reason.empty()) return ipc::json_string(message);
  constexpr std::size_t kQuotes = 2;
  std::size_t end = 0, written = 0;
  while (end < reason.size()) {
    const std::size_t length = std::max<std::size_t>(1, ipc::utf8_length(reason.substr(end)));
    written += ipc::json_string(reason.substr(end, length)).size() - kQuotes;
    if (written > ClientAnswer::kMaxReason) break;
    end += length;
  }
  std::string text(message);
  (text += ": ") += reason.substr(0, end);
  if (end < reason.size()) text += "...";
  return ipc::json_string(text);
}

// A head in the room that the caller gives; built anew for each answer, as lengths differ.
class Head {
 public:
  void add(std::string_view text) {
    std::copy(text.begin(), text.end(), bytes_.data() + size_);
    size_ += text.size();
  }
  void add_number(std::size_t value) {
    const auto end = std::to_chars(bytes_.data() + size_, bytes_.data() + bytes_.size(), value).ptr;
    size_ = static_cast<std::size_t>(end - bytes_.data());
  }
  [[nodiscard]] iovec part() { return {bytes_.data(), size_}; }

 private:
  std::array<char, 320> bytes_;  // a status line of the table above, the fixed rest, a MAC: at most 250 bytes
  std::size_t size_ = 0;
};

std::string mac_of(const AnswerProof& proof, std::string_view body) {
  std::string text(ipc::kAnswerMacWords);
  ((text += proof.nonce) += '\n') += sha256_hex(body);
  if (!proof.profile.empty()) (text += '\n') += ipc::profile_in_path(proof.profile);
  return hmac_sha256_hex(proof.key.reveal(), text);
}

}  // namespace

bool ClientAnswer::put_credentials(const IssuedCredentials& keys, std::chrono::sys_seconds end) {
  if (keys.access_key_id.empty() || keys.secret_access_key.empty() || keys.session_token.empty()) return false;
  return append_member(body_, R"({"AccessKeyId":")", keys.access_key_id) &&
         append_member(body_, R"(,"SecretAccessKey":")", keys.secret_access_key.reveal()) &&
         append_member(body_, R"(,"Token":")", keys.session_token.reveal()) &&
         append_member(body_, R"(,"Expiration":")", rfc3339(end).text()) && body_.append("}");
}

ClientAnswer::Header ClientAnswer::mac_header(std::string_view mac) {
  return mac.empty() ? Header{} : Header{ipc::kAnswerMacHeader, mac};
}

// One call for head and body: a second one could find the client gone, or let another write come between.
Sent ClientAnswer::send_body(int client, std::string_view status, bool keep_alive, Header header,
                             std::string_view type) {
  Head head;
  head.add("HTTP/1.1 ");
  head.add(status);
  head.add("\r\nContent-Type: ");
  head.add(type);
  head.add("\r\nCache-Control: no-store\r\nContent-Length: ");
  head.add_number(body_.size());
  if (!header.name.empty()) {
    head.add("\r\n");
    head.add(header.name);
    head.add(": ");
    head.add(header.value);
  }
  head.add(keep_alive ? "\r\nConnection: keep-alive\r\n\r\n" : "\r\nConnection: close\r\n\r\n");
  const std::string_view body = body_.reveal();
  iovec parts[2] = {head.part(), {const_cast<char*>(body.data()), body.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  ssize_t sent;
  do {
    sent = ::sendmsg(client, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  const bool whole = sent == static_cast<ssize_t>(parts[0].iov_len + parts[1].iov_len);
  body_.clear();
  if (whole) return Sent::kWhole;
  ::shutdown(client, SHUT_RDWR);  // half an answer must not look like one; the frontend sees the end and closes
  return Sent::kDropped;
}

Sent ClientAnswer::send_credentials(int client, RecordedPermit permit, const IssuedCredentials& keys, bool keep_alive,
                                    const AnswerProof& proof, std::optional<std::chrono::sys_seconds> local_end) {
  body_.clear();
  if (permit.spend() && put_credentials(keys, local_end.value_or(keys.expiration))) {
    const std::string mac = proof.nonce.empty() ? "" : mac_of(proof, body_.reveal());
    if (mac.empty() == proof.nonce.empty()) return send_body(client, "200 OK", keep_alive, mac_header(mac));
  }
  const Sent sent = send_refusal(client, RefusalForm::kFailed, keep_alive);
  return sent == Sent::kWhole ? Sent::kInstead : sent;
}

Sent ClientAnswer::send_status(int client, std::string_view lines, bool keep_alive, const AnswerProof& proof) {
  body_.clear();
  if (!body_.append(lines)) return send_refusal(client, RefusalForm::kFailed, keep_alive);
  const std::string mac = proof.nonce.empty() ? "" : mac_of(proof, body_.reveal());
  return send_body(client, "200 OK", keep_alive, mac_header(mac), "text/plain; charset=utf-8");
}

// Both spellings: some SDKs look for "Code", others for "code", none ignores case.
Sent ClientAnswer::send_refusal(int client, RefusalForm refusal, bool keep_alive, std::string_view reason) {
  const RefusalRow& row = row_of(refusal);
  body_.clear();
  if (!put_refusal(row.code, message_with(row.message, reason))) {
    body_.clear();
    if (!put_refusal(row.code, ipc::json_string(row.message))) body_.clear();  // cannot happen: the rows are short
  }
  const bool ask_again = refusal == RefusalForm::kNotYet;
  return send_body(client, row.status, keep_alive, ask_again ? Header{ipc::kAskAgainHeader, "0"} : Header{});
}

bool ClientAnswer::put_refusal(std::string_view code, std::string_view message) {
  return append_member(body_, R"({"Code":")", code) && body_.append(R"(,"Message":)") && body_.append(message) &&
         append_member(body_, R"(,"code":")", code) && body_.append(R"(,"message":)") && body_.append(message) &&
         body_.append("}");
}

}  // namespace broker
