// What this machine is called where devices are looked up: an HMAC of its machine id, which itself never leaves the
// machine. The same everywhere that knows devices by this scheme. It proves nothing: a program here can name another.
//
// Runs in: broker, before the lock-down.   Blocks: on a small local file.   Fails: kConfig where the machine has no id.
// Source: machine-id(5); key and message of the HMAC are upstream's.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "ipc/result.h"

namespace broker {

inline constexpr char kDbusMachineId[] = "/var/lib/dbus/machine-id";
inline constexpr char kMachineId[] = "/etc/machine-id";

// 64 lower-case hex digits, by the first of these files that is there.
ipc::Result<std::string> read_device_id(std::initializer_list<const char*> files = {kDbusMachineId, kMachineId});

// `machine_id`: 32 hex digits.
std::string device_id_of(std::string_view machine_id);

}  // namespace broker
