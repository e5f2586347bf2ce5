// The keys of a schema as people read them: rows of a Markdown table, JSON, items of a manual page; and what such a
// page has beside them.
//
// Runs in: the tools that print them.   Blocks: never.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/json/json_text.h"
#include "yaml/schema.h"

namespace broker {

// One row of a Markdown table.
std::string cells(std::initializer_list<std::string_view> texts);
std::string code(std::string_view text);
// The table: key, type, required, meaning.
std::string keys_markdown(const std::vector<SchemaKey>& keys);
void add_keys(ipc::JsonText& json, const std::vector<SchemaKey>& keys);  // as the member "keys"

std::string roff_keys(const std::vector<SchemaKey>& keys);
// What comes next on the page; not right behind a heading, where the macro would be one too many.
std::string roff_paragraph(std::string_view page, std::string_view text);
// `yaml` begins with the newline after an opening quote.
std::string roff_example(std::string_view yaml);

}  // namespace broker
