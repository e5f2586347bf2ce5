// The readers of the parts of host.yaml, one file each: they fill a closed type from a node, or leave a refusal in the
// reader.
//
// Blocks: never.   Owns: nothing.   Fails: false; the sentence, its place and the next step are in the reader.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "host_config/config.h"
#include "ipc/field_types.h"
#include "yaml/reader.h"
#include "yaml/schema.h"

namespace broker {

template <class T>
using HostField = YamlReader::Field<T>;

bool read_host_programs(YamlReader& in, const YamlNode& node, HostConfig& config);    // host_config/profiles.cc
bool read_host_profiles(YamlReader& in, const YamlNode& node, HostConfig& config);    // host_config/profiles.cc
bool read_host_policy(YamlReader& in, const YamlNode& node, HostConfig& config);      // host_config/policy.cc
bool read_host_principals(YamlReader& in, const YamlNode& node, HostConfig& config);  // host_config/principals.cc
bool read_host_limits(YamlReader& in, const YamlNode& node, HostConfig& config);      // host_config/limits.cc
bool read_host_log(YamlReader& in, const YamlNode& node, HostConfig& config);         // host_config/log.cc
bool read_host_endpoints(YamlReader& in, const YamlNode& node, HostConfig& config);   // host_config/network.cc
bool read_host_ca_bundle(YamlReader& in, const YamlNode& node, HostConfig& config);   // host_config/network.cc
bool read_host_proxy(YamlReader& in, const YamlNode& node, HostConfig& config);       // host_config/network.cc
bool read_host_no_proxy(YamlReader& in, const YamlNode& node, HostConfig& config);    // host_config/network.cc

// The keys that each of these knows, below `path`.
void list_host_profile_keys(SchemaWalk& walk, const std::string& path);
void list_host_policy_keys(SchemaWalk& walk, const std::string& path);
void list_host_principal_keys(SchemaWalk& walk, const std::string& path);
void list_host_limit_keys(SchemaWalk& walk, const std::string& path);
void list_host_log_keys(SchemaWalk& walk, const std::string& path);
void list_host_endpoint_keys(SchemaWalk& walk, const std::string& path);

// ---- values (host_config/values.cc)

// A text with its place.
bool read_placed(YamlReader& in, const YamlNode& node, PlacedText& out);
// An absolute path in its plain form: no "//", "." or ".." on the way.
bool read_path(YamlReader& in, const YamlNode& node, PlacedText& out);
// Plain digits within these bounds.
bool read_number(YamlReader& in, const YamlNode& node, std::uint64_t least, std::uint64_t most, std::uint64_t& out);
// A Go duration in whole seconds, within a field's bounds.
bool read_seconds(YamlReader& in, const YamlNode& node, const ipc::SecondsRange& range, std::chrono::seconds& out);

}  // namespace broker
