#include "call/xml_fields.h"

#include <gtest/gtest.h>

#include <array>

namespace broker {
namespace {

class XmlFields : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(ipc::SecretArena::open()); }
  // Reads R/A into text_ and R/B/S into secret_.
  ipc::Status read(std::string_view document) {
    text_.clear();
    secret_ = ipc::SecretBuffer::with_capacity(8);
    std::array fields = {XmlField{"R/A", &text_}, XmlField{"R/B/S", &secret_}};
    return extract_xml(document, fields);
  }
  std::string text_;
  ipc::SecretBuffer secret_;
};

TEST_F(XmlFields, RefusesWhatIsNotWellFormed) {
  for (const char* document : {"", " ", "x", "<R>", "<R><A></R></A>", "<R/><R/>", "<R><A>1</A></R>x", "<R a=1/>",
                               "<R>&x;</R>", "<R>\xff</R>", "{\"R\":1}", "<R><A>1</A>"}) {
    EXPECT_FALSE(read(document)) << document;
  }
  EXPECT_FALSE(read(std::string_view("<R>\0</R>", 8)));
}

TEST_F(XmlFields, RefusesADocumentTypeSoNoEntityCanGrow) {
  EXPECT_FALSE(read("<!DOCTYPE R><R><A>1</A></R>"));
  EXPECT_FALSE(read("<!DOCTYPE R [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><R><A>&b;</A></R>"));
  EXPECT_FALSE(read("<!DOCTYPE R SYSTEM 'file:///etc/passwd'><R/>"));
}

TEST_F(XmlFields, RefusesAValueGivenTwice) {
  EXPECT_FALSE(read("<R><A>1</A><A>2</A></R>"));
  EXPECT_FALSE(read("<R><A/><A>2</A></R>"));
}

TEST_F(XmlFields, RefusesAnElementInsideAValue) { EXPECT_FALSE(read("<R><A>1<X/></A></R>")); }

TEST_F(XmlFields, RefusesATooLongValue) {
  EXPECT_TRUE(read("<R><B><S>12345678</S></B></R>"));
  EXPECT_FALSE(read("<R><B><S>123456789</S></B></R>"));
  EXPECT_FALSE(read("<R><A>" + std::string(kMaxXmlTextBytes + 1, 'x') + "</A></R>"));
}

TEST_F(XmlFields, RefusesDeepNestingAndLongNames) {
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "<x>";
  EXPECT_FALSE(read(deep));
  const std::string name(600, 'n');
  EXPECT_FALSE(read("<" + name + "/>"));
}

TEST_F(XmlFields, ErrorsDoNotQuoteTheDocument) {
  const auto status = read("<R><B><S>hunter2-secret</S></B></R>");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().what.find("hunter2"), std::string::npos);
}

TEST_F(XmlFields, AnElementElsewhereIsNotTheOneWanted) {
  ASSERT_TRUE(read("<R><X><A>no</A></X><B><A>no</A><S>yes</S></B></R>"));
  EXPECT_EQ(text_, "");
  EXPECT_EQ(secret_.reveal(), "yes");
}

TEST_F(XmlFields, ReadsTextWithReferencesAndSections) {
  ASSERT_TRUE(read("<?xml version=\"1.0\"?>\n<R xmlns=\"urn:x\"><A>a&amp;b&#33;<![CDATA[<c>]]></A></R>"));
  EXPECT_EQ(text_, "a&b!<c>");
}

}  // namespace
}  // namespace broker
