#include "services/iam.h"

#include <array>

#include "aws/key_syntax.h"
#include "call/xml_fields.h"
#include "services/request_forms.h"
#include "services/sts.h"
#include "text/ascii.h"
#include "text/percent.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr std::size_t kMaxKeys = 8;  // AWS gives a user two

AwsRequest iam_request(std::string_view action, const AwsEndpoint& endpoint, std::string_view more = {}) {
  return query_request("iam", endpoint, action,
                       "Action=" + std::string(action) + "&Version=2010-05-08" + std::string(more));
}

std::unexpected<ipc::Error> missing_from_iam(std::string_view action, std::string_view what) {
  return ipc::fail(Fault::kProtocol, "the answer to " + std::string(action) + " has no " + std::string(what),
                   "check that the endpoint is AWS IAM");
}

}  // namespace

AwsRequest create_access_key(const AwsEndpoint& endpoint) {
  AwsRequest out = iam_request("CreateAccessKey", endpoint);
  out.max_tries = 1;
  return out;
}

ipc::Result<CreatedKey> read_created_key(std::string_view body) {
  CreatedKey key{{}, ipc::SecretBuffer::with_capacity(kMaxKeySecret)};
  std::array fields = {
      XmlField{"CreateAccessKeyResponse/CreateAccessKeyResult/AccessKey/AccessKeyId", &key.access_key_id},
      XmlField{"CreateAccessKeyResponse/CreateAccessKeyResult/AccessKey/SecretAccessKey", &key.secret_access_key}};
  if (auto sound = extract_xml(body, fields); !sound) return std::unexpected(std::move(sound.error()));
  if (!is_access_key_id(key.access_key_id)) return missing_from_iam("CreateAccessKey", "valid AccessKeyId");
  if (!is_visible(key.secret_access_key.reveal())) return missing_from_iam("CreateAccessKey", "valid SecretAccessKey");
  return key;
}

AwsRequest list_access_keys(const AwsEndpoint& endpoint) { return iam_request("ListAccessKeys", endpoint); }

// The elements repeat, which extract_xml refuses by design; ids are made of letters and digits, so each stands whole
// between its tags.
ipc::Result<std::vector<std::string>> read_key_list(std::string_view body) {
  constexpr std::string_view kOpen = "<AccessKeyId>", kClose = "</AccessKeyId>";
  std::vector<std::string> ids;
  for (std::size_t at = body.find(kOpen); at != body.npos; at = body.find(kOpen, at)) {
    at += kOpen.size();
    const std::size_t end = body.find(kClose, at);
    const std::string_view id = end == body.npos ? "" : body.substr(at, end - at);
    if (!is_access_key_id(id) || ids.size() == kMaxKeys)
      return missing_from_iam("ListAccessKeys", "valid list of keys");
    ids.emplace_back(id);
  }
  return ids;
}

AwsRequest delete_access_key(const AwsEndpoint& endpoint, std::string_view access_key_id) {
  return iam_request("DeleteAccessKey", endpoint, "&AccessKeyId=" + uri_encode(access_key_id));
}

ipc::Error iam_error(std::string_view action, AwsCallError error) {
  if (!error.error.next_step.empty()) return std::move(error.error);
  const std::string& code = error.failure.code;
  std::string& next = error.error.next_step;
  if (code.find("AccessDenied") != code.npos) {
    next =
        "the user's policy must allow iam:CreateAccessKey, iam:ListAccessKeys and iam:DeleteAccessKey on the user "
        "itself, without MFA; else let an administrator rotate the key, then run sentinel keys remove and add";
  } else if (code == "InvalidClientTokenId") {
    next =
        "the stored key is unknown to AWS, deleted or inactive: make a new one, then run sentinel keys remove and add";
  } else {
    next = sts_next_step(action, error.failure);
  }
  return std::move(error.error);
}

}  // namespace broker
