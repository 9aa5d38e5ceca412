import type { Env as WorkerEnv } from "../worker/env.ts";

declare global {
  namespace Cloudflare {
    // What `cloudflare:test` and `cloudflare:workers` give to tests in workerd.
    interface Env extends WorkerEnv {}
  }
}
