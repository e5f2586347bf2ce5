#include "call/no_answer.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <iterator>

#include "ipc/owned.h"

namespace broker {
namespace {

// Among libcurl's words for a certificate without subjectAltName: it is ours.
constexpr char kNoAltName[] = "application verification failure";

int has_alternative_name(int good, X509_STORE_CTX* context) {
  if (good == 0 || X509_STORE_CTX_get_error_depth(context) != 0) return good;
  const X509* const own = X509_STORE_CTX_get_current_cert(context);
  const ipc::Owned<GENERAL_NAMES, GENERAL_NAMES_free> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(own, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const int type = sk_GENERAL_NAME_value(names.get(), i)->type;
    if (type == GEN_DNS || type == GEN_IPADD) return 1;
  }
  X509_STORE_CTX_set_error(context, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

}  // namespace

bool is_trust_problem(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_ISSUER_ERROR ||
         code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CIPHER || code == CURLE_SSL_INVALIDCERTSTATUS;
}

std::string shown_distrust(std::string_view why) {
  return std::string(why.contains(kNoAltName) ? "its certificate names its host in the common name alone" : why);
}

// What follows from what OpenSSL or libcurl says of a certificate.
std::string after_distrust(std::string_view why) {
  struct Row {
    std::string_view words, next_step;
  };
  constexpr Row kRows[] = {
      {"has expired", "its certificate must be renewed, unless this machine's clock is ahead"},
      {"not yet valid", "set this machine's clock right: it is behind, or the certificate begins later"},
      {"subject name",
       "its certificate is another host's: check the endpoint URL, or give it a certificate that names "
       "this host as a subjectAltName"},
      {kNoAltName, "give it a certificate that names the host as a subjectAltName: no SDK takes a common name alone"},
      {"revoked", "ask those who keep the server"},
  };
  const auto row = std::ranges::find_if(kRows, [&](const Row& each) { return why.contains(each.words); });
  if (row != std::end(kRows)) return std::string(row->next_step);
  return "if its certificate comes from your own authority, or from a proxy that opens TLS, name that in AWS_CA_BUNDLE "
         "or ca_bundle";
}

// What follows from how far a request came that got no answer.
std::string after_silence(CURLcode code, bool direct) {
  const std::string proxy = direct ? "" : ", the proxy";
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return "no such host is known: check the region and the endpoint URL for a typing error, then the network and "
             "its DNS";
    case CURLE_COULDNT_CONNECT:
      return "nothing listens there, or a firewall is in between: check the endpoint URL and the network" + proxy;
    case CURLE_OPERATION_TIMEDOUT:
      return direct
                 ? "check the network: where only a proxy leads out, name it in HTTPS_PROXY; then the region and the "
                   "endpoint URL"
                 : "check the network, the proxy, the region and the endpoint URL";
    case CURLE_SSL_CONNECT_ERROR:
      return "what answers there does not speak TLS as AWS does: check the endpoint URL and its port, and look for a "
             "proxy or a captive portal in between";
    default:
      return "check the network" + proxy + ", the region and the endpoint URL";
  }
}

CURLcode check_names(CURL*, void* context, void*) {
  SSL_CTX_set_verify(static_cast<SSL_CTX*>(context), SSL_VERIFY_PEER, has_alternative_name);
  return CURLE_OK;
}

}  // namespace broker
