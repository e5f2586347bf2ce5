// Says the difference of two policies: lines for people, or JSON.
//
// Blocks: on writing to stdout.
#pragma once

#include <string>

#include "study/diff/diff.h"
#include "tools/output.h"

namespace broker {

void say_difference(const PolicyDifference& difference, ToolOutput& out);
void add_difference(const PolicyDifference& difference, ipc::JsonAnswer& answer);

}  // namespace broker
