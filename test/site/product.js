import { PRODUCTS, productById, stockOf } from "/products.js";
import { cartLines, make, pounds, saveCart, track } from "/shop.js";

const product = productById(new URLSearchParams(location.search).get("id")) ?? PRODUCTS[0];
const fill = (id, text) => {
  document.getElementById(id).textContent = text;
};

document.title = `${product.name} – Fernhill Outfitters`;
for (const [id, text] of Object.entries({
  name: product.name,
  kind: product.kind,
  price: pounds(product.pence),
  stock: stockOf(product),
  text: product.text,
}))
  fill(id, text);
document.getElementById("kind").href = `/listing?kind=${product.kind}`;
document.getElementById("stock").classList.toggle("none", product.left === 0);
document
  .getElementById("picture")
  .append(make("img", { src: product.image, alt: product.alt, width: 400, height: 300 }));
document.getElementById("facts").append(...product.facts.map((fact) => make("li", {}, fact)));

const form = document.getElementById("buy");
if (product.sizes) {
  form.elements.size.append(...product.sizes.map((size) => make("option", {}, size)));
} else {
  document.getElementById("size-field").remove();
}
if (product.left === 0) {
  form.querySelector("button").disabled = true;
  fill("added", "We expect more within three weeks.");
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const size = form.elements.size?.value ?? "";
  const count = Number(form.elements.count.value);
  const lines = cartLines();
  const same = lines.find((line) => line.id === product.id && line.size === size);
  if (same) same.count = Math.min(product.left, same.count + count);
  else lines.push({ id: product.id, size, count: Math.min(product.left, count) });
  saveCart(lines);
  track("Product Added", {
    product_id: product.id,
    name: product.name,
    price: product.pence / 100,
    quantity: count,
    currency: "GBP",
  });
  document
    .getElementById("added")
    .replaceChildren("Added to your basket. ", make("a", { href: "/cart" }, "Go to the basket"));
});
