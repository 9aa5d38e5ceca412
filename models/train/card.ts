import { FEATURES } from "../features.ts";
import type { ScoreName } from "../site-config.ts";
import { INTENT, STALL_STEPS, STARTERS } from "./starter.ts";

/** What each score is for, and what it does not say. */
const PURPOSE: Record<ScoreName, { means: string; notThis: string }> = {
  stall: {
    means:
      "Whether a visitor has stopped on the way to the goal, so that help can be offered while it is still wanted.",
    notThis:
      "It means *no progress*, not frustration: somebody who fetches their card from another room scores the same.",
  },
  intent: {
    means: "How near a visitor is to the goal, so that somebody who is about to act is not held up.",
    notThis: "It is not a probability of buying: nobody has counted how many visitors with this value did.",
  },
};

/** The card of a starter model, as Markdown: what a team reads before it trusts the score. */
export function starterCard(name: ScoreName): string {
  const { version, thresholds, reads } = STARTERS[name];
  const { means, notThis } = PURPOSE[name];
  const inputs = reads.map((read) => `- \`${read}\`: ${FEATURES.find((f) => f.name === read)?.unit}`);
  return [
    `# ${version}`,
    "",
    "**This is a rule, not a trained model.** Somebody wrote its numbers by hand; it is kept in the form of a model so that",
    "a trained one can take its place without any other change. No data of any person went into it.",
    "",
    `- Purpose: ${means}`,
    `- What it does not say: ${notThis}`,
    "- Training data: none.",
    "- Accuracy: not measured, since a site's own visitors decide it. Expect it to be no better than a timer, and replace it",
    "  by a model of the site's own events as soon as there are some 300 visits with 15 conversions.",
    "- Owner: the Waypost project. Made again, byte for byte, by `npm run models`.",
    "",
    "## What it reads",
    "",
    `${FEATURES.length} float32 features in the order of \`models/features.ts\`; all but these have no influence:`,
    "",
    ...inputs,
    "",
    "## The rule",
    "",
    ...(name === "stall" ? stallRule() : intentRule()),
    "",
    "## Bands",
    "",
    `medium from ${thresholds.medium}, high from ${thresholds.high}: a start. A site's configuration sets its own.`,
    "",
    "## Limits",
    "",
    "- A feature that is not a finite number gives 0: nothing is done on a score that cannot be computed.",
    "- `golden.json` holds rows and their answers by onnxruntime-web; both engines agree with it within its tolerance.",
    "",
  ].join("\n");
}

function stallRule(): string[] {
  const steps = STALL_STEPS.map(({ above, value }, i) => {
    const next = STALL_STEPS[i + 1];
    const from = i === 0 ? "up to" : `more than ${above},`;
    return `| ${from} ${next ? `${i === 0 ? "" : "up to "}${next.above}` : "no end"} | ${value} |`;
  });
  return [
    "0 outside the second stage or deeper, and once the goal is reached. Else by how long the visitor has done nothing,",
    "in multiples of the stage's typical dwell:",
    "",
    "| typical dwells without a touchpoint | value |",
    "|---|---|",
    ...steps,
  ];
}

function intentRule(): string[] {
  const { progress, touchpoints, bias } = INTENT;
  const value = (share: number, count: number) =>
    (1 / (1 + Math.exp(-(progress * share + touchpoints * Math.log1p(count) + bias)))).toFixed(2);
  return [
    `sigmoid(${progress} × progress + ${touchpoints} × touchpoints − ${-bias}), touchpoints as log1p of their count.`,
    "",
    "| progress to the goal | 1 touchpoint | 3 | 8 | 20 |",
    "|---|---|---|---|---|",
    ...[0, 0.5, 0.75].map((share) => `| ${share} | ${[1, 3, 8, 20].map((count) => value(share, count)).join(" | ")} |`),
  ];
}
