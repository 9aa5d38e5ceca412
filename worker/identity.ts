import { type Proof, provesUser } from "../models/identity.ts";
import type { Env } from "./env.ts";
import type { Site, VersionedConfig } from "./sites.ts";

/** Whether a proof is the site's own word that its visitor is this very user. Throws where the site object cannot be asked. */
export async function isProven(
  env: Env,
  asked: { site: Pick<Site, "id">; newest: VersionedConfig },
  proof: Proof,
): Promise<boolean> {
  if (proof.user === "") return false;
  // Read when somebody is first proven: most sites know nobody, and a cold start goes without.
  const { claimsOf } = await import("./claims.ts");
  const claims = await claimsOf(env, asked, proof.token);
  return claims !== null && provesUser(claims, proof.user, Date.now() / 1000);
}
