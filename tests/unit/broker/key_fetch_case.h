// What the tests of sources share: a fetch that is started, and what came of it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "aws_fakes.h"
#include "errand_fakes.h"
#include "keys/fetch.h"

namespace broker::testing {

class KeyFetchCase : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(ipc::SecretArena::open()); }
  void ask() {
    fetch_ = start_([this](ipc::Result<IssuedCredentials> keys) {
      ++answers_;
      keys_ = std::move(keys);
      fetch_.reset();  // a callback may
    });
  }
  std::string why() { return keys_ ? "keys" : keys_.error().what; }

  FakeAws aws_;
  FakeErrands errands_;
  StartFetch start_;  // set by the test; what it refers to outlives fetch_
  ipc::Result<IssuedCredentials> keys_;
  int answers_ = 0;
  std::unique_ptr<KeyFetch> fetch_;
};

}  // namespace broker::testing
