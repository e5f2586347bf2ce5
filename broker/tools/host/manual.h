// The manual page sentinel-host(5), from the loader's tables and tools/host/manual.def. sentinel-host.5 is compared.
//
// Runs in: sentinel-host.   Blocks: never.
#pragma once

#include <string>

namespace broker {

std::string host_manual();

}  // namespace broker
