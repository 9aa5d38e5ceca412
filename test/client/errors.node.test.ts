import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { answerBanner, type Install, startInstall, type Visitor } from "../browser/install.ts";
import { hearing, sendAll, sent } from "../browser/sent.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

let install: Install;
let quiet: Install;

/** A script of another host without CORS: browsers hide all that its errors say. */
const other = createServer((_, response) =>
  response.writeHead(200, { "content-type": "text/javascript" }).end("function otherFails() { null.hunter2 }"),
);

beforeAll(async () => {
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  const body = () =>
    `<button id="fails" onclick="otherFails()">x</button>
<script>
const rejects = () => Promise.reject(new RangeError("not below \`hunter2\` or 'hunter2'"));
</script><script src="http://127.0.0.1:${port}/o.js"></script>`;
  install = await startInstall({ body });
  quiet = await startInstall({ body, config: { ...SMALL_SITE, capture: { ...SMALL_SITE.capture, errors: false } } });
});
afterAll(async () => {
  await Promise.all([install, quiet].map((one) => one.close()));
  other.close();
});

function visit(title: string, site: () => Install, steps: (visitor: Visitor) => Promise<void>): void {
  test.concurrent(title, () =>
    site().visit(async (v) => {
      await v.open("/");
      await answerBanner(v.page, "Accept");
      await hearing(v.page);
      await steps(v);
    }),
  );
}

/** Throws each in a task of its own, from a script of the page, and waits until all were thrown. */
async function throwAll(v: Visitor, ...sources: string[]): Promise<void> {
  const code = sources.map((source) => `setTimeout(() => { ${source} });\n`).join("");
  await v.page.addScriptTag({ content: `${code}setTimeout(() => { window.thrown = true });` });
  await v.page.waitForFunction(() => (window as unknown as { thrown?: true }).thrown);
  await v.page.evaluate(() => {
    (window as unknown as { thrown?: boolean }).thrown = false;
  });
}

visit(
  "T S20 an error says what failed and where, and nothing that it quotes",
  () => install,
  async (v) => {
    await throwAll(
      v,
      `JSON.parse('hunter2"typed" by the visitor')`,
      "undefined['hunter2']",
      "rejects()",
      "Promise.reject('No such user alice@example.com')",
      "Promise.reject({ secret: 'hunter2' })",
      "throw new Error('unclosed \\'hunter2 and more')",
      "throw new Error(`It doesn't end, can't it?`)",
    );
    await v.page.click("#fails");
    await sendAll(v);
    // Browsers tell of rejections when they find the time.
    const by = (kind: string) => sent(v, "error").filter(({ props }) => props.kind === kind);
    expect(by("error").map(({ name }) => name)).toEqual([
      "SyntaxError: Unexpected token •... is not valid JSON",
      "TypeError: Cannot read properties of undefined (reading •)",
      "Error: unclosed •",
      "Error: It doesn't end, can't it?",
    ]);
    expect(by("rejection").map(({ name }) => name)).toEqual([
      "RangeError: not below •",
      "No such user •",
      "a rejection with object",
    ]);
    expect(by("cross-origin").map(({ name, props }) => [name, props])).toEqual([
      ["Script error.", { kind: "cross-origin" }],
    ]);
    const [first] = by("error");
    const [rejected] = by("rejection");
    expect(first?.props).toEqual({ kind: "error", source: "/", line: 1, column: expect.any(Number) });
    expect(rejected?.props).toEqual({ kind: "rejection", source: "/", line: 7, column: expect.any(Number) });
    expect(v.asked().filter(({ method, body }) => method === "POST" && /hunter2|alice/.test(body))).toEqual([]);
  },
);

visit(
  "T the same error is told once, ten different ones at most, ours never; the page hears of all",
  () => install,
  async (v) => {
    const heard: string[] = [];
    v.page.on("pageerror", ({ message }) => heard.push(message));
    await throwAll(v, ...Array.from({ length: 5 }, () => "for (const one of ['same']) throw new Error(one)"));
    const ours = `${v.host.url}/_w/chunks/sources-X.js`;
    const [before] = [heard.length];
    await v.page.evaluate(
      (filename) => dispatchEvent(new ErrorEvent("error", { message: "ours", filename, lineno: 1 })),
      ours,
    );
    await throwAll(v, ...Array.from({ length: 12 }, (_, i) => `throw new Error("n" + ${i})`));
    await sendAll(v);
    const names = sent(v, "error").map(({ name }) => name);
    // Five lines of one script, so five places.
    expect(names.filter((name) => name === "Error: same")).toHaveLength(5);
    expect(names).toHaveLength(10);
    expect(names).not.toContain("ours");
    expect(before).toBe(5);
    expect(heard).toHaveLength(17);
  },
);

visit(
  "T a site that wants no errors gets none",
  () => quiet,
  async (v) => {
    await throwAll(v, "throw new Error('one')");
    await sendAll(v);
    expect(sent(v, "error")).toEqual([]);
  },
);
