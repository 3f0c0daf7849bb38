// The labelling page: a key for each choice, drafts of answers, and the time spent.
"use strict";

const DRAFTS = "assize-draft:";
const DRAFT_DAYS = 7;

const labelling = () => document.getElementById("labelling");
const answer = () => document.getElementById("answer");
const all = (selector) => [...(answer()?.querySelectorAll(selector) ?? [])];

// Drafts: the choices and texts of one person for one dialogue, kept in the browser until they are sent.
function draftKey() {
  const item = labelling()?.querySelector("[data-item]")?.dataset.item;
  return item && `${DRAFTS}${labelling().dataset.user}:${item}`;
}
function keepDraft() {
  const form = answer();
  if (!form || !draftKey()) return;
  const chosen = all("input[type=radio]:checked").map((input) => [input.name, input.value]);
  const ticked = all(".question input[type=checkbox]:checked").map((input) => [input.name, input.value]);
  const words = all("textarea, input[name=other_text]").map((input) => [input.name, input.value]);
  const draft = { at: Date.now(), order: form.elements.order.value, chosen, ticked, words };
  tryStorage(() => localStorage.setItem(draftKey(), JSON.stringify(draft)));
}
function restoreDraft() {
  const form = answer();
  const draft = draftKey() && tryStorage(() => JSON.parse(localStorage.getItem(draftKey())));
  if (!form || !draft || form.querySelector(".error")) return; // a refused answer is shown as it was sent
  for (const box of all(".question input[type=checkbox]")) box.checked = false;
  for (const [name, value] of [...draft.chosen, ...(draft.ticked ?? [])]) {
    const input = all("input").find((each) => each.name === name && each.value === value);
    if (input) input.checked = true;
  }
  const slugs = draft.order.split(" ");
  for (const input of all("input[name=categories]")) input.checked = slugs.includes(input.value);
  form.elements.order.value = draft.order;
  for (const [name, value] of draft.words) {
    const field = form.elements[name]; // a question may be retired since
    if (field) field.value = value;
  }
}
function removeOldDrafts() {
  tryStorage(() => {
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith(DRAFTS)) continue;
      const { at } = JSON.parse(localStorage.getItem(key));
      if (Date.now() - at > DRAFT_DAYS * 86400000) localStorage.removeItem(key);
    }
  });
}
function tryStorage(work) {
  try { return work(); } catch { return null; } // storage may be full or disabled; the page works without it
}

// Time spent: only while the page is visible, from when the dialogue is shown.
let timedDialogue = ""; // with its lease, so that the same dialogue again another day is another one
let visibleTime = 0; // milliseconds
let countedAt = performance.now();
function startTime() {
  const { item = "", lease = "" } = labelling()?.querySelector("[data-item]")?.dataset ?? {};
  const shown = answer() && item && !isHidden() ? `${item} ${lease}` : "";
  if (shown && shown === timedDialogue) return; // its answer was refused, and the person is still at it
  timedDialogue = shown;
  visibleTime = 0;
  countedAt = performance.now();
}
function countTime() {
  if (!document.hidden) visibleTime += performance.now() - countedAt;
  countedAt = performance.now();
}
document.addEventListener("visibilitychange", () => {
  if (document.hidden) visibleTime += performance.now() - countedAt; // it was visible until now
  countedAt = performance.now();
});

// Categories: the order in which they are chosen, their descriptions, and search.
function chooseCategory(input) {
  const field = answer().elements.order;
  const slugs = field.value.split(" ").filter((slug) => slug && slug !== input.value);
  if (input.checked) slugs.push(input.value);
  field.value = slugs.join(" ");
  showOrder();
}
function showOrder() {
  const slugs = answer().elements.order.value.split(" ").filter(Boolean);
  const name = (slug) => all("input[name=categories]").find((each) => each.value === slug)?.closest("label").querySelector("span").textContent;
  document.getElementById("in-order").textContent = slugs.length < 2 ? "" : `In this order: ${slugs.map(name).join(", ")}`;
  for (const input of all("input[name=categories]")) {
    const rank = slugs.indexOf(input.value) + 1;
    if (rank) input.closest("label").dataset.rank = rank;
    else delete input.closest("label").dataset.rank;
  }
}
function showAbout(label) {
  const about = labelling().querySelector(".about");
  for (const section of about.children) section.hidden = section.id !== label.dataset.about;
  about.hidden = false;
}
const matchingCategories = () => all(".category").filter((label) => !label.hidden);
function searchCategories(text) {
  const wanted = text.trim().toLowerCase();
  for (const label of all(".category")) label.hidden = !label.textContent.toLowerCase().includes(wanted);
  for (const tier of all(".tier")) tier.hidden = !tier.querySelector(".category:not([hidden])");
  if (wanted && matchingCategories().length) showAbout(matchingCategories()[0]);
}

function preparePage() {
  for (const hidden of document.querySelectorAll(".search, #show-keys")) hidden.hidden = false;
  startTime();
  if (!answer()) return;
  const about = labelling().querySelector(".about");
  if (about) about.hidden = false;
  restoreDraft();
  showOrder();
}

document.addEventListener("change", (event) => {
  if (event.target.id === "use-keys") tryStorage(() => localStorage.setItem("assize-keys", event.target.checked ? "on" : "off"));
  if (!answer()?.contains(event.target)) return;
  if (event.target.name === "categories") chooseCategory(event.target);
  keepDraft();
});
document.addEventListener("input", (event) => {
  if (event.target.id === "search") searchCategories(event.target.value);
  else if (answer()?.contains(event.target)) keepDraft();
});
for (const kind of ["mouseover", "focusin"]) {
  document.addEventListener(kind, (event) => {
    // On narrow screens the description has no place of its own, so that it comes by a choice and not by passing over one.
    if (kind === "mouseover" && !matchMedia("(min-width: 60rem)").matches) return;
    const label = event.target.closest?.(".category[data-about]");
    if (label && labelling()?.contains(label)) showAbout(label);
  });
}
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt !== answer()) return;
  countTime();
  event.detail.parameters.seconds = (visibleTime / 1000).toFixed(1);
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig, target } = event.detail;
  const isSent = requestConfig?.verb === "post" && requestConfig.elt?.id !== "show"; // to be shown a dialogue sends no answer
  if (xhr.status < 400 && target?.id === "labelling" && isSent && draftKey()) {
    tryStorage(() => localStorage.removeItem(draftKey()));
  }
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "labelling") return;
  preparePage();
  if (showFirstError(labelling())) return;
  (labelling().querySelector("[autofocus]") ?? labelling()).focus();
  window.scrollTo(0, 0);
});

// Keys. Text fields keep their letters, and the person may switch single keys off.
const isText = (element) => element?.matches("textarea, select, input:not([type=radio]):not([type=checkbox])");
const keysAreOn = () => tryStorage(() => localStorage.getItem("assize-keys")) !== "off";
const isHidden = () => Boolean(document.getElementById("show"));
// No answer is taken before the dialogue was shown: say so beside the button that shows it.
function askToShow() {
  document.getElementById("show-first").textContent = "Show the dialogue first; then you can label it.";
  document.querySelector("#show button").focus();
}
// The question after the one that has the focus, and after the last the first.
function focusNextQuestion() {
  const questions = all(".question");
  const at = questions.findIndex((question) => question.contains(document.activeElement));
  const next = questions[(at + 1) % questions.length];
  (next?.querySelector("input:checked") ?? next?.querySelector("input:not([type=hidden]), textarea"))?.focus();
}
function handleKey(key) {
  if (isHidden() && (/^[1-6cnq]$/.test(key) || all("input").some((input) => input.dataset.key === key))) { askToShow(); return true; }
  const radio = all("input[data-key]:enabled").find((input) => input.dataset.key === key);
  if (radio) { radio.click(); radio.focus(); return true; }
  // Elements with data-press: a field gets the focus, anything else is clicked.
  const named = [...document.querySelectorAll("[data-press]")].find((element) => element.dataset.press === key);
  if (named) { if (named.matches("input, textarea, select, section")) named.focus(); else named.click(); return true; }
  const action = {
    r: () => { const dialogue = document.querySelector("details#dialogue"); if (dialogue) dialogue.open = !dialogue.open; },
    c: () => document.getElementById("search")?.focus(),
    n: () => document.getElementById("rationale")?.focus(),
    q: focusNextQuestion,
    s: () => { const skip = document.getElementById("skip"); if (!skip) return; skip.open = true; skip.querySelector("input:not([type=hidden])").focus(); },
    u: () => document.getElementById("undo")?.click(),
  }[key];
  if (key === "?") { document.getElementById("keys").showModal(); return true; }
  if (action && answer()) action();
  return Boolean(action && answer());
}
function handleKeyInText(event) {
  if (event.key === "Escape") event.target.blur();
  if (event.target.id === "search" && event.key === "Enter") {
    const first = matchingCategories()[0]?.querySelector("input");
    if (first && event.target.value.trim()) first.click();
    event.target.value = "";
    searchCategories("");
    event.preventDefault();
  } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.target.form?.requestSubmit();
  } else if (event.key === "Enter" && event.target.matches("input") && event.target.form === answer()) {
    event.preventDefault(); // Enter in a single-line field does not send the answer
  }
}
document.addEventListener("keydown", (event) => {
  if (document.getElementById("keys")?.open) return;
  if (isText(event.target)) { handleKeyInText(event); return; }
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Enter") {
    if (event.repeat) { event.preventDefault(); return; } // a key held down answers once, not also what comes next
    if (event.target.closest("button, a, summary, #skip")) return;
    if (!answer()) return;
    event.preventDefault();
    if (isHidden()) askToShow();
    else answer().requestSubmit();
    return;
  }
  if ((keysAreOn() || event.key === "?") && handleKey(event.key)) event.preventDefault();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("#show-keys")) document.getElementById("keys").showModal();
});

const useKeys = document.getElementById("use-keys");
if (useKeys) useKeys.checked = keysAreOn();
removeOldDrafts();
preparePage();
