/** A sentence with its one gap filled in: by a function, because `$&` in what is filled in means something to `replace`. */
export function filled(sentence: string, what: string): string {
  return sentence.replace(/\{\w+\}/, () => what);
}
