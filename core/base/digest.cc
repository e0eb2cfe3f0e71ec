#include "base/digest.h"

#include <memory>

#include <openssl/evp.h>

#include "base/assert.h"

namespace taskfeed {
namespace {

struct ContextFree {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

}  // namespace

Digest sha256(std::initializer_list<std::string_view> parts) {
  const std::unique_ptr<EVP_MD_CTX, ContextFree> context(EVP_MD_CTX_new());
  TF_ASSERT(context != nullptr);
  bool fine = EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  for (const std::string_view part : parts) {
    std::array<uint8_t, 8> length{};
    for (size_t at = 0; at < length.size(); ++at) {
      length[at] = static_cast<uint8_t>(part.size() >> (8 * (7 - at)));
    }
    fine = fine && EVP_DigestUpdate(context.get(), length.data(), length.size()) == 1;
    fine = fine && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  }
  Digest digest{};
  fine = fine && EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1;
  TF_ASSERT_TEXT(fine, "libcrypto has no SHA-256");
  return digest;
}

}  // namespace taskfeed
