// The command that shows how a policy judges a question, as its author can type it: the same facts, the same moment.
//
// Blocks: never. Pure.   What the device is known to be is not part of it: that comes from a file (--posture).
#pragma once

#include <string>

#include "policy/policy.h"

namespace broker {

struct PolicyPlace {
  std::string name;           // the absolute path of its file, or the name of its parameter
  bool is_parameter = false;  // which has to be fetched first, with the profile's keys
  bool is_gone = false;       // it was given by a descriptor, and cannot be read again
};

std::string explain_line(const PolicyPlace& policy, const PolicyQuery& query);

}  // namespace broker
