// An SMSC on the independent npm package smpp; over TLS if it is given files: certificate, key, authority.
// One JSON line on stdout per event; one JSON line on stdin sends a deliver_sm: {"from", "to", "text"}, or with
// "command" data_sm or alert_notification, or connects to an ESME and asks it to bind: {"command": "outbind", "port", …}.
const fs = require('fs');
const readline = require('readline');
const smpp = require('smpp');

const tell = (event) => process.stdout.write(JSON.stringify(event) + '\n');
let receiver = null;
let lastId = 0;

function receipt(session, pdu, id) {
  session.deliver_sm({
    source_addr: pdu.destination_addr,
    destination_addr: pdu.source_addr,
    esm_class: 4,
    short_message: `id:${id} sub:001 dlvrd:001 submit date:2611221020 done date:261122102030 stat:DELIVRD err:0A1 text:`,
    receipted_message_id: id,
    message_state: 2,
  }, (answer) => tell({ event: 'receipt_answered', id, status: answer.command_status }));
}

const taken = new Set();

function serve(session) {
  session.on('error', (error) => tell({ event: 'error', text: String(error) }));
  for (const bind of ['bind_transceiver', 'bind_receiver']) {
    session.on(bind, (pdu) => {
      receiver = session;
      session.send(pdu.response({ system_id: 'peer' }));
      tell({ event: 'bound', system_id: pdu.system_id, password: pdu.password, as: bind });
    });
  }
  session.on('submit_sm', (pdu) => {
    lastId += 1;
    const id = 'peer-' + lastId;
    taken.add(id);
    session.send(pdu.response({ message_id: id }));
    tell({
      event: 'submit', id, source: pdu.source_addr, destination: pdu.destination_addr,
      source_ton: pdu.source_addr_ton, dest_ton: pdu.dest_addr_ton, data_coding: pdu.data_coding,
      esm_class: pdu.esm_class, registered_delivery: pdu.registered_delivery,
      text: pdu.short_message.message,
      udh: pdu.short_message.udh ? pdu.short_message.udh.map((element) => element.toString('hex')) : [],
    });
    receipt(session, pdu, id);
  });
  session.on('query_sm', (pdu) => {
    tell({ event: 'queried', id: pdu.message_id, source: pdu.source_addr, source_ton: pdu.source_addr_ton });
    const known = { message_id: pdu.message_id, final_date: new Date(Date.UTC(2026, 10, 22, 10, 30, 0)), message_state: 2, error_code: 0 };
    session.send(pdu.response(taken.has(pdu.message_id) ? known : { command_status: smpp.ESME_RQUERYFAIL }));
  });
  session.on('cancel_sm', (pdu) => {
    tell({ event: 'cancelled', id: pdu.message_id, destination: pdu.destination_addr, dest_ton: pdu.dest_addr_ton });
    session.send(pdu.response({ command_status: taken.delete(pdu.message_id) ? 0 : smpp.ESME_RCANCELFAIL }));
  });
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => {
    session.send(pdu.response());
    tell({ event: 'unbound' });
    session.close();
  });
}

const [certificate, key, authority] = process.argv.slice(2);
const files = certificate ? {
  cert: fs.readFileSync(certificate), key: fs.readFileSync(key), ca: fs.readFileSync(authority),
  requestCert: true, rejectUnauthorized: true,
} : {};
const server = smpp.createServer(files, serve);
server.on('error', (error) => tell({ event: 'error', text: String(error) }));
server.listen(0, '127.0.0.1', () => tell({ event: 'listening', port: server.address().port }));

function asOutbound(said) {
  const session = smpp.connect({ url: 'smpp://127.0.0.1:' + said.port }, () => {
    serve(session);
    session.outbind({ system_id: said.system_id, password: said.password });
  });
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const said = JSON.parse(line);
  const from = { source_addr_ton: 1, source_addr_npi: 1, source_addr: said.from };
  const answered = (answer) => tell({ event: 'mo_answered', status: answer.command_status });
  if (said.command === 'outbind') asOutbound(said);
  else if (said.command === 'data_sm') receiver.data_sm({ ...from, destination_addr: said.to, message_payload: said.text }, answered);
  else if (said.command === 'alert_notification') receiver.alert_notification({ ...from, esme_addr: said.to, ms_availability_status: 0 });
  else if (said.parts) {
    said.parts.forEach((part, at) => receiver.deliver_sm({
      ...from, destination_addr: said.to, esm_class: 0x40,
      short_message: { udh: Buffer.from([5, 0, 3, 42, said.parts.length, at + 1]), message: part },
    }, answered));
  } else receiver.deliver_sm({ ...from, destination_addr: said.to, short_message: said.text }, answered);
});
