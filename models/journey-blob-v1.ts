import { addCount, EMPTY_CONTRIBUTION } from "./contribution.ts";
import type { Blob } from "./journey-blob.ts";
import { EMPTY_PROGRESS, subjectOf, type VisitDay } from "./progress.ts";

/** The parts of a blob of version 1 that version 2 has in another form: all `0.1.0` states are of it. */
export interface BlobV1 {
  texts: string[];
  ring: [at: number, stream: number, seq: number, type: number, stage: number, name: number, path: number][];
  streams: Record<string, [skewMs: number, seenAt: number, imported: 0 | 1, ...runs: number[]]>;
  rest: Blob["rest"] & {
    folded: { checkpoint: { visit: VisitV1 | null; open: ContributionV1 } };
  };
}

interface VisitV1 {
  stage: string;
}

/** Without paths, money and sketches of times. */
export type ContributionV1 = Omit<typeof EMPTY_CONTRIBUTION, "edges" | "paths" | "orders" | "refunds"> & {
  edges: Record<string, { count: number; sumMs: number }>;
};

/** Version 1 to 2: what version 1 did not note is empty, and stays so for touchpoints that had left the ring. */
export function upcastV1({ texts, ring, streams, rest }: BlobV1): Blob {
  let before = 0;
  const rows = ring.map(([at, stream, seq, type, ...names]): Blob["ring"][number] => {
    const after = at - before;
    before = at;
    const [stage, name, path] = names.map((index) => index + 1) as [number, number, number];
    return [after, stream + 1, seq, type, stage, name, path];
  });
  const { checkpoint } = rest.folded;
  const unknown = { path: "", channel: "", context: "" };
  const visit = checkpoint.visit && { ...unknown, ...(checkpoint.visit as VisitV1) };
  return {
    v: 2,
    texts: ["", ...texts],
    ring: rows,
    streams: Object.fromEntries(Object.entries(streams).map(([id, row]) => [id, relative(row)])),
    rest: {
      ...rest,
      traits: null,
      bornAt: rest.receivedAt,
      folded: {
        ...rest.folded,
        lateMoney: { orders: EMPTY_CONTRIBUTION.orders, refunds: EMPTY_CONTRIBUTION.refunds },
        checkpoint: {
          ...EMPTY_PROGRESS,
          ...checkpoint,
          visit,
          open: upcastOpen(checkpoint.open, visit),
        } as Blob["rest"]["folded"]["checkpoint"],
      },
    },
  };
}

/** Contributions that wait for the map, as version 1 kept them under a key of their own. */
export function upcastSealed(sealed: Record<string, ContributionV1>): Record<number, VisitDay> {
  const subject = subjectOf(EMPTY_PROGRESS);
  const days = Object.entries(sealed).map(([day, of]) => [day, { contribution: upcastContribution(of), subject }]);
  return Object.fromEntries(days);
}

/** Version 1 had the end of the visit that was not over among the ends of its day. */
function upcastOpen(open: ContributionV1, visit: VisitV1 | null): typeof EMPTY_CONTRIBUTION {
  const ends = { ...open.ends };
  if (visit && visit.stage !== "") addCount(ends, visit.stage, -1);
  return upcastContribution({ ...open, ends });
}

/** A contribution of version 1 with what it lacks; one of version 2 as it is. */
export function upcastContribution({ edges, ...counts }: ContributionV1): typeof EMPTY_CONTRIBUTION {
  const timed = Object.entries(edges).map(([key, edge]) => [key, { times: {}, ...edge }]);
  return { ...EMPTY_CONTRIBUTION, ...counts, edges: Object.fromEntries(timed) };
}

function relative([skewMs, seenAt, imported, ...runs]: BlobV1["streams"][string]): Blob["streams"][string] {
  let end = 0;
  const flat: number[] = [];
  for (let i = 0; i < runs.length; i += 2) {
    const [from = 0, to = 0] = runs.slice(i, i + 2);
    flat.push(from - end, to - from);
    end = to;
  }
  return [skewMs, seenAt, imported, ...flat];
}
