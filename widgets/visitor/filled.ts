/** A sentence with its gaps filled in: by a function, because `$&` in what is filled in means something to `replace`. */
export function filled(sentence: string, what: string | Record<string, string | number>): string {
  return sentence.replace(/\{(\w+)\}/g, (_, gap) => `${typeof what === "string" ? what : what[gap]}`);
}
