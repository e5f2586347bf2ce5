// What a good host.yaml comes to: for people, and as JSON. No command line of a program leaves it: people put passwords
// into them.
//
// Runs in: sentinel-host.   Blocks: on writing to stdout.
#pragma once

#include "tools/host/checked.h"
#include "tools/output.h"

namespace broker {

void print_host(const CheckedHost& host, ToolOutput& out);
void add_host(const CheckedHost& host, ipc::JsonText& json);

}  // namespace broker
