#include "call/xml_fields.h"

#include <expat.h>
#include <openssl/rand.h>

#include <vector>

#include "host/wiping_heap.h"
#include "ipc/owned.h"

namespace broker {
namespace {

constexpr std::size_t kMaxDepth = 16;
constexpr std::size_t kMaxPathBytes = 512;
constexpr std::size_t kMaxDocumentBytes = 1024 * 1024;

// The walk through the document: where we are, which field is being read, and what was wrong first.
class Walk {
 public:
  Walk(XML_Parser parser, std::span<XmlField> fields) : parser_(parser), fields_(fields) {}
  [[nodiscard]] const char* complaint() const { return complaint_; }

  void enter(std::string_view name) {
    if (current_) return stop("an element inside a value");
    if (lengths_.size() == kMaxDepth || path_.size() + name.size() >= kMaxPathBytes)
      return stop("elements nested too deep");
    lengths_.push_back(path_.size());
    if (!path_.empty()) path_ += '/';
    path_ += name;
    for (XmlField& field : fields_) {
      if (field.path == path_) current_ = &field;
    }
    if (!current_) return;
    if (current_->found) return stop("a value given twice");
    current_->found = true;
  }

  void leave() {
    if (complaint_) return;  // expat may still close an element after it was stopped
    current_ = nullptr;
    path_.resize(lengths_.back());
    lengths_.pop_back();
  }

  void text(std::string_view bytes) {
    if (current_ && !complaint_ && !std::visit([&](auto* sink) { return add(*sink, bytes); }, current_->sink))
      stop("a value too long");
  }

  void stop(const char* complaint) {
    if (!complaint_) complaint_ = complaint;
    XML_StopParser(parser_, XML_FALSE);
  }

 private:
  static bool add(std::string& sink, std::string_view bytes) {
    if (sink.size() + bytes.size() > kMaxXmlTextBytes) return false;
    sink += bytes;
    return true;
  }
  static bool add(ipc::SecretBuffer& sink, std::string_view bytes) { return sink.append(bytes); }

  XML_Parser parser_;
  std::span<XmlField> fields_;
  XmlField* current_ = nullptr;
  std::string path_;
  std::vector<std::size_t> lengths_;  // of path_, before each open element
  const char* complaint_ = nullptr;
};

void on_start(void* walk, const XML_Char* name, const XML_Char**) { static_cast<Walk*>(walk)->enter(name); }
void on_end(void* walk, const XML_Char*) { static_cast<Walk*>(walk)->leave(); }
void on_text(void* walk, const XML_Char* text, int size) {
  static_cast<Walk*>(walk)->text({text, static_cast<std::size_t>(size)});
}
void on_doctype(void* walk, const XML_Char*, const XML_Char*, const XML_Char*, int) {
  static_cast<Walk*>(walk)->stop("a document type");  // entities could make a small document huge
}

}  // namespace

ipc::Status extract_xml(std::string_view document, std::span<XmlField> fields) {
  const XML_Memory_Handling_Suite heap{heap_allocate, heap_reallocate, heap_free};
  const ipc::Owned<XML_ParserStruct, XML_ParserFree> parser(XML_ParserCreate_MM("UTF-8", &heap, nullptr));
  if (!parser) return ipc::fail(ipc::Fault::kSystem, "no memory to read an XML answer");
  unsigned long salt = 0;  // set here, so that expat reads no /dev/urandom behind the lock-down
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&salt), sizeof salt) == 1) XML_SetHashSalt(parser.get(), salt | 1);

  Walk walk(parser.get(), fields);
  XML_SetUserData(parser.get(), &walk);
  XML_SetElementHandler(parser.get(), on_start, on_end);
  XML_SetCharacterDataHandler(parser.get(), on_text);
  XML_SetStartDoctypeDeclHandler(parser.get(), on_doctype);
  if (document.size() > kMaxDocumentBytes) return ipc::fail(ipc::Fault::kProtocol, "the XML answer is too large");
  const XML_Status status = XML_Parse(parser.get(), document.data(), static_cast<int>(document.size()), XML_TRUE);
  if (status == XML_STATUS_OK && !walk.complaint()) return {};
  const char* why = walk.complaint() ? walk.complaint() : XML_ErrorString(XML_GetErrorCode(parser.get()));
  return ipc::fail(ipc::Fault::kProtocol, "the XML answer is not acceptable in line " +
                                              std::to_string(XML_GetCurrentLineNumber(parser.get())) + ": " + why);
}

}  // namespace broker
