#include "yaml/schema_pages.h"

#include "ipc/terminal/roff.h"

namespace broker {

std::string cells(std::initializer_list<std::string_view> texts) {
  std::string line = "|";
  for (const std::string_view text : texts) line += " " + std::string(text) + " |";
  return line + "\n";
}

std::string code(std::string_view text) { return "`" + std::string(text) + "`"; }

std::string keys_markdown(const std::vector<SchemaKey>& keys) {
  std::string out = cells({"key", "type", "required", "meaning"}) + "|---|---|---|---|\n";
  for (const SchemaKey& key : keys) out += cells({code(key.path), key.type, key.required ? "yes" : "no", key.meaning});
  return out;
}

void add_keys(ipc::JsonText& json, const std::vector<SchemaKey>& keys) {
  json.open_list("keys");
  for (const SchemaKey& key : keys) {
    json.open_object().text("key", key.path).text("type", key.type).boolean("required", key.required);
    json.text("meaning", key.meaning).close_object();
  }
  json.close_list();
}

std::string roff_keys(const std::vector<SchemaKey>& keys) {
  std::string out;
  for (const SchemaKey& key : keys) {
    const std::string kind = std::string(key.type) + (key.required ? ", required" : "");
    out += ipc::roff_item(key.path, kind + ": " + std::string(key.meaning));
  }
  return out;
}

std::string roff_paragraph(std::string_view page, std::string_view text) {
  const std::string_view last_line = page.substr(page.rfind('\n', page.size() - 2) + 1);
  return (last_line.starts_with(".S") ? "" : ".PP\n") + ipc::roff(text) + "\n";
}

std::string roff_example(std::string_view yaml) {
  yaml.remove_prefix(1);
  return ".PP\n.EX\n" + ipc::roff(yaml) + ".EE\n";
}

}  // namespace broker
