// An SMSC on the independent npm package smpp. One JSON line on stdout per event;
// one JSON line on stdin sends a deliver_sm: {"from", "to", "text"}.
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

const server = smpp.createServer({}, (session) => {
  session.on('error', (error) => tell({ event: 'error', text: String(error) }));
  session.on('bind_transceiver', (pdu) => {
    receiver = session;
    session.send(pdu.response({ system_id: 'peer' }));
    tell({ event: 'bound', system_id: pdu.system_id, password: pdu.password });
  });
  session.on('submit_sm', (pdu) => {
    lastId += 1;
    const id = 'peer-' + lastId;
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
  session.on('unbind', (pdu) => {
    session.send(pdu.response());
    tell({ event: 'unbound' });
    session.close();
  });
});

server.listen(0, '127.0.0.1', () => tell({ event: 'listening', port: server.address().port }));

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const mo = JSON.parse(line);
  receiver.deliver_sm({
    source_addr_ton: 1, source_addr_npi: 1, source_addr: mo.from, destination_addr: mo.to, short_message: mo.text,
  }, (answer) => tell({ event: 'mo_answered', status: answer.command_status }));
});
