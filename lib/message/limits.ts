/** How much of everything a message may hold: one table, and every refusal names its number. */

const KB = 1024;
const MB = 1024 * KB;

/** Sizes in bytes, lengths in characters (UTF-16 code units), unless said otherwise. */
export const limits = {
  /** RFC 5321 section 4.5.3.1.3: a path of 256 octets, less its angle brackets */
  address: 254,
  /** Octets, RFC 5321 section 4.5.3.1.1 */
  localPart: 64,
  /** RFC 1035 section 2.3.4, as text */
  domain: 253,
  displayName: 255,
  replyTo: 10,
  subject: 255,
  /** Of `text` and of `html`, each, in UTF-8 */
  body: MB,
  /** As JSON in UTF-8 */
  data: 100 * KB,
  dataDepth: 10,
  dataList: 1000,
  locale: 35,
  /** A file of a template */
  templateFile: 64 * KB,
  attachments: 20,
  filename: 255,
  contentType: 255,
  contentId: 255,
  headers: 20,
  headerName: 100,
  headerValue: 2000,
  /** RFC 5322 section 2.1.1 allows lines of 998: a word that cannot be folded must leave room for its header's name */
  headerWord: 900,
  tags: 20,
  tag: 64,
  metadata: 20,
  metadataKey: 64,
  metadataValue: 1000,
  key: 256,
  /** `sendAt`, in ms from now */
  delay: 30 * 24 * 60 * 60_000,
  /** `wait`, in ms */
  wait: 60 * 60_000,
} as const;
