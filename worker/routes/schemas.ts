import * as v from "valibot";
import { siteConfigJsonSchema } from "../config/json-schema.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { wordsFor } from "../words.ts";
import { described } from "./described.ts";

/** `GET /api/schemas/site-config.json`: what an editor completes and checks a configuration by. */
export const schemas = new Hono<Bindings>().get(
  "/site-config.json",
  described({
    operationId: "readConfigSchema",
    summary: "The form of a configuration, as JSON Schema",
    answer: v.record(v.string(), v.unknown()),
    open: true,
  }),
  async (c) => c.json(siteConfigJsonSchema((await wordsFor(c.env, "en")).visitor)),
);
