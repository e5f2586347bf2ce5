// What the comparison with botocore asks of printed moments: each line of stdin is one; its seconds since 1970 are printed,
// or "refused".
#include <cstdio>
#include <iostream>
#include <string>

#include "ipc/text/lenient_time.h"

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const auto time = ipc::read_lenient_time(line);
    std::printf("%s\n", time ? std::to_string(time->time_since_epoch().count()).c_str() : "refused");
  }
}
