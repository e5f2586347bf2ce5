// Logs in by the device's way (RFC 8628): shows the user one page and its code, which may be opened on any device, and
// asks until the user has approved there.
//
// Blocks, owns, fails: as SsoLogin.
#pragma once

#include "sources/sso/login.h"

namespace broker {

class SsoDeviceLogin final : public SsoLogin {
 public:
  SsoDeviceLogin(AwsContext& context, ErrandDoer& errands, const SsoPlan& plan, std::string profile, OnDone done)
      : SsoLogin(context, errands, plan, std::move(profile), SsoWay::kDevice, std::move(done)) {}

 private:
  void start() override;
  void on_started(const Answer& answer);
  void show();
  void poll();
  void on_polled(const Answer& answer);
  void on_refused(const AwsCallError& refusal);
  void poll_later();

  DeviceLogin login_;
  Clock::SinceBoot ends_{};
};

}  // namespace broker
