// A USSD application on the independent npm package smpp, bound to the SMSC at the port it is given: greets whoever
// dials, repeats an answer and ends. One JSON line on stdout per event; a JSON line on stdin is a submit_sm's fields.
const readline = require('readline');
const smpp = require('smpp');

const tell = (event) => process.stdout.write(JSON.stringify(event) + '\n');
const read = (text) => (Buffer.isBuffer(text) ? text.toString('latin1') : text);
const session = smpp.connect({ url: 'smpp://127.0.0.1:' + process.argv[2] });

function submit(fields) {
  session.submit_sm({ service_type: 'USSD', dest_addr_ton: 1, dest_addr_npi: 1, ...fields },
    (answer) => tell({ event: 'shown', status: answer.command_status, id: answer.message_id }));
}

session.on('connect', () => session.bind_transceiver({ system_id: 'npm', password: 'secret' },
  (answer) => tell({ event: 'bound', status: answer.command_status })));
session.on('error', (error) => tell({ event: 'error', text: String(error) }));
session.on('deliver_sm', (pdu) => {
  session.send(pdu.response());
  const text = read(pdu.short_message.message);
  const info = pdu.its_session_info;
  tell({ event: 'heard', op: pdu.ussd_service_op, info: info.toString('hex'), from: pdu.source_addr, text });
  const again = { source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, its_session_info: info };
  if (pdu.ussd_service_op === 1) submit({ ...again, ussd_service_op: 2, short_message: 'Hola' });
  if (pdu.ussd_service_op === 18) submit({ ...again, ussd_service_op: 17, short_message: 'Dijiste ' + text });
});

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const fields = JSON.parse(line);
  submit({ ...fields, its_session_info: Buffer.from(fields.its_session_info, 'hex') });
});
