// The moments of ipc/, by their names alone.
#pragma once

#include "ipc/text/lenient_time.h"
#include "ipc/text/rfc3339.h"

namespace broker {

using ipc::read_aws_time, ipc::read_lenient_time, ipc::read_rfc3339, ipc::rfc3339, ipc::Rfc3339, ipc::TimeText;

}  // namespace broker
