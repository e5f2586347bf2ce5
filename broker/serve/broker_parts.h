// What a broker has once, whatever the number of its runs: the loop, its clock and timers, where callers are looked up.
//
// Data, no behaviour.   Owns: nothing; all of it outlives every run.
#pragma once

#include "caller/caller_sources.h"
#include "host/clock.h"
#include "host/timers.h"

namespace broker {

struct BrokerParts {
  event_base* base;
  Timers& timers;
  const Clock& clock;
  CallerSources& callers;
};

}  // namespace broker
