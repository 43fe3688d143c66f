/** Something in a letter's looks that its author should change. */

export interface LooksFinding {
  severity: "error" | "warning";
  /** Of the html, from 1; absent: the letter as a whole */
  line?: number;
  /** What is wrong, where, and what to do, without a full stop */
  message: string;
}

export const error = (message: string, line?: number): LooksFinding => finding("error", message, line);
export const warning = (message: string, line?: number): LooksFinding => finding("warning", message, line);

/** By line, those of the whole letter first. */
export function inOrder(findings: readonly LooksFinding[]): LooksFinding[] {
  return findings.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

function finding(severity: LooksFinding["severity"], message: string, line?: number): LooksFinding {
  return line === undefined ? { severity, message } : { severity, line, message };
}
