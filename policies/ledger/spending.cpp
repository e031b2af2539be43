#include "policies/ledger/spending.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/json.h"

namespace policies::ledger {
namespace {

using base::Json;

// Of one record, so that it stays within the journal's bounds and those of a parse.
constexpr std::size_t most_changes = 1'000;

struct Column {
  const char* name;
  std::int64_t Amounts::*amount;
};
constexpr Column columns[] = {{"settled", &Amounts::settled},
                              {"unknown", &Amounts::unknown},
                              {"forfeited", &Amounts::forfeited},
                              {"held", &Amounts::held},
                              {"block", &Amounts::block}};

Json to_json(const SpendingChange& change) {
  Json facts{{"bucket", change.bucket}};
  if (!change.renamed_from.empty()) {
    facts["renamed_from"] = change.renamed_from;
    return facts;
  }
  facts["window"] = change.window;
  facts["end"] = change.window_end;
  for (const Column& column : columns) {
    if (const std::int64_t amount = change.change.*column.amount; amount != 0) {
      facts[column.name] = amount;
    }
  }
  return facts;
}

std::optional<std::int64_t> integer_of(const Json& facts, const char* name) {
  const Json* value = base::find_member(facts, name);
  if (value == nullptr) return 0;
  if (!value->is_number_integer()) return std::nullopt;
  return value->get<std::int64_t>();
}

std::optional<SpendingChange> from_json(const Json& facts) {
  const std::string* bucket = base::find_string(facts, "bucket");
  const auto window = integer_of(facts, "window");
  const auto end = integer_of(facts, "end");
  if (bucket == nullptr || !window || !end) return std::nullopt;
  SpendingChange change{*bucket, *window, *end, {}, {}};
  if (const std::string* old = base::find_string(facts, "renamed_from")) {
    change.renamed_from = *old;
  }
  for (const Column& column : columns) {
    const auto amount = integer_of(facts, column.name);
    if (!amount) return std::nullopt;
    change.change.*column.amount = *amount;
  }
  return change;
}

}  // namespace

Amounts& Amounts::operator+=(const Amounts& more) {
  for (const Column& column : columns) this->*column.amount += more.*column.amount;
  return *this;
}

Amounts& Amounts::operator-=(const Amounts& less) {
  for (const Column& column : columns) this->*column.amount -= less.*column.amount;
  return *this;
}

std::vector<base::JournalEntry> spending_entries(std::string_view about,
                                                 std::span<const SpendingChange> changes) {
  std::vector<base::JournalEntry> entries;
  while (!changes.empty()) {
    const auto part = changes.first(std::min(changes.size(), most_changes));
    changes = changes.subspan(part.size());
    Json list = Json::array();
    for (const SpendingChange& change : part) list.push_back(to_json(change));
    entries.push_back({spending_stream, std::string(about),
                       base::dump_json({{"changes", std::move(list)}}),
                       base::JournalEntry::Item::none});
  }
  return entries;
}

base::Result<std::vector<SpendingChange>> parse_spending(const base::JournalEntry& entry) {
  const base::Error broken{base::Code::broken, "A record of spending is not what one holds.",
                           entry.key};
  auto body = base::parse_json(entry.body, {});
  if (!body) return broken;
  const Json* list = base::find_member(body->value, "changes");
  if (list == nullptr || !list->is_array()) return broken;
  std::vector<SpendingChange> changes;
  for (const Json& facts : *list) {
    auto change = from_json(facts);
    if (!change) return broken;
    changes.push_back(std::move(*change));
  }
  return changes;
}

}  // namespace policies::ledger
