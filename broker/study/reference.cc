#include "study/reference.h"

#include "ipc/terminal/roff.h"
#include "policy/yaml/load.h"
#include "study/cases.h"
#include "text/json_line.h"
#include "yaml/schema_pages.h"

namespace broker {
namespace {

// A word for a closed choice; `kind` is how the types of the keys call it.
struct SchemaWord {
  std::string_view kind, word, why;
};
constexpr SchemaWord kWords[] = {
#define EFFECT(name, word, why) {"effect", word, why},
#define MODE(name, word, why) {"mode", word, why},
#define TRANSPORT(name, word, why) {"transport", word, why},
#define SOURCE_IDENTITY(name, word, why) {"source identity", word, why},
#define WEEKDAY(name, word, why) {"weekday", word, why},
#define OS_TYPE(name, word, why) {"OS type", word, why},
#include "policy/words.def"
};

std::vector<SchemaKey> keys_of(Language language) { return language == Language::kCases ? case_keys() : policy_keys(); }

std::string word_items() {
  std::string out;
  std::string_view kind;
  for (const SchemaWord& each : kWords) {
    if (each.kind != kind) out += ".SS Each " + std::string(each.kind) + "\n";
    kind = each.kind;
    out += ipc::roff_item(std::string(each.word), each.why);
  }
  return out;
}

}  // namespace

std::string schema_markdown(Language language) {
  std::string out = keys_markdown(keys_of(language));
  out += "\n" + cells({"word", "is", "why"}) + "|---|---|---|\n";
  for (const SchemaWord& each : kWords) out += cells({code(each.word), each.kind, each.why});
  return out;
}

void add_schema(ipc::JsonText& json, Language language) {
  add_keys(json, keys_of(language));
  json.open_list("words");
  for (const SchemaWord& each : kWords) {
    json.open_object().text("word", each.word).text("kind", each.kind).text("why", each.why).close_object();
  }
  json.close_list();
}

std::string policy_manual() {
  std::string out =
      ".\\\" Printed by `sentinel policy schema --man` from the loader's tables and study/manual.def; a test "
      "compares.\n.TH SENTINEL-POLICY 5 \"\" \"Sentinel\" \"File Formats\"\n.SH NAME\nsentinel\\-policy \\- the "
      "policy file of sentinel\n";
#define SECTION(title) out += ".SH " title "\n";
#define TEXT(text) out += roff_paragraph(out, text);
#define ITEM(head, text) out += ipc::roff_item(head, text);
#define KEYS() out += roff_keys(policy_keys());
#define CASE_KEYS() out += roff_keys(case_keys());
#define WORDS() out += word_items();
#define EXAMPLE(title, yaml) out += roff_paragraph(out, title ":") + roff_example(yaml);
#define CASES(title, yaml) out += roff_paragraph(out, title ":") + roff_example(yaml);
#include "study/manual.def"
  return out + ipc::roff_see_also("sentinel-policy(5)");
}

}  // namespace broker
