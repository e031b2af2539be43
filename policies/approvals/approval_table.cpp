#include "policies/approvals/approval_table.h"

#include <utility>

#include "policies/approvals/approval_events.h"

namespace policies::approvals {
namespace {

using base::Status;

}  // namespace

Status ApprovalTable::open(base::SqliteDatabase& database) {
  const Status made = database.execute(
      "CREATE TABLE IF NOT EXISTS approvals(id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;");
  if (!made) return made;
  auto add = database.prepare("INSERT OR IGNORE INTO approvals VALUES(?1)");
  if (!add) return add.error();
  auto remove = database.prepare("DELETE FROM approvals WHERE id = ?1");
  if (!remove) return remove.error();
  statements_.emplace(Statements{*std::move(add), *std::move(remove)});
  return read_rows(database);
}

Status ApprovalTable::read_rows(base::SqliteDatabase& database) {
  auto select = database.prepare(
      "SELECT id, body FROM approvals JOIN journal ON stream = 'approval' AND key = id "
      "ORDER BY id, seq");
  if (!select) return select.error();
  for (;;) {
    const auto row = select->step();
    if (!row) return row.error();
    if (!*row) return {};
    const std::string id(select->bytes(0));
    if (rows_.empty() || rows_.back().id != id) {
      rows_.emplace_back();
      rows_.back().id = id;
    }
    const auto event = read_event(select->bytes(1));
    if (!event) return base::Error{base::Code::broken, event.error().message, "approval " + id};
    if (Status applied = apply_event(rows_.back(), *event); !applied) return applied;
  }
}

Status ApprovalTable::apply(const base::JournalEntry& entry) {
  const auto event = read_event(entry.body);
  if (!event) return event.error();
  const std::string* name = base::find_string(*event, "event");
  const std::string* left = base::find_string(*event, "left");
  if (left != nullptr && *left == "nothing") return statements_->remove.bind(1, entry.key).run();
  if (name == nullptr || *name != "asked") return {};
  return statements_->add.bind(1, entry.key).run();
}

}  // namespace policies::approvals
