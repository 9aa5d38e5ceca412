export interface HistoryRow {
  person: string;
  kind: "touchpoint" | "decision";
  at: number;
  receivedAt: number;
  stream: string;
  seq: number;
  type: string;
  stage: string;
  name: string;
  path: string;
  channel: string;
  context: string;
  orderId: string;
  revenueMilli: number | null;
  currency: string;
  props: string;
  journey: string;
  config: number;
  excluded: string;
}
