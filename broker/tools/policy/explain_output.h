// Says an explanation: lines for people, or JSON.
//
// Blocks: on writing to stdout.
#pragma once

#include <string>

#include "study/explain.h"
#include "tools/output.h"

namespace broker {

void say_explanation(const Policy& policy, const Explanation& explanation, ToolOutput& out);
std::string explanation_json(const Policy& policy, const Explanation& explanation);

}  // namespace broker
