/** A small single-page shop: Preact, and a router of its own on the history API. */
import { h, render } from "preact";
import { useEffect, useState } from "preact/hooks";

const VIEWS = { "/": "Home", "/cart": "Cart", "/pay": "Pay" };

function Shop() {
  const [path, setPath] = useState(location.pathname);
  useEffect(() => {
    const onBack = () => setPath(location.pathname);
    addEventListener("popstate", onBack);
    return () => removeEventListener("popstate", onBack);
  }, []);
  useEffect(() => {
    document.title = VIEWS[path];
  }, [path]);
  const go = (event) => {
    event.preventDefault();
    history.pushState(null, "", event.currentTarget.getAttribute("href"));
    setPath(location.pathname);
  };
  return h("main", null, [
    h("h1", null, VIEWS[path]),
    Object.entries(VIEWS).map(([href, name]) => h("a", { href, onClick: go }, `To ${name}`)),
    h("button", null, `Do ${VIEWS[path]}`),
  ]);
}

render(h(Shop), document.getElementById("app"));
