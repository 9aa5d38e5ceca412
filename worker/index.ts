import { DurableObject } from "cloudflare:workers";

export class JourneyObject extends DurableObject {}
export class LedgerObject extends DurableObject {}
export class SiteObject extends DurableObject {}
export class MapObject extends DurableObject {}
export default { fetch: () => new Response("ok") };
