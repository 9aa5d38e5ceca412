/** The one function of Node's that the Worker calls: a digest that is no promise. The platform has it. */
declare module "node:crypto" {
  interface Hash {
    update(text: string): Hash;
    digest(encoding: "base64url"): string;
  }
  export function createHash(algorithm: "sha256"): Hash;
}
