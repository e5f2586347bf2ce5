// The ASCII functions of ipc/, by their names alone.
#pragma once

#include "ipc/text/ascii.h"

namespace broker {

using ipc::is_alphanumeric, ipc::is_digit, ipc::is_visible, ipc::lower, ipc::lowered, ipc::split, ipc::split_words,
    ipc::trimmed, ipc::upper, ipc::uppered;

}  // namespace broker
