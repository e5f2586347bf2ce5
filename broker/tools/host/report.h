// What is wrong with a host.yaml, or what a good one comes to: for people, and as JSON. No command line of a program
// leaves it: people put passwords into them.
//
// Runs in: sentinel-host.   Blocks: on writing to stdout.
#pragma once

#include "tools/host/checked.h"
#include "tools/output.h"

namespace broker {

// Every mistake, to stderr; returns the exit code. No line is shown of a text that a secret may stand in.
int tell_what_is_wrong(const CheckedHost& host, ToolOutput& out);

void print_host(const CheckedHost& host, ToolOutput& out);
void add_host(const CheckedHost& host, ipc::JsonText& json);

}  // namespace broker
