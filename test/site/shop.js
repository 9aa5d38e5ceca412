import { productById } from "/products.js";

const CART_KEY = "shop.cart";
const FREE_DELIVERY_PENCE = 7500;

export const DELIVERIES = {
  standard: { name: "Standard, 3 to 4 working days", pence: 450, freeFrom: FREE_DELIVERY_PENCE },
  next: { name: "Next working day, ordered by 2 pm", pence: 850 },
  collect: { name: "Collect from our Keswick shop", pence: 0 },
};

/** Tells Waypost what happened, as any site does: calls made before its script has loaded wait in the array. */
export function track(name, props) {
  window.waypost = window.waypost || [];
  window.waypost.push(["track", name, props]);
}

export function pounds(pence) {
  return new Intl.NumberFormat("en-GB", { style: "currency", currency: "GBP" }).format(pence / 100);
}

/** An element with properties and children; text goes in as text. */
export function make(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Lines `{id, size, count}`; nothing is stored until something is put in. */
export function cartLines() {
  try {
    const lines = JSON.parse(localStorage.getItem(CART_KEY) ?? "[]");
    return lines.filter(({ id, count }) => productById(id) && count > 0);
  } catch {
    return [];
  }
}

export function saveCart(lines) {
  if (lines.length) localStorage.setItem(CART_KEY, JSON.stringify(lines));
  else localStorage.removeItem(CART_KEY);
  showCount();
}

export function goodsPence(lines = cartLines()) {
  return lines.reduce((sum, { id, count }) => sum + productById(id).pence * count, 0);
}

export function deliveryPence(choice, goods) {
  const { pence, freeFrom } = DELIVERIES[choice];
  return freeFrom && goods >= freeFrom ? 0 : pence;
}

/** What is kept between the steps of the checkout: never card details. */
export function order() {
  try {
    return JSON.parse(sessionStorage.getItem("shop.order") ?? "{}");
  } catch {
    return {};
  }
}

export function saveOrder(changes) {
  sessionStorage.setItem("shop.order", JSON.stringify({ ...order(), ...changes }));
}

export function showCount() {
  const count = cartLines().reduce((sum, line) => sum + line.count, 0);
  for (const badge of document.querySelectorAll("[data-cart-count]")) {
    badge.textContent = count ? ` (${count})` : "";
  }
}

showCount();
