import type { PersonView } from "../../../models/analysis/person-view.ts";
import { CommandError } from "../command-error.ts";
import { type Command, flagText, openSite } from "./command.ts";
import { EXIT } from "./exit-code.ts";
import { counted, table, timeText } from "./table.ts";

const USAGE = "person USER | --visitor ID | --pseudonym TEXT";

/** `waypost person`: one person's journey, across the channels. Looking somebody up leaves an entry in the log. */
export const person: Command = {
  usage: USAGE,
  summary: "shows one person's journey across the channels; looking somebody up is noted in the log",
  options: { visitor: { type: "string" }, pseudonym: { type: "string" } },
  async run(given) {
    const [userId, ...rest] = given.words;
    const asked = { userId, visitor: flagText(given, "visitor"), person: flagText(given, "pseudonym") };
    const named = Object.entries(asked).filter(([, value]) => value !== undefined);
    if (named.length !== 1 || rest.length > 0) throw new CommandError(`Use: waypost ${USAGE}`);
    const { call, site } = await openSite(given);
    const body = Object.fromEntries(named);
    const { body: found } = await call<PersonView>("findPerson", { parameters: { site }, body });
    for (const line of personLines(found, userId !== undefined)) console.log(line);
    return EXIT.done;
  },
};

/**
 * A person in lines: who, then each moment of the journey, the earliest first, then what was decided. `isUser`: the site's
 * servers know them by an id.
 */
function personLines(found: PersonView, isUser: boolean): string[] {
  const { person: pseudonym, user, visits, touchpoints, late, timeline, decisions, stage, goal } = found;
  const unproven = isUser ? "a user, on no device yet" : "anonymous";
  const who = user?.proven ? `a user, on ${counted(user.devices, "device")}` : unproven;
  const moments = timeline.toReversed().map(({ at, channel, source, type, name, path, stage: of }) => {
    const where = [channel || "web", source].filter(Boolean).join(": ");
    return [timeText(at), where, type, name || path, of];
  });
  const decided = decisions.toReversed().map(({ at, on, campaign, reason, outcome, considered }) => {
    const others = considered.filter((one) => one.campaign !== campaign).map((one) => `${one.campaign}: ${one.reason}`);
    return [timeText(at), on, campaign || "-", outcome || reason, others.join(", ")];
  });
  return [
    `${pseudonym}: ${who}; ${counted(visits, "visit")}, ${counted(touchpoints, "touchpoint")}${late > 0 ? `, ${late} of them late` : ""}`,
    `${goal ? "has reached the goal" : stage === "" ? "in no stage" : `in the stage ${stage}`}; came by ${found.channel || "no known channel"}`,
    "",
    table(["WHEN", "WHERE", "WHAT", "NAME", "STAGE"], moments),
    ...(decided.length > 0 ? ["", table(["DECIDED", "ON", "CAMPAIGN", "WHAT CAME OF IT", "THE OTHERS"], decided)] : []),
  ];
}
