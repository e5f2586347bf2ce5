// URLs as libcurl reads them, so that what is checked is what is connected to.
//
// Blocks: never.   Owns: what libcurl allocates.
// Source: curl_url(3), curl_url_get(3).
#pragma once

#include <curl/curl.h>

#include <string>

#include "ipc/owned.h"

namespace broker {

using Url = ipc::Owned<CURLU, curl_url_cleanup>;
using CurlText = ipc::Owned<char, curl_free>;

// Empty where the URL has no such part.
inline std::string url_part(const Url& url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return {};
  const CurlText owned(text);
  return text;
}

}  // namespace broker
