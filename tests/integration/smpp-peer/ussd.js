// A USSD gateway on the independent npm package smpp: an SMSC whose bind carries USSD and texts.
// One JSON line on stdout per event; one JSON line on stdin sends a deliver_sm: {"from", "service", "op", "info", "text"}.
const readline = require('readline');
const smpp = require('smpp');

const tell = (event) => process.stdout.write(JSON.stringify(event) + '\n');
const read = (text) => (Buffer.isBuffer(text) ? text.toString('latin1') : text);
let receiver = null;
let lastId = 0;

const server = smpp.createServer({}, (session) => {
  session.on('error', (error) => tell({ event: 'error', text: String(error) }));
  session.on('bind_transceiver', (pdu) => {
    receiver = session;
    session.send(pdu.response({ system_id: 'peer' }));
    tell({ event: 'bound', system_id: pdu.system_id });
  });
  session.on('submit_sm', (pdu) => {
    lastId += 1;
    session.send(pdu.response({ message_id: 'peer-' + lastId }));
    tell({
      event: pdu.ussd_service_op === undefined ? 'text' : 'screen',
      op: pdu.ussd_service_op,
      info: pdu.its_session_info ? pdu.its_session_info.toString('hex') : '',
      source: pdu.source_addr, destination: pdu.destination_addr, service_type: pdu.service_type,
      data_coding: pdu.data_coding, text: read(pdu.short_message.message),
    });
  });
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => {
    session.send(pdu.response());
    session.close();
  });
});

server.listen(0, '127.0.0.1', () => tell({ event: 'listening', port: server.address().port }));

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const said = JSON.parse(line);
  receiver.deliver_sm({
    service_type: 'USSD',
    source_addr_ton: 1, source_addr_npi: 1, source_addr: said.from, destination_addr: said.service,
    data_coding: 0x0F, short_message: Buffer.from(said.text, 'latin1'),
    ussd_service_op: said.op, its_session_info: Buffer.from(said.info, 'hex'),
  }, (answer) => tell({ event: 'taken', status: answer.command_status }));
});
