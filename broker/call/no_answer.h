// What a request that got no answer is told as, and what the user can do then: it follows from how far the request
// came, and from what libcurl and OpenSSL say of a certificate.
//
// Blocks: never.
// Source: libcurl-errors(3); X509_verify_cert_error_string(3).
#pragma once

#include <curl/curl.h>

#include <string>
#include <string_view>

namespace broker {

// Is this failure one that certificates or TLS settings cause, and that no retry mends?
[[nodiscard]] bool is_trust_problem(CURLcode code);

// `why`: libcurl's words, fit to be shown.
[[nodiscard]] std::string shown_distrust(std::string_view why);
[[nodiscard]] std::string after_distrust(std::string_view why);

// `direct`: past any proxy.
[[nodiscard]] std::string after_silence(CURLcode code, bool direct);

// For CURLOPT_SSL_CTX_FUNCTION. A certificate that names its host in the common name alone is taken by libcurl, and by
// no SDK (RFC 9110 4.3.4): it is refused, of AWS's side and of a proxy alike.
CURLcode check_names(CURL*, void* context, void*);

}  // namespace broker
