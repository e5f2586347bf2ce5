#include "device/posture.h"

#include <event2/event.h>

#include <utility>

namespace broker {

PostureSource::~PostureSource() {
  if (readable_ != nullptr) event_free(readable_);
}

void PostureSource::start(std::function<void()> ready) {
  ready_ = std::move(ready);
  if (!reader_.exists()) return be_ready();
  const auto fire = [](evutil_socket_t, short, void* self) { static_cast<PostureSource*>(self)->on_readable(); };
  readable_ = event_new(parts_.base, reader_.fd(), EV_READ | EV_PERSIST, fire, this);
  if (readable_ == nullptr || event_add(readable_, nullptr) != 0) {
    forget("the event loop takes no more descriptors");
    return be_ready();
  }
  first_answer_ = parts_.timers.after(kFirstAnswer, [this] { be_ready(); });
  ask();
}

std::optional<Posture> PostureSource::current(Clock::SinceBoot now) const {
  if (!stated_ || now - answered_ > kMaxAge) return std::nullopt;
  if (stated_->valid_until && parts_.clock.wall() >= *stated_->valid_until) return std::nullopt;
  return stated_->facts;
}

// A question that was not answered yet is not repeated: its answer, if it comes, is as new.
void PostureSource::ask() {
  again_ = parts_.timers.after(kAgain, [this] {
    const auto spent = std::move(again_);
    ask();
  });
  if (!asked_) asked_ = reader_.ask();
}

void PostureSource::on_readable() noexcept {
  ipc::Result<std::string> answer;
  switch (reader_.take(answer)) {
    case PostureReader::Reply::kNotYet:
      return;
    case PostureReader::Reply::kHere:
      asked_ = false;
      accept(answer);
      return be_ready();
    case PostureReader::Reply::kGone:
      event_free(std::exchange(readable_, nullptr));
      again_.reset();
      forget("the process that reads it has ended");
      return be_ready();
  }
}

void PostureSource::accept(const ipc::Result<std::string>& answer) {
  if (!answer) return forget(answer.error().what);
  ipc::Result<StatedPosture> stated = posture_from_json(*answer);
  if (!stated) return forget(stated.error().what);
  if (stated->valid_until && parts_.clock.wall() >= *stated->valid_until) return forget("its valid_until has passed");
  stated_ = std::move(*stated);
  answered_ = parts_.clock.since_boot();
  warned_.clear();
}

// What was known a moment ago is not known any more: a posture that changed must bite, into what no one can say too.
void PostureSource::forget(const std::string& why) {
  stated_.reset();
  if (why == warned_) return;
  warned_ = why;
  parts_.warn("the posture of this device cannot be used, so rules that demand something of it permit nothing: " + why);
}

void PostureSource::be_ready() {
  first_answer_.reset();
  if (const auto ready = std::exchange(ready_, nullptr)) ready();
}

}  // namespace broker
