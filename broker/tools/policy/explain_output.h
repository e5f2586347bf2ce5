// Says an explanation: lines for people, or JSON.
//
// Blocks: on writing to stdout.
#pragma once

#include <string>

#include "study/explain.h"
#include "tools/output.h"

namespace broker {

void say_explanation(const Policy& policy, const Explanation& explanation, ToolOutput& out);
void add_explanation(const Policy& policy, const Explanation& explanation, ipc::JsonText& json);

}  // namespace broker
