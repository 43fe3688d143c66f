/** Faults planted where messages come in: the gateway, the checks, and what others can see of the secrets. */
import type { Mutation } from "./mutation.ts";

const gateway = "services/gateway.service.ts";
const ofGateway = "test/integration/gateway.test.ts";

const ofMetrics = "test/integration/metrics.test.ts";
const ofTraces = "test/integration/traces.test.ts";

const secrets = "No secret in logs, errors, the registry and replies";

export const doorMutations: readonly Mutation[] = [
  {
    fault: "the router mixes query and path into the body (mergeParams)",
    breaks: "A query changes nothing of what is sent",
    file: gateway,
    changes: [["mergeParams: false", "mergeParams: true"]],
    test: ofGateway,
    named: "a gateway without keys",
  },
  {
    fault: "the router serves every action of the mesh by its name",
    breaks: "Only the routes of the table are there",
    file: gateway,
    changes: [[`mappingPolicy: "restrict"`, `mappingPolicy: "all"`]],
    test: ofGateway,
    named: "has no action of this node for those who know its name",
  },
  {
    fault: "the gateway's keys stand in its settings",
    breaks: secrets,
    file: gateway,
    changes: [
      [
        "{ host: this.http.host, port: this.http.port } satisfies Settings",
        "{ host: this.http.host, port: this.http.port, keys: apiKeys.map(({ secret }) => secret.reveal()) }",
      ],
    ],
    test: ofGateway,
    named: "shows no key to the mesh",
  },
  {
    fault: "the log has the whole request line, query included",
    breaks: "No address and no secret in logs",
    file: gateway,
    changes: [["        const path = pathOf(request);\n", '        const path = request.url ?? "";\n']],
    test: ofGateway,
    named: "logs each request in one line, with nothing of its parameters",
  },
  {
    fault: "the body is read before the key is looked at",
    breaks: "Who has no key costs no memory",
    file: gateway,
    changes: [["bodyParsers: false", 'bodyParsers: { json: true, text: { type: "*/*" } }']],
    test: ofGateway,
    named: "asks for the key before a byte of the body has come",
  },
  {
    fault: "any known key may do anything",
    breaks: "A key may do what its scopes say",
    file: "lib/http/keys.ts",
    changes: [["if (key.scopes.includes(scope)) return", "if (key.scopes.length > 0) return"]],
    test: ofGateway,
    named: "GET /api/mail/messages of",
  },
  {
    fault: "any token is taken for a key",
    breaks: "Nobody comes in without a key",
    file: "lib/http/keys.ts",
    changes: [["timingSafeEqual(candidate.digest, digest)", "candidate.digest.length === digest.length"]],
    test: ofGateway,
    named: "POST /api/mail/send of",
  },
  {
    fault: "without keys a page of the web can send mail by DNS rebinding",
    breaks: "Nobody comes in from outside where there are no keys",
    file: gateway,
    changes: [["if (apiKeys.length === 0) refuseStrangers(request);", ""]],
    test: ofGateway,
    named: "a gateway without keys",
  },
  {
    fault: "a secret shows itself in JSON",
    breaks: secrets,
    file: "lib/secret.ts",
    changes: [["  toJSON(): string {\n    return MASK;", "  toJSON(): string {\n    return this.#value;"]],
    test: "test/unit/secret.test.ts",
    named: "a secret",
  },
  {
    fault: "attachments are handed on as they came, and composing may read files and URLs",
    breaks: "Content never causes a file or a URL to be read",
    file: "lib/message/compose.ts",
    changes: [
      ["    disableFileAccess: true,\n", ""],
      ["    disableUrlAccess: true,\n", ""],
      ["attachments: content.attachments.map(part)", "attachments: content.attachments"],
    ],
    test: "test/unit/message/compose.test.ts",
    named: "are never read, even where content got past the check",
  },
  {
    fault: "attachments do not count in the fingerprint",
    breaks: "The same key with other content is a conflict",
    file: "lib/message/fingerprint.ts",
    changes: [["idempotencyKey: _key, ...content", "idempotencyKey: _key, attachments: _files, ...content"]],
    test: "test/unit/message/fingerprint.test.ts",
    named: "the fingerprint",
  },
  {
    fault: "a line break in a name passes the check",
    breaks: "Nobody adds recipients or headers through an address",
    file: "lib/message/address.ts",
    changes: [["  if (hasUnprintable(name)) return", '  if (name === "\\r\\n") return']],
    test: "test/unit/message/bad-recipients.test.ts",
    named: "name with CRLF",
  },
  {
    fault: "parameters that there are not are let through",
    breaks: "Nobody sets what the contract does not name",
    file: "lib/message/shape.ts",
    changes: [[".filter((name) => !names.includes(name));", ".filter((name) => name === names[0]);"]],
    test: "test/unit/message/bad-recipients.test.ts",
    named: "a field too many",
  },
  {
    fault: "a trace shows the error whole: the recipient, and what the server said",
    breaks: "Traces hold no parameter and no address",
    file: "mixins/traces.ts",
    changes: [["    this.error = words;\n", "    this.error = error as Error;\n"]],
    test: ofTraces,
    named: "shows of an error its word",
  },
  {
    fault: "the span of mail.send shows its parameters",
    breaks: "Traces hold no parameter and no address",
    file: "services/mail.service.ts",
    changes: [["tags: { params: false, ", "tags: { params: true, "]],
    test: ofTraces,
    named: "begins at the gateway, goes through mail.send",
  },
  {
    fault: "an attempt is a trace of its own",
    breaks: "Caller and attempt are one trace",
    file: "mixins/traces.ts",
    changes: [["        traceID: trace.id,\n        parentID: trace.parent,\n", ""]],
    test: ofTraces,
    named: "begins at the gateway, goes through mail.send",
  },
  {
    fault: "a page of the web can read the metrics by DNS rebinding",
    breaks: "Nobody reads the metrics from outside without a key",
    file: "lib/http/host.ts",
    changes: [[' || !loopbackHost.test(headers.host ?? "")) return false', ") return false"]],
    test: ofMetrics,
    named: "comes by another name, as a page of the web could",
  },
  {
    fault: "everybody who comes through a proxy on this machine reads the metrics",
    breaks: "Nobody reads the metrics from outside without a key",
    file: "lib/http/host.ts",
    changes: [["return forwarding.every((name) => headers[name] === undefined);", "return true;"]],
    test: ofMetrics,
    named: "comes through a proxy on this machine",
  },
  {
    fault: "what was last known of an outbox is shown as its state",
    breaks: "Metrics show what is, or nothing",
    file: "lib/outbox/metrics.ts",
    changes: [["    for (const one of [waiting, states]) one.reset();\n", ""]],
    test: ofMetrics,
    named: "tell of an outbox that cannot say how it is",
  },
  {
    fault: "an exporter of traces that throws stops the mail",
    breaks: "Nothing that watches harms what it watches",
    file: "lib/outbox/observer.ts",
    changes: [
      [
        "        return [tell(observer)];\n      } catch (error) {\n",
        "        return [tell(observer)];\n      } catch (error) {\n        throw error;\n",
      ],
    ],
    test: "test/unit/outbox/observer.test.ts",
    named: "that throws is told of, and harms neither",
  },
];
