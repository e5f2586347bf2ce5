// What a role's trust policy must hold so that the broker can assume it, as statements to paste into its list: one for
// each action, since what AWS compares for sts:AssumeRole alone (an external id) would deny the others.
//
// Blocks: never. Pure.
// Source: docs.aws.amazon.com/IAM/latest/UserGuide: id_credentials_temp_control-access_monitor.html
// (sts:SourceIdentity), id_session-tags.html (sts:TagSession), reference_policies_elements_principal.html
#pragma once

#include <string>

namespace broker {

// What one AssumeRole needs. Data, no behaviour.
struct TrustNeeds {
  std::string caller;          // ARN of who assumes the role: as GetCallerIdentity says it, or of the role before it
  std::string external_id{};   // empty: none is sent
  std::string source_names{};  // a pattern of the source identities that are set; empty: none is set
  std::string other_way{};     // a sentence on what helps instead of the right to set them; empty: nothing does
  bool tags = false;           // session tags are sent
};

// JSON statements with commas in between, in one line; empty where the caller is not known.
std::string trust_statements(const TrustNeeds& needs);

}  // namespace broker
