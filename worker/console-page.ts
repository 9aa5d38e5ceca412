import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Bindings } from "./env.ts";

/** A page of the console that says why somebody was not let in, and leads back. `detail` is a sentence of ours. */
export function refusalPage(c: Context<Bindings>, status: ContentfulStatusCode, detail: string): Response {
  const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Not signed in · Waypost</title>
<link rel="stylesheet" href="/console/style.css">
<header><span class="brand">Waypost</span></header>
<main class="card">
<h1>You are not signed in</h1>
<p>${detail}</p>
<p><a class="button" href="/console/">Back to the sign-in</a></p>
</main>
</html>
`;
  return c.html(page, status);
}
