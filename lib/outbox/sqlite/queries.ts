/** Every statement on the outbox's hot path, by name, so that a test can look at the plan of each. */

const waits = "due_at IS NOT NULL";
/** `:holding`: ids as a JSON array. */
const claimable = `(claims = 0 OR (:interrupted AND claims <> :except))
    AND (token IS NULL OR id NOT IN (SELECT value FROM json_each(:holding)))`;

export const queries = {
  insert: `INSERT INTO messages (id, record, revision, status, rank, template, created_at, updated_at, send_at, due_at,
      expires_at, replace_key, idempotency_key, fingerprint, kept_until)
    VALUES (:id, :record, :revision, :status, :rank, :template, :createdAt, :updatedAt, :sendAt, :dueAt, :expiresAt,
      :replaceKey, :idempotencyKey, :fingerprint, :keptUntil)`,
  insertContent: "INSERT INTO contents VALUES (?, ?, ?)",
  insertRecipient: "INSERT INTO recipients VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
  insertTag: "INSERT INTO tags VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
  byKey: `SELECT * FROM messages WHERE idempotency_key = ?`,
  releaseKey: "UPDATE messages SET idempotency_key = NULL WHERE seq = ?",
  replaceable: `SELECT * FROM messages WHERE replace_key = ? AND ${waits}`,
  markReplaced: "UPDATE messages SET replaced = ? WHERE seq = ?",

  due: `SELECT * FROM messages WHERE rank = :rank AND ${waits} AND due_at <= :now AND ${claimable}
    ORDER BY due_at, seq LIMIT :limit`,
  nextDue: `SELECT due_at AS at FROM messages WHERE rank = :rank AND ${waits} AND ${claimable}
    ORDER BY due_at LIMIT 1`,
  expired: `SELECT * FROM messages WHERE expires_at IS NOT NULL AND expires_at <= :now AND ${claimable}
    ORDER BY expires_at LIMIT :limit`,
  nextExpired: `SELECT expires_at AS at FROM messages WHERE expires_at IS NOT NULL AND ${claimable}
    ORDER BY expires_at LIMIT 1`,
  lease: `UPDATE messages SET token = :token, claims = claims + 1, claimed_at = :now, claimed_for = :transport, exposed = 0,
      due_at = :until, expires_at = NULL, status = 'sending' WHERE seq = :seq`,
  content: "SELECT head, attachments FROM contents WHERE seq = ?",
  renew:
    "UPDATE messages SET due_at = :until, exposed = exposed OR :exposed WHERE id = :id AND token = :token",

  leased: "SELECT * FROM messages WHERE id = :id AND token = :token",
  write: `UPDATE messages SET record = :record, revision = :revision, status = :status, updated_at = :updatedAt,
      due_at = :dueAt, expires_at = :expiresAt, token = NULL, claims = 0, exposed = 0, untold = untold OR :news
    WHERE seq = :seq`,
  dropContent: "DELETE FROM contents WHERE seq = ?",

  get: "SELECT * FROM messages WHERE id = ?",
  hasContent: "SELECT 1 FROM messages JOIN contents USING (seq) WHERE id = ?",
  open: `SELECT coalesce(sum(messages), 0) AS count FROM counts WHERE status IN ('scheduled', 'queued', 'sending', 'deferred')`,
  counts: "SELECT status, messages FROM counts WHERE messages > 0",
  oldestWaiting: `SELECT created_at AS at FROM messages WHERE ${waits} AND status <> 'scheduled' ORDER BY created_at LIMIT 1`,
  // those whose time has come are queued; so many at a time, for each costs a write
  arrived: `UPDATE messages SET status = 'queued' WHERE seq IN
    (SELECT seq FROM messages WHERE status = 'scheduled' AND send_at <= ? LIMIT 10000)`,

  // how many a filter gives, as far as it matters
  countOfRecipient: "SELECT count(*) AS count FROM (SELECT 1 FROM recipients WHERE address = ? LIMIT 10000)",
  countOfTag: "SELECT count(*) AS count FROM (SELECT 1 FROM tags WHERE tag = ? LIMIT 10000)",
  countOfTemplate: "SELECT count(*) AS count FROM (SELECT 1 FROM messages WHERE template = ? LIMIT 10000)",
  countOfStatus: "SELECT messages AS count FROM counts WHERE status = ?",

  untold: "SELECT * FROM messages WHERE untold = 1 ORDER BY seq LIMIT ?",
  told: "UPDATE messages SET untold = 0 WHERE id = :id AND revision = :revision",

  forgettable: `SELECT * FROM messages WHERE due_at IS NULL AND updated_at < :before AND kept_until <= :now
    ORDER BY updated_at LIMIT :limit`,
  delete: "DELETE FROM messages WHERE seq = ?",
  deleteRecipient: "DELETE FROM recipients WHERE address = ? AND created_at = ? AND seq = ?",
  deleteTag: "DELETE FROM tags WHERE tag = ? AND created_at = ? AND seq = ?",

  // at start, when no earlier owner can be alive
  abandoned: "SELECT * FROM messages WHERE token IS NOT NULL",
  handBack: `UPDATE messages SET token = NULL, due_at = :now, expires_at = :expiresAt, status = :status WHERE seq = :seq`,
  newest: "SELECT created_at AS at FROM messages ORDER BY seq DESC LIMIT 1",
  hasten: `UPDATE messages SET due_at = :now WHERE rank = :rank AND ${waits} AND due_at > :now AND due_at <= :newest AND send_at IS NULL`,
} as const;

export type QueryName = keyof typeof queries;

/** What a list can be filtered by, the most telling first. */
export const listFilters = ["recipient", "tag", "template", "status"] as const;
export type ListFilter = (typeof listFilters)[number];

const places = {
  recipient: { table: "recipients", column: "address" },
  tag: { table: "tags", column: "tag" },
} as const;
const indexes = { template: "by_template", status: "by_status" } as const;

/**
 * A page of the list, newest first. An index gives the messages in that order, whatever they are filtered by.
 * @param filters what is asked for
 * @param by that one of them whose index is followed; the others look at what it gives
 */
export function listQuery(
  filters: readonly ListFilter[],
  by: ListFilter | undefined,
  cursor: boolean,
): string {
  const isPlace = by === "recipient" || by === "tag";
  const from = isPlace
    ? `${places[by].table} AS place CROSS JOIN messages USING (seq)`
    : `messages INDEXED BY ${by ? indexes[by] : "listed"}`;
  const at = isPlace ? "place.created_at" : "messages.created_at";
  const seq = isPlace ? "place.seq" : "messages.seq";
  const condition = (filter: ListFilter): string => {
    if (filter === "template" || filter === "status") return `${filter} = :${filter}`;
    const { table, column } = places[filter];
    if (filter === by) return `place.${column} = :${filter}`;
    return `EXISTS (SELECT 1 FROM ${table} WHERE ${column} = :${filter} AND created_at = messages.created_at AND seq = messages.seq)`;
  };
  const conditions = [
    ...filters.map(condition),
    `${at} >= :since`,
    `${at} < :until`,
    ...(cursor ? [`(${at}, ${seq}) < (:cursorAt, :cursorSeq)`] : []),
  ];
  return `SELECT messages.* FROM ${from} WHERE ${conditions.join(" AND ")} ORDER BY ${at} DESC, ${seq} DESC LIMIT :limit`;
}
