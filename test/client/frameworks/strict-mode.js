/** A React page whose root brings the tag with it, as an effect: in strict mode React mounts it twice. */
import { createElement, StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

const { src, site } = document.getElementById("app").dataset;

function useWaypost() {
  useEffect(() => {
    window.effects = (window.effects ?? 0) + 1;
    window.waypost ??= [];
    const script = Object.assign(document.createElement("script"), { src, async: true });
    script.dataset.site = site;
    document.head.append(script);
    return () => script.remove();
  }, []);
}

function Shop() {
  const [count, setCount] = useState(0);
  useWaypost();
  const add = () => {
    setCount(count + 1);
    window.waypost.push(["track", "Product Added", { count: count + 1 }]);
  };
  return createElement("main", null, [
    createElement("h1", { key: "title" }, "Pay"),
    createElement("button", { key: "add", type: "button", onClick: add }, `Add (${count})`),
  ]);
}

createRoot(document.getElementById("app")).render(createElement(StrictMode, null, createElement(Shop)));
