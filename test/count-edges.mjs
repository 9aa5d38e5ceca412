/**
 * `node test/count-edges.mjs FILE MAPPING`: what the map of FILE has to be, counted a second time by other means. Reads
 * a CSV file without quoted fields (plain or .gz) and the mapping's JSON, imports nothing of the project and prints
 * {visits, touchpoints, goals, starts, ends, edges}. It fails on what it cannot read rather than guess.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const IDLE_MS = 30 * 60 * 1000;
const LONGEST_VISIT_MS = 24 * 60 * 60 * 1000;

const [file, mappingFile] = process.argv.slice(2);
if (!file || !mappingFile) throw new Error("node test/count-edges.mjs FILE MAPPING");
const bytes = readFileSync(file);
const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
if (text.includes('"')) throw new Error("quoted fields are not read");
const mapping = JSON.parse(readFileSync(mappingFile, "utf8"));
const { stages, goal } = mapping.journeys[0];

const [head, ...lines] = text.split("\n").filter((line) => line !== "");
const columns = head.split(",");
const visitors = new Map();
for (const line of lines) {
  const cells = line.split(",");
  const row = Object.fromEntries(columns.map((name, i) => [name, cells[i]]));
  const kind = mapping.kinds[row[mapping.kind]];
  if (!kind) throw new Error(`no such kind: ${line}`);
  const rows = visitors.get(row[mapping.visitor]) ?? [];
  visitors.set(row[mapping.visitor], rows);
  rows.push({ at: Number(row[mapping.time]), line: rows.length, stage: stageFor(kind, row) });
}

/** Id of the first stage whose every condition holds; undefined where none does. */
function stageFor(kind, row) {
  const path = (kind.url ?? "").replace(/\{(\w+)\}/g, (_, name) => row[name]).replace(/^https?:\/\/[^/]+/, "");
  for (const { id, match } of stages) {
    const prefix = match.path?.endsWith("*") ? match.path.slice(0, -1) : undefined;
    const rightPath =
      match.path === undefined || (prefix === undefined ? path === match.path : path.startsWith(prefix));
    const rightName = match.name === undefined || match.name === kind.event;
    if (rightPath && rightName && (match.type ?? "page") === kind.type) return id;
  }
}

const counted = { visits: 0, touchpoints: 0, goals: 0, starts: {}, ends: {}, edges: {} };
for (const rows of visitors.values()) {
  rows.sort((a, b) => a.at - b.at || a.line - b.line);
  let visit = [];
  for (const row of rows) {
    const over = visit.length > 0 && (row.at - visit.at(-1).at >= IDLE_MS || row.at - visit[0].at >= LONGEST_VISIT_MS);
    if (over) {
      count(visit);
      visit = [];
    }
    visit.push(row);
  }
  count(visit);
}

/** Adds one whole visit: its stages in order, up to the goal where it was reached. */
function count(visit) {
  counted.visits++;
  counted.touchpoints += visit.length;
  const way = visit.map((row) => row.stage).filter((stage) => stage !== undefined);
  const reached = way.indexOf(goal);
  if (reached >= 0) counted.goals++;
  const steps = reached >= 0 ? way.slice(0, reached + 1) : way;
  if (steps.length === 0) return;
  const more = (counts, key) => (counts[key] = (counts[key] ?? 0) + 1);
  more(counted.starts, steps[0]);
  more(counted.ends, steps.at(-1));
  for (let i = 1; i < steps.length; i++) more(counted.edges, `${steps[i - 1]}>${steps[i]}`);
}

console.log(JSON.stringify(counted, null, 2));
