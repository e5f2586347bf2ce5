#include "host/event_loop.h"

namespace broker {

EventBasePtr new_event_base() {
  event_config* const config = event_config_new();
  if (!config) return nullptr;
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
  EventBasePtr base(event_base_new_with_config(config));
  event_config_free(config);
  return base;
}

}  // namespace broker
