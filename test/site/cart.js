import { productById } from "/products.js";
import { cartLines, deliveryPence, goodsPence, make, pounds, saveCart, track } from "/shop.js";

const list = document.getElementById("lines");

function line(entry, index) {
  const product = productById(entry.id);
  const count = make("select", { id: `count-${index}` });
  count.append(
    ...Array.from({ length: Math.min(9, Math.max(product.left, entry.count)) }, (_, i) =>
      make("option", {}, `${i + 1}`),
    ),
  );
  count.value = String(entry.count);
  count.addEventListener("change", () => change(index, Number(count.value)));
  const remove = make("button", { type: "button", className: "link" }, "Remove");
  remove.setAttribute("aria-label", `Remove ${product.name}`);
  remove.addEventListener("click", () => {
    change(index, 0);
    document.querySelector("h1").focus();
  });
  return make(
    "li",
    {},
    make("img", { src: product.image, alt: "", width: 120, height: 90 }),
    make(
      "div",
      {},
      make("h2", {}, make("a", { href: `/product?id=${product.id}` }, product.name)),
      entry.size && make("p", {}, `Size ${entry.size}`),
      make("div", { className: "line-actions" }, make("label", { htmlFor: count.id }, "Quantity"), count, remove),
    ),
    make("strong", {}, pounds(product.pence * entry.count)),
  );
}

function change(index, count) {
  const lines = cartLines();
  const product = productById(lines[index].id);
  if (count) lines[index].count = count;
  else lines.splice(index, 1);
  saveCart(lines);
  if (!count) track("Product Removed", { product_id: product.id, name: product.name });
  show();
}

function show() {
  const lines = cartLines();
  const goods = goodsPence(lines);
  document.getElementById("empty").hidden = lines.length > 0;
  document.getElementById("filled").hidden = lines.length === 0;
  if (!lines.length) return;
  const delivery = deliveryPence("standard", goods);
  list.replaceChildren(...lines.map(line));
  document.getElementById("goods").textContent = pounds(goods);
  document.getElementById("delivery").textContent = delivery ? pounds(delivery) : "Free";
  document.getElementById("total").textContent = pounds(goods + delivery);
}

show();
