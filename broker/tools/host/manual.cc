#include "tools/host/manual.h"

#include "host_config/load.h"
#include "ipc/terminal/roff.h"
#include "yaml/schema_pages.h"

namespace broker {

std::string host_manual() {
  std::string out =
      ".\\\" Printed by `sentinel host schema --man` from the loader's tables and tools/host/manual.def; a test "
      "compares.\n.TH SENTINEL-HOST 5 \"\" \"Sentinel\" \"File Formats\"\n.SH NAME\nsentinel\\-host \\- the file that "
      "says how the users of a host share AWS keys\n";
#define SECTION(title) out += ".SH " title "\n";
#define TEXT(text) out += roff_paragraph(out, text);
#define ITEM(head, text) out += ipc::roff_item(head, text);
#define KEYS() out += roff_keys(host_keys());
#define EXAMPLE(title, yaml) out += roff_paragraph(out, title ":") + roff_example(yaml);
#include "tools/host/manual.def"
  return out + ipc::roff_see_also("sentinel-host(5)");
}

}  // namespace broker
