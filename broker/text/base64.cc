#include "text/base64.h"

#include <openssl/evp.h>

#include <algorithm>

namespace broker {
namespace {

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

std::string base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // EVP_EncodeBlock ends it with a zero byte
  const int size = ::EVP_EncodeBlock(bytes_of(text), bytes_of(bytes), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::string base64url(std::string_view bytes) {
  std::string text = base64(bytes);
  while (text.ends_with('=')) text.pop_back();
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

ipc::Result<std::string> from_base64(std::string_view text) {
  const auto bad = [] { return ipc::fail(ipc::Fault::kConfig, "this is not base64"); };
  if (text.size() % 4 != 0 || text.size() > kMaxBase64) return bad();
  if (text.empty()) return std::string();
  std::string raw(text.size() / 4 * 3, '\0');
  const int size = ::EVP_DecodeBlock(bytes_of(raw), bytes_of(text), static_cast<int>(text.size()));
  if (size < 0) return bad();
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  raw.resize(static_cast<std::size_t>(size) - padding);
  if (base64(raw) != text) return bad();  // OpenSSL skips blanks, and takes stray bits and padding as they come
  return raw;
}

ipc::Result<std::string> from_base64url(std::string_view text) {
  std::string standard(text);
  if (standard.find_first_of("+/=") != std::string::npos)
    return ipc::fail(ipc::Fault::kConfig, "this is not base64url");
  std::ranges::replace(standard, '-', '+');
  std::ranges::replace(standard, '_', '/');
  standard.append((4 - standard.size() % 4) % 4, '=');
  return from_base64(standard);
}

}  // namespace broker
