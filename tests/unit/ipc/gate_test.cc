#include "ipc/gate.h"

#include <gtest/gtest.h>

namespace {
using ipc::Gate;
using ipc::Side;

TEST(Gate, RefusesAnUnknownMessage) {
  Gate gate(Side::Broker, Side::Supervisor);
  EXPECT_FALSE(gate.admit(0));
  EXPECT_FALSE(gate.admit(999));
}

TEST(Gate, RefusesAMessageMeantForAnotherProcess) {
  Gate gate(Side::Broker, Side::Supervisor);
  EXPECT_FALSE(gate.admit(ipc::Listener::kId));
}

TEST(Gate, RefusesAMessageFromTheWrongPeer) {
  Gate gate(Side::Broker, Side::Frontend);
  EXPECT_FALSE(gate.admit(ipc::Begin::kId));
}

TEST(Gate, RefusesOnesOwnMessageComingBack) {
  Gate gate(Side::Broker, Side::Frontend);
  EXPECT_FALSE(gate.admit(ipc::Done::kId));
}

TEST(Gate, RefusesAnEarlyAndALateMessage) {
  Gate gate(Side::Broker, Side::Supervisor);
  EXPECT_FALSE(gate.admit(ipc::FrontendAttached::kId));
  gate.enter_serving();
  EXPECT_TRUE(gate.admit(ipc::FrontendAttached::kId));
  EXPECT_FALSE(gate.admit(ipc::Begin::kId));
}

TEST(Gate, RefusesAOnceMessageTheSecondTime) {
  Gate gate(Side::Broker, Side::Supervisor);
  EXPECT_TRUE(gate.admit(ipc::Begin::kId));
  EXPECT_FALSE(gate.admit(ipc::Begin::kId));
}

TEST(Gate, AdmitsAManyMessageAgain) {
  Gate gate(Side::Broker, Side::Supervisor);
  EXPECT_TRUE(gate.admit(ipc::Setting::kId));
  EXPECT_TRUE(gate.admit(ipc::Setting::kId));
}

}  // namespace
