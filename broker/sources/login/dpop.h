// The key that a sign-in of `aws login` is bound to: whoever shows its refresh token proves with it that they hold the
// key, too.
//
// Blocks: never.   Owns: the private key, in wiped memory. OpenSSL has a copy on the heap, which is wiped as it is
// freed, while one proof is made. Fails: kProtocol for a text that is no such key, beginning with a verb; kSystem where
// OpenSSL or the kernel fails. Source: RFC 9449 4.2 (the proof), RFC 7518 3.4 (ES256), RFC 5915 (the key's form);
// botocore credentials.py
// (_build_dpop_header).
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "ipc/result.h"
#include "ipc/secret.h"

namespace broker {

class DpopKey {
 public:
  static constexpr std::size_t kMaxPem = 1024;  // the AWS CLI's has 227

  // `pem`: an EC PRIVATE KEY of the curve P-256, as the AWS CLI writes it.
  [[nodiscard]] static ipc::Result<DpopKey> read(std::string_view pem);

  // A new one.
  [[nodiscard]] static ipc::Result<DpopKey> make();
  // As read() takes it.
  [[nodiscard]] ipc::Result<ipc::SecretBuffer> pem() const;

  // Of one POST to `url`, good once. `now` by AWS's clock.
  [[nodiscard]] ipc::Result<std::string> proof(std::string_view url, std::chrono::sys_seconds now) const;

 private:
  ipc::SecretBuffer der_;
};

}  // namespace broker
