/** The only globals beyond ECMAScript that models/ may use: they exist alike in pages, workers, workerd and Node. */
declare class URL {
  constructor(url: string, base?: string);
  static canParse(url: string): boolean;
  readonly searchParams: { get(name: string): string | null };
  readonly protocol: string;
  readonly origin: string;
  readonly host: string;
  readonly hostname: string;
  readonly pathname: string;
  readonly search: string;
  readonly href: string;
}
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean });
  decode(bytes: Uint8Array): string;
}
