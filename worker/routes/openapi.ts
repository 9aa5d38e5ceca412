import type { GenerateSpecOptions } from "hono-openapi";
import { VERSION } from "../version.ts";

/** What the OpenAPI document says beside the routes, which say the rest of themselves. */
export const OPENAPI: Partial<GenerateSpecOptions> = {
  documentation: {
    info: {
      title: "Waypost",
      version: VERSION,
      description: "Everything that a team reads and changes of a site. worker/README.md tells the rest.",
    },
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "An API token, or a session of the command line" },
        session: { type: "apiKey", in: "cookie", name: "__Host-waypost-session" },
      },
    },
    security: [{ token: [] }, { session: [] }],
  },
  // A route whose path has a dot is a route.
  excludeStaticFile: false,
  // A refusal is the same everywhere: `described` says which.
  defaultValidationErrorResponse: false,
};
