/* The aggregator's side of one USSD session: Africa's Talking's form dialect, hop by hop.
 *
 * Every hop carries the whole transcript joined by "*", empty at first; the answer is text/plain, "CON …" while the
 * session goes on and "END …" when it is over. However it ends, the gateway is told once on /events. */

const GATEWAY = "/ussd/africastalking";
const NETWORK = "99999"; // the aggregator's sandbox
const ANSWER_MILLISECONDS = 15_000; // then the network gives up
const DIALLED = /^\*[0-9]+(\*[^*#]+)*#$/;

/** Something to tell the person at the phone, in plain words. */
export class Trouble extends Error {}

/** A session that was cancelled while its answer was on the way. */
export class Cancelled extends Error {}

/** The service code and the first inputs in what was dialled: *123*1*2# is *123# and "1*2", unless *123*1# is a service. */
export function dialled(string, services) {
  if (!DIALLED.test(string)) {
    throw new Trouble("This phone dials service codes only, such as *123#.");
  }
  const open = string.slice(0, -1);
  const known = services
    .map((service) => service.replace(/#$/, ""))
    .filter((service) => open === service || open.startsWith(`${service}*`))
    .sort((one, other) => other.length - one.length);
  const service = known[0] ?? open.match(/^\*[0-9]+/)[0];
  return { serviceCode: `${service}#`, inputs: open.slice(service.length).split("*").filter(Boolean) };
}

/** One session of this number with the gateway. */
export class Session {
  #started = new Date();
  #hops = 0;
  #last = "";
  #stop = new AbortController();
  #call;
  #inputs;
  #open = true;

  constructor(phoneNumber, { serviceCode, inputs }) {
    this.#call = { sessionId: `AT-${crypto.randomUUID()}`, phoneNumber, networkCode: NETWORK, serviceCode };
    this.#inputs = inputs;
  }

  /** Dial: the first screen. */
  start() {
    return this.#hop();
  }

  /** Answer the screen: the next one. */
  answer(input) {
    this.#inputs.push(input);
    return this.#hop();
  }

  /** The subscriber, or the network for them, hangs up. */
  cancel() {
    this.#end("Incomplete", "");
    this.#stop.abort(new Cancelled());
  }

  async #hop() {
    this.#hops += 1;
    try {
      this.#last = await this.#exchange();
    } catch (error) {
      if (error instanceof Trouble) this.#end("Failed", error.message);
      throw error;
    }
    const over = this.#last.startsWith("END");
    if (over) this.#end("Success", "");
    return { text: this.#last.slice(4), over };
  }

  async #exchange() {
    const late = AbortSignal.timeout(ANSWER_MILLISECONDS);
    const body = new URLSearchParams({ ...this.#call, text: this.#inputs.join("*") });
    let response, text;
    try {
      response = await fetch(GATEWAY, { method: "POST", body, signal: AbortSignal.any([late, this.#stop.signal]) });
      text = await response.text();
    } catch {
      if (this.#stop.signal.aborted) throw new Cancelled();
      if (late.aborted) throw new Trouble("The gateway took too long, and the network ended the session.");
      throw new Trouble("The gateway did not answer. Is it running?");
    }
    if (!response.ok) throw new Trouble(refusal(response.status, text));
    if (!/^(CON|END)( |$)/.test(text)) throw new Trouble("The gateway’s answer begins with neither CON nor END.");
    return text;
  }

  #end(status, errorMessage) {
    if (!this.#open) return;
    this.#open = false;
    const notice = new URLSearchParams({
      ...this.#call,
      date: this.#started.toISOString().slice(0, 19).replace("T", " "),
      status,
      cost: "0",
      durationInMillis: Date.now() - this.#started.getTime(),
      hopsCount: this.#hops,
      input: this.#inputs.join("*"),
      lastAppResponse: this.#last,
      errorMessage,
    });
    navigator.sendBeacon(`${GATEWAY}/events`, notice); // goes out also when the page is being left
  }
}

/** What to say of an HTTP error; problem documents bring their own words. */
export function refusal(status, body) {
  if (status === 404) return "The gateway has no such service here. Is a USSD service configured?";
  try {
    const { detail } = JSON.parse(body);
    if (detail) return `The gateway refused: ${detail}`;
  } catch {
    // not a problem document: the status has to do
  }
  return `The gateway refused (HTTP ${status}).`;
}
