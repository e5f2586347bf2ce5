// The moments of ipc/, by their names alone.
#pragma once

#include "ipc/text/rfc3339.h"

namespace broker {

using ipc::read_aws_time, ipc::read_rfc3339, ipc::read_time_of_keys, ipc::rfc3339, ipc::Rfc3339, ipc::TimeText;

}  // namespace broker
