// Text of a policy to Policy, or what is wrong with it. Nothing is guessed, skipped or defaulted that
// the author wrote: an unknown key, an odd word, an empty list or a window that can never be open is refused.
//
// Blocks: on zone files, which are read here so that no evaluation has to.
// Fails: kConfig; `what` is "source:line:column: reason", with the nearest good word where a word is misspelt.
// Why so strict: a loader that skips an unknown key turns a misspelt condition into a wider rule, one that takes an
// unknown effect turns a misspelt refusal into a yes, and an unknown zone moves a window.
// Source: sentinel-policy(5) has every key; it is made from the tables that are read here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ipc/result.h"
#include "policy/policy.h"
#include "yaml/mistakes.h"
#include "yaml/schema.h"

namespace broker {

Read<Policy> read_policy(std::string_view text, std::string source);         // with every mistake
ipc::Result<Policy> load_policy(std::string_view text, std::string source);  // with the first alone

// Every key that a policy may have, from the loader's own tables.
std::vector<SchemaKey> policy_keys();

}  // namespace broker
