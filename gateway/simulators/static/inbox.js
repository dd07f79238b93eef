/* The phone's texts: asks the SMSC simulator what came, and sends through it. */

import { Trouble } from "./ussd.js";

const SECOND = 1000;
const SHOWN_PAUSE = 1 * SECOND;
const LONGEST_PAUSE = 30 * SECOND;
const UNREACHABLE = "The gateway did not answer. Is it running?";

/** Polls for one number: every second while the page is seen, ever less often while it is hidden or nobody answers. */
export class Inbox {
  #msisdn;
  #show;
  #after = 0;
  #pause = SHOWN_PAUSE;
  #timer;
  #stopped = false;

  /** show: called with new messages, whether they are the first look, and what is wrong ("" when all is well). */
  constructor(msisdn, show) {
    this.#msisdn = msisdn;
    this.#show = show;
    document.addEventListener("visibilitychange", this.#look);
    this.#poll();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#look);
  }

  #look = () => {
    if (document.hidden) return;
    clearTimeout(this.#timer);
    this.#pause = SHOWN_PAUSE;
    this.#poll();
  };

  async #poll() {
    const after = this.#after;
    let found, trouble = "";
    try {
      found = await ask(`messages?${new URLSearchParams({ msisdn: this.#msisdn, after })}`);
    } catch (error) {
      trouble = error.message;
    }
    if (this.#stopped || after !== this.#after) return; // another look was quicker
    const restarted = found && found.next < after; // a new simulator counts from the start
    if (found) this.#after = restarted ? 0 : found.next;
    this.#show(found && !restarted ? found.messages : [], after === 0 && Boolean(found), trouble);
    const calm = found && !document.hidden;
    this.#pause = calm ? SHOWN_PAUSE : Math.min(this.#pause * 2, LONGEST_PAUSE);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#poll(), this.#pause);
  }
}

/** Send a text from this number; resolves once the gateway has taken it. */
export async function sendText(from, text) {
  const headers = { "Content-Type": "application/json" };
  await ask("texts", { method: "POST", headers, body: JSON.stringify({ from, text }) });
}

async function ask(path, options = {}) {
  let response, document;
  try {
    response = await fetch(path, options);
    document = await response.json();
  } catch {
    throw new Trouble(UNREACHABLE);
  }
  if (!response.ok) throw new Trouble(document.detail ?? `The simulator refused (HTTP ${response.status}).`);
  return document;
}
