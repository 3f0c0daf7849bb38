// What every page needs: say when the server cannot be reached, and where in the world its reader is.
"use strict";

function say(text, link) {
  const line = document.createElement("p");
  line.textContent = `${text} `;
  if (link) {
    const again = document.createElement("a");
    again.href = location.href;
    again.textContent = link;
    line.append(again);
  }
  document.getElementById("notice").replaceChildren(line);
}

document.addEventListener("htmx:sendError", () => {
  say("No connection. What you typed is kept here; it is sent when the connection is back.");
  const form = document.activeElement?.closest("form") ?? document.querySelector("form#answer");
  window.addEventListener("online", () => form?.isConnected && form.requestSubmit(), { once: true });
});
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  if (status === 401) say("You are signed out. What you typed is kept in this browser and will be here again.", "Sign in");
  else if (status === 403) say("You signed in anew, or your role has changed. What you typed is kept in this browser.", "Load the page again");
  else say("The server has a fault. What you typed is kept here; send it again in a moment.");
});
document.addEventListener("htmx:beforeSwap", (event) => {
  // What a page fetches by itself says nothing of what was done before.
  if (event.detail.requestConfig?.triggeringEvent && event.detail.target?.id !== "notice") document.getElementById("notice").replaceChildren();
});
for (const input of document.querySelectorAll("input[name=time_zone][type=hidden]")) {
  input.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
}
