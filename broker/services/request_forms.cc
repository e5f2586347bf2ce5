#include "services/request_forms.h"

#include <utility>

namespace broker {

AwsRequest json_request(const JsonService& service, const AwsEndpoint& endpoint, std::string_view action,
                        std::string body) {
  std::string target(service.target), type("application/x-amz-json-");
  (target += '.') += action;
  type += service.version;
  return {std::string(service.name),
          std::string(action),
          endpoint,
          {{"Content-Type", std::move(type)}, {"X-Amz-Target", std::move(target)}},
          std::move(body)};
}

AwsRequest query_request(std::string_view service, const AwsEndpoint& endpoint, std::string_view action,
                         std::string body) {
  return {std::string(service),
          std::string(action),
          endpoint,
          {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
          std::move(body)};
}

}  // namespace broker
