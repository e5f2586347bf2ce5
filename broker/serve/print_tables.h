// Prints the tables that the code is made from, for the README and for auditors of the program.
//
// Runs in: broker, when started by hand with one flag; no secret is read then.
#pragma once

#include <cstdio>
#include <string_view>

namespace broker {

// --print-protocol, --print-sandbox, --print-checks. False for any other flag.
bool print_tables(std::string_view flag, std::FILE* out);

}  // namespace broker
