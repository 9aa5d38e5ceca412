import { PRODUCTS, stockOf } from "/products.js";
import { make, pounds } from "/shop.js";

const list = document.querySelector("[data-products]");
const only = list.dataset.products ? list.dataset.products.split(" ") : PRODUCTS.map(({ id }) => id);
const kind = document.querySelector("#kind");
const inStock = document.querySelector("#in-stock");
const found = document.querySelector("#found");

function card(product) {
  const heading = list.dataset.heading ?? "h2";
  return make(
    "li",
    { className: "card" },
    make("img", { src: product.image, alt: "", width: 400, height: 300 }),
    make(heading, {}, make("a", { href: `/product?id=${product.id}` }, product.name)),
    make("p", {}, product.line),
    make(
      "p",
      { className: "price" },
      make("strong", {}, pounds(product.pence)),
      make("span", { className: product.left ? "stock" : "stock none" }, stockOf(product)),
    ),
  );
}

function show() {
  const shown = PRODUCTS.filter(
    (product) =>
      only.includes(product.id) && (!kind?.value || product.kind === kind.value) && (!inStock?.checked || product.left),
  );
  list.replaceChildren(...shown.map(card));
  if (found) found.textContent = shown.length === 1 ? "1 product" : `${shown.length} products`;
}

if (kind) {
  kind.append(...PRODUCTS.map((product) => make("option", {}, product.kind)));
  const asked = new URLSearchParams(location.search).get("kind");
  if (PRODUCTS.some((product) => product.kind === asked)) kind.value = asked;
  kind.addEventListener("change", show);
  inStock.addEventListener("change", show);
}
show();
