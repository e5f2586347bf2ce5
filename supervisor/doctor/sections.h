// What an AWS config or credentials file says of its profiles, as far as a doctor needs it: which keys are there, never
// what they hold. Pure.
//
// Runs in: sentinel-doctor.   Blocks: never.
// Fails: never; what is no INI line is passed over, for the broker judges files, not this.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace supervisor {

struct AwsSection {
  std::string name;  // "default", "x" of [profile x]; with another word before it, as it stands
  bool secret_key = false, session_token = false;
  bool process = false;      // credential_process
  bool own_process = false;  // and that is Sentinel's

  [[nodiscard]] bool long_term_key() const { return secret_key && !session_token; }
};

// Sections of the same name are one, as for the AWS tools.
std::vector<AwsSection> sections_of(std::string_view text);

}  // namespace supervisor
