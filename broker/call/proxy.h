// The proxy that AWS calls go through: HTTPS_PROXY and NO_PROXY of the caller's environment, lower case first as curl
// has it. Whatever the command itself asks is none of our business and is not touched.
//
// NO_PROXY is read here and not by libcurl (CURLOPT_NOPROXY): 7.88.1, Debian 12's, takes no IPv6 network and no /0,
// takes 10.0.0.0/8x for a network, knows no ports, and never says whether a request went past the proxy, which our
// sentences do.
//
// Blocks: never.
// Owns: the proxy's password, in memory that is wiped when it is freed (host/wiping_heap.h).
// Fails: kConfig with the variable's name; never with the password.
// Source: botocore httpsession.py and urllib's proxy_bypass_environment (which hosts go past the proxy; ports; the
// default port 80), curl(1) for networks in NO_PROXY.
#pragma once

#include <string>
#include <string_view>

#include "ipc/result.h"
#include "ipc/settings.h"

namespace broker {

struct Proxy {
  std::string url;       // scheme://[user:password@]host:port; empty: there is none
  std::string shown;     // the same without user and password
  std::string variable;  // that names it
  std::string past_it;   // NO_PROXY
};

ipc::Result<Proxy> read_proxy(const ipc::Settings& settings);

// Whether a request to this URL goes past the proxy: by NO_PROXY, and to this machine and to link-local addresses
// always. Entries of NO_PROXY are separated by commas or spaces: names, which stand for what ends in them too, with or
// without a leading dot and with or without a port; addresses; networks as 10.0.0.0/8; and a lone *. An entry of no
// such form stands for nothing.
[[nodiscard]] bool goes_past(const Proxy& proxy, const std::string& url);

}  // namespace broker
