// Text of host.yaml to HostConfig, or everything that is wrong with it. It is read as strictly as a policy: nothing
// that an administrator wrote is guessed, skipped or defaulted.
//
// Runs in: sentinel-host.   Blocks: never: no file that the text names is looked at.
// Fails: kConfig; `what` is "source:line:column: reason", with the nearest good word where a word is misspelt. What
// two parts demand of each other is looked at where each by itself is good.
// Source: sentinel-host(5) has every key; it is made from the tables that are read here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host_config/config.h"
#include "yaml/mistakes.h"
#include "yaml/schema.h"

namespace broker {

Read<HostConfig> read_host_config(std::string_view text, std::string source);

// Every key that the file may have, from the loader's own tables.
std::vector<SchemaKey> host_keys();

}  // namespace broker
