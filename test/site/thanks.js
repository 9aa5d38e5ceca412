import { order, pounds, saveCart, track } from "/shop.js";

const { placed, email } = order();
if (placed) {
  document.getElementById("number").textContent = placed.number;
  document.getElementById("paid").textContent = pounds(placed.pence);
  document.getElementById("email").textContent = email ?? "you";
  document.getElementById("placed").hidden = false;
  track("Order Completed", { order_id: placed.number, revenue: placed.pence / 100, currency: "GBP" });
  // Told once: a reload of this page is not a second order.
  saveCart([]);
  sessionStorage.removeItem("shop.order");
} else {
  document.getElementById("none").hidden = false;
}
