# Writes OUTPUT, a .cc that holds DOCUMENT with VERSION set in. Run with cmake -P, so that no other
# tool is needed. In pieces, since compilers need not take a literal of over 65,536 bytes.
file(READ ${DOCUMENT} text)
string(REPLACE "@version@" "${VERSION}" text "${text}")
string(LENGTH "${text}" length)
set(body "")
set(at 0)
while(at LESS length)
  string(SUBSTRING "${text}" ${at} 32768 piece)
  string(APPEND body "  text += R\"json(${piece})json\";\n")
  math(EXPR at "${at} + 32768")
endwhile()
file(WRITE ${OUTPUT} "#include \"http/openapi.h\"

namespace taskfeed::http {

std::string openapi_document() {
  std::string text;
  text.reserve(${length});
${body}  return text;
}

}  // namespace taskfeed::http
")
