#include "base/sealer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <sodium.h>

#include "base/base64.h"
#include "base/file_descriptor.h"

namespace base {
namespace {

constexpr std::size_t key_size = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr std::size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_size = crypto_aead_xchacha20poly1305_ietf_ABYTES;

void require_sodium() {
  static const bool ready = sodium_init() >= 0;
  if (!ready) std::abort();
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

Error failed(Code code, const std::filesystem::path& file, const std::string& why) {
  return {code, "The seal key " + file.string() + " " + why + ".", std::strerror(errno)};
}

// Written aside and then linked to its name: the file is whole or not there, and of two processes
// that start at once one makes the key.
Status make_key_file(const std::filesystem::path& file) {
  if (::access(file.c_str(), F_OK) == 0) return {};
  unsigned char key[key_size];
  char text[2 * key_size + 1];
  crypto_aead_xchacha20poly1305_ietf_keygen(key);
  sodium_bin2hex(text, sizeof text, key, key_size);
  text[2 * key_size] = '\n';
  const std::string aside = file.string() + "." + std::to_string(::getpid());
  const FileDescriptor made(::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  const bool written = made.is_open() && ::write(made.get(), text, sizeof text) == sizeof text &&
                       ::fsync(made.get()) == 0;
  sodium_memzero(key, sizeof key);
  sodium_memzero(text, sizeof text);
  const bool linked = written && (::link(aside.c_str(), file.c_str()) == 0 || errno == EEXIST);
  const Status status = linked ? Status() : failed(Code::unavailable, file, "cannot be made");
  if (made.is_open()) ::unlink(aside.c_str());
  return status;
}

}  // namespace

void Sealer::Free::operator()(unsigned char* key) const { sodium_free(key); }

Sealer::Key Sealer::new_key() {
  require_sodium();
  Key key(static_cast<unsigned char*>(sodium_malloc(key_size)));
  if (!key) std::abort();
  return key;
}

Result<Sealer> Sealer::from_key(std::string_view text) {
  Key key = new_key();
  std::size_t size = 0;
  const char* end = nullptr;
  const bool fits =
      text.size() == 2 * key_size &&
      sodium_hex2bin(key.get(), key_size, text.data(), text.size(), nullptr, &size, &end) == 0 &&
      size == key_size && end == text.data() + text.size();
  if (!fits) return Error{Code::invalid, "A seal key is 64 hexadecimal digits.", {}};
  return Sealer(std::move(key));
}

Result<Sealer> Sealer::from_file(const std::filesystem::path& file) {
  require_sodium();
  if (Status made = make_key_file(file); !made) return made.error();
  const FileDescriptor found(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat facts {};
  if (!found.is_open() || ::fstat(found.get(), &facts) != 0) {
    return failed(Code::unavailable, file, "cannot be read");
  }
  if ((facts.st_mode & 077) != 0) {
    return failed(Code::invalid, file, "can be read by others than its owner: chmod 600 it");
  }
  char text[2 * key_size + 2];
  const ssize_t size = ::read(found.get(), text, sizeof text);
  std::string_view digits(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  if (digits.ends_with('\n')) digits.remove_suffix(1);
  auto sealer = from_key(digits);
  sodium_memzero(text, sizeof text);
  if (!sealer) return failed(Code::invalid, file, "does not hold 64 hexadecimal digits");
  return sealer;
}

std::string Sealer::seal(std::string_view plain, std::string_view about) const {
  std::string box(nonce_size + plain.size() + tag_size, '\0');
  randombytes_buf(box.data(), nonce_size);
  unsigned char* const out = bytes_of(box) + nonce_size;
  crypto_aead_xchacha20poly1305_ietf_encrypt(out, nullptr, bytes_of(plain), plain.size(),
                                             bytes_of(about), about.size(), nullptr, bytes_of(box),
                                             key_.get());
  return base64_encode(box);
}

Result<std::string> Sealer::open(std::string_view sealed, std::string_view about) const {
  const Error error{
      Code::broken, "What was sealed does not open: another seal key, or damage.", {}};
  const auto box = base64_decode(sealed);
  if (!box || box->size() < nonce_size + tag_size) return error;
  std::string plain(box->size() - nonce_size - tag_size, '\0');
  const unsigned char* const nonce = bytes_of(std::string_view(*box));
  const int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
      bytes_of(plain), nullptr, nullptr, nonce + nonce_size, box->size() - nonce_size,
      bytes_of(about), about.size(), nonce, key_.get());
  if (opened != 0) return error;
  return plain;
}

}  // namespace base
