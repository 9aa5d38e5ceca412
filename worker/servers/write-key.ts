import type { Context } from "hono";
import type { Bindings } from "../env.ts";
import { base64url, sha256 } from "../keys.ts";
import { type Site, siteByWriteKey } from "../sites.ts";

/** The site whose write key is the user of the call's Basic authorization, or null. */
export async function siteOfWriteKey(c: Context<Bindings>): Promise<Site | null> {
  // RFC 9110: the name of a scheme has no case.
  const basic = c.req.header("Authorization")?.match(/^Basic +([\w+/=]+)$/i)?.[1];
  if (basic === undefined) return null;
  let writeKey: string;
  try {
    writeKey = atob(basic).split(":")[0] as string;
  } catch {
    return null;
  }
  return siteByWriteKey(c.env, base64url(await sha256(writeKey)));
}
