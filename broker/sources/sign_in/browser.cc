#include "sources/sign_in/browser.h"

#include <openssl/evp.h>

#include <array>
#include <charconv>
#include <span>

#include "host/random.h"
#include "ipc/text/login_page.h"
#include "text/ascii.h"
#include "text/base64.h"

namespace broker {
namespace {

std::string text_of_bytes(std::span<const unsigned char> bytes) {
  return base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// Empty where the kernel gives none.
template <std::size_t Bytes>
std::string random_text() {
  std::array<unsigned char, Bytes> random{};
  std::string text = fill_with_random(random) ? text_of_bytes(random) : "";
  ipc::wipe(random.data(), random.size());
  return text;
}

// Empty where OpenSSL does not hash.
std::string challenge_of(std::string_view verifier) {
  std::array<unsigned char, 32> digest{};
  unsigned int length = 0;
  const bool hashed = EVP_Digest(verifier.data(), verifier.size(), digest.data(), &length, EVP_sha256(), nullptr) == 1;
  return hashed && length == digest.size() ? text_of_bytes(digest) : "";
}

}  // namespace

std::optional<PkcePair> make_pkce() {
  std::string verifier = random_text<48>();
  PkcePair pair{random_text<24>(), challenge_of(verifier), {}};
  if (verifier.empty() || pair.state.empty() || pair.challenge.empty()) return std::nullopt;
  pair.verifier = ipc::SecretBuffer::copy_of(verifier);
  ipc::wipe(verifier.data(), verifier.size());
  return pair;
}

std::optional<BroughtCode> read_brought_code(std::string_view text) {
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  BroughtCode brought;
  const auto [end, error] = std::from_chars(text.data(), text.data() + blank, brought.port);
  brought.code = text.substr(blank + 1);
  const bool whole = error == std::errc() && end == text.data() + blank && brought.port != 0;
  if (!whole || !is_visible(brought.code) || brought.code.size() > ipc::kMaxLoginCode) return std::nullopt;
  return brought;
}

}  // namespace broker
