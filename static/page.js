// For every page: show failed requests, and report the browser's time zone.
"use strict";

function showNotice(text, link) {
  const line = document.createElement("p");
  line.textContent = `${text} `;
  if (link) {
    const reload = document.createElement("a");
    reload.href = location.href;
    reload.textContent = link;
    line.append(reload);
  }
  document.getElementById("notice").replaceChildren(line);
}

document.addEventListener("htmx:sendError", () => {
  showNotice("No connection. What you typed is kept here; it is sent when the connection is back.");
  const form = document.activeElement?.closest("form") ?? document.querySelector("form#answer");
  window.addEventListener("online", () => form?.isConnected && form.requestSubmit(), { once: true });
});
// A part that asks again and again has nothing to wait for once it may not be seen; what it shows stays.
function stopAsking(part) {
  if (!part.getAttribute("hx-trigger")?.includes("every")) return;
  const still = part.cloneNode(true);
  for (const name of ["hx-get", "hx-trigger"]) still.removeAttribute(name);
  part.replaceWith(still);
}

document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  if ([401, 403, 404].includes(status)) stopAsking(event.detail.elt);
  if (status === 401) showNotice("You are signed out. What you typed is kept in this browser and will be here again.", "Sign in");
  else if (status === 403) showNotice("You signed in anew, or your role has changed. What you typed is kept in this browser.", "Load the page again");
  else showNotice("The server has a fault. What you typed is kept here; send it again in a moment.");
});
document.addEventListener("htmx:beforeSwap", (event) => {
  // Requests that the page sends by itself do not clear the notice.
  if (event.detail.requestConfig?.triggeringEvent && event.detail.target?.id !== "notice") document.getElementById("notice").replaceChildren();
});
// A form that was refused: the field of its first error has the focus, and the message is in sight.
const FIELDS = ["input:not([type=hidden])", "textarea", "select"].map((name) => `${name}:enabled`).join();
function showFirstError(root) {
  const error = root?.querySelector(".error[role=alert]");
  if (!error) return false;
  const holder = error.matches("p") ? error.parentElement.closest("fieldset, form") : error.closest("p, fieldset, form");
  const field = holder?.querySelector("[aria-invalid=true]") ?? holder?.querySelector(FIELDS);
  if (!field) error.tabIndex = -1; // of the whole answer: the message has the focus itself
  (field ?? error).focus({ preventScroll: true });
  error.scrollIntoView({ block: "center" });
  return true;
}
// Once the scripts of the page have shown what is hidden without them.
document.addEventListener("DOMContentLoaded", () => showFirstError(document.getElementById("main")));

// A button pressed twice sends its form once; htmx disables buttons itself, and a form that was refused may be sent again.
const TWICE_MS = 3000;
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (Date.now() - (form.sentAt ?? -TWICE_MS) < TWICE_MS) event.preventDefault();
  else form.sentAt = Date.now();
});
for (const input of document.querySelectorAll("input[name=time_zone][type=hidden]")) {
  input.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
}
// On narrow screens the open tab may be out of sight.
for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
  const [own, frame] = [tab.getBoundingClientRect(), tab.parentElement.getBoundingClientRect()];
  tab.parentElement.scrollLeft += own.left + own.width / 2 - frame.left - frame.width / 2;
}
