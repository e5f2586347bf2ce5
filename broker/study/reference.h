// The reference of the policy language, from the loader's tables and policy/words.def: as Markdown, as JSON, and as the
// manual page sentinel-policy(5), whose prose is study/manual.def. The README and sentinel-policy.5 are compared.
//
// Runs in: sentinel-policy.   Blocks: never.
#pragma once

#include <string>

#include "ipc/json/json_text.h"

namespace broker {

enum class Language { kPolicy, kCases };  // a policy, or the table of `policy test`

std::string schema_markdown(Language language);
void add_schema(ipc::JsonText& json, Language language);  // as members "keys" and "words"
std::string policy_manual();

}  // namespace broker
