#include "study/reference.h"

#include "ipc/terminal/roff.h"
#include "policy/yaml/load.h"
#include "study/cases.h"
#include "text/json_line.h"

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

std::string required(const SchemaKey& key) { return key.required ? "yes" : "no"; }

// ---- Markdown

std::string cells(std::initializer_list<std::string_view> texts) {
  std::string line = "|";
  for (const std::string_view text : texts) line += " " + std::string(text) + " |";
  return line + "\n";
}

std::string code(std::string_view text) { return "`" + std::string(text) + "`"; }

// ---- manual page

// Not right behind a heading, where it would be one too many.
std::string paragraph(std::string_view page, std::string_view text) {
  const std::string_view last_line = page.substr(page.rfind('\n', page.size() - 2) + 1);
  return (last_line.starts_with(".S") ? "" : ".PP\n") + ipc::roff(text) + "\n";
}

std::string key_items(Language language) {
  std::string out;
  for (const SchemaKey& key : keys_of(language)) {
    const std::string kind = std::string(key.type) + (key.required ? ", required" : "");
    out += ipc::roff_item(key.path, kind + ": " + std::string(key.meaning));
  }
  return out;
}

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

std::string example(std::string_view yaml) {
  yaml.remove_prefix(1);  // the newline after the opening quote
  return ".PP\n.EX\n" + ipc::roff(yaml) + ".EE\n";
}

}  // namespace

std::string schema_markdown(Language language) {
  std::string out = cells({"key", "type", "required", "meaning"}) + "|---|---|---|---|\n";
  for (const SchemaKey& key : keys_of(language)) out += cells({code(key.path), key.type, required(key), key.meaning});
  out += "\n" + cells({"word", "is", "why"}) + "|---|---|---|\n";
  for (const SchemaWord& each : kWords) out += cells({code(each.word), each.kind, each.why});
  return out;
}

void add_schema(ipc::JsonText& json, Language language) {
  json.open_list("keys");
  for (const SchemaKey& key : keys_of(language)) {
    json.open_object().text("key", key.path).text("type", key.type).boolean("required", key.required);
    json.text("meaning", key.meaning).close_object();
  }
  json.close_list().open_list("words");
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
#define TEXT(text) out += paragraph(out, text);
#define ITEM(head, text) out += ipc::roff_item(head, text);
#define KEYS() out += key_items(Language::kPolicy);
#define CASE_KEYS() out += key_items(Language::kCases);
#define WORDS() out += word_items();
#define EXAMPLE(title, yaml) out += paragraph(out, title ":") + example(yaml);
#define CASES(title, yaml) out += paragraph(out, title ":") + example(yaml);
#include "study/manual.def"
  return out + ipc::roff_see_also("sentinel-policy(5)");
}

}  // namespace broker
