// URLs as libcurl reads them, so that what is checked is what is connected to.
//
// Blocks: never.   Owns: what libcurl allocates.
// Source: curl_url(3), curl_url_get(3).
#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

namespace broker {

struct UrlDeleter {
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
  void operator()(char* text) const noexcept { curl_free(text); }
};
using Url = std::unique_ptr<CURLU, UrlDeleter>;

// Empty where the URL has no such part.
inline std::string url_part(const Url& url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return {};
  const std::unique_ptr<char, UrlDeleter> owned(text);
  return text;
}

}  // namespace broker
