// Reads PDUs with the npm package smpp, or writes them: a line of JSON in, a line of JSON out.
//
//   {"read": HEX}                      -> its fields; octets in hex
//   {"write": COMMAND, "fields": {}}   -> {"octets": HEX}; {"hex": HEX} stands for octets
'use strict';

const readline = require('readline');
const { PDU } = require('smpp');

// Texts are compared as octets: what a handset's alphabet makes of them is another matter.
const { commands, tlvs } = require('smpp');
for (const command of Object.values(commands)) {
  for (const field of Object.values(command.params || {})) delete field.filter;
}
for (const tlv of Object.values(tlvs)) delete tlv.filter;

const plain = (value) => (Buffer.isBuffer(value) ? { hex: value.toString('hex') } : value);
const live = (value) => (value && value.hex !== undefined ? Buffer.from(value.hex, 'hex') : value);
const each = (object, change) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));

function answer(asked) {
  if (asked.read !== undefined) {
    const pdu = new PDU(Buffer.from(asked.read, 'hex'));
    return each(pdu, plain);
  }
  const pdu = new PDU(asked.write, each(asked.fields, live));
  return { octets: pdu.toBuffer().toString('hex') };
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  let said;
  try {
    said = answer(JSON.parse(line));
  } catch (error) {
    said = { error: error.message };
  }
  process.stdout.write(JSON.stringify(said) + '\n');
});
