// Percent-encoding, as SigV4 and form bodies want it: everything but letters, digits and - . _ ~.
//
// Blocks: never.   Source: RFC 3986 2.1 and 2.3.
#pragma once

#include <string>
#include <string_view>

namespace broker {

// RFC 3986's unreserved characters.
bool unreserved(char c);
std::string uri_encode(std::string_view text);
// A '%' that starts no escape stands for itself.
std::string uri_decode(std::string_view text);

}  // namespace broker
