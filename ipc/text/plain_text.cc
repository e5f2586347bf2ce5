#include "ipc/text/plain_text.h"

#include <algorithm>
#include <iterator>

namespace ipc {
namespace {

struct Range {
  std::uint32_t first, last;
  std::string_view why;
};

constexpr Range kRefused[] = {
    {0x00, 0x08, "a control character"},
    {0x0B, 0x0C, "a control character"},
    {0x0E, 0x1F, "a control character"},
    {0x7F, 0x9F, "a control character"},
    {0xAD, 0xAD, "an invisible character"},
    {0x034F, 0x034F, "an invisible character"},
    {0x061C, 0x061C, "a character that changes the direction of text"},
    {0x115F, 0x1160, "an invisible character"},
    {0x17B4, 0x17B5, "an invisible character"},
    {0x180B, 0x180F, "an invisible character"},
    {0x200B, 0x200F, "an invisible character"},
    {0x2028, 0x2029, "a line separator that editors do not show"},
    {0x202A, 0x202E, "a character that changes the direction of text"},
    {0x2060, 0x206F, "an invisible character"},
    {0x3164, 0x3164, "an invisible character"},
    {0xD800, 0xDFFF, "a character that is none"},
    {0xE000, 0xF8FF, "a character without a common meaning"},
    {0xFE00, 0xFE0F, "an invisible character"},
    {0xFEFF, 0xFEFF, "a byte order mark"},
    {0xFFA0, 0xFFA0, "an invisible character"},
    {0xFFF9, 0xFFFF, "a character that is none"},
    {0xE0000, 0xE0FFF, "an invisible character"},
    {0xE1000, 0x10FFFF, "a character without a common meaning"},
    {0x110000, 0xFFFFFFFF, "a character that is none"},
};

constexpr bool rises() {
  std::uint32_t last = 0;
  for (const Range& range : kRefused) {
    if (range.last < range.first || (last != 0 && range.first <= last)) return false;
    last = range.last;
  }
  return true;
}
static_assert(rises(), "the ranges are searched by halves");

}  // namespace

std::string_view why_not_plain(std::uint32_t code_point) {
  const Range* const range = std::ranges::lower_bound(kRefused, code_point, {}, &Range::last);
  return range != std::end(kRefused) && range->first <= code_point ? range->why : std::string_view();
}

}  // namespace ipc
