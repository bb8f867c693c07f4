// ask.js TOPIC [JSON]: shows the sandbox's keys, secrets or requests; with JSON, sends it, for example a fault.
import { ask } from './control.js'

const [topic = '', json] = process.argv.slice(2)
console.log(JSON.stringify(await ask(topic, json), null, 2))
