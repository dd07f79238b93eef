'use strict';
// The four hops of benchmarks/hops.py as the README of ussd-menu-builder writes a menu: one builder, Express, sessions
// in memory. What is shown is what the starter menu shows. Tells its port and its processor time as benchmarks/peer.py.
const readline = require('readline');
const express = require('express');
const UssdMenu = require('ussd-menu-builder');

const bundles = [
  '50 MB por 24 horas', '200 MB por 24 horas', '500 MB por 3 dias', '1 GB por 7 dias', '3 GB por 15 dias',
];
const prices = ['$500', '$1.000', '$2.000', '$3.000', '$6.000'];
const sessions = {};
const menu = new UssdMenu();

menu.sessionConfig({
  start: (id, callback) => {
    if (!(id in sessions)) sessions[id] = {};
    callback();
  },
  set: (id, key, value, callback) => {
    sessions[id][key] = value;
    callback();
  },
  get: (id, key, callback) => callback(null, sessions[id][key]),
  end: (id, callback) => {
    delete sessions[id];
    callback();
  },
});

menu.startState({
  run: () => menu.con(
    'Hola, ¿qué quieres hacer?\n1 Saldo y paquetes\n2 Comprar\n3 Mi oferta\n4 Mi linea\n5 Portabilidad\n6 Otros servicios'),
  next: { 1: 'balance', 2: 'buy', 3: 'offer', 4: 'line', 5: 'porting', 6: 'others' },
});
menu.state('buy', {
  run: () => {
    const lines = bundles.slice(0, 4).map((name, at) => `${at + 1} ${name} ${prices[at]}`);
    menu.con(`¿Qué paquete quieres?\n${lines.join('\n')}\n98 Mas\n0 Volver\n00 Inicio`);
  },
  next: { '*^[1-5]$': 'confirm', 98: 'more', 0: '__start__', '00': '__start__' },
});
menu.state('confirm', {
  run: () => {
    const at = Number(menu.val) - 1;
    menu.session.set('bundle', at).then(() => menu.con(
      `${bundles[at]} por ${prices[at]}, de tu saldo. ¿Lo compras?\n1 Comprar\n2 No\n0 Volver\n00 Inicio`));
  },
  next: { 1: 'bought', 2: 'buy', 0: 'buy', '00': '__start__' },
});
menu.state('bought', {
  run: () => menu.session.get('bundle').then((at) => menu.end(`Listo: compraste ${bundles[at]} por ${prices[at]}.`)),
});
for (const name of ['balance', 'offer', 'line', 'porting', 'others', 'more']) {
  menu.state(name, { run: () => menu.end('Ahora no podemos mostrarte esto. Intenta en unos minutos.') });
}
menu.on('error', (error) => {
  throw error;
});

const app = express();
app.post('/ussd/africastalking', express.urlencoded({ extended: false }), (request, response) => {
  menu.run(request.body, (text) => response.type('text/plain').send(text));
});
const server = app.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
server.keepAliveTimeout = 0; // the client's connections stay open between rounds

const commands = readline.createInterface({ input: process.stdin });
commands.on('line', () => {
  const used = process.cpuUsage(); // all threads, microseconds: what time.process_time is for Python
  console.log(JSON.stringify({ cpu: (used.user + used.system) / 1e6 }));
});
commands.on('close', () => process.exit(0));
