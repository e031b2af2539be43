import { DatabaseSync } from 'node:sqlite';

/** The records of a stream, oldest first, read from the database beside the running gateway. */
export function records(sluice, stream) {
  const database = new DatabaseSync(sluice.path('journal.db'), { readOnly: true });
  try {
    const rows = database.prepare('SELECT seq, key, body FROM journal WHERE stream = ? ORDER BY seq').all(stream);
    return rows.map(({ seq, key, body }) => ({ seq: Number(seq), key, body: JSON.parse(body) }));
  } finally {
    database.close();
  }
}

/** Runs a statement on the journal of a gateway that is stopped. */
export function tamper(sluice, statement, ...values) {
  const database = new DatabaseSync(sluice.path('journal.db'));
  try {
    return Number(database.prepare(statement).run(...values).changes);
  } finally {
    database.close();
  }
}
