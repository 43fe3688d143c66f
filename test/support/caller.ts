/** A program that asks the gateway at URL for one and the same letter, CALLS times at once, and prints what it heard. */
const { URL: url = "", CALLS: calls = "1", LETTER: letter = "" } = process.env;

const answers = await Promise.all(
  Array.from({ length: Number(calls) }, async () => {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(url, { method: "POST", headers, body: letter });
    return { status: response.status, id: ((await response.json()) as { id?: string }).id };
  }),
);
console.log(JSON.stringify(answers));
