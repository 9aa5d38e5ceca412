/** Endings under which anybody can have a name: two hosts that share no more are two sites. */
const SHARED_ENDING =
  /^([a-z\d-]+|(com?|org|net|gov|edu|ac|or|ne|go|gob|nom)\.[a-z]{2}|(github|gitlab)\.io|(pages|workers|web|fly)\.(dev|app)|(vercel|netlify|firebaseapp|herokuapp|onrender|myshopify|blogspot|wordpress|wixsite|squarespace|webflow)\.(app|com|io))$/;

/** Whether a name is an ending under which others have names too: no cookie may be set for it. */
export function isSharedEnding(name: string): boolean {
  return SHARED_ENDING.test(name);
}

/** Whether a host is `name` or below it; `name.*` also under any country, but itself alone: docs.google.com is no search. */
export function isBelow(host: string, name: string): boolean {
  if (!name.endsWith(".*")) return host === name || host.endsWith(`.${name}`);
  const bare = host.replace(/^(www|m)\./, "");
  return (
    bare.startsWith(name.slice(0, -1)) && /^(com|org|net|[a-z]{2}|com?\.[a-z]{2})$/.test(bare.slice(name.length - 1))
  );
}

/** Whether two hosts are of one site: equal, one below the other, or both below a name that only one owner can have. */
export function isOwnHost(referrer: string, own: string): boolean {
  if (referrer === own) return true;
  const [a, b] = [referrer, own].map((name) => name.split(".").reverse()) as [string[], string[]];
  const apart = a.findIndex((label, i) => label !== b[i]);
  const shared = a
    .slice(0, apart === -1 ? a.length : apart)
    .reverse()
    .join(".");
  return shared !== "" && !isSharedEnding(shared) && !/^[\d.]+$/.test(own);
}
