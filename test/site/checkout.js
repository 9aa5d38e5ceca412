import { productById } from "/products.js";
import { cartLines, DELIVERIES, deliveryPence, goodsPence, make, order, pounds, saveOrder } from "/shop.js";

const form = document.querySelector("form[data-next]");
const digits = (text) => text.replaceAll(/\D/g, "");
const filled = (message) => (value) => (value.trim() ? "" : message);

/** What is wrong with a field, in words that say how to put it right; "" where nothing is. */
const RULES = {
  email: (value) =>
    /^\S+@\S+\.\S+$/.test(value.trim()) ? "" : "Enter an email address like name@example.com, so that we can confirm.",
  name: filled("Enter the name that the parcel is for."),
  address: filled("Enter the house and the street."),
  town: filled("Enter the town or city."),
  postcode: (value) =>
    /^[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}$/i.test(value.trim()) ? "" : "Enter a UK postcode like CA12 5DD.",
  delivery: (value) => (value in DELIVERIES ? "" : "Choose how you would like to receive it."),
  holder: filled("Enter the name as it stands on the card."),
  card: (value) => (passesLuhn(digits(value)) ? "" : "Check the card number. In this demo, 4242 4242 4242 4242 works."),
  expiry: (value) => (isFuture(value) ? "" : "Enter the month and year when the card ends, like 04/29."),
  code: (value) => (/^\d{3,4}$/.test(value.trim()) ? "" : "Enter the 3 digits on the back of the card."),
};

/** The check digit of card numbers, ISO/IEC 7812-1. */
function passesLuhn(number) {
  const sum = [...number].reverse().reduce((total, digit, i) => {
    const value = Number(digit) * (i % 2 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return number.length >= 13 && number.length <= 19 && sum % 10 === 0;
}

function isFuture(text) {
  const [, month, year] = /^\s*(\d{1,2})\s*\/\s*(\d{2})\s*$/.exec(text) ?? [];
  return month >= 1 && month <= 12 && new Date(2000 + Number(year), Number(month), 1) > new Date();
}

function fieldsOf() {
  return Object.keys(RULES).filter((name) => form.elements[name]);
}

function elementOf(name) {
  const found = form.elements[name];
  return found instanceof RadioNodeList ? found[0] : found;
}

function showError(name, message) {
  const element = elementOf(name);
  const box = document.getElementById(`${name}-error`);
  box.textContent = message;
  box.hidden = !message;
  if (element.type !== "radio") element.setAttribute("aria-invalid", String(Boolean(message)));
}

function showSummary(wrong) {
  const summary = document.getElementById("errors");
  summary.hidden = wrong.length === 0;
  if (!wrong.length) return;
  const title = wrong.length === 1 ? "One thing to put right" : `${wrong.length} things to put right`;
  const items = wrong.map(([name, message]) => make("li", {}, make("a", { href: `#${elementOf(name).id}` }, message)));
  summary.replaceChildren(make("h2", {}, title), make("ul", {}, ...items));
  summary.focus();
}

/** Nothing of a card is kept; of the rest, what the next step needs. */
function finish() {
  const kept = {};
  for (const name of ["email", "name", "phone", "address", "address2", "town", "postcode", "delivery"]) {
    if (form.elements[name]) kept[name] = form.elements[name].value;
  }
  if (form.elements.card) {
    const goods = goodsPence();
    const { delivery = "standard" } = order();
    kept.placed = {
      number: `FH-${String(Math.floor(Math.random() * 1e6)).padStart(6, "0")}`,
      pence: goods + deliveryPence(delivery, goods),
      lines: cartLines(),
    };
  }
  saveOrder(kept);
  location.href = form.dataset.next;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const wrong = [];
  for (const name of fieldsOf()) {
    const message = RULES[name](form.elements[name].value);
    showError(name, message);
    if (message) wrong.push([name, message]);
  }
  showSummary(wrong);
  if (!wrong.length && (!form.elements.card || cartLines().length)) finish();
  else if (!wrong.length) location.href = "/cart";
});

// Errors stay until the form is sent again: taking one away on the way to the button would move the button.
form.addEventListener("change", ({ target }) => {
  if (target.name === "delivery") showOrder();
});

function showOrder() {
  const lines = cartLines();
  const goods = goodsPence(lines);
  const choice = form.elements.delivery?.value || order().delivery || "standard";
  const delivery = deliveryPence(choice, goods);
  const row = (name, value) => make("div", {}, make("dt", {}, name), make("dd", {}, value));
  document
    .getElementById("order")
    .replaceChildren(
      ...lines.map(({ id, size, count }) =>
        row(`${count} × ${productById(id).name}${size ? `, ${size}` : ""}`, pounds(productById(id).pence * count)),
      ),
      row("Delivery", delivery ? pounds(delivery) : "Free"),
      row("Total", pounds(goods + delivery)),
    );
  document.getElementById("order-empty").hidden = lines.length > 0;
}

for (const [name, value] of Object.entries(order())) {
  if (form.elements[name] && typeof value === "string") form.elements[name].value = value;
}
for (const price of document.querySelectorAll("[data-delivery]")) {
  const pence = deliveryPence(price.dataset.delivery, goodsPence());
  price.textContent = pence ? pounds(pence) : "Free";
}
showOrder();
