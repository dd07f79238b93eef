'use strict';
// A client on the npm package smpp that keeps nothing: submits with a window of 50, and acknowledges receipts and texts.
// Its only argument is the SMSC's port. Takes commands and tells its processor time as benchmarks/peer.py.
const readline = require('readline');
const smpp = require('smpp');

const WINDOW = 50;
const session = smpp.connect({ url: `smpp://127.0.0.1:${process.argv[2]}` });
const tell = (answer) => console.log(JSON.stringify(answer));
let receipts = 0;
let texts = 0;
let awaited = null;

function look() {
  if (awaited && awaited.true()) {
    awaited = null;
    tell({});
  }
}

function send({ first, count, text }) {
  const wanted = receipts + count;
  let next = first;
  const one = () => {
    if (next === first + count) return;
    session.submit_sm({
      source_addr_ton: 3, source_addr: '12345', dest_addr_ton: 1, dest_addr_npi: 1, destination_addr: String(next++),
      registered_delivery: 1, short_message: text,
    }, (answer) => {
      if (answer.command_status) throw new Error(`submit_sm: ${answer.command_status}`);
      one();
    });
  };
  awaited = { true: () => receipts >= wanted };
  for (let at = 0; at < WINDOW; at += 1) one();
}

const commands = {
  send,
  await_texts: ({ count }) => {
    awaited = { true: () => texts >= count };
    look();
  },
  cpu: () => {
    const used = process.cpuUsage(); // all threads, microseconds: what time.process_time is for Python
    tell({ cpu: (used.user + used.system) / 1e6 });
  },
};

session.on('error', (error) => {
  throw error;
});
session.on('connect', () => {
  session.socket.setNoDelay(true); // else it waits for the peer's delayed acknowledgements
  session.bind_transceiver({ system_id: 'npm', password: '' }, (answer) => {
    if (answer.command_status) throw new Error(`bind: ${answer.command_status}`);
    tell({});
  });
});
session.on('deliver_sm', (pdu) => {
  session.send(pdu.response());
  if (pdu.esm_class & 4) receipts += 1;
  else texts += 1;
  look();
});
session.on('enquire_link', (pdu) => session.send(pdu.response()));

const lines = readline.createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const { do: name, ...values } = JSON.parse(line);
  commands[name](values);
});
lines.on('close', () => process.exit(0));
