// Takes the text of a few named elements out of an XML document (expat). Strict: well-formed, no DTD, bounded depth,
// each wanted element once and without elements inside. It builds no tree, so a key in the document is copied only into
// its sink.
//
// Blocks: never.
// Fails: kProtocol; the sentence names the place and never quotes the document.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "ipc/result.h"
#include "ipc/secret.h"

namespace broker {

// `path`: element names from the root, joined by '/'. A SecretBuffer must come with its capacity; a longer text is
// refused.
struct XmlField {
  std::string_view path;
  std::variant<std::string*, ipc::SecretBuffer*> sink;
  bool found = false;
};

inline constexpr std::size_t kMaxXmlTextBytes = 16 * 1024;

// Says only whether the document is sound; which fields must be there is the caller's question.
ipc::Status extract_xml(std::string_view document, std::span<XmlField> fields);

}  // namespace broker
