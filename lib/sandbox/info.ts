/** What the sandbox tells about itself, under Mailpit's names. */
import { version } from "../version.ts";
import type { InboxStats } from "./inbox.ts";

interface Info {
  Version: string;
  LatestVersion: string;
  Database: string;
  /** Bytes */
  DatabaseSize: number;
  Messages: number;
  Unread: number;
  Tags: Record<string, number>;
  /** `Uptime` in seconds, `Memory` and `SMTPAcceptedSize` in bytes */
  RuntimeStats: Record<
    | "Uptime"
    | "Memory"
    | "MessagesDeleted"
    | "SMTPAccepted"
    | "SMTPAcceptedSize"
    | "SMTPRejected"
    | "SMTPIgnored",
    number
  >;
}

/** @param refusals of recipients and messages, by the SMTP server */
export function describe(stats: InboxStats, refusals: number): Info {
  return {
    Version: `Meshmail ${version()}`,
    LatestVersion: "disabled", // Mailpit's word where it does not ask the network
    Database: ":memory:",
    DatabaseSize: stats.bytes,
    Messages: stats.messages,
    Unread: stats.unread,
    Tags: stats.tags,
    RuntimeStats: {
      Uptime: Math.floor(process.uptime()),
      Memory: process.memoryUsage.rss(),
      MessagesDeleted: stats.deleted,
      SMTPAccepted: stats.accepted,
      SMTPAcceptedSize: stats.acceptedBytes,
      SMTPRejected: refusals,
      SMTPIgnored: 0,
    },
  };
}
