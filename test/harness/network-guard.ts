/**
 * Loaded before every test file of the Node projects: looking up or connecting to any host but this machine is
 * recorded and refused, and a file in which it happened fails.
 */
import dns from "node:dns";
import net from "node:net";
import { afterAll, expect } from "vitest";
import { isLoopback } from "./loopback.ts";

/** Hosts that were asked for and refused. A test that plants one takes it out again. */
export const refusedHosts: string[] = [];

function refusal(host: string): Error {
  refusedHosts.push(host);
  return Object.assign(new Error(`tests speak to this machine alone, not to ${host}`), { code: "EREFUSED" });
}

const lookup = dns.lookup;
type Callback = (error: Error | null, address?: string, family?: number) => void;

dns.lookup = Object.assign(
  (host: string, ...rest: [...unknown[], Callback]) => {
    if (isLoopback(host) || net.isIP(host)) return (lookup as (...args: unknown[]) => void)(host, ...rest);
    const callback = rest.at(-1) as Callback;
    queueMicrotask(() => callback(refusal(host)));
  },
  { __promisify__: dns.promises.lookup },
) as unknown as typeof dns.lookup;

const promised = dns.promises.lookup;
dns.promises.lookup = (async (host: string, ...rest: unknown[]) => {
  if (!isLoopback(host) && !net.isIP(host)) throw refusal(host);
  return (promised as (...args: unknown[]) => unknown)(host, ...rest);
}) as typeof dns.promises.lookup;

const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function guarded(this: net.Socket, ...args: unknown[]) {
  const host = hostOf(args);
  if (host !== null && !isLoopback(host)) {
    const error = refusal(host);
    queueMicrotask(() => this.destroy(error));
    return this;
  }
  return (connect as (...args: unknown[]) => net.Socket).apply(this, args);
} as typeof connect;

/** The host of `connect(options)` or `connect(port, host)`; null for a pipe, and "localhost" where none is named. */
function hostOf(args: unknown[]): string | null {
  // Node's own callers pass one list that holds the arguments.
  const [first, second] = Array.isArray(args[0]) ? (args[0] as unknown[]) : args;
  if (typeof first === "object" && first !== null) {
    const { path, host } = first as { path?: string; host?: string };
    return path === undefined || path === null ? (host ?? "localhost") : null;
  }
  return typeof second === "string" ? second : "localhost";
}

afterAll(() => {
  expect(refusedHosts, "hosts outside this machine that were asked for").toEqual([]);
});
