import { LIVE_CLOSED, LIVE_PROTOCOL } from "../models/wire.ts";

/** What a client sends to learn whether the line is alive. The platform answers, and the object sleeps on. */
const PING = "ping";
const PONG = "pong";

/** RFC 6455: both sides are done. */
export const NORMAL_CLOSURE = 1000;
/** IANA's registry: the client connects again. */
export const SERVICE_RESTART = 1012;

/** The subprotocols that a request offers, in its order: tokens travel there, since an address is written into logs. */
export function offered(request: Request): string[] {
  return (request.headers.get("Sec-WebSocket-Protocol") ?? "").split(",").map((name) => name.trim());
}

/** RFC 6455: with GET, and no other method. */
export function isUpgrade({ method, headers }: Request): boolean {
  return method === "GET" && headers.get("Upgrade")?.toLowerCase() === "websocket";
}

/** What an object keeps with a socket: it survives hibernation, in at most 2 KB. */
export interface Attachment {
  /** When it was accepted, ms since 1970. */
  since: number;
}

/**
 * Accepts a socket that does not keep its object awake: no timer, no plain `accept()`. Beyond `max` the oldest is closed.
 * `response` answers the request, with our subprotocol where the client offered it.
 */
export function acceptSocket<T extends Attachment>(
  ctx: DurableObjectState,
  request: Request,
  { attachment, max }: { attachment: T; max: number },
): { socket: WebSocket; response: Response } {
  const others = ctx.getWebSockets().sort((a, b) => attachmentOf(a).since - attachmentOf(b).since);
  for (const oldest of others.slice(0, Math.max(0, others.length - max + 1))) {
    closeSocket(oldest, LIVE_CLOSED.crowded, "too many at once");
  }
  const { 0: client, 1: socket } = new WebSocketPair();
  ctx.acceptWebSocket(socket);
  ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
  socket.serializeAttachment(attachment);
  const headers: HeadersInit = offered(request).includes(LIVE_PROTOCOL)
    ? { "Sec-WebSocket-Protocol": LIVE_PROTOCOL }
    : {};
  return { socket, response: new Response(null, { status: 101, webSocket: client, headers }) };
}

/** What was kept with a socket of ours. */
export function attachmentOf<T extends Attachment>(socket: WebSocket): T {
  return socket.deserializeAttachment() as T;
}

/** Sends, or does nothing where the other side has just gone. */
export function sendTo(socket: WebSocket, message: string): void {
  try {
    socket.send(message);
  } catch {
    // Its close is on the way to us.
  }
}

export function closeSocket(socket: WebSocket, code: number, reason: string): void {
  try {
    socket.close(code, reason);
  } catch {
    // Closed already.
  }
}
