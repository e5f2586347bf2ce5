// Whatever SSM, or something in its place, answers: it is read or refused; no exception of the JSON library gets out.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "call/json_failure.h"
#include "services/ssm.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto parameter = broker::read_parameter("/sentinel/policies/default", body);
  if (parameter && parameter->version < 1) std::abort();
  broker::HttpAnswer answer;
  answer.status = 400;
  answer.error_type = body.substr(0, 64);
  answer.body.append(body);
  const broker::AwsFailure failure = broker::read_json_failure(answer);
  if (failure.code.size() > 67 || failure.message.size() > 303) std::abort();
  return 0;
}
