// The labelling page with the keyboard: one key for each choice, drafts kept, the time at work counted.
"use strict";

const DRAFTS = "assize-draft:";
const KEPT_DAYS = 7;
const WORDS = ["other_text", "rationale"];

const labelling = () => document.getElementById("labelling");
const answer = () => document.getElementById("answer");
const all = (selector) => [...(answer()?.querySelectorAll(selector) ?? [])];

// Drafts: what is chosen and typed, for this person and this dialogue, until it is sent.
function draftKey() {
  const item = labelling()?.querySelector("[data-item]")?.dataset.item;
  return item && `${DRAFTS}${labelling().dataset.user}:${item}`;
}
function keepDraft() {
  const form = answer();
  if (!form || !draftKey()) return;
  const chosen = all("input[type=radio]:checked").map((input) => [input.name, input.value]);
  const words = WORDS.map((name) => [name, form.elements[name].value]);
  const draft = { at: Date.now(), order: form.elements.order.value, chosen, words };
  store(() => localStorage.setItem(draftKey(), JSON.stringify(draft)));
}
function takeUpDraft() {
  const form = answer();
  const draft = draftKey() && store(() => JSON.parse(localStorage.getItem(draftKey())));
  if (!form || !draft || form.querySelector(".error")) return; // what was refused is shown as it was sent
  for (const [name, value] of draft.chosen) {
    const input = all(`input[name=${name}]`).find((each) => each.value === value);
    if (input) input.checked = true;
  }
  const slugs = draft.order.split(" ");
  for (const input of all("input[name=categories]")) input.checked = slugs.includes(input.value);
  form.elements.order.value = draft.order;
  for (const [name, value] of draft.words) form.elements[name].value = value;
}
function forgetOldDrafts() {
  store(() => {
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith(DRAFTS)) continue;
      const { at } = JSON.parse(localStorage.getItem(key));
      if (Date.now() - at > KEPT_DAYS * 86400000) localStorage.removeItem(key);
    }
  });
}
function store(work) {
  try { return work(); } catch { return null; } // storage may be full or forbidden; the page works without
}

// Time at work: only while the page is looked at.
let seen = 0;
let since = performance.now();
function count() {
  if (!document.hidden) seen += performance.now() - since;
  since = performance.now();
}
document.addEventListener("visibilitychange", () => {
  if (document.hidden) seen += performance.now() - since;
  since = performance.now();
});

// Categories: the order in which they were chosen, what they mean, and finding one by typing.
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
  const line = document.getElementById("in-order");
  line.textContent = slugs.length < 2 ? line.dataset.hint : `In this order: ${slugs.map(name).join(", ")}`;
}
function showAbout(label) {
  const about = labelling().querySelector(".about");
  for (const section of about.children) section.hidden = section.id !== label.dataset.about;
  about.hidden = false;
}
const found = () => all(".category").filter((label) => !label.hidden);
function find(text) {
  const wanted = text.trim().toLowerCase();
  for (const label of all(".category")) label.hidden = !label.textContent.toLowerCase().includes(wanted);
  for (const tier of all(".tier")) tier.hidden = !tier.querySelector(".category:not([hidden])");
  if (wanted && found().length) showAbout(found()[0]);
}

function settle() {
  for (const hidden of document.querySelectorAll(".search, #show-keys")) hidden.hidden = false;
  if (!answer()) return;
  takeUpDraft();
  showOrder();
  seen = 0;
  since = performance.now();
}

document.addEventListener("change", (event) => {
  if (event.target.id === "use-keys") store(() => localStorage.setItem("assize-keys", event.target.checked ? "on" : "off"));
  if (!answer()?.contains(event.target)) return;
  if (event.target.name === "categories") chooseCategory(event.target);
  keepDraft();
});
document.addEventListener("input", (event) => {
  if (event.target.id === "search") find(event.target.value);
  else if (answer()?.contains(event.target)) keepDraft();
});
for (const kind of ["mouseover", "focusin"]) {
  document.addEventListener(kind, (event) => {
    const label = event.target.closest?.(".category[data-about]");
    if (label && labelling()?.contains(label)) showAbout(label);
  });
}
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt !== answer()) return;
  count();
  event.detail.parameters.seconds = (seen / 1000).toFixed(1);
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig, target } = event.detail;
  if (xhr.status < 400 && target?.id === "labelling" && requestConfig?.verb === "post" && draftKey()) {
    store(() => localStorage.removeItem(draftKey()));
  }
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "labelling") return;
  settle();
  const wrong = labelling().querySelector(".error");
  (wrong?.closest("fieldset, p, form")?.querySelector("input") ?? labelling().querySelector("[autofocus]") ?? labelling()).focus();
  if (!wrong) window.scrollTo(0, 0);
});

// Keys. A text field keeps its letters; the person may switch single keys off.
const isText = (element) => element?.matches("textarea, select, input:not([type=radio]):not([type=checkbox])");
const keysAreOn = () => store(() => localStorage.getItem("assize-keys")) !== "off";
function press(key) {
  const radio = all("input[type=radio]").find((input) => input.dataset.key === key);
  if (radio) { radio.click(); radio.focus(); return true; }
  // Whatever else a page gives a key: a field takes the focus, anything else is pressed.
  const named = [...document.querySelectorAll("[data-press]")].find((element) => element.dataset.press === key);
  if (named) { if (named.matches("input, textarea, select, section")) named.focus(); else named.click(); return true; }
  const work = {
    r: () => { const dialogue = document.getElementById("dialogue"); dialogue.open = !dialogue.open; },
    c: () => document.getElementById("search")?.focus(),
    n: () => document.getElementById("rationale")?.focus(),
    s: () => { const skip = document.getElementById("skip"); if (!skip) return; skip.open = true; skip.querySelector("input:not([type=hidden])").focus(); },
    u: () => document.getElementById("undo")?.click(),
  }[key];
  if (key === "?") { document.getElementById("keys").showModal(); return true; }
  if (work && answer()) work();
  return Boolean(work && answer());
}
function pressedInText(event) {
  if (event.key === "Escape") event.target.blur();
  if (event.target.id === "search" && event.key === "Enter") {
    const first = found()[0]?.querySelector("input");
    if (first && event.target.value.trim()) first.click();
    event.target.value = "";
    find("");
    event.preventDefault();
  } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.target.form?.requestSubmit();
  } else if (event.key === "Enter" && event.target.matches("input") && event.target.form === answer()) {
    event.preventDefault(); // a single line ends without sending the whole
  }
}
document.addEventListener("keydown", (event) => {
  if (document.getElementById("keys")?.open) return;
  if (isText(event.target)) { pressedInText(event); return; }
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Enter") {
    if (event.target.closest("button, a, summary, #skip")) return;
    if (answer()) { event.preventDefault(); answer().requestSubmit(); }
    return;
  }
  if ((keysAreOn() || event.key === "?") && press(event.key)) event.preventDefault();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("#show-keys")) document.getElementById("keys").showModal();
});

const useKeys = document.getElementById("use-keys");
if (useKeys) useKeys.checked = keysAreOn();
forgetOldDrafts();
settle();
