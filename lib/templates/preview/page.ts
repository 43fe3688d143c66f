/** What moves the preview page, and what it looks like: strings, for the page is one file and the build copies TypeScript only. */

/**
 * The frames share the page's origin, for only so can it measure them: a letter is shown at its full height. That gives a
 * letter nothing, for none of its scripts run: the sandbox and the inherited policy forbid them both.
 */
export const script = String.raw`
const proofs = JSON.parse(document.getElementById("proofs").textContent);
const look = document.getElementById("look");
const links = [...document.querySelectorAll("nav a")];
const screens = [["Desktop", 640], ["Phone", 375]];

const addressOf = ({ name, locale }) => "#" + name + "/" + locale;
const chosen = () => proofs.find((proof) => addressOf(proof) === location.hash) ?? proofs[0];

function make(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function fill(id, text, lang) {
  Object.assign(document.getElementById(id), { textContent: text, lang, dir: "auto" });
}

function show() {
  const proof = chosen();
  if (!proof) return;
  for (const link of links) {
    if (link.getAttribute("href") === addressOf(proof)) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = proof.name + " (" + proof.locale + ")";
  fill("name", proof.name + " · " + proof.locale, "en");
  const isMade = proof.failed === undefined;
  fill("subject", isMade ? proof.subject : "No letter", isMade ? proof.locale : "en");
  fill("text", proof.text, proof.locale);
  const findings = isMade ? proof.findings : [proof.failed];
  const items = findings.map(({ severity, line, message }) =>
    make("li", {}, make("b", { className: severity }, severity), (line ? "line " + line + ": " : "") + message),
  );
  const none = make("li", { className: "none" }, "Nothing to correct.");
  document.getElementById("findings").replaceChildren(...(items.length > 0 ? items : [none]));
  for (const part of document.querySelectorAll("form, section")) part.hidden = !isMade;
  showFrames();
}

function showFrames() {
  const { html } = chosen();
  const schemes = look.elements.scheme.value.split(" ");
  const frames = schemes.flatMap((scheme) => screens.map(([screen, width]) => frameOf(html, screen, width, scheme)));
  const none = make("p", {}, "This letter is text alone.");
  document.getElementById("frames").replaceChildren(...(html ? frames : [none]));
}

function frameOf(html, screen, width, scheme) {
  const title = screen + ", " + width + " px, " + scheme;
  const tooWide = make("b");
  const frame = make("iframe", { title, width, height: 200 });
  frame.setAttribute("sandbox", "allow-same-origin");
  // no scroll bar takes of the width while the height is not known
  frame.setAttribute("scrolling", "no");
  frame.style.colorScheme = scheme;
  const measure = () => {
    if (!frame.isConnected) return clearInterval(measuring);
    const root = frame.contentDocument?.documentElement;
    if (!root) return;
    const { scrollHeight, scrollWidth } = root;
    frame.height = scrollHeight;
    tooWide.textContent = scrollWidth > width ? scrollWidth + " px wide: too wide" : "";
  };
  // it has not loaded before its last picture has, and that may be a time-out
  const measuring = setInterval(measure, 100);
  frame.addEventListener("load", () => {
    clearInterval(measuring);
    measure();
  });
  frame.srcdoc = frameDocument(html, { scheme, pictures: look.elements.pictures.checked });
  return make("figure", { className: screen.toLowerCase() }, make("figcaption", {}, title, tooWide), frame);
}

// up and down lead to the next letter, left and right to its next language; elsewhere the keys scroll
document.querySelector("nav").addEventListener("keydown", (event) => {
  const [direction, step] = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [1, -1], ArrowRight: [1, 1] }[event.key] ?? [];
  const at = links.indexOf(document.activeElement);
  if (step === undefined || at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const item = (link) => link.closest("li");
  const isNext = (link) => (direction === 1 ? item(link) === item(links[at]) : item(link) !== item(links[at]));
  const onward = step > 0 ? links.slice(at + 1) : links.slice(0, at).reverse();
  const next = onward.find(isNext);
  // of another letter the same language, where it has that
  const localeOf = (link) => link.hash.split("/")[1];
  const same = next && direction === 0 && [...item(next).querySelectorAll("a")].find((link) => localeOf(link) === localeOf(links[at]));
  (same || next)?.focus();
  (same || next)?.click();
});

addEventListener("hashchange", show);
look.addEventListener("change", showFrames);
look.addEventListener("submit", (event) => event.preventDefault());
show();
`;

/** Contrasts are at least 4.5 (WCAG 2.2, 1.4.3) on every ground that the colours stand on. */
export const style = `
:root {
  --ground: #f6f8fa; --sheet: #fff; --line: #d1d9e0; --ink: #1f2328; --quiet: #59636e;
  --link: #0550ae; --chosen: #0550ae; --onChosen: #fff; --error: #b3132b; --warning: #7d4e00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0d1117; --sheet: #161b22; --line: #3d444d; --ink: #f0f6fc; --quiet: #9da7b3;
    --link: #6cb0ff; --chosen: #6cb0ff; --onChosen: #0d1117; --error: #ff938a; --warning: #e3b341;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  display: grid; grid-template-columns: 264px minmax(0, 1fr); min-height: 100vh; margin: 0;
  background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
}
h1, h2, h3, p, ul, figure, pre { margin: 0; padding: 0; }
h1 { font-size: 18px; }
h2 { font-size: 22px; line-height: 1.3; overflow-wrap: anywhere; }
h3, legend, figcaption { color: var(--quiet); font-size: 13px; font-weight: 600; }
ul { list-style: none; }
a, b.warning, b.error { border-radius: 6px; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
nav { position: sticky; top: 0; align-self: start; height: 100vh; overflow: auto; padding: 20px; background: var(--sheet); border-right: 1px solid var(--line); }
nav li { padding: 12px 0; border-bottom: 1px solid var(--line); }
nav strong, .description, .locales { display: block; overflow-wrap: anywhere; }
.description, .note { color: var(--quiet); font-size: 13px; }
.note { margin-top: 16px; }
.locales { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 8px; }
nav a { padding: 3px 9px; border: 1px solid var(--line); color: var(--link); text-decoration: none; }
nav a:hover { border-color: var(--link); }
nav a[aria-current] { border-color: var(--chosen); background: var(--chosen); color: var(--onChosen); }
nav a b { margin-left: 6px; }
nav a:not([aria-current]) b.error, #findings b.error { color: var(--error); }
nav a:not([aria-current]) b.warning, #findings b.warning, figcaption b { color: var(--warning); }
main { display: grid; gap: 20px; align-content: start; padding: 20px 24px 48px; }
#name { color: var(--quiet); }
#findings { display: grid; gap: 4px; margin-top: 8px; }
#findings li { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 10px; align-items: baseline; overflow-wrap: anywhere; }
#findings b { font-size: 13px; }
#findings .none { color: var(--quiet); }
form, fieldset { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center; margin: 0; padding: 0; border: 0; }
form { gap: 8px 32px; padding: 10px 0; border: solid var(--line); border-width: 1px 0; }
legend { float: left; padding: 0; }
label { display: inline-flex; gap: 6px; align-items: center; }
input { accent-color: var(--chosen); }
#frames { display: grid; grid-template-columns: repeat(2, max-content); gap: 20px 24px; overflow-x: auto; align-items: start; }
figure { justify-self: start; }
figcaption { display: flex; justify-content: space-between; gap: 12px; margin-bottom: 6px; }
iframe { display: block; border: 0; outline: 1px solid var(--line); outline-offset: -1px; background: #fff; }
pre { max-width: 80ch; margin-top: 6px; padding: 16px; background: var(--sheet); border: 1px solid var(--line); white-space: pre-wrap; overflow-wrap: anywhere; font: 14px/1.5 ui-monospace, Menlo, Consolas, monospace; }
@media (max-width: 1360px) {
  #frames { grid-template-columns: max-content; }
}
@media (max-width: 800px) {
  body { display: block; }
  nav { position: static; height: auto; padding: 16px; border-right: 0; }
  .description { display: none; }
  nav li { display: flex; flex-wrap: wrap; gap: 4px 12px; justify-content: space-between; align-items: center; padding: 8px 0; }
  .locales { margin: 0; }
  main { padding: 16px 16px 32px; }
  #frames { margin-right: -16px; }
  .phone { order: -1; }
}
/* the frame of a phone needs the whole width of one */
@media (max-width: 406px) {
  #frames { margin-left: -16px; }
  figcaption, #frames > p { margin-left: 16px; margin-right: 16px; }
}
`;
