import type { BrowserContext, CDPSession, Page } from "playwright-core";
import type { GuardedBrowser } from "../harness/browser.ts";

/** A browser of one person's, with a device that keeps passkeys and opens them for its owner without asking. */
export interface PersonBrowser {
  context: BrowserContext;
  page: Page;
  /** Lets go of what the device keeps, or of its owner: `false` fails to verify them. */
  device: { forget: () => Promise<void>; verifies: (isOwner: boolean) => Promise<void> };
}

export async function openAs(
  browser: GuardedBrowser,
  options: Parameters<GuardedBrowser["newContext"]>[0] = {},
): Promise<PersonBrowser> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const { cdp, authenticatorId } = await addAuthenticator(context, page);
  return {
    context,
    page,
    device: {
      forget: async () => {
        await cdp.send("WebAuthn.clearCredentials", { authenticatorId });
      },
      verifies: async (isUserVerified) => {
        await cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
      },
    },
  };
}

async function addAuthenticator(
  context: BrowserContext,
  page: Page,
): Promise<{ cdp: CDPSession; authenticatorId: string }> {
  const cdp = await context.newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { cdp, authenticatorId };
}
