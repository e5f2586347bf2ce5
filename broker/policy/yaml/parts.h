// The readers of a policy's parts, one file each: they fill a closed type from a node, or leave a refusal in the
// reader.
//
// Runs in: broker, main thread, and the policy tools.   Blocks: read_time() on zone files.   Owns: nothing.
// Fails: false; the sentence, its place and the next step are in the reader.
// Source: sentinel-policy(5), which is made from the tables of these readers.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "policy/policy.h"
#include "yaml/reader.h"
#include "yaml/schema.h"

namespace broker {

template <class T>
using Field = YamlReader::Field<T>;

bool read_rules(YamlReader& in, const YamlNode& node, Policy& policy);           // policy/yaml/rules.cc
bool read_conditions(YamlReader& in, const YamlNode& node, Rule& rule);          // policy/yaml/conditions.cc
bool read_time(YamlReader& in, const YamlNode& node, Conditions& conditions);    // policy/yaml/time.cc
bool read_device(YamlReader& in, const YamlNode& node, Conditions& conditions);  // policy/yaml/device.cc
bool read_restrict(YamlReader& in, const YamlNode& node, Rule& rule);            // policy/yaml/restrict.cc
bool read_session_policy(YamlReader& in, const YamlNode& node, Narrowing& out);  // policy/yaml/session_policy.cc

// The keys that each of these knows, below `path`.
void list_rule_keys(SchemaWalk& walk, const std::string& path);
void list_condition_keys(SchemaWalk& walk, const std::string& path);
void list_time_keys(SchemaWalk& walk, const std::string& path);
void list_device_keys(SchemaWalk& walk, const std::string& path);
void list_restrict_keys(SchemaWalk& walk, const std::string& path);
void list_session_policy_keys(SchemaWalk& walk, const std::string& path);

// A Go duration that is not negative, in whole seconds. "0" in quotes, or with a unit, is nothing.
bool read_duration(YamlReader& in, const YamlNode& node, std::optional<std::chrono::seconds>& out);

}  // namespace broker
