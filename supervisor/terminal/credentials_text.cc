#include "terminal/credentials_text.h"

#include <algorithm>

namespace supervisor {
namespace {

// Appends to a fixed buffer; what does not fit is noticed at the end.
class Page {
 public:
  explicit Page(std::span<char> out) : out_(out) {}
  void put(std::string_view text) {
    fits_ = fits_ && text.size() <= out_.size() - size_;
    if (!fits_) return;
    std::copy(text.begin(), text.end(), out_.data() + size_);
    size_ += text.size();
  }
  // No value can end the quotes around it, in JSON or in a shell.
  void value(std::string_view text) {
    sound_ = sound_ && !text.empty();
    for (const char c : text) sound_ = sound_ && c > 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '\'';
    put(text);
  }
  [[nodiscard]] bool good() const { return sound_ && fits_; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::span<char> out_;
  std::size_t size_ = 0;
  bool sound_ = true, fits_ = true;
};

// How a format names each value, in their order; what stands before the first, between two and behind the last.
struct FormatRow {
  KeyFormat format;
  std::string_view word, id, secret, token, expiration, behind_each, end;
};
constexpr FormatRow kFormats[] = {
    {KeyFormat::Json, "json", R"({"Version":1,"AccessKeyId":")", R"(,"SecretAccessKey":")", R"(,"SessionToken":")",
     R"(,"Expiration":")", "\"", "}\n"},
    {KeyFormat::Env, "env", "export AWS_ACCESS_KEY_ID='", "export AWS_SECRET_ACCESS_KEY='",
     "export AWS_SESSION_TOKEN='", "export AWS_CREDENTIAL_EXPIRATION='", "'\n", ""},
    {KeyFormat::Fish, "fish", "set -gx AWS_ACCESS_KEY_ID '", "set -gx AWS_SECRET_ACCESS_KEY '",
     "set -gx AWS_SESSION_TOKEN '", "set -gx AWS_CREDENTIAL_EXPIRATION '", "'\n", ""},
};

}  // namespace

KeyFormat key_format(std::string_view word) {
  const auto* const row = std::ranges::find(kFormats, word, &FormatRow::word);
  return row == std::end(kFormats) ? KeyFormat::Json : row->format;
}

ipc::Result<std::size_t> credentials_text(const ipc::IssuedKeys& keys, KeyFormat format, std::span<char> out) {
  const FormatRow& row = *std::ranges::find(kFormats, format, &FormatRow::format);
  Page page(out);
  const auto add = [&](std::string_view name, std::string_view value) {
    page.put(name);
    page.value(value);
    page.put(row.behind_each);
  };
  add(row.id, keys.access_key_id.str());
  add(row.secret, keys.secret_access_key.reveal());
  add(row.token, keys.session_token.reveal());
  add(row.expiration, keys.expiration.str());
  page.put(row.end);
  if (page.good()) return page.size();
  ipc::wipe(out.data(), out.size());
  return ipc::fail(ipc::Fault::kProtocol, "the broker's answer is no credentials",
                   "install Sentinel again, whole; if it comes back, report it with this line");
}

}  // namespace supervisor
