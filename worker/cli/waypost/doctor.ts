import { CommandError } from "../command-error.ts";
import { type Command, flagText, type Given } from "./command.ts";
import { connect } from "./console-api.ts";
import { EXIT } from "./exit-code.ts";
import { compare, readInForce } from "./in-force.ts";
import { siteNamed, tokenFor } from "./project.ts";
import type { Listing } from "./sources.ts";

/** Clocks that are further apart make proofs of identity fail. */
const CLOCK_MAX_S = 60;

/** What was looked at: fine, or what to do about it. */
interface Finding {
  what: string;
  /** Absent: fine. */
  advice?: string;
}

/** `waypost doctor`: whether everything is as it has to be, and what to do where it is not. */
export const doctor: Command = {
  usage: "doctor",
  summary: "looks at edge, tag, sign-in, site, files and sources, and says what to do where something is wrong",
  async run(given) {
    const { edge, site } = await siteNamed({ edge: flagText(given, "edge"), site: flagText(given, "site") });
    const findings = [
      await look("edge", () => edgeAnswers(edge)),
      await look("clock", () => clocksAgree(edge)),
      await look("tag", () => tagIsServed(edge)),
      await look("sign-in and site", () => siteAnswers(edge, site)),
      await look("files", () => filesAreRight(given, edge, site)),
      await look("sources", () => sourcesHaveSecrets(edge, site)),
    ];
    for (const { what, advice } of findings) console.log(advice === undefined ? `✓ ${what}` : `✗ ${what}: ${advice}`);
    return findings.every(({ advice }) => advice === undefined) ? EXIT.done : EXIT.failed;
  },
};

async function look(what: string, find: () => Promise<string | undefined>): Promise<Finding> {
  try {
    const advice = await find();
    return advice === undefined ? { what } : { what, advice };
  } catch (error) {
    if (error instanceof CommandError) return { what, advice: error.message };
    throw error;
  }
}

async function get(url: string): Promise<Response> {
  return fetch(url).catch(() => {
    throw new CommandError(`${url} does not answer. Is it running, and the address right?`);
  });
}

async function edgeAnswers(edge: string): Promise<string | undefined> {
  const response = await get(`${edge}/v1/health`);
  if (response.ok) return undefined;
  return `${edge}/v1/health answers ${response.status}: ${(await response.text()).slice(0, 500)}`;
}

async function clocksAgree(edge: string): Promise<string | undefined> {
  const at = Date.parse((await get(`${edge}/v1/health`)).headers.get("Date") ?? "");
  const apartS = Math.round(Math.abs(Date.now() - at) / 1_000);
  // A server that says no time is no reason to doubt one's own.
  if (Number.isNaN(at) || apartS <= CLOCK_MAX_S) return undefined;
  return `this machine and the edge are ${apartS} s apart: set the clock, or proofs of identity will be refused`;
}

async function tagIsServed(edge: string): Promise<string | undefined> {
  const response = await get(`${edge}/waypost.js`);
  const type = response.headers.get("Content-Type") ?? "";
  await response.body?.cancel();
  if (response.ok && /javascript/.test(type)) return undefined;
  return `${edge}/waypost.js answers ${response.status} as “${type}”: was it built before it was deployed (npm run deploy)?`;
}

async function siteAnswers(edge: string, site: string): Promise<string | undefined> {
  const api = await connect({ edge, token: await tokenFor(edge) });
  const { config } = await readInForce({ ...api, edge, site, project: null });
  return config ? undefined : `${site} has no configuration yet: waypost apply gives it one`;
}

/** Everything that one without a secret sends is refused. */
async function sourcesHaveSecrets(edge: string, site: string): Promise<string | undefined> {
  const { call } = await connect({ edge, token: await tokenFor(edge) });
  const { body } = await call<Listing>("listSources", { parameters: { site } });
  const [first, ...others] = body.sources.filter(({ scheme, secret }) => scheme !== null && !secret);
  if (!first) return undefined;
  const all = [first, ...others].map(({ id }) => id).join(", ");
  return `${all} ${others.length > 0 ? "have" : "has"} no secret, so what comes is refused: waypost sources secret ${first.id}`;
}

async function filesAreRight(given: Given, edge: string, site: string): Promise<string | undefined> {
  const { project } = await siteNamed({ edge: flagText(given, "edge"), site: flagText(given, "site") });
  if (!project) return "there are none here: waypost pull writes them";
  const api = await connect({ edge, token: await tokenFor(edge) });
  const { conflicts, inForce } = await compare({ ...api, edge, site, project });
  if (conflicts.length > 0) return `changed here and otherwise in version ${inForce.version}: ${conflicts.join(", ")}`;
  if (project.version === inForce.version) return undefined;
  return `they go from version ${project.version}, and ${inForce.version} is in force: waypost pull takes that along`;
}
