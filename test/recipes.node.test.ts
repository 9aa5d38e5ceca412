import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HostInstall, type HostVisit, startHostInstall } from "./browser/host-install.ts";
import { answerBanner, arrived, carries, collectRequest, isCollect } from "./browser/install.ts";
import { SMALL_SITE } from "./harness/small-site.ts";

const ROOT = join(import.meta.dirname, "..");
const README = readFileSync(join(ROOT, "README.md"), "utf8");

/** The code that stands in the README under each name. */
const recipes = new Map(
  [...README.matchAll(/<!-- recipe: ([\w-]+) -->\n```\w+\n([\s\S]+?)\n```/g)].map(([, name = "", code = ""]) => [
    name,
    code,
  ]),
);

let install: HostInstall;
beforeAll(async () => {
  install = await startHostInstall(SMALL_SITE);
});
afterAll(() => install.close());

function recipe({ publicKey }: HostVisit, name: string): string {
  return (recipes.get(name) ?? "").replace("PUBLIC_KEY", publicKey);
}

/** A page around some HTML, and for the recipes that are code, around the script that a bundler makes of it. */
function pageWith(html: string, code = ""): string {
  const script = code ? `<script type="module">${code.replaceAll("</script", "<\\/script")}</script>` : "";
  return `<!doctype html><html lang="en"><head><title>Plans</title></head><body>${html}${script}</body></html>`;
}

async function bundled(code: string, jsx: boolean): Promise<string> {
  const result = await build({
    stdin: { contents: code, resolveDir: ROOT, loader: jsx ? "tsx" : "ts" },
    bundle: true,
    write: false,
    format: "esm",
    jsx: "automatic",
    jsxImportSource: "react",
    alias: { waypost: join(ROOT, "client/load.ts") },
    define: { "process.env.NODE_ENV": '"development"' },
  });
  return (result.outputFiles[0] as { text: string }).text;
}

/** Everything of one name that arrived. */
function touchpoints({ own }: HostVisit, name: string) {
  const streams = own.exchanges.filter(isCollect).flatMap((exchange) => collectRequest(exchange).streams);
  const all = streams.flatMap((stream) => stream.touchpoints.map((t) => [`${stream.stream} ${t.seq}`, t] as const));
  return [...new Map(all).values()].filter((touchpoint) => touchpoint.name === name);
}

/** Opens the page, consents, presses what there is to press, and leaves. */
async function visitPage(visit: HostVisit, html: string): Promise<void> {
  const { page, serve, open, own } = visit;
  serve("/plans", html);
  await open("/plans");
  await answerBanner(page, "Accept");
  await own.seen(({ path }) => path.includes("/chunks/database"));
  const choose = page.getByRole("button", { name: "Choose Pro" });
  if ((await choose.count()) > 0) await choose.click();
  await page.goto("about:blank");
  await own.seen(carries("leave"));
  expect(arrived(own.exchanges)).toContain("page Plans");
  expect(visit.errors).toEqual([]);
}

test("every recipe of the README is known here", () => {
  expect([...recipes.keys()]).toEqual(["tag", "bundler", "react", "turbo", "tag-manager"]);
});

for (const name of ["tag", "turbo", "tag-manager"]) {
  test.concurrent(`the recipe “${name}” makes a page that is seen`, () =>
    install.visit(async (visit) => {
      await visitPage(visit, pageWith(recipe(visit, name)));
      if (name === "tag") expect(touchpoints(visit, "Plan Chosen")).toMatchObject([{ props: { plan: "pro" } }]);
    }));
}

test.concurrent("the recipe “bundler” tells of what was called before the tag came, once there is consent", () =>
  install.visit(async (visit) => {
    await visitPage(visit, pageWith("<h1>Plans</h1>", await bundled(recipe(visit, "bundler"), false)));
    // On the first page it was called before the visitor had answered.
    expect(touchpoints(visit, "Signup Started")).toEqual([]);
    await visit.open("/plans");
    await visit.own.seen(carries("track", "Signup Started"));
    expect(touchpoints(visit, "Signup Started")).toMatchObject([{ type: "track", props: { plan: "team" } }]);
  }));

test.concurrent("the recipe “react” tells of each press once, in strict mode too", () =>
  install.visit(async (visit) => {
    await visitPage(visit, pageWith('<div id="app"></div>', await bundled(recipe(visit, "react"), true)));
    expect(touchpoints(visit, "Plan Chosen")).toMatchObject([{ type: "track", props: { plan: "pro" } }]);
  }));
