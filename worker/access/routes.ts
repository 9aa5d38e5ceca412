import type { Action } from "../../models/access.ts";

/**
 * What each route of `/api` needs: `anyone`; `signed-in`, a person, of whatever site; `installation`, the deployment's own
 * token; or an action that the site has to permit. A route without a row answers nobody: a test walks all of them (S17).
 */
export const NEEDED: Record<string, Action | "anyone" | "signed-in" | "installation"> = {
  "GET /api/openapi.json": "anyone",
  "GET /api/schemas/site-config.json": "anyone",
  "PUT /api/sites/:site": "installation",
  "PUT /api/sites/:site/config": "config.publish",
  "GET /api/sites/:site/config": "config.read",
  "POST /api/sites/:site/shards": "site.grow",
  "PUT /api/sites/:site/identity/:kid": "keys.manage",
  "DELETE /api/sites/:site/identity/:kid": "keys.manage",
  "POST /api/sites/:site/visitors/:visitor/separate": "people.separate",
  "GET /api/sites/:site/consent": "consent.read",
  "GET /api/sites/:site/consent/records": "consent.read",
  "GET /api/sites/:site/consent/notices": "consent.read",
  "GET /api/sites/:site/consent/notices/:hash": "consent.read",
  "GET /api/sites/:site/journeys/:journey/map": "map.read",
  "GET /api/sites/:site/journeys/:journey/people": "people.read",
  "GET /api/sites/:site/journeys/:journey/live": "map.read",
  "GET /api/sites/:site/members": "members.read",
  "PUT /api/sites/:site/members/:account": "members.manage",
  "DELETE /api/sites/:site/members/:account": "members.manage",
  "POST /api/sites/:site/invitations": "members.manage",
  "DELETE /api/sites/:site/invitations/:id": "members.manage",
  "GET /api/sites/:site/tokens": "tokens.manage",
  "POST /api/sites/:site/tokens": "tokens.manage",
  "DELETE /api/sites/:site/tokens/:id": "tokens.manage",
  "GET /api/sites/:site/audit": "audit.read",
};
