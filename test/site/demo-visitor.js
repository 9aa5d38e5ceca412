/**
 * For people who try the demo: `?waypost-demo=treated` makes this browser one of the visitors who are not held out.
 * The start script finds such secrets with the local key and writes them in place of the one string below. It plants
 * one only where the browser has none, and does nothing without that query.
 */
{
  const secrets = ["%TREATED_SECRETS%"];
  const asked = new URLSearchParams(location.search).get("waypost-demo") === "treated";
  if (asked && localStorage.getItem("waypost.secret") === null) {
    localStorage.setItem("waypost.secret", secrets[Math.floor(Math.random() * secrets.length)]);
  }
}
