/** A page to look at letters with: each with its sample, on a desktop and a phone, light and dark, with and without pictures. */
import { createHash } from "node:crypto";
import type { LooksFinding } from "../looks/finding.ts";
import { frameDocument } from "./frame.ts";
import { script, style } from "./page.ts";

/** One letter in one language, made with the template's sample. */
export interface Proof {
  name: string;
  description: string;
  /** BCP 47 tag */
  locale: string;
  subject: string;
  /** Empty for a letter that is text alone */
  html: string;
  text: string;
  /** Errors first */
  findings: readonly LooksFinding[];
  /** Why there is no letter: an error, or a warning where no sample was given to make it of */
  failed?: LooksFinding;
}

/** All that is to be said of it. */
export function toldOf({ failed, findings }: Proof): readonly LooksFinding[] {
  return failed === undefined ? findings : [failed];
}

export function isWrong(proof: Proof): boolean {
  return toldOf(proof).some(({ severity }) => severity === "error");
}

// what runs in the page, whole: its hash stands in the policy
const program = `"use strict";\n${frameDocument.toString()}\n${script}`;

/**
 * The frames inherit it: no script of a letter runs, and nothing but its pictures is fetched. Web fonts are not either: most
 * mail clients leave them out, so that the next font of the list is what readers see.
 */
const policy = [
  "default-src 'none'",
  `script-src 'sha256-${createHash("sha256").update(program).digest("base64")}'`,
  "style-src 'unsafe-inline'",
  "img-src https: http: data:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/**
 * One html document that needs nothing beside it, and works as a file as well as from a server. `#name/locale` in its
 * address opens that letter.
 * @param notes what is not as in a real letter, in sentences
 */
export function previewPage(proofs: readonly Proof[], notes: readonly string[] = []): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>Letters</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<nav aria-label="Letters">
<h1>Letters</h1>
${listOf(proofs)}
${notes.map((note) => `<p class="note">${escape(note)}</p>`).join("\n")}
</nav>
<main>
<header>
<p id="name"></p>
<h2 id="subject"></h2>
<ul id="findings" aria-label="Findings"></ul>
</header>
<form id="look">
<fieldset>
<legend>Colours</legend>
<label><input type="radio" name="scheme" value="light">Light</label>
<label><input type="radio" name="scheme" value="dark">Dark</label>
<label><input type="radio" name="scheme" value="light dark" checked>Both</label>
</fieldset>
<label><input type="checkbox" name="pictures" checked>Pictures</label>
</form>
<section id="frames" aria-label="As html"></section>
<section aria-label="As text">
<h3>Text part</h3>
<pre id="text" dir="auto" tabindex="0"></pre>
</section>
</main>
<script type="application/json" id="proofs">${JSON.stringify(proofs).replaceAll("<", "\\u003c")}</script>
<script>${program}</script>
</body>
</html>
`;
}

/** Each letter once, with its languages as links. */
function listOf(proofs: readonly Proof[]): string {
  const byName = new Map(proofs.map(({ name, description }) => [name, description]));
  const items = [...byName].map(([name, description]) => {
    const links = proofs.filter((proof) => proof.name === name).map(linkTo);
    return `<li>
<strong>${escape(name)}</strong>
<span class="description">${escape(description)}</span>
<span class="locales">${links.join("\n")}</span>
</li>`;
  });
  return `<ul>${items.join("\n")}</ul>`;
}

function linkTo(proof: Proof): string {
  const { name, locale } = proof;
  const [kind, word] = isWrong(proof) ? ["error", "has errors"] : ["warning", "has warnings"];
  const sign = toldOf(proof).length > 0 ? `<b class="${kind}" role="img" aria-label="${word}">!</b>` : "";
  const target = escape(`#${name}/${locale}`);
  return `<a href="${target}" aria-label="${escape(`${name}, ${locale}`)}${sign && `, ${word}`}">${escape(locale)}${sign}</a>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
