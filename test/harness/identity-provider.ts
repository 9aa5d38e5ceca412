import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair } from "jose";
import { Provider } from "oidc-provider";
import { randomKey } from "./edge.ts";

/** An OpenID provider on this machine, certified by those who keep the standard. Who asks is signed in at once. */
export interface IdentityProvider {
  issuer: string;
  client: { OIDC_ISSUER: string; OIDC_CLIENT_ID: string; OIDC_CLIENT_SECRET: string };
  /** Who is signed in next. */
  subject: string;
  close: () => void;
}

export async function startIdentityProvider(consoleOrigin: string): Promise<IdentityProvider> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const client = { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: "waypost", OIDC_CLIENT_SECRET: randomKey(24) };
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: client.OIDC_CLIENT_ID,
        client_secret: client.OIDC_CLIENT_SECRET,
        redirect_uris: [`${consoleOrigin}/api/sign-in/oidc/callback`],
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), use: "sig", alg: "RS256", kid: "k" }] },
    cookies: { keys: [randomKey(16)] },
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    ttl: { Session: 60, Interaction: 60, Grant: 60, AuthorizationCode: 60, AccessToken: 60, IdToken: 60 },
    findAccount: (_: unknown, accountId: string) => ({ accountId, claims: () => ({ sub: accountId }) }),
    interactions: { url: () => "/interaction" },
    // Nobody is asked whether this console may know who they are.
    loadExistingGrant: async ({ oidc }: import("oidc-provider").Context) => {
      const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope("openid");
      await grant.save();
      return grant;
    },
  });
  const self: IdentityProvider = { issuer, client, subject: "ada", close: () => server.close() };
  provider.use(async (ctx, next) => {
    if (ctx.path !== "/interaction") return next();
    await provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: self.subject, remember: false } });
  });
  server.on("request", provider.callback());
  return self;
}
