/**
 * The page's document as the browser made it. `<img name=createElement>` in the page answers for `document.createElement`,
 * and any element for any other property, but never for the prototype's (S7). The build puts this in the place of
 * `document` wherever a page runs our code or a package's. It is no node: what wants one is given `document.documentElement`.
 */
const ownDocument = new Proxy(document, {
  get(real, name) {
    const value = Reflect.get(Document.prototype, name, real);
    return typeof value === "function" ? value.bind(real) : value;
  },
  set: (real, name, value) => Reflect.set(Document.prototype, name, value, real),
});

export { ownDocument as document };
