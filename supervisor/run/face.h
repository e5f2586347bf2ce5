// The face: the half of the supervisor that the caller sees. It stands in the command's process group, so that the
// shell stops, continues and waits for one job; it passes signals on with their origin and returns the keeper's exit
// code.
//
// It is the second subreaper: when the keeper is killed, the command's tree becomes the face's, which ends it and
// removes the files. A keeper that another program stopped is told, and killed in time. It keeps its copy of the
// listener to the end, so that the port never becomes free before that.
//
// Runs in: supervisor (face).   Blocks: in poll, until a signal comes.
#pragma once

#include <sys/types.h>

#include "ipc/process/pidfd.h"
#include "run/preparation.h"

namespace supervisor {

int stand_for(pid_t keeper, const ipc::Pidfd& keeper_handle, int signals, const Preparation& prepared);

}  // namespace supervisor
