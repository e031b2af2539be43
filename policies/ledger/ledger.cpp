#include "policies/ledger/ledger.h"

namespace policies::ledger {

std::string_view to_string(Fate fate) {
  switch (fate) {
    case Fate::settled:
      return "settled";
    case Fate::cancelled:
      return "cancelled";
    case Fate::unknown:
      break;
  }
  return "unknown";
}

}  // namespace policies::ledger
