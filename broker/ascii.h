// Kinds of ASCII characters, whatever the locale says; <cctype> asks it, and is undefined for bytes above 127.
//
// Runs in: broker and its tools.   Blocks: never.
#pragma once

namespace broker {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alphanumeric(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace broker
