// A team's subscriber: `node subscriber.mjs`. Put your ticket system in `openTicket`, `closeTicket` and the last loop. TEAM and STORE
// (a folder) come from the environment, and so does the connection, by what Winnow itself reads: WINNOW_BROKER, WINNOW_PREFIX ...
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Kafka, logLevel } from "kafkajs";

const variable = (name, otherwise) => process.env[name] || otherwise;
const file = (name) => variable(name) && readFileSync(variable(name), "utf8").trim();
const team = variable("TEAM", "support");
const prefix = variable("WINNOW_PREFIX", "winnow");
const store = variable("STORE", "tickets");
const KINDS = new Set(["reply", "review", "page", "idea", "digest", "escalate"]); // another kind, of a later Winnow, is passed over

// Must itself be harmless to repeat, e.g. an insert with action_id as its key: a crash may come right after it.
const openTicket = (action) => console.log("open", action.action_id, action.kind, action.summary);
const closeTicket = (id, why) => console.log("close", id, why); // must be harmless to repeat, too

// A file for each action says what became of it, before that is answered. Two processes of a team need a table instead.
mkdirSync(store, { recursive: true });
const remember = (id, state) => writeFileSync(join(store, id), state, { flush: true });
function stateOf(id) {
  try {
    return readFileSync(join(store, id), "utf8");
  } catch {
    return ""; // never seen
  }
}

// One action, any number of times, with the same result. True: it is open here, which is to be answered.
function handle(action) {
  for (const [gone, why] of [[action.revokes, "revoked"], [action.supersedes, "superseded"]].filter(([id]) => id)) {
    if (stateOf(gone) === "open") closeTicket(gone, why);
    remember(gone, why); // also when it was never seen here: it must not be opened later
  }
  const id = action.action_id;
  if (KINDS.has(action.kind) && !stateOf(id) && Date.parse(action.not_after) > Date.now()) {
    openTicket(action);
    remember(id, "open");
  }
  return stateOf(id) === "open";
}

const password = variable("WINNOW_SASL_PASSWORD") || file("WINNOW_SASL_PASSWORD_FILE");
const mechanism = variable("WINNOW_SASL_MECHANISM", "SCRAM-SHA-512").toLowerCase();
const kafka = new Kafka({
  brokers: variable("WINNOW_BROKER", "127.0.0.1:9092").split(","),
  ssl: variable("WINNOW_SECURITY_PROTOCOL", "").endsWith("SSL") && { ca: file("WINNOW_TLS_CA_FILE") },
  sasl: password && { mechanism, username: variable("WINNOW_SASL_USERNAME"), password },
  logLevel: logLevel.WARN,
});
const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 }); // its partitioner is murmur2, as the contract says
const consumer = kafka.consumer({ groupId: `${prefix}-team-${team}`, sessionTimeout: 10_000 });
consumer.on(consumer.events.CRASH, ({ payload }) => payload.restart || process.exit(1)); // your supervisor starts it anew

function answer(id, status) {
  const value = JSON.stringify({ action_id: id, team, status, at: new Date().toISOString(), by: "desk" });
  return producer.send({ topic: `${prefix}.outcomes.v1`, acks: -1, messages: [{ key: team, value }] });
}

await producer.connect();
await consumer.connect();
await consumer.subscribe({ topic: `${prefix}.actions.${team}.v1`, fromBeginning: true });
await consumer.run({
  autoCommit: false, // handle, answer, commit, in this order, without end
  eachMessage: async ({ topic, partition, message }) => {
    const action = JSON.parse(message.value.toString());
    if (handle(action)) await answer(action.action_id, "received");
    await consumer.commitOffsets([{ topic, partition, offset: String(BigInt(message.offset) + 1n) }]);
  },
});
// What people say later, here as lines `ACTION_ID STATUS` (acknowledged, done ...); your ticket system's webhook instead.
for await (const line of createInterface({ input: process.stdin })) {
  const [id, status] = line.split(" ");
  if (stateOf(id) === "open") await answer(id, status);
}
