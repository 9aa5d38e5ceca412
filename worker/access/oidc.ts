import * as oauth from "oauth4webapi";
import type { Env } from "../env.ts";
import { logSignIn } from "../log.ts";

/** What has to wait, sealed, in the browser that was sent to the provider. */
export interface Sent {
  state: string;
  nonce: string;
  verifier: string;
}

/** Who somebody is, at their provider. */
export interface Subject {
  issuer: string;
  subject: string;
}

interface Provider {
  issuer: URL;
  client: oauth.Client;
  secret: string;
}

/** How long an isolate goes by what a provider says of itself. */
const DISCOVERY_MS = 600_000;
const TIMEOUT_MS = 10_000;

const discovered = new Map<string, { server: oauth.AuthorizationServer; readAt: number }>();

/** The provider that the deployment names, or null: then it is not offered. */
function providerOf({ OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET }: Env): Provider | null {
  if (!OIDC_ISSUER || !OIDC_CLIENT_ID || !OIDC_CLIENT_SECRET) return null;
  return { issuer: new URL(OIDC_ISSUER), client: { client_id: OIDC_CLIENT_ID }, secret: OIDC_CLIENT_SECRET };
}

export function hasOidc(env: Env): boolean {
  return providerOf(env) !== null;
}

/** Plain HTTP is for a provider on this machine alone. */
function requestOf({ issuer }: Provider) {
  return {
    [oauth.allowInsecureRequests]: issuer.protocol === "http:" && issuer.hostname === "localhost",
    signal: () => AbortSignal.timeout(TIMEOUT_MS),
  };
}

async function serverOf(provider: Provider): Promise<oauth.AuthorizationServer> {
  const known = discovered.get(provider.issuer.href);
  if (known && Date.now() - known.readAt < DISCOVERY_MS) return known.server;
  const response = await oauth.discoveryRequest(provider.issuer, requestOf(provider));
  const server = await oauth.processDiscoveryResponse(provider.issuer, response);
  discovered.set(provider.issuer.href, { server, readAt: Date.now() });
  return server;
}

/** Where to send a browser, and what it keeps meanwhile. Null where there is no provider, or another answers in its place. */
export async function sendToProvider(env: Env, redirectUri: string): Promise<{ url: string; sent: Sent } | null> {
  return unlessRefused(env, async () => {
    const provider = providerOf(env);
    if (!provider) return null;
    const server = await serverOf(provider);
    if (!server.authorization_endpoint) return null;
    const sent: Sent = {
      state: oauth.generateRandomState(),
      nonce: oauth.generateRandomNonce(),
      verifier: oauth.generateRandomCodeVerifier(),
    };
    const url = new URL(server.authorization_endpoint);
    const asked = {
      client_id: provider.client.client_id,
      redirect_uri: redirectUri,
      response_type: "code",
      // Who somebody is, and nothing else of them.
      scope: "openid",
      state: sent.state,
      nonce: sent.nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(sent.verifier),
      code_challenge_method: "S256",
    };
    for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
    return { url: url.href, sent };
  });
}

/** Who comes back from the provider, at `url`, or null: wherever the answer is not to what was sent, it is nobody's. */
export async function backFromProvider(env: Env, url: URL, { state, nonce, verifier }: Sent): Promise<Subject | null> {
  return unlessRefused(env, async () => {
    const provider = providerOf(env);
    if (!provider) return null;
    const { client, secret } = provider;
    const request = requestOf(provider);
    const server = await serverOf(provider);
    const answer = oauth.validateAuthResponse(server, client, url, state);
    const redirectUri = url.origin + url.pathname;
    const proof = takesBasic(server) ? oauth.ClientSecretBasic(secret) : oauth.ClientSecretPost(secret);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      proof,
      answer,
      redirectUri,
      verifier,
      request,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
      expectedNonce: nonce,
      requireIdToken: true,
    });
    await oauth.validateApplicationLevelSignature(server, response, request);
    const claims = oauth.getValidatedIdTokenClaims(tokens);
    return claims ? { issuer: claims.iss, subject: claims.sub } : null;
  });
}

/** What a provider takes that says nothing of it, by the standard. */
function takesBasic({ token_endpoint_auth_methods_supported: methods }: oauth.AuthorizationServer): boolean {
  return methods?.includes("client_secret_basic") ?? true;
}

/** Null for what the provider, or the check of its answer, refuses; a provider that can't be reached is our failure. */
async function unlessRefused<T>(env: Env, ask: () => Promise<T | null>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    const isRefusal =
      error instanceof oauth.OperationProcessingError ||
      error instanceof oauth.UnsupportedOperationError ||
      error instanceof oauth.AuthorizationResponseError ||
      error instanceof oauth.ResponseBodyError ||
      error instanceof oauth.WWWAuthenticateChallengeError;
    if (isRefusal && !isFailure(error)) {
      logSignIn(env, "oidc", String((error as { code?: unknown }).code));
      return null;
    }
    throw error;
  }
}

/** Whether the provider has failed to answer, which is no answer. */
function isFailure({ cause }: Error): boolean {
  return cause instanceof Response && cause.status >= 500;
}
