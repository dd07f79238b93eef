/* The page: its fields and buttons, and which of them is in use now. */

import { Inbox, sendText } from "./inbox.js";
import { Cancelled, Session, Trouble, dialled } from "./ussd.js";

const STORED = "chasqui.handset.number";
const MSISDN = /^\+?[1-9][0-9]{6,14}$/;
const IDLE = "Dial a service code to begin.";
const SPOKEN = { "*": "* star", "#": "# hash" };

const part = (id) => document.getElementById(id);
const services = document.body.dataset.services.split(" ").filter(Boolean);

let msisdn = "";
let usable = false; // whether the number field holds that number
let session = null;
let waiting = false;
let inbox = null;
let inboxTrouble = "";

/* ── the number ─────────────────────────────────────────────────────────── */

function useNumber(typed) {
  const number = typed.replace(/[\s()-]/g, "");
  const fits = MSISDN.test(number);
  part("msisdn").setAttribute("aria-invalid", String(!fits));
  part("msisdn-trouble").textContent = fits ? "" : "Digits with the country code, such as +573001112233.";
  usable = fits;
  if (!fits || number === msisdn) return;
  endSession();
  msisdn = number;
  localStorage.setItem(STORED, number);
  part("messages").replaceChildren();
  part("no-texts").hidden = false;
  part("log").setAttribute("aria-live", "off");
  inbox?.stop();
  inbox = new Inbox(number, showMessages);
}

function requireNumber() {
  if (!usable) throw new Trouble("First correct this phone’s number.");
}

/* ── the call ───────────────────────────────────────────────────────────── */

const field = () => part(session ? "reply" : "code");

function showSession(next) {
  if (Boolean(session) !== Boolean(next)) {
    const within = part("dial").contains(document.activeElement) || part("answer").contains(document.activeElement);
    part("dial").hidden = Boolean(next);
    part("answer").hidden = !next;
    session = next;
    if (within) field().focus();
  }
  session = next;
}

function showWaiting(now) {
  waiting = now;
  part("screen").setAttribute("aria-busy", String(now));
}

async function exchange(current, hop) {
  showWaiting(true);
  part("call-trouble").textContent = "";
  try {
    const { text, over } = await hop;
    if (session !== current) return;
    part("screen").textContent = text;
    if (over) showSession(null);
  } catch (error) {
    if (error instanceof Cancelled || session !== current) return;
    part("call-trouble").textContent = error instanceof Trouble ? error.message : `The page failed: ${error.message}`;
    part("screen").textContent = "Session ended.";
    showSession(null);
  } finally {
    if (session === current || !session) showWaiting(false);
  }
}

function call(string) {
  part("call-trouble").textContent = "";
  try {
    requireNumber();
    const next = new Session(`+${msisdn.replace("+", "")}`, dialled(string, services));
    showSession(next);
    part("reply").value = "";
    part("screen").textContent = `Calling ${string}`;
    exchange(next, next.start());
  } catch (error) {
    part("call-trouble").textContent = error.message;
  }
}

function endSession() {
  if (!session) return;
  session.cancel();
  part("screen").textContent = "Session cancelled.";
  showSession(null);
  showWaiting(false);
}

/* ── the texts ──────────────────────────────────────────────────────────── */

function showMessages(messages, firstLook, trouble) {
  // only a change is told: a refusal to send must outlive the next look
  if (trouble !== inboxTrouble) part("texts-trouble").textContent = inboxTrouble = trouble;
  for (const { from, text, at } of messages) addMessage(`From ${from}`, text, new Date(at), "got");
  // what was there before the page is not read out; what comes from now on is
  if (firstLook) requestAnimationFrame(() => part("log").setAttribute("aria-live", "polite"));
}

function addMessage(title, text, at, kind) {
  const item = document.createElement("li");
  const about = document.createElement("p");
  const words = document.createElement("p");
  item.className = kind;
  about.className = "about";
  words.className = "words";
  about.textContent = `${title}, ${at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`;
  words.textContent = text;
  item.append(about, words);
  part("messages").append(item);
  part("no-texts").hidden = true;
  part("log").scrollTop = part("log").scrollHeight;
  return item;
}

async function send() {
  const text = part("text").value.trim();
  if (!text) return;
  part("texts-trouble").textContent = "";
  let item = null;
  try {
    requireNumber();
    part("text").value = "";
    item = addMessage(`To ${document.body.dataset.number}`, text, new Date(), "sent"); // its answer may be quick
    await sendText(msisdn, text);
  } catch (error) {
    item?.remove();
    part("no-texts").hidden = part("messages").childElementCount > 0;
    part("text").value ||= text; // nothing typed is lost
    part("texts-trouble").textContent = error.message;
  }
}

/* ── what is pressed ────────────────────────────────────────────────────── */

function press(key) {
  const { selectionStart: from, selectionEnd: to } = field();
  field().setRangeText(key, from, to, "end");
}

function deleteOne() {
  const { selectionStart: from, selectionEnd: to } = field();
  field().setRangeText("", from === to ? Math.max(from - 1, 0) : from, to, "end");
}

function addButton(place, label, name, pressed) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = label;
  button.setAttribute("aria-label", name);
  button.addEventListener("click", pressed);
  part(place).append(button);
}

function onSubmit(form, act) {
  part(form).addEventListener("submit", (event) => {
    event.preventDefault();
    act();
  });
}

for (const key of "123456789*0#") addButton("pad", key, SPOKEN[key] ?? key, () => press(key));
for (const code of services) {
  addButton("services", code, `Call ${code}`, () => {
    endSession();
    part("code").value = code;
    call(code);
    part("reply").focus();
  });
}
for (const button of document.querySelectorAll("[data-delete]")) button.addEventListener("click", deleteOne);
onSubmit("dial", () => call(part("code").value.trim()));
onSubmit("answer", () => {
  const input = part("reply").value.trim();
  if (!input || waiting) return;
  part("reply").value = ""; // now, so that what is typed ahead of the next screen is kept
  exchange(session, session.answer(input));
});
onSubmit("compose", send);
part("cancel").addEventListener("click", endSession);
part("msisdn").addEventListener("change", (event) => useNumber(event.target.value));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") endSession();
});
addEventListener("pagehide", endSession);

part("screen").textContent = IDLE;
part("code").value = services[0] ?? "";
const stored = localStorage.getItem(STORED);
if (stored && MSISDN.test(stored)) part("msisdn").value = stored;
useNumber(part("msisdn").value);
