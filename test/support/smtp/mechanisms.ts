/** SASL mechanisms of the scripted server: each a dialog that yields challenges and ends with the user, or nobody. */
import { createHmac, randomUUID } from "node:crypto";

/** Name to password; to access token for XOAUTH2. */
export type Users = ReadonlyMap<string, string>;

/** Challenges and responses are plain text here; base64 belongs to the wire. The end: the user, undefined when refused. */
export type Mechanism = (
  users: Users,
  initialResponse: string | undefined,
) => Generator<string, string | undefined, string>;

export const mechanisms: Readonly<Record<string, Mechanism>> = {
  // RFC 4616: authorization identity, user, password
  *PLAIN(users, initialResponse) {
    const [, user = "", password = ""] = (initialResponse ?? (yield "")).split("\0");
    return users.get(user) === password ? user : undefined;
  },

  // draft-murchison-sasl-login, never a standard, everywhere in use
  *LOGIN(users, initialResponse) {
    const user = initialResponse ?? (yield "Username:");
    const password = yield "Password:";
    return users.get(user) === password ? user : undefined;
  },

  // RFC 2195: a digest of the challenge, keyed with the password
  *"CRAM-MD5"(users) {
    const challenge = `<${randomUUID()}@mail.test>`;
    const [user = "", digest] = (yield challenge).split(" ");
    const password = users.get(user);
    if (password === undefined) return undefined;
    return createHmac("md5", password).update(challenge).digest("hex") === digest ? user : undefined;
  },

  // Google's and Microsoft's: a refusal comes as a challenge in JSON that the client answers with an empty line
  *XOAUTH2(users, initialResponse) {
    const [who = "", bearer = ""] = (initialResponse ?? (yield "")).split("\u0001");
    const user = who.replace(/^user=/, "");
    if (`auth=Bearer ${users.get(user)}` === bearer) return user;
    yield JSON.stringify({ status: "401", schemes: "bearer", scope: "https://mail.google.com/" });
    return undefined;
  },
};
