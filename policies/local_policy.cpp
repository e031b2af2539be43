#include "policies/local_policy.h"

namespace policies {

PolicyDocument local_policy() {
  PolicyDocument document;
  document.roles["local"].allow = {{"*", {"role local", "allow", "*", "built in", 0}}};
  document.roles["local"].resources = {{"*", {"role local", "resources", "*", "built in", 0}}};
  document.roles["local"].prompts = {{"*", {"role local", "prompts", "*", "built in", 0}}};
  document.agents["local"].roles = {"local"};
  return document;
}

}  // namespace policies
