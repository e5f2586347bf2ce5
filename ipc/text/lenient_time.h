// Reads the moments that other programs print: the keys of a credential_process and of a container, the caches of the
// AWS CLI, a token vending machine. Each language has a form of its own for the same moment. What
// names no offset is refused: it means another moment on another machine. ipc/text/rfc3339.h reads our own formats,
// strictly.
//
// Blocks: never.   Units: whole seconds UTC, years 1 to 9999; a fraction is cut off.
// Source: dateutil's parser, which botocore reads these texts with. It takes more (names of months in any order, zones
// of the machine it runs on); what is read here, it reads as the same moment: tests/interop/test_printed_times.py.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace ipc {

// ISO 8601: 2026-01-31T12:00:00Z, with 't' or blanks for the T, without seconds, with a fraction behind '.' or ',', and
// as 20260131T120000Z. E-mail and HTTP: Sat, 31 Jan 2026 12:00:00 GMT. date(1): Sat Jan 31 12:00:00 UTC 2026.
// The offset: Z, z, UTC, GMT, +02:00, +0200 or +02, with or without a blank before it. Blanks around are nothing.
[[nodiscard]] std::optional<std::chrono::sys_seconds> read_lenient_time(std::string_view text);

}  // namespace ipc
