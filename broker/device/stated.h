// What a host says of its device, as posture.json or the program posture says it: one JSON object of at most 16 KiB.
//   {"disk_encrypted": true, "mdm_enrolled": true, "mdm_compliant": true, "firewall_enabled": true,
//    "os_type": "linux", "os_version": "12.4", "valid_until": "2026-01-31T12:00:00Z"}
// Each may be left out, and is unknown then. An unknown key or a wrong type makes the whole unusable: who misspells a
// key must not be taken for one who said nothing.
//
// Runs in: broker, main thread, and sentinel-policy.   Blocks: never.
// Fails: kConfig, with the key and what it may be.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "ipc/result.h"
#include "policy/policy.h"

namespace broker {

inline constexpr std::size_t kMaxPostureBytes = 16 * 1024;

struct StatedPosture {
  Posture facts;
  std::optional<std::chrono::sys_seconds> valid_until;  // from then on nothing is known
};

ipc::Result<StatedPosture> posture_from_json(std::string_view text);

}  // namespace broker
