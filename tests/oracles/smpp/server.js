// A carrier made of the npm package smpp: takes what comes, reports on it, and sends a text now and then.
//
// Prints its port as a line of JSON, then a line for each submit_sm that it took.
'use strict';

const smpp = require('smpp');

const say = (value) => process.stdout.write(JSON.stringify(value) + '\n');
let ids = 0;

function receipt(id, pdu) {
  const text = `id:${id} sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:DELIVRD err:000 text:`;
  return {
    source_addr_ton: 1,
    source_addr_npi: 1,
    source_addr: pdu.destination_addr,
    destination_addr: pdu.source_addr,
    esm_class: 4,
    short_message: text,
    receipted_message_id: id,
    message_state: 2,
  };
}

const server = smpp.createServer((session) => {
  session.on('bind_transceiver', (pdu) => {
    const isKnown = pdu.system_id === 'hub' && pdu.password === 'secret';
    session.send(pdu.response({ command_status: isKnown ? 0 : smpp.ESME_RINVPASWD, system_id: 'node' }));
    if (isKnown) {
      session.deliver_sm({ source_addr_ton: 1, source_addr: '33612300001', destination_addr: '36180', short_message: 'Ça va ☂' });
    }
  });
  session.on('submit_sm', (pdu) => {
    const id = (++ids + 0xabc).toString(16);
    const message = pdu.short_message.message;
    say({ to: pdu.destination_addr, text: Buffer.isBuffer(message) ? message.toString('hex') : message, reference: pdu.user_message_reference });
    session.send(pdu.response({ message_id: id }));
    if (pdu.registered_delivery & 1) session.deliver_sm(receipt(id, pdu));
  });
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => {
    session.send(pdu.response());
    session.close();
  });
  session.on('error', () => session.close());
});
server.listen(0, '127.0.0.1', () => say({ port: server.address().port }));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
