import { afterAll, beforeAll, expect, test } from "vitest";
import { answerBanner, carries, type Install, startInstall } from "../browser/install.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";

let install: Install;

beforeAll(async () => {
  install = await startInstall({ attributes: 'nonce="n0nce" data-worker="off"' });
});
afterAll(() => install.close());

/** Chunks are loaded by `import()`, which hands on the nonce of the script that calls it. */
const POLICIES = [
  "default-src 'none'; script-src 'nonce-n0nce'; connect-src 'self'; img-src data:; require-trusted-types-for 'script'; trusted-types 'none'",
  "script-src 'nonce-n0nce' 'strict-dynamic'; style-src 'none'; connect-src 'self'; worker-src 'none'",
  "default-src 'self'; script-src 'self' 'nonce-n0nce'; img-src data:",
];

for (const policy of POLICIES) {
  test.concurrent(`S4 consent, capture and scoring work without a violation under ${policy}`, () =>
    install.visit(async ({ context, page, open, asked, seen }) => {
      await context.route(
        ({ pathname }) => pathname === "/pay",
        async (route) => {
          const response = await route.fetch();
          const body = (await response.text()).replace("<script>", '<script nonce="n0nce">');
          await route.fulfill({
            response,
            body,
            headers: { ...response.headers(), "content-security-policy": policy },
          });
        },
      );
      const violations: string[] = [];
      let listening: Promise<unknown> = Promise.resolve();
      const heard = new Promise<void>((resolve) => {
        listening = context.exposeFunction("violated", (what: string) => {
          violations.push(what);
          resolve();
        });
      });
      await listening;
      await context.addInitScript(() => {
        addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
          (window as unknown as { violated: (what: string) => void }).violated(`${violatedDirective} ${blockedURI}`);
        });
      });
      await open("/pay");
      await answerBanner(page, "Accept");
      await seen(({ path }) => path.endsWith(".onnx"));
      await page.evaluate(() => (window as unknown as WaypostWindow).waypost.track("Captured"));
      await seen(carries("track", "Captured"));
      expect(violations).toEqual([]);
      expect(asked().some(({ path }) => path.includes("/chunks/main-thread"))).toBe(true);
      // The twin: what the policy forbids is heard of.
      await page.evaluate(() => fetch("https://elsewhere.example/").catch(() => {}));
      await heard;
      expect(violations).toHaveLength(1);
    }));
}
