#include "gateway/unix_login.h"

#include <pwd.h>

namespace gateway {

std::string unix_login(uid_t user) {
  passwd entry{};
  passwd* found = nullptr;
  char names[4096];
  ::getpwuid_r(user, &entry, names, sizeof names, &found);
  return "unix:" + (found != nullptr ? std::string(found->pw_name) : std::to_string(user));
}

}  // namespace gateway
