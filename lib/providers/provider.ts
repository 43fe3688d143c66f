/** What is known of an SMTP provider: the shape of a preset. The data stands beside it, one file per group of providers. */
import type { Localized, SmtpProblemType } from "../smtp/problem.ts";

export type CredentialKind = "password" | "app-password" | "authorization-code" | "api-key" | "oauth2";

export interface ProviderPort {
  port: number;
  /** `tls`: from the first byte; `starttls`; `none`: the provider offers clear text only there */
  security: "tls" | "starttls" | "none";
}

export interface Provider {
  /** The word for SMTP_PROVIDER */
  id: string;
  name: string;
  /** Other words for it, and its old host names (`smtp.live.com`) */
  aliases?: readonly string[];
  host: string;
  /** Best first: the first one is what the preset fills in */
  ports: readonly ProviderPort[];
  /** Hosts by region or plan, e.g. `{ eu: "smtp.zoho.eu" }`; `zoho-eu` is then a word for SMTP_PROVIDER, too */
  regions?: Readonly<Record<string, string>>;
  /** Hosts that follow a rule rather than a list: new regions, plans of every region */
  hostPattern?: RegExp;
  /** Mailbox domains whose owners use this provider */
  domains?: readonly string[];
  credential: CredentialKind;
  /** Whether user name and password still work at all; false: OAuth2 only */
  plainPassword: boolean;
  username: Localized;
  password: Localized;
  /** Where to get the password */
  passwordUrl?: string;
  /** What the provider asks of the sender address */
  sender?: Localized;
  /** Anything else an operator should know: limits, switches, legacy names */
  notes?: readonly Localized[];
  links: readonly string[];
  /** ISO date on which the facts were last checked; absent for entries that nodemailer's list brings */
  checked?: string;
  /** Remedies sharper than the general ones, by problem type */
  remedies?: Partial<Record<SmtpProblemType, Localized>>;
}
