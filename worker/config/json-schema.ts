import { toJsonSchema } from "@valibot/to-json-schema";
import type { VisitorText } from "../../models/texts/visitor-text.ts";
import { schemasFor } from "./parse.ts";

/**
 * The form of a configuration as JSON Schema, for editors and other validators. What fields say against each other, and what
 * no pattern can say of a text, is judged when it is published. `english`: our own words.
 */
export function siteConfigJsonSchema(english: VisitorText): object {
  const { config, words } = schemasFor(english);
  const { properties, ...schema } = toJsonSchema(config, {
    typeMode: "input",
    ignoreActions: ["check"],
    definitions: { words },
  });
  // Whoever names this schema in a file may do so: it is left out when the file is read.
  return {
    title: "Configuration of a Waypost site",
    ...schema,
    properties: { $schema: { type: "string" }, ...properties },
  };
}
